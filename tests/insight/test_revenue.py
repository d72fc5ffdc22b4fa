"""Revenue by region equals the ledger: for every set, month range, position and reader, to the đồng."""

from fractions import Fraction
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core.database import execute, fetch, in_transaction
from backend.core.errors import NotVisible
from backend.core.money import round_half_away
from backend.geo.addresses import PinAddress, pin_address
from backend.insight.doctor import faults
from backend.insight.errors import MonthWrong, RateMissing
from backend.insight.filters import Choice
from backend.insight.queries import region_customers, revenue
from backend.insight.schemas import Revenue
from tests.insight.makers import make_customers, make_ground, make_orders

pytestmark = pytest.mark.anyio
SETS = ("VN-ADM1-34", "VN-ADM1-63")
COUNTED = {"confirmed", "picking", "picked", "dispatched"}
SPANS = (("2026-01", "2026-12"), ("2026-02", "2026-02"), ("2026-03", "2026-09"), ("2025-01", "2025-12"))
BELOW = {None: None, 1: {1, 2, 3, 4, 5, 6, 7}, 2: {2, 3}, 3: {3}, 4: {4, 5}, 5: {5}}


def in_dong(order: dict[str, Any]) -> int:
    """The order's net in đồng, worked out apart from SQL."""
    if order["currency"] == "VND":
        return int(order["net"])
    late = order["ordered_on"].isoformat() >= "2026-03-15"
    rate = Fraction(51_007, 2) if late else Fraction(25_001)
    return round_half_away(Fraction(order["net"], 100) * rate)


def ledger(orders: list[dict[str, Any]], first: str, last: str, keys: set[int] | None) -> list[dict[str, Any]]:
    """The orders that are revenue, by plain reading of the rule."""
    return [
        one
        for one in orders
        if one["state"] in COUNTED
        and not one["deleted"]
        and first <= one["ordered_on"].strftime("%Y-%m") <= last
        and (keys is None or one["position_id"] in keys)
    ]


def check(found: Revenue, expected: list[dict[str, Any]]) -> None:
    total = sum(in_dong(one) for one in expected)
    assert int(found.total) == total and found.orders == len(expected)
    assert sum(int(row.net) for row in found.rows) == total
    assert sum(row.orders for row in found.rows) == len(expected)
    assert sum(int(month.net) for month in found.months) == total
    assert sum(int(rep.net) for rep in found.reps) == total
    assert sum(int(net) for net in found.grades.values()) == total
    assert [row.kind for row in found.rows[-2:]] == ["unlocated", "outside"]
    assert [row.kind for row in found.rows].count("unlocated") == 1
    assert abs(sum(Fraction(row.share) for row in found.rows) - (1 if total else 0)) < Fraction(1, 10_000)


@pytest.mark.parametrize("seed", range(4))
async def test_rows_months_positions_and_grades_add_up_to_the_ledger_for_every_choice(
    cast: SimpleNamespace, seed: int
) -> None:
    chance = Random(seed)
    customers = await make_customers(chance, 40, (3, 5, 2, 7))
    orders = await make_orders(chance, customers, 400)
    readers = ((cast.an, None), (cast.hung, {2, 3}), (cast.ngoc, {4, 5}))
    for reader, sight in readers:
        for set_code in SETS:
            for first, last in SPANS:
                for position, below in BELOW.items():
                    choice = Choice(set=set_code, first=first, last=last, position=position)
                    if sight is not None and position is not None and position not in sight:
                        with pytest.raises(NotVisible):
                            await revenue(choice, actor=reader)
                        continue
                    keys = sight if below is None else below if sight is None else below & sight
                    check(await revenue(choice, actor=reader), ledger(orders, first, last, keys))
    assert await faults() == []


