"""Before customers change hands: what is open among them, to the last đồng, in a fixed number of statements."""

from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import clock
from backend.core.database import execute, fetch, in_transaction, transaction
from backend.core.errors import Malformed, NotAllowed, NotVisible
from backend.core.ids import new_id
from backend.core.money import text_of_minor
from backend.customers.errors import PositionUnknown
from backend.customers.reassigning import reassign
from backend.customers.schemas import AllOf, HandOver
from backend.insight.queries_handover import preview
from tests.insight.makers import make_customers, make_orders

pytestmark = pytest.mark.anyio
OPEN = {"submitted", "on_hold", "confirmed", "picking", "picked"}
DIGITS = {"VND": 0, "USD": 2}


def sums(amounts: list[tuple[str, int]]) -> dict[str, str]:
    found: dict[str, int] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, 0) + amount
    return {currency: text_of_minor(amount, DIGITS[currency]) for currency, amount in found.items()}


def told(documents: Any) -> dict[str, str]:
    return {one.currency: one.amount for one in documents.sums}


async def shop(count: int, positions: tuple[int, ...] = (3, 5)) -> tuple[list[Any], list[dict[str, Any]]]:
    chance = Random(count)
    customers = await make_customers(chance, count, positions)
    orders = await make_orders(chance, customers, count * 4)
    await execute(
        """INSERT INTO credit_members (customer_id, account_id) SELECT id, id FROM customers ON CONFLICT DO NOTHING"""
    )
    await execute(
        """UPDATE credit_accounts a SET receivable = 1000 + n * 7, grace_days = 3, overdue_since = CASE n % 3
             WHEN 0 THEN $1::date WHEN 1 THEN $2::date END
             FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM credit_accounts) r
            WHERE r.id = a.id AND n % 4 <> 0""",
        clock.today() - timedelta(days=4), clock.today() - timedelta(days=3),
    )  # fmt: skip
    return customers, orders


