"""The shortcuts of a dry run change no figure: random orders, summed the short way and priced whole both ways."""

import contextlib
import os
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import database as db
from backend.core.errors import Refusal
from backend.core.jobs import run_now
from backend.core.money import MICRO, text_of_micro
from backend.orders import rehearsing
from backend.pricing.numbers import dec
from backend.pricing.promotions import runs, tally_crew
from backend.pricing.promotions.tally import Tally
from backend.pricing.promotions.tally_rows import Basket
from backend.pricing.rules import price_order
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import read_promotions
from tests.pricing.baskets import basket
from tests.pricing.dairy import lay_dairy
from tests.pricing.promoting import day, drafted, percent, running
from tests.pricing.test_simulating import dry_run, placed

Json = dict[str, Any]
SEEDS = 1_500


def question(seed: int) -> tuple[Json, Json, Json, Basket, str | None] | None:
    """A book with a promotion, the same without it (or with another in its place), a customer and their basket."""
    dice, raw = Random(seed), basket(seed)
    book, order = raw["book"], raw["order"]
    customers, promotions = book.get("customers") or {}, book.get("promotions") or []
    customer = order.get("customer")
    if customer not in customers or not promotions:
        return None
    tried = dice.choice(promotions)
    others = [one for one in promotions if one is not tried]
    ours = others[1:] if dice.random() < 0.3 else others  # the next version of another one takes its place
    lines = [
        (line["item"], line.get("unit") or "cai", int(qty))
        for line in order["lines"]
        if "price" not in line and (qty := Fraction(line["qty"]) * MICRO).denominator == 1 and qty > 0
    ]
    facts = {**customers[customer], "first_order": customers[customer].get("first_order")}
    basket_ = Basket(UUID(int=1), UUID(int=2), order["date"], book["company_currency"], "here", lines)
    own = {**book, "customers": {str(UUID(int=2)): facts}}
    return {**own, "promotions": [*ours, tried]}, {**own, "promotions": others}, facts, basket_, tried.get("coupon")


def whole(book: Json, basket_: Basket, coupon: str | None) -> list[tuple[Any, ...]]:
    """The order priced by the brain as it is, line by line."""
    order = {
        "customer": str(basket_.customer_id), "date": basket_.on, "currency": basket_.currency,
        "coupons": [] if coupon is None else [coupon],
        "lines": [
            {"item": item, "unit": unit, "qty": text_of_micro(qty)} for item, unit, qty in basket_.lines
        ],
    }  # fmt: skip
    priced = price_order(Book(book), order, explain=False)
    return [(line["item"], line["unit"], line["qty"], dec(line["net"]), line.get("gift")) for line in priced["lines"]]


def test_a_dry_run_says_what_the_price_brain_says() -> None:
    reached: Counter[str] = Counter()
    for seed in range(SEEDS):
        asked = question(seed)
        if asked is None or not asked[3].lines:
            continue
        ours, plain, facts, basket_, coupon = asked
        try:
            sides = read_promotions(ours["promotions"]), read_promotions(plain["promotions"])
            with_it, without = whole(ours, basket_, coupon), whole(plain, basket_, coupon)
        except Refusal:
            continue
        tally = Tally(Book(plain), sides, coupon, {basket_.customer_id: facts}, {})
        tally.add([basket_])
        found = tally.result({})
        differs = with_it != without
        taken = sum(line[3] for line in without if not line[4]) - sum(line[3] for line in with_it if not line[4])
        assert (found["unpriced"], found["orders"]) == (0, int(differs)), seed
        assert dec(found["discount"]) == (taken if differs else 0), seed
        reached["same" if not differs else "gift" if any(line[4] for line in with_it) else "money"] += 1
        assert set(tally.regions) == ({"here"} if differs else set())
    assert min(reached[kind] for kind in ("same", "gift", "money")) >= 20, reached


@pytest.fixture
async def ids(database: str) -> SimpleNamespace:
    """The dairy, with a warehouse and a set of regions."""
    from backend.stock.receiving import open_warehouse

    await open_warehouse("KHO1", "Kho chính", default=True, by=None)
    await db.execute(
        """INSERT INTO region_sets (id, name_vi, name_en, valid_from, source, licence, approximate)
           VALUES ('TEST-ADM1', 'Thử', 'Test', '2020-01-01', '', '', false)"""
    )
    return await lay_dairy()