async def test_both_sets_say_the_same_total_and_every_place_is_some_row(cast: SimpleNamespace) -> None:
    chance = Random(11)
    customers = await make_customers(chance, 60, (3,))
    await make_orders(chance, customers, 600)
    new, old = [await revenue(Choice(set=one, first="2026-01", last="2026-12"), actor=cast.an) for one in SETS]
    assert new.total == old.total and int(new.total) > 0
    for report in (new, old):
        assert {row.kind: int(row.net) > 0 for row in report.rows} == {
            "region": True,
            "unlocated": True,
            "outside": True,
        }
    names = {row.name for row in old.rows}
    assert {"Yên Bái", "Bình Dương"} <= names and not {"Yên Bái", "Bình Dương"} & {row.name for row in new.rows}
    # 34 provinces are the 63 rolled up, unit by unit
    links = {
        row["from_region"]: row["to_region"] for row in await fetch("SELECT from_region, to_region FROM region_links")
    }
    rolled: dict[str, int] = {}
    for row in old.rows[:-2]:
        target = links[f"VN-ADM1-63/{row.code}"].split("/")[1]
        rolled[target] = rolled.get(target, 0) + int(row.net)
    assert rolled == {row.code: int(row.net) for row in new.rows[:-2]}


async def test_correcting_a_pin_after_the_sale_moves_no_money_of_old_orders(cast: SimpleNamespace) -> None:
    chance = Random(5)
    customers = await make_customers(chance, 10, (3,))
    await make_orders(chance, customers, 100)
    choice = Choice(first="2026-01", last="2026-12")
    before = await revenue(choice, actor=cast.an)
    for row in await fetch("SELECT id FROM addresses"):
        command = PinAddress(id=row["id"], lat=21.03, lon=105.85, accuracy_m=5, method="manual")
        await in_transaction(lambda command=command: pin_address(command, actor=cast.lan))
    assert await revenue(choice, actor=cast.an) == before


async def test_the_customers_behind_a_row_add_up_to_it(cast: SimpleNamespace) -> None:
    chance = Random(6)
    await make_orders(chance, await make_customers(chance, 30, (3, 5)), 300)
    choice = Choice(first="2026-01", last="2026-12")
    for reader in (cast.an, cast.hung):
        for row in (await revenue(choice, actor=reader)).rows:
            behind = await region_customers(choice, row.code or row.kind, actor=reader)
            assert sum(int(one.net) for one in behind) == int(row.net)
            assert sum(one.customers for one in behind) == row.customers
            assert len(await region_customers(choice, row.code or row.kind, actor=reader, limit=1)) <= 2


async def test_a_customer_handed_over_out_of_sight_still_counts_but_is_no_longer_named(cast: SimpleNamespace) -> None:
    chance = Random(8)
    await make_orders(chance, await make_customers(chance, 6, (3,)), 200)
    choice = Choice(first="2026-01", last="2026-12")
    before = await revenue(choice, actor=cast.hung)
    await execute("UPDATE customers SET position_id = 5")
    after = await revenue(choice, actor=cast.hung)
    assert after == before
    for row in after.rows:
        behind = await region_customers(choice, row.code or row.kind, actor=cast.hung)
        assert [one.customer_id for one in behind] == ([None] if row.orders else [])
        assert sum(int(one.net) for one in behind) == int(row.net)


async def test_a_currency_without_a_rate_refuses_the_report_instead_of_leaving_money_out(cast: SimpleNamespace) -> None:
    chance = Random(7)
    await make_ground()
    await make_orders(chance, await make_customers(chance, 10, (3,)), 200)
    await execute("DELETE FROM currency_rates")
    with pytest.raises(RateMissing) as refused:
        await revenue(Choice(first="2026-01", last="2026-12"), actor=cast.an)
    assert int(str(refused.value.numbers["orders"])) > 0
    assert any("without a rate" in fault for fault in await faults())


@pytest.mark.parametrize(
    ("first", "last"), [("2026-13", "2026-12"), ("2026-02", "2026-01"), ("2010-01", "2026-01"), ("x", "2026-01")]
)
async def test_months_that_make_no_sense_are_refused(cast: SimpleNamespace, first: str, last: str) -> None:
    with pytest.raises(MonthWrong):
        await revenue(Choice(first=first, last=last), actor=cast.an)


async def test_an_empty_company_has_a_report_of_nothing(cast: SimpleNamespace) -> None:
    found = await revenue(Choice(first="2026-01", last="2026-03"), actor=cast.hung)
    check(found, [])
    assert [month.month for month in found.months] == ["2026-01", "2026-02", "2026-03"]
    assert [(row.name, row.share) for row in found.rows] == [("(chưa định vị)", "0"), ("(ngoài vùng)", "0")]
