"""From the question to the gate: deciding, cancelling, claiming, picking short, dispatching, waiting for goods."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import msgspec
import pytest

from backend.approvals.errors import AlreadyDecided, OwnRequest, ReasonNeeded
from backend.approvals.queries import list_requests
from backend.core import clock, jobs
from backend.core import database as db
from backend.core.errors import NotAllowed, NotVisible, Refusal, StaleVersion
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.credit import accounts
from backend.credit.errors import CreditHeld
from backend.orders.cancelling import cancel_order
from backend.orders.claiming import claim_order, give_up_claim
from backend.orders.deciding import decide_hold
from backend.orders.dispatching import dispatch_order
from backend.orders.errors import (
    AlreadyClaimed,
    IllegalMove,
    NothingToPick,
    NotTheOwner,
    OrderIdReused,
    PickBeyond,
    PickIncomplete,
    QuantityRefused,
)
from backend.orders.expiring import EXPIRE
from backend.orders.picking import pick_order
from backend.orders.resuming import receive_goods
from backend.orders.rules import ENDED, MOVES, move
from backend.orders.schemas import CancelOrder, DecideHold, DispatchOrder, Moved, PickLine, PickOrder, Placed
from backend.people.access import Actor
from backend.stock.schemas import Arrival
from tests.orders.shop import Shop, all_picked, healthy, place, together


async def question(actor: Actor, order: UUID) -> tuple[UUID, int]:
    (found,) = [request for request in (await list_requests(actor=actor)).items if request.reference == order]
    return found.id, found.version


async def decide(actor: Actor, placed: Placed, verdict: str = "approve", reason: str | None = "khách quen") -> Moved:
    request, version = await question(actor, placed.id)
    command = {"id": new_id(), "request_id": request, "verdict": verdict, "expected_version": version, "reason": reason}
    return await decide_hold(msgspec.convert(command, DecideHold), actor=actor)


def dispatch(order: UUID) -> DispatchOrder:
    return DispatchOrder(new_id(), order, 6, "51C-123.45", None)


async def states() -> list[tuple[str, str]]:
    """What happened to the only order, from its audit: (action, state after)."""
    rows = await db.fetch("SELECT action, details->>'to' AS state FROM audit WHERE entity = 'order' ORDER BY n")
    return [(row["action"], row["state"]) for row in rows]


async def credit_of(shop: Shop, customer: UUID) -> tuple[int, int]:
    account = await shop.account(customer)
    return account["open_orders"], account["uninvoiced"]


async def resume() -> None:
    """Do the waiting jobs of this test's database, as the worker would."""
    for row in await db.fetch("DELETE FROM pgqueuer WHERE entrypoint = 'orders.resume' RETURNING entrypoint, payload"):
        await jobs.run_now(row["entrypoint"], msgspec.json.decode(row["payload"]))


def test_ended_orders_go_nowhere_and_every_state_is_reached() -> None:
    assert not {state for state, _ in MOVES} & ENDED
    assert {state for state, _ in MOVES} | set(MOVES.values()) == {
        "submitted", "on_hold", "confirmed", "picking", "picked", *ENDED,
    }  # fmt: skip
    for state in ENDED:
        with pytest.raises(IllegalMove):
            move(state, "cancel")


