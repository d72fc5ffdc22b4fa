"""The ledger and the bins in a real database: append-only, never below what is reserved, shared as the rules say."""

import random
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backend.stock.doctor
from backend.core import database as db
from backend.core.clock import now, today
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.stock import picking, receiving, reserving, rules
from backend.stock.errors import BelowReserved, UnknownStock
from backend.stock.queries import standings
from backend.stock.schemas import Arrival, Want
from tests.orders.shop import Shop


def want(shop: Shop, item: UUID, qty: int, days: int = 0) -> Want:
    return Want(new_id(), item, shop.warehouse, qty * MICRO, today() + timedelta(days=days))


async def healthy() -> None:
    assert await backend.stock.doctor.faults() == []


async def test_nobody_can_rewrite_the_ledger(shop: Shop) -> None:
    await shop.item(on_hand=5)
    for statement in ("UPDATE stock_moves SET qty = 1", "DELETE FROM stock_moves", "TRUNCATE stock_moves"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)


async def test_a_bin_cannot_hold_less_than_is_reserved_or_reserve_less_than_is_picked(shop: Shop) -> None:
    item = await shop.item(on_hand=5)
    for change in ("on_hand = -1", "reserved = on_hand + 1", "picked = 1", "reserved = -1", "backlog = -1"):
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(f"UPDATE stock_bins SET {change} WHERE item_id = $1", item)


async def test_the_doctor_sees_a_bin_that_left_its_ledger(shop: Shop) -> None:
    item = await shop.item(on_hand=5)
    await db.execute("UPDATE stock_bins SET on_hand = on_hand + 1 WHERE item_id = $1", item)
    (fault,) = await backend.stock.doctor.faults()
    assert str(item) in fault


