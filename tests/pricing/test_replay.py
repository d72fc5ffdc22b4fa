"""A book that was given out prices an order later as it did then, and the office knows when it was last in force."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import clock
from backend.core import database as db
from backend.core.errors import Refusal
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.pricing.queries import book_of
from backend.pricing.quoting import Quoted, QuoteLine, quote
from backend.pricing.replaying import replay
from backend.pricing.storing import NewPromotion, insert_promotions
from tests.pricing.dairy import DAY, lay_dairy

SECRETS = {"cost", "cost_micro", "floor", "floor_price", "min_price"}


def asked(ids: SimpleNamespace, *wanted: tuple[str, str, int]) -> list[QuoteLine]:
    return [QuoteLine(new_id(), getattr(ids, item), unit, qty * MICRO) for item, unit, qty in wanted]


async def again(version: str, customer: UUID, lines: list[QuoteLine]) -> Quoted | None:
    return await replay(version, customer_id=customer, ordered_on=DAY, currency="VND", lines=lines)


def without_mark(quoted: Quoted) -> dict[str, Any]:
    return {name: getattr(quoted, name) for name in quoted.__struct_fields__ if name not in ("mark", "trace")}


async def test_an_old_book_prices_as_the_office_did_when_it_was_in_force(cast: SimpleNamespace) -> None:
    ids = await lay_dairy()
    gift = {
        "match": {"item_groups": ["sua"]},
        "effect": {"kind": "gift", "item": str(ids.cup), "qty": "1", "every": "10"},
    }
    await insert_promotions([NewPromotion(new_id(), "10+1", gift)])
    then: list[tuple[list[QuoteLine], Quoted]] = []
    for qty in (1, 9, 10, 15, 20, 480, 576):
        lines = asked(ids, ("milk", "hộp", qty), ("coffee", "gói", 7), ("milk", "thùng", 1))
        then.append((lines, await quote(customer_id=ids.customer, ordered_on=DAY, currency="VND", lines=lines)))
    version, _ = await book_of(actor=cast.lan)
    await db.execute("UPDATE price_rules SET price = jsonb_set(price, '{amount}', '\"9999\"') WHERE price ? 'amount'")
    await db.execute("UPDATE promotions SET state = 'ended'")
    for lines, quoted in then:
        known = await again(version, ids.customer, lines)
        assert known is not None and without_mark(known) == without_mark(quoted)
        today = await quote(customer_id=ids.customer, ordered_on=DAY, currency="VND", lines=lines)
        assert today.total_minor != quoted.total_minor


async def test_a_book_answers_for_its_own_customers_only(cast: SimpleNamespace) -> None:
    ids = await lay_dairy()
    version, _ = await book_of(actor=cast.lan)
    lines = asked(ids, ("milk", "hộp", 1))
    assert await again("0" * 64, ids.customer, lines) is None
    with pytest.raises(Refusal) as refused:
        await again(version, ids.other, lines)
    assert refused.value.code == "customer-unknown"


async def test_a_book_in_force_is_known_by_its_mark_and_its_giving_out_is_noted_hourly(cast: SimpleNamespace) -> None:
    ids = await lay_dairy()
    first = clock.now()
    version, _ = await book_of(actor=cast.lan)
    quoted = await quote(customer_id=ids.customer, ordered_on=DAY, currency="VND", lines=asked(ids, ("milk", "hộp", 1)))
    row = await db.fetch_row("SELECT mark, given_at FROM price_books WHERE version = $1", version)
    assert row["mark"] == quoted.mark
    for minutes, noted in ((59, 0), (61, 61), (90, 61), (130, 130)):
        with clock.at(first + timedelta(minutes=minutes)):
            assert (await book_of(actor=cast.lan))[0] == version
        given = await db.fetch_value("SELECT given_at FROM price_books WHERE version = $1", version)
        assert round((given - first).total_seconds() / 60) == noted
    built = await db.fetch_value("SELECT built_at FROM price_books WHERE version = $1", version)
    assert built - first < timedelta(minutes=1)


async def test_a_change_and_its_undoing_give_the_same_book_in_force_again(cast: SimpleNamespace) -> None:
    await lay_dairy()
    version, _ = await book_of(actor=cast.lan)
    await db.execute("UPDATE items SET list_price_micro = list_price_micro + 1")
    assert (await book_of(actor=cast.lan))[0] != version
    await db.execute("UPDATE items SET list_price_micro = list_price_micro - 1")
    assert (await book_of(actor=cast.lan))[0] == version
    assert await db.fetch_value(
        "SELECT b.mark = m.mark FROM price_books b, pricing_mark m WHERE b.version = $1", version
    )


async def test_no_book_of_anybody_names_a_cost_or_a_floor_price_or_a_list_out_of_reach(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    await lay_dairy()

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for inner in value.values() for key in keys(inner)}
        return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()

    for actor in (cast.lan, cast.bob, cast.hung, cast.an):
        book = (await (await client_for(actor)).get("/pricing/book")).json()["book"]
        assert not keys(book) & SECRETS
        assert set(book["list_names"]) == set(book["price_lists"])
        assert "Đại lý" not in json.dumps(book["list_names"], ensure_ascii=False) or "DL" in book["price_lists"]