async def test_the_whole_way_from_order_to_gate(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(100), await shop.customer(limit=100_000)
    placed = await place(cast.lan, customer, (item, "24"))
    assert (await claim_order(placed.id, actor=cast.tuan)).state == "picking"
    assert (await pick_order(all_picked(placed.id, placed), actor=cast.tuan)).state == "picked"
    assert await shop.bin(item) == (100, 24, 24, 0)
    assert await credit_of(shop, customer) == (25_920, 0)
    done = await dispatch_order(dispatch(placed.id), actor=cast.tuan)
    assert (done.state, done.version) == ("dispatched", 4)
    assert await shop.bin(item) == (76, 0, 0, 0)
    assert await credit_of(shop, customer) == (0, 25_920)
    assert await states() == [
        ("order.place", "confirmed"), ("order.claim", "picking"), ("order.pick", "picked"),
        ("order.dispatch", "dispatched"),
    ]  # fmt: skip
    await healthy()


async def test_a_manager_lets_an_order_pass_the_limit_with_a_reason(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(10), await shop.customer(limit=1000)
    placed = await place(cast.lan, customer, (item, "5"))
    with pytest.raises(ReasonNeeded):
        await decide(cast.hung, placed, reason=None)
    moved = await decide(cast.hung, placed)
    assert (moved.state, moved.version) == ("confirmed", 2)
    assert await credit_of(shop, customer) == (5400, 0)
    row = await db.fetch_row("SELECT * FROM orders")
    assert (row["credit_taken"], row["decided_note"]) == (True, "khách quen")
    trail = await db.fetch_row("SELECT * FROM audit WHERE action = 'order.approve'")
    assert (trail["actor_id"], trail["details"]["overrides"]) == (cast.hung.user_id, ["credit:LIMIT"])
    assert await db.fetch_value("SELECT kind FROM reservations") == "hard"
    await healthy()


async def told() -> list[tuple[str, str]]:
    """Who was told what: (login, kind), in order."""
    rows = await db.fetch(
        """SELECT u.login, n.kind FROM notices n JOIN users u ON u.id = n.user_id
            ORDER BY n.created_at, n.id"""
    )
    return [(row["login"], row["kind"]) for row in rows]


async def test_the_nearest_manager_is_asked_and_the_rep_is_told(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(3), await shop.customer()
    first = await place(cast.lan, customer, (item, "5"))
    assert await told() == [("hung", "approval.waiting")]
    await decide(cast.hung, first, reason=None)
    pick = PickOrder(new_id(), first.id, [PickLine(first.lines[0].id, "2", "vỡ")])
    await pick_order(pick, actor=cast.tuan)
    await dispatch_order(dispatch(first.id), actor=cast.tuan)
    await cancel_order(CancelOrder(first.id, "thôi"), actor=cast.hung)
    await receive_goods([Arrival(item, shop.warehouse, MICRO)], actor=cast.tuan)
    kinds = ["approved", "short", "dispatched", "cancelled"]
    assert (await told())[1:] == [("lan", f"order.{kind}") for kind in kinds]
    own = await place(cast.lan, customer, (item, "9"))
    await cancel_order(CancelOrder(own.id, "nhầm"), actor=cast.lan)
    third = await place(cast.hung, customer, (item, "9"))
    assert third.state == "on_hold"
    assert (await told())[5:] == [("hung", "approval.waiting"), ("an", "approval.waiting")]
    await receive_goods([Arrival(item, shop.warehouse, 9 * MICRO)], actor=cast.tuan)
    assert (await told())[7:] == [("hung", "order.confirmed")]


async def test_a_rejected_order_gives_everything_back(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(3), await shop.customer(limit=100_000)
    placed = await place(cast.lan, customer, (item, "5"))
    with pytest.raises(ReasonNeeded):
        await decide(cast.mai, placed, "reject", "")
    assert (await decide(cast.mai, placed, "reject", "hết hàng")).state == "rejected"
    assert await shop.bin(item) == (3, 0, 0, 0)
    assert await credit_of(shop, customer) == (0, 0)
    await healthy()


async def test_approving_looks_at_the_stock_again(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(4), await shop.customer()
    placed = await place(cast.lan, customer, (item, "9"))
    await receive_goods([Arrival(item, shop.warehouse, 2 * MICRO)], actor=cast.tuan)
    moved = await decide(cast.hung, placed, reason=None)
    assert (moved.state, moved.short) == ("confirmed", [{"line": str(placed.lines[0].id), "short": "3"}])
    assert await shop.bin(item) == (6, 6, 0, 3)
    await healthy()


async def test_nobody_decides_on_their_own_order_or_anothers_peoples_or_an_old_version(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item, customer = await shop.item(1), await shop.customer()
    own = await place(cast.hung, customer, (item, "2"))
    with pytest.raises(OwnRequest):
        await decide(cast.hung, own)
    request, version = await question(cast.mai, own.id)
    command = DecideHold(new_id(), request, "approve", version, "x")
    with pytest.raises(NotVisible):
        await decide_hold(command, actor=cast.ngoc)
    with pytest.raises(NotAllowed):
        await decide_hold(command, actor=cast.lan)
    with pytest.raises(StaleVersion):
        await decide_hold(msgspec.structs.replace(command, expected_version=version + 1), actor=cast.mai)
    first = await decide_hold(command, actor=cast.mai)
    assert await decide_hold(command, actor=cast.mai) == msgspec.structs.replace(first, short=[])
    with pytest.raises(AlreadyDecided):
        await decide_hold(msgspec.structs.replace(command, id=new_id(), expected_version=2), actor=cast.an)
    with pytest.raises(NotVisible):  # another answer under the same id
        await decide_hold(msgspec.structs.replace(command, verdict="reject"), actor=cast.mai)
    await healthy()


async def test_two_deciders_at_once_give_one_answer(shop: Shop, cast: SimpleNamespace) -> None:
    placed = await place(cast.lan, await shop.customer(limit=0), (await shop.item(5), "5"))
    answers = await together(decide(actor, placed, verdict) for actor, verdict in (
        (cast.hung, "approve"), (cast.mai, "reject"), (cast.an, "approve"),
    ))  # fmt: skip
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyDecided", "AlreadyDecided", "Moved"]
    await healthy()


async def test_a_cancelled_order_gives_goods_and_credit_back_and_the_next_in_line_gets_them(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item, customer = await shop.item(5), await shop.customer(limit=100_000)
    first = await place(cast.lan, customer, (item, "5"))
    second = await place(cast.lan, customer, (item, "4"))
    with pytest.raises(NotTheOwner):
        await cancel_order(CancelOrder(first.id, "đổi ý"), actor=await another_rep(cast))
    with pytest.raises(NotVisible):
        await cancel_order(CancelOrder(first.id, "đổi ý"), actor=cast.bob)
    moved = await cancel_order(CancelOrder(first.id, "đổi ý"), actor=cast.lan)
    assert moved.state == "cancelled"
    assert await cancel_order(CancelOrder(first.id, "đổi ý"), actor=cast.lan) == moved
    with pytest.raises(IllegalMove):
        await cancel_order(CancelOrder(first.id, "lý do khác"), actor=cast.hung)
    assert await credit_of(shop, customer) == (4320, 0)
    await resume()
    row = await db.fetch_row("SELECT state, version FROM orders WHERE id = $1", second.id)
    assert (row["state"], row["version"]) == ("confirmed", 2)
    assert await shop.bin(item) == (5, 4, 0, 0)
    assert (await list_requests(actor=cast.hung)).items == []
    await healthy()


async def another_rep(cast: SimpleNamespace) -> Actor:
    """A colleague who covers Lan's position."""
    actor: Actor = msgspec.structs.replace(cast.bob, keys=(3, 5), own_keys=(3, 5))
    return actor


async def test_goods_that_arrive_confirm_the_orders_that_waited_for_nothing_else(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item, rich, poor = await shop.item(0), await shop.customer(), await shop.customer(limit=0)
    first, second, third = [await place(cast.lan, who, (item, "4")) for who in (rich, poor, rich)]
    await receive_goods([Arrival(item, shop.warehouse, 10 * MICRO)], actor=cast.tuan)
    rows = {
        row["id"]: row
        for row in await db.fetch("SELECT o.*, l.reserved FROM orders o JOIN order_lines l ON l.order_id = o.id")
    }
    assert [(rows[one.id]["state"], rows[one.id]["reserved"] // MICRO) for one in (first, second, third)] == [
        ("confirmed", 4), ("on_hold", 4), ("on_hold", 2),
    ]  # fmt: skip
    kinds = "SELECT array_agg(kind) FROM order_holds WHERE order_id = $1 AND lifted_at IS NULL"
    assert [await db.fetch_value(kinds, one.id) for one in (first, second, third)] == [None, ["credit"], ["stock"]]
    with pytest.raises(NotAllowed):
        await receive_goods([Arrival(item, shop.warehouse, MICRO)], actor=cast.lan)
    await healthy()


async def test_a_short_pick_frees_the_rest_at_once_with_its_credit(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(24), await shop.customer(limit=25_920)
    placed = await place(cast.lan, customer, (item, "24"))
    (line,) = placed.lines
    await claim_order(placed.id, actor=cast.tuan)
    moved = await pick_order(all_picked(placed.id, placed, short={line.id: "22"}), actor=cast.tuan)
    assert (moved.state, moved.short) == ("picked", [{"line": str(line.id), "short": "2"}])
    assert await shop.bin(item) == (24, 22, 22, 0)
    assert await credit_of(shop, customer) == (23_760, 0)
    assert (await place(cast.lan, customer, (item, "2"))).state == "confirmed"
    await dispatch_order(dispatch(placed.id), actor=cast.tuan)
    assert await credit_of(shop, customer) == (2160, 23_760)
    assert await db.fetch_value("SELECT short_reason FROM order_pick_lines") == "thiếu hàng"
    await healthy()


async def test_two_pickers_never_walk_for_one_order(shop: Shop, cast: SimpleNamespace) -> None:
    placed = await place(cast.lan, await shop.customer(), (await shop.item(), "2"))
    other = msgspec.structs.replace(cast.tuan, user_id=cast.sau.user_id)
    answers = await together(claim_order(placed.id, actor=actor) for actor in (cast.tuan, other))
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyClaimed", "Moved"]
    winner, loser = (cast.tuan, other) if isinstance(answers[0], Moved) else (other, cast.tuan)
    (refusal,) = [answer for answer in answers if isinstance(answer, AlreadyClaimed)]
    assert refusal.numbers["by"] == (cast.tuan.name if winner is cast.tuan else cast.sau.name)
    with pytest.raises(AlreadyClaimed):
        await pick_order(all_picked(placed.id, placed), actor=loser)
    with pytest.raises(AlreadyClaimed):
        await give_up_claim(placed.id, actor=loser)
    assert (await claim_order(placed.id, actor=winner)).state == "picking"
    assert (await give_up_claim(placed.id, actor=winner)).state == "confirmed"
    assert (await claim_order(placed.id, actor=loser)).state == "picking"
    await healthy()


async def test_a_pick_names_every_line_once_and_no_more_than_it_holds(shop: Shop, cast: SimpleNamespace) -> None:
    milk, tea = await shop.item(5), await shop.item(5)
    placed = await place(cast.lan, await shop.customer(), (milk, "5"), (tea, "3"))
    one, two = placed.lines
    good = [PickLine(one.id, "5"), PickLine(two.id, "3")]
    cases: list[tuple[list[PickLine], type[Refusal], str]] = [
        ([good[0]], PickIncomplete, "/lines"),
        ([good[0], good[0]], PickIncomplete, "/lines/1/order_line_id"),
        ([good[0], PickLine(new_id(), "1")], PickIncomplete, "/lines/1/order_line_id"),
        ([PickLine(one.id, "5.000001"), good[1]], PickBeyond, "/lines/0/qty"),
        ([PickLine(one.id, "-1"), good[1]], QuantityRefused, "/lines/0/qty"),
        ([PickLine(one.id, "NaN"), good[1]], QuantityRefused, "/lines/0/qty"),
        ([PickLine(one.id, "4"), good[1]], PickIncomplete, "/lines/0/short_reason"),
        ([PickLine(one.id, "4", "  "), good[1]], PickIncomplete, "/lines/0/short_reason"),
    ]
    for lines, refusal, pointer in cases:
        with pytest.raises(refusal) as caught:
            await pick_order(PickOrder(new_id(), placed.id, lines), actor=cast.tuan)
        assert caught.value.pointer == pointer
    assert await shop.bin(milk) == (5, 5, 0, 0)
    command = PickOrder(new_id(), placed.id, good)
    first = await pick_order(command, actor=cast.tuan)  # nobody claimed it: the pick does
    assert await pick_order(command, actor=cast.tuan) == first
    with pytest.raises(OrderIdReused):
        await pick_order(msgspec.structs.replace(command, lines=good[:1]), actor=cast.tuan)
    with pytest.raises(IllegalMove):
        await pick_order(msgspec.structs.replace(command, id=new_id()), actor=cast.tuan)
    await healthy()


async def test_an_order_of_which_nothing_is_found_ends(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(5), await shop.customer()
    placed = await place(cast.lan, customer, (item, "5"))
    (line,) = placed.lines
    assert (await pick_order(all_picked(placed.id, placed, short={line.id: "0"}), actor=cast.tuan)).state == "cancelled"
    assert await shop.bin(item) == (5, 0, 0, 0)
    assert await credit_of(shop, customer) == (0, 0)
    await healthy()


async def test_an_order_shipped_in_parts_adds_up_to_the_dong(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(3, price="333.33"), await shop.customer(limit=10_000)
    placed = await place(cast.lan, customer, (item, "7"))
    total = int(placed.total)
    await decide(cast.hung, placed, reason=None)
    gone = 0
    for arrival in (0, 2, 2):
        if arrival:
            await receive_goods([Arrival(item, shop.warehouse, arrival * MICRO)], actor=cast.tuan)
        held = await db.fetch_value("SELECT reserved FROM order_lines")
        pick = PickOrder(new_id(), placed.id, [PickLine(placed.lines[0].id, str(held // MICRO))])
        assert (await pick_order(pick, actor=cast.tuan)).state == "picked"
        moved = await dispatch_order(dispatch(placed.id), actor=cast.tuan)
        gone += held // MICRO
        assert moved.state == ("dispatched" if gone == 7 else "confirmed")
        assert sum(await credit_of(shop, customer)) == total
        if gone < 7:
            with pytest.raises(NothingToPick):
                await claim_order(placed.id, actor=cast.tuan)
        await healthy()
    assert await credit_of(shop, customer) == (0, total)


async def test_what_already_left_stays_dispatched_when_the_rest_is_cancelled(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(3), await shop.customer()
    placed = await place(cast.lan, customer, (item, "7"))
    await decide(cast.hung, placed, reason=None)
    await pick_order(PickOrder(new_id(), placed.id, [PickLine(placed.lines[0].id, "3")]), actor=cast.tuan)
    await dispatch_order(dispatch(placed.id), actor=cast.tuan)
    assert (await cancel_order(CancelOrder(placed.id, "không chờ nữa"), actor=cast.lan)).state == "dispatched"
    assert await credit_of(shop, customer) == (0, 3240)
    assert await shop.bin(item) == (0, 0, 0, 0)
    await healthy()


async def test_a_picked_order_that_is_cancelled_goes_back_to_the_shelf(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(5)
    placed = await place(cast.lan, await shop.customer(), (item, "5"))
    await pick_order(all_picked(placed.id, placed), actor=cast.tuan)
    await cancel_order(CancelOrder(placed.id, "khách đổi ý"), actor=cast.hung)
    assert await shop.bin(item) == (5, 0, 0, 0)
    with pytest.raises(IllegalMove) as caught:
        await dispatch_order(dispatch(placed.id), actor=cast.tuan)
    assert caught.value.numbers["state"] == "cancelled"
    await healthy()


async def test_goods_leave_once_and_only_after_the_pick(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(5)
    placed = await place(cast.lan, await shop.customer(), (item, "5"))
    command = dispatch(placed.id)
    with pytest.raises(IllegalMove):
        await dispatch_order(command, actor=cast.tuan)
    await pick_order(all_picked(placed.id, placed), actor=cast.tuan)
    for actor in (cast.lan, cast.hung, cast.sau, cast.mai):
        with pytest.raises(NotAllowed):
            await dispatch_order(command, actor=actor)
    first, second = await together(dispatch_order(command, actor=cast.tuan) for _ in range(2))
    assert first == second
    with pytest.raises(OrderIdReused):
        await dispatch_order(msgspec.structs.replace(command, packages=7), actor=cast.tuan)
    assert await db.fetch_value("SELECT count(*) FROM order_dispatches") == 1
    assert await shop.bin(item) == (0, 0, 0, 0)
    await healthy()


async def test_a_credit_hold_keeps_picked_goods_in_until_it_is_released(shop: Shop, cast: SimpleNamespace) -> None:
    customer = await shop.customer()
    placed = await place(cast.lan, customer, (await shop.item(), "1"))
    await pick_order(all_picked(placed.id, placed), actor=cast.tuan)
    hold = await accounts.hold((await shop.account(customer))["id"], "quá hạn", actor=cast.mai)
    with pytest.raises(CreditHeld):
        await dispatch_order(dispatch(placed.id), actor=cast.tuan)
    await accounts.release(hold, "đã trả", actor=cast.mai)
    assert (await dispatch_order(dispatch(placed.id), actor=cast.tuan)).state == "dispatched"
    await healthy()


async def test_goods_kept_for_a_held_order_are_given_up_in_time_and_taken_again_on_approval(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item(5)
    held = await place(cast.lan, await shop.customer(limit=0), (item, "4"))
    waiting = await place(cast.lan, await shop.customer(), (item, "3"))
    assert (
        await db.fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1 AND execute_after > now()", EXPIRE)
        >= 1
    )
    await jobs.run_now(EXPIRE, {})
    assert await shop.bin(item) == (5, 5, 0, 2)
    with clock.at(clock.now() + timedelta(days=3)):
        await jobs.run_now(EXPIRE, {})
        await resume()
    assert await db.fetch_value("SELECT state FROM orders WHERE id = $1", waiting.id) == "confirmed"
    assert await db.fetch_value("SELECT state FROM orders WHERE id = $1", held.id) == "on_hold"
    assert await shop.bin(item) == (5, 3, 0, 0)
    await healthy()
    moved = await decide(cast.hung, held)
    assert (moved.state, moved.short[0]["short"]) == ("confirmed", "2")
    assert await shop.bin(item) == (5, 5, 0, 2)
    await healthy()


async def test_a_crowd_of_people_doing_everything_at_once_leaves_no_drift(shop: Shop, cast: SimpleNamespace) -> None:
    items = [await shop.item(on_hand=60) for _ in range(4)]
    customers = [await shop.customer(limit=120_000) for _ in range(3)]

    async def one_life(n: int) -> None:
        placed = await place(cast.lan, customers[n % 3], (items[n % 4], "3"), (items[(n + 1) % 4], "5"))
        try:
            if placed.state == "on_hold":
                await decide(cast.hung, placed, "approve" if n % 3 else "reject", "đã xem")
            if n % 7 == 0:
                await cancel_order(CancelOrder(placed.id, "thôi"), actor=cast.lan)
            rows = await db.fetch(
                "SELECT id, reserved FROM order_lines WHERE order_id = $1 AND reserved > 0", placed.id
            )
            lines = [PickLine(row["id"], str(row["reserved"] // MICRO)) for row in rows]
            await pick_order(PickOrder(new_id(), placed.id, lines), actor=cast.tuan)
            await dispatch_order(dispatch(placed.id), actor=cast.tuan)
            await receive_goods([Arrival(items[n % 4], shop.warehouse, 2 * MICRO)], actor=cast.tuan)
        except Refusal:
            pass  # a life may end early; what matters is that nothing drifts and nothing but refusals comes back

    assert [answer for answer in await together(one_life(n) for n in range(60)) if answer is not None] == []
    await resume()
    await healthy()