@pytest.mark.anyio
async def test_a_next_version_for_other_goods_counts_what_the_old_one_no_longer_gives(
    ids: SimpleNamespace, client_for: Any, cast: SimpleNamespace
) -> None:
    an, lan = await client_for(cast.an), await client_for("lan")
    on = await running(an, "KM1", percent("10", match={"items": [str(ids.milk)]}, valid_from=day()))
    await placed(lan, ids.customer, 0, (ids.milk, "10", "hộp"))
    rule = percent("10", match={"items": [str(ids.coffee)]})
    changed = await an.patch(f"/promotions/{on['id']}", json={"expected_version": 2, "rule": rule})
    found = (await dry_run(an, changed.json(), from_on=day(), to_on=day()))["result"]
    assert (found["orders"], found["discount"]) == (1, "-7200")  # 72,000 less 10 %, which nobody gets any more


@pytest.mark.anyio
async def test_a_promotion_for_a_sales_method_is_tried_on_the_customers_who_have_it(
    ids: SimpleNamespace, client_for: Any, cast: SimpleNamespace
) -> None:
    an, lan = await client_for(cast.an), await client_for("lan")
    await placed(lan, ids.customer, 2, (ids.milk, "10", "hộp"))
    by_phone = await drafted(an, "GOI", percent("10", scope={"channel": ["PHONE"]}))
    assert (await dry_run(an, by_phone))["result"]["orders"] == 0
    await db.execute("UPDATE customers SET sales_method = 'PHONE' WHERE id = $1", ids.customer)
    assert (await dry_run(an, by_phone))["result"]["orders"] == 1


@pytest.mark.anyio
async def test_helpers_come_to_the_same_sum_and_leave_when_the_run_is_over_or_stopped(
    ids: SimpleNamespace, client_for: Any, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, lan = await client_for(cast.an), await client_for("lan")
    for days_ago in range(1, 8):
        await placed(lan, ids.customer, days_ago, (ids.milk, str(10 + days_ago), "hộp"), (ids.coffee, "1", "gói"))
    gift = {"kind": "gift", "item": str(ids.milk), "qty": "1", "every": "10"}
    for code, rule in {"GIAM": percent("7"), "TANG": percent("7", effect=gift)}.items():
        draft = await drafted(an, code, rule)
        alone = await dry_run(an, draft)
        with monkeypatch.context() as patched:
            patched.setattr(rehearsing, "PAGE", 2)
            patched.setattr(tally_crew, "SMALL", 0)
            patched.setattr("os.cpu_count", lambda: 3)
            together = await dry_run(an, draft)
        assert alone["state"] == together["state"] == "done"
        assert alone["result"] == together["result"] and alone["result"]["orders"] == 7
    assert helpers() == []

    monkeypatch.setattr(rehearsing, "PAGE", 2)
    monkeypatch.setattr(tally_crew, "SMALL", 0)
    reported = runs.report_progress

    async def stopped_at_two(run_id: UUID, done: int, total: int) -> bool:
        if done == 2:
            await an.post(f"/promotions/runs/{run_id}/cancellation")
        return await reported(run_id, done, total)

    monkeypatch.setattr(runs, "report_progress", stopped_at_two)
    assert (await dry_run(an, draft))["state"] == "cancelled"
    assert helpers() == []


@pytest.mark.anyio
async def test_a_helper_that_dies_fails_the_run_and_nobody_waits_for_ever(
    ids: SimpleNamespace, client_for: Any, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, lan = await client_for(cast.an), await client_for("lan")
    await placed(lan, ids.customer, 1, (ids.milk, "10", "hộp"))
    draft = await drafted(an, "GIAM", percent("7"))
    run = (await an.post(f"/promotions/{draft['id']}/runs", json={"region_set": "TEST-ADM1"})).json()
    monkeypatch.setattr(tally_crew, "SMALL", 0)
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(ExceptionGroup) as failed:
        await run_now(rehearsing.JOB, {"run": run["id"]})
    assert failed.group_contains(tally_crew.HelperDied)
    assert (await an.get(f"/promotions/runs/{run['id']}")).json()["state"] == "failed"


def helpers() -> list[str]:
    """Helpers of this process that still run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_bytes().split(b"\0")
            mine = (place / "stat").read_text().rpartition(") ")[2].split()[1] == str(os.getpid())
            if mine and b"backend.pricing.promotions.tally_crew" in words:
                found.append(place.name)
    return found