async def test_the_preview_is_what_the_ledgers_say_of_those_customers_and_nobody_else(cast: SimpleNamespace) -> None:
    customers, orders = await shop(30)
    lans = {one for one, position, _ in customers if position == 3}
    await execute(
        """INSERT INTO expenses (id, customer_id, user_id, position_id, category, amount, currency, digits, spent_on,
                                 state)
           SELECT gen_random_uuid(), id, $1, 3, 'parking', 20000, 'VND', 0, $2, s
             FROM customers, unnest($3::text[]) s""",
        cast.lan.user_id, clock.today(), ["submitted", "approved", "paid"],
    )  # fmt: skip
    await execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at, next_on)
           SELECT gen_random_uuid(), id, $1, 'sell', now(), d FROM customers, unnest($2::date[]) d""",
        cast.lan.user_id, [clock.today() + timedelta(days=days) for days in (-1, 2, 9)],
    )  # fmt: skip
    found = await preview(HandOver(all_of=AllOf(position=3), to_position=2), actor=cast.hung)
    mine = [one for one in orders if one["customer_id"] in lans and one["state"] in OPEN and not one["deleted"]]
    held = [one for one in mine if one["state"] == "on_hold"]
    assert (found.customers, found.moving, found.already) == (len(lans), len(lans), 0)
    for documents, expected in ((found.orders, mine), (found.held, held)):
        assert documents.count == len(expected) > 0
        assert documents.customers == len({one["customer_id"] for one in expected})
        assert told(documents) == sums([(one["currency"], one["net"]) for one in expected])
    accounts = [
        row for row in await fetch("SELECT id, currency, receivable, overdue_since FROM credit_accounts")
        if row["id"] in lans and row["receivable"]
    ]  # fmt: skip
    late = [row for row in accounts if row["overdue_since"] == clock.today() - timedelta(days=4)]
    assert 0 < len(late) < len(accounts)
    for documents, rows in ((found.debts, accounts), (found.overdue, late)):
        assert documents.customers == len(rows)
        assert told(documents) == sums([(row["currency"], row["receivable"]) for row in rows])
    assert (found.expenses.count, told(found.expenses)) == (len(lans), {"VND": str(20_000 * len(lans))})
    assert (found.next_steps.count, found.next_steps.first_on) == (2 * len(lans), clock.today() + timedelta(days=2))
    assert len(found.weighty) == 10 and {one.id for one in found.weighty} <= lans
    assert [one.overdue for one in found.weighty] == sorted((one.overdue for one in found.weighty), reverse=True)
    assert found.to.holders == [cast.hung.name] and [(one.id, one.customers) for one in found.givers] == [
        (3, len(lans))
    ]


async def test_an_account_two_of_them_share_is_one_debt(cast: SimpleNamespace) -> None:
    customers, _ = await shop(6, (3,))
    one, two = customers[0][0], customers[1][0]
    await execute("UPDATE credit_members SET account_id = $1 WHERE customer_id = $2", one, two)
    await execute("UPDATE credit_accounts SET receivable = 5000, overdue_since = NULL WHERE id = $1", one)
    found = await preview(HandOver(customer_ids=[one, two], to_position=2), actor=cast.hung)
    assert (told(found.debts), found.debts.count, found.debts.customers) == ({"VND": "5000"}, 1, 2)


async def test_it_takes_as_many_statements_for_three_hundred_as_for_three(cast: SimpleNamespace) -> None:
    counts = []
    for count in (3, 3, 300):
        customers, _ = await shop(count, (3,))
        ids = [one for one, _, _ in customers]
        sent: list[str] = []
        async with transaction() as opened:
            with opened.connection.query_logger(lambda record, sent=sent: sent.append(record.query)):
                await preview(HandOver(customer_ids=ids, to_position=2), actor=cast.hung)
        counts.append(len(sent))
    assert counts[1] == counts[2] <= 6, "the first time the driver asks about types as well"


async def test_what_is_planned_already_and_who_is_there_already_is_told(cast: SimpleNamespace) -> None:
    customers, _ = await shop(8, (3,))
    ids = [one for one, _, _ in customers]
    monday = clock.today() + timedelta(days=4)
    await in_transaction(lambda: reassign(ids[:3], 5, monday, actor=cast.an))
    await in_transaction(lambda: reassign(ids[3:5], 2, actor=cast.an))
    found = await preview(HandOver(customer_ids=ids, to_position=2), actor=cast.an)
    assert (found.moving, found.already) == (6, 2)
    assert [(one.on, one.customers) for one in found.planned] == [(monday, 3)]
    found = await preview(HandOver(customer_ids=ids[:3], to_position=5, on=str(monday)), actor=cast.an)
    assert (found.moving, found.already) == (0, 3)


async def test_it_refuses_what_the_hand_over_would_refuse(cast: SimpleNamespace) -> None:
    customers, _ = await shop(12)
    lans = [one for one, position, _ in customers if position == 3]
    bobs = [one for one, position, _ in customers if position == 5]
    for strange in (bobs[0], new_id()):
        with pytest.raises(NotVisible):
            await preview(HandOver(customer_ids=[lans[0], strange], to_position=2), actor=cast.hung)
    for position in (5, 99):
        with pytest.raises(PositionUnknown):
            await preview(HandOver(customer_ids=lans, to_position=position), actor=cast.hung)
    with pytest.raises(NotAllowed):
        await preview(HandOver(customer_ids=lans, to_position=3), actor=cast.lan)
    for day in ("2026-02-31", str(clock.today() - timedelta(days=1))):
        with pytest.raises(Malformed):
            await preview(HandOver(customer_ids=lans, to_position=2, on=day), actor=cast.hung)
    everything = str(await preview(HandOver(all_of=AllOf(), to_position=2), actor=cast.hung))
    assert not any(str(one) in everything for one in bobs)
