"""Held orders and what becomes of them: deciding, cancelling, waiting for goods, expiring, a crowd at once."""

from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest

from backend.approvals.errors import AlreadyDecided, OwnRequest, ReasonNeeded
from backend.approvals.queries import list_requests
from backend.core import clock, jobs
from backend.core import database as db
from backend.core.errors import NotAllowed, NotVisible, Refusal, StaleVersion
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.orders.cancelling import cancel_order
from backend.orders.deciding import decide_hold
from backend.orders.dispatching import dispatch_order
from backend.orders.errors import (
    IllegalMove,
    NotTheOwner,
)
from backend.orders.expiring import EXPIRE
from backend.orders.picking import pick_order
from backend.orders.resuming import receive_goods
from backend.orders.rules import ENDED, MOVES, move
from backend.orders.schemas import CancelOrder, DecideHold, PickLine, PickOrder
from backend.stock.schemas import Arrival
from tests.orders.acts import another_rep, credit_of, decide, dispatch, question, resume, told
from tests.orders.shop import Shop, healthy, place, together


def test_ended_orders_go_nowhere_and_every_state_is_reached() -> None:
    assert not {state for state, _ in MOVES} & ENDED
    assert {state for state, _ in MOVES} | set(MOVES.values()) == {
        "submitted", "on_hold", "confirmed", "picking", "picked", *ENDED,
    }  # fmt: skip
    for state in ENDED:
        with pytest.raises(IllegalMove):
            move(state, "cancel")


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
