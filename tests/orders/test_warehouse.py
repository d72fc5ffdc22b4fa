"""The warehouse: claiming, picking short, dispatching in parts, goods that must not leave."""

from types import SimpleNamespace

import msgspec
import pytest

from backend.core import database as db
from backend.core.errors import NotAllowed, Refusal
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.credit import accounts
from backend.credit.errors import CreditHeld
from backend.orders.cancelling import cancel_order
from backend.orders.claiming import claim_order, give_up_claim
from backend.orders.dispatching import dispatch_order
from backend.orders.errors import (
    AlreadyClaimed,
    IllegalMove,
    NothingToPick,
    OrderIdReused,
    PickBeyond,
    PickIncomplete,
    QuantityRefused,
)
from backend.orders.picking import pick_order
from backend.orders.resuming import receive_goods
from backend.orders.schemas import CancelOrder, Moved, PickLine, PickOrder
from backend.stock.schemas import Arrival
from tests.orders.acts import credit_of, decide, dispatch, states
from tests.orders.shop import Shop, all_picked, healthy, place, together


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
