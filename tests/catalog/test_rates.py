"""Exchange rates by day: entered, corrected with a reason, never changed in silence; prices and credit follow them."""

from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog.errors import RateWrong
from backend.catalog.queries_rates import rate_text
from backend.catalog.rating import read_rate
from backend.core import database as db
from backend.core.clock import today
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.credit.queries import rates
from backend.pricing.quoting import QuoteLine, quote
from tests.orders.shop import Shop, lay_shop, place

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(database: str) -> Shop:
    return await lay_shop()


@given(num=st.integers(1, 10**15), den=st.integers(1, 10**15))
def test_a_rate_is_kept_exactly(num: int, den: int) -> None:
    assert read_rate(str(num), str(den)) == Fraction(num, den)


@pytest.mark.parametrize(
    ("num", "den"),
    [
        ("0", "1"), ("-1", "1"), ("1", "0"), ("x", "1"), ("1e3", "1"), ("10000000000000000", "1"),
        ("1.000000000001", "999999"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_rate_is_refused(num: str, den: str) -> None:
    with pytest.raises(RateWrong):
        read_rate(num, den)


async def test_a_rate_is_entered_listed_and_used_by_prices_and_credit(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    mai = await client_for(cast.mai)
    item = await shop.item(price="50000")
    customer = await shop.customer()
    tomorrow = today() + timedelta(days=1)

    async def price_on(day: Any) -> int:
        lines = [QuoteLine(id=new_id(), item_id=item, unit="hộp", qty_micro=MICRO)]
        found = await quote(customer_id=customer, ordered_on=day, currency="USD", lines=lines)
        return found.lines[0].unit_price_micro

    assert await price_on(today()) == 2_000_000
    body = {"currency": "USD", "from_on": str(today()), "num": "20000.5"}
    assert (await mai.post("/currency-rates", json=body)).status_code == 201
    assert (
        await mai.post("/currency-rates", json={**body, "from_on": str(tomorrow), "num": "1", "den": "3"})
    ).status_code == 201
    assert await price_on(today()) == 2_499_900  # 50 000 / 20 000.5, to four decimals
    assert await price_on(tomorrow) == 150_000 * MICRO
    assert await price_on(today() - timedelta(days=1)) == 2_000_000
    assert (await rates(["USD"], actor=cast.mai))["USD"] == Fraction(40_001, 2)
    listed = (await mai.get("/currencies/USD/rates")).json()
    assert [(one["num"], one["den"], one["rate"], one["holds"]) for one in listed] == [
        ("1", "3", "0.3333333333", False), ("40001", "2", "20000.5", True), ("25000", "1", "25000", False)
    ]  # fmt: skip
    assert {one["code"]: (one["rate"], one["company"]) for one in (await mai.get("/currencies")).json()} == {
        "VND": (None, True), "USD": ("20000.5", False)
    }  # fmt: skip


async def test_a_correction_says_why_and_leaves_what_was_said_and_ordered_before(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    mai = await client_for(cast.mai)
    item = await shop.item(price="50000")
    customer = await shop.customer(limit=10**9)
    placed = await place(cast.lan, customer, (item, "1"), currency="USD")
    before = await db.fetch_row("SELECT total, credit_amount FROM orders WHERE number = $1", placed.number)
    path, body = "/currency-rates/USD/2020-01-01", {"expected_version": 1, "num": "24000", "reason": "gõ nhầm"}
    silent = await mai.patch(path, json={**body, "reason": "  "})
    assert (silent.status_code, silent.json()["code"]) == (422, "rate-reason-missing")
    assert (await mai.patch(path, json=body)).json()["version"] == 2
    stale = await mai.patch(path, json={**body, "num": "1"})
    assert (stale.status_code, stale.json()["current"]) == (412, 2)
    assert (await mai.patch("/currency-rates/USD/2020-01-02", json=body)).status_code == 404

    assert await db.fetch_row("SELECT total, credit_amount FROM orders WHERE number = $1", placed.number) == before
    steps = (await mai.get("/currencies/USD/rates")).json()[0]["steps"]
    assert [(s["num"], s["was_num"], s["reason"], s["made_by"]) for s in steps] == [
        ("24000", "25000", "gõ nhầm", cast.mai.name)
    ]  # fmt: skip
    assert await db.fetch_value("SELECT count(*) FROM audit WHERE action = 'rate.correct'") == 1
    for statement in (
        "UPDATE currency_rate_steps SET num = 1",
        "DELETE FROM currency_rate_steps",
        "TRUNCATE currency_rate_steps",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)


async def test_what_must_not_be_entered_is_refused(shop: Shop, cast: SimpleNamespace, client_for: Any) -> None:
    mai = await client_for(cast.mai)
    good = {"currency": "USD", "from_on": str(today()), "num": "26000"}
    for change, status, code in (
        ({"currency": "VND"}, 422, "rate-wrong"), ({"currency": "EUR"}, 422, "rate-wrong"),
        ({"num": "0"}, 422, "rate-wrong"), ({"from_on": "2019-12-31"}, 422, "rate-reason-missing"),
        ({"from_on": "2020-01-01", "reason": "x"}, 409, "rate-exists"),
    ):  # fmt: skip
        refused = await mai.post("/currency-rates", json={**good, **change})
        assert (refused.status_code, refused.json()["code"]) == (status, code), change
    assert await db.fetch_value("SELECT count(*) FROM currency_rates") == 1


async def test_who_reads_and_who_enters_rates(shop: Shop, cast: SimpleNamespace, client_for: Any) -> None:
    expected = {
        "an": (200, 201), "mai": (200, 201), "hung": (200, 403), "ngoc": (200, 403), "lan": (403, 403),
        "bob": (403, 403), "tuan": (403, 403), "sau": (403, 403),
    }  # fmt: skip
    for n, (login, codes) in enumerate(expected.items()):
        client = await client_for(login)
        body = {"currency": "USD", "from_on": str(today() + timedelta(days=n)), "num": "26000"}
        read = (await client.get("/currencies/USD/rates")).status_code
        assert read == (await client.get("/currencies")).status_code
        assert (read, (await client.post("/currency-rates", json=body)).status_code) == codes, login


async def test_an_order_in_a_currency_without_a_rate_is_refused(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    item, customer = await shop.item(), await shop.customer()
    await db.execute("DELETE FROM currency_rates")
    lan = await client_for(cast.lan)
    line = {"item_id": str(item), "unit": "hộp", "qty": "1"}
    refused = await lan.post("/orders/check", json={"customer_id": str(customer), "currency": "USD", "lines": [line]})
    assert (refused.status_code, refused.json()["code"]) == (409, "rate-missing")


def test_a_rate_is_read_to_ten_decimals() -> None:
    assert [rate_text(1, 3), rate_text(25_000, 1), rate_text(1, 25_000)] == ["0.3333333333", "25000", "0.00004"]