async def test_lines_of_one_item_share_its_bin_in_order(shop: Shop) -> None:
    item, other = await shop.item(on_hand=10), await shop.item(on_hand=3)
    await db.execute("UPDATE stock_bins SET safety = $1 WHERE item_id = $2", 2 * MICRO, item)
    held = await reserving.reserve([want(shop, item, 5), want(shop, other, 4), want(shop, item, 6)], new_id())
    assert [(line.held // MICRO, line.backlog // MICRO) for line in held] == [(5, 0), (3, 1), (3, 3)]
    assert await shop.bin(item) == (10, 8, 0, 3)
    await healthy()


async def test_what_is_released_is_free_for_the_next(shop: Shop) -> None:
    item = await shop.item(on_hand=4)
    first, second = new_id(), new_id()
    await reserving.reserve([want(shop, item, 4)], first)
    await reserving.reserve([want(shop, item, 2)], second)
    assert await reserving.release([first]) == {item}
    assert await reserving.release([first]) == set()
    (filled,) = await reserving.fill([second])
    assert (filled.held // MICRO, filled.backlog) == (2, 0)
    assert await shop.bin(item) == (4, 2, 0, 0)
    await healthy()


async def test_goods_that_arrive_go_to_the_earlier_due_day_first(shop: Shop) -> None:
    item = await shop.item(on_hand=0)
    later, sooner = new_id(), new_id()
    await reserving.reserve([want(shop, item, 3, days=5)], later)
    await reserving.reserve([want(shop, item, 3, days=2)], sooner)
    await receiving.receive(item_id=item, warehouse_id=shop.warehouse, qty_micro=4 * MICRO)
    held = {line.reference: line.held // MICRO for line in await reserving.fill([later, sooner])}
    assert held == {sooner: 3, later: 1}
    await healthy()


async def test_a_short_pick_frees_the_rest_at_once_and_the_picked_leave_the_books(shop: Shop) -> None:
    item = await shop.item(on_hand=24)
    order, line = new_id(), want(shop, item, 24)
    await reserving.reserve([line], order)
    (picked,) = await picking.pick({line.line: 22 * MICRO}, order)
    assert (picked.qty // MICRO, picked.rest // MICRO) == (22, 2)
    assert await shop.bin(item) == (24, 22, 22, 0)
    await picking.unpick(order)
    assert await shop.bin(item) == (24, 22, 0, 0)
    await picking.pick({line.line: 22 * MICRO}, order)
    (issued,) = await picking.issue(order, by=new_id())
    assert issued.qty // MICRO == 22
    assert await shop.bin(item) == (2, 0, 0, 0)
    assert await picking.issue(order, by=new_id()) == []
    await healthy()


async def test_a_count_may_correct_the_books_but_not_below_what_is_reserved(shop: Shop) -> None:
    item = await shop.item(on_hand=5)
    await reserving.reserve([want(shop, item, 4)], new_id())
    await receiving.receive_many([Arrival(item, shop.warehouse, -MICRO)], kind="adjust", by=None)
    with pytest.raises(BelowReserved):
        await receiving.receive_many([Arrival(item, shop.warehouse, -MICRO)], kind="adjust", by=None)
    with pytest.raises(UnknownStock):
        await receiving.receive(item_id=new_id(), warehouse_id=shop.warehouse, qty_micro=MICRO)
    assert await shop.bin(item) == (4, 4, 0, 0)
    await healthy()


async def test_the_standing_of_an_item_tells_incoming_backlog_and_the_day(shop: Shop, cast: SimpleNamespace) -> None:
    item, unknown = await shop.item(on_hand=120), new_id()
    day = today()
    await reserving.reserve([want(shop, item, 70)], new_id())
    await db.execute("UPDATE stock_bins SET safety = $1 WHERE item_id = $2", 10 * MICRO, item)
    receipt = await receiving.expect(item, shop.warehouse, 60 * MICRO, day + timedelta(days=3), source="PO-31", by=None)
    await receiving.expect(
        item, shop.warehouse, 80 * MICRO, day + timedelta(days=10), kind="production", source="MO-12", by=None
    )
    late = new_id()
    await reserving.reserve([want(shop, item, 90, days=7)], late)  # 40 held, 50 backlog due in a week
    seen = await standings({item: 20 * MICRO, unknown: 1}, actor=cast.lan, on=day + timedelta(days=3))
    found = seen[item]
    assert [found.on_hand // MICRO, found.reserved // MICRO, found.free // MICRO] == [120, 110, 0]
    assert (found.promisable // MICRO, found.earliest_on) == (10, day + timedelta(days=10))
    assert [(coming.source, coming.qty // MICRO) for coming in found.incoming] == [("PO-31", 60), ("MO-12", 80)]
    assert (seen[unknown].on_hand, seen[unknown].earliest_on) == (0, None)
    await receiving.receive_many([Arrival(item, shop.warehouse, 60 * MICRO, receipt)], by=None)
    found = (await standings({item: 1}, actor=cast.lan))[item]
    assert ([coming.source for coming in found.incoming], found.on_hand // MICRO) == (["MO-12"], 180)


async def test_a_soft_reservation_that_expired_is_taken_again_as_far_as_goods_reach(shop: Shop) -> None:
    item = await shop.item(on_hand=5)
    order, rival = new_id(), new_id()
    await reserving.reserve([want(shop, item, 4)], order, soft_until=now())
    await reserving.release([order], how="expired")
    assert await shop.bin(item) == (5, 0, 0, 0)
    await reserving.reserve([want(shop, item, 3)], rival)
    (line,) = await reserving.fill([order], harden=True)
    assert (line.held // MICRO, line.backlog // MICRO) == (2, 2)
    await healthy()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 30), st.lists(st.integers(1, 12), min_size=1, max_size=6))
async def test_the_database_shares_as_the_rules_do(shop: Shop, free: int, wants: list[int]) -> None:
    item = await shop.item(on_hand=free)
    held = await reserving.reserve([want(shop, item, qty) for qty in wants], new_id())
    assert [line.held // MICRO for line in held] == rules.share(free, wants)
    await healthy()


async def test_on_hand_is_the_sum_of_its_moves_after_a_thousand_random_acts(shop: Shop) -> None:
    dice = random.Random(11)
    items = [await shop.item(on_hand=20) for _ in range(4)]
    open_orders: list[tuple[UUID, list[Want]]] = []
    for _ in range(1000):
        act = dice.choice(("reserve", "reserve", "release", "pick", "receive", "fill", "unpick"))
        if act == "reserve" or not open_orders:
            lines = [
                want(shop, dice.choice(items), dice.randint(1, 9), dice.randint(0, 9))
                for _ in range(dice.randint(1, 3))
            ]
            reference = new_id()
            await reserving.reserve(lines, reference)
            open_orders.append((reference, lines))
            continue
        reference, lines = dice.choice(open_orders)
        if act == "release":
            await reserving.release([reference])
            open_orders.remove((reference, lines))
        elif act == "receive":
            await receiving.receive(
                item_id=dice.choice(items), warehouse_id=shop.warehouse, qty_micro=dice.randint(1, 5) * MICRO
            )
        elif act == "fill":
            await reserving.fill([reference])
        elif act == "unpick":
            await picking.unpick(reference)
        else:
            rows = await db.fetch(
                "SELECT line, held FROM reservations WHERE reference = $1 AND held > picked", reference
            )
            await picking.pick({row["line"]: dice.randint(0, row["held"] // MICRO) * MICRO for row in rows}, reference)
            if dice.random() < 0.7:
                await picking.issue(reference, by=reference)
    await healthy()
