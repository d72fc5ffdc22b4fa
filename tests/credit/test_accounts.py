"""Credit in a real database: the same answers as the rules, an append-only ledger, holds with who and why."""

from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backend.credit.doctor
from backend.core import database as db
from backend.core.clock import now, today
from backend.core.errors import NotAllowed
from backend.core.ids import new_id
from backend.credit import accounts, rules, taking
from backend.credit.errors import NoSuchHold, ReasonMissing
from backend.credit.queries import standings
from backend.credit.schemas import Taken
from tests.orders.shop import BOB, Shop, together


async def ask(shop: Shop, customer: UUID, amount: int, **more: bool) -> Taken:
    return await taking.take(customer, amount, new_id(), currency="VND", by=new_id(), **more)


def codes(taken: Taken) -> list[object]:
    return [found["code"] for found in taken.codes]


async def test_exactly_as_many_rivals_as_fit_are_let_in(shop: Shop) -> None:
    customer = await shop.customer(limit=1000)
    answers = await together(ask(shop, customer, 300) for _ in range(32))
    assert [answer.taken for answer in answers].count(True) == 3
    assert (await shop.account(customer))["open_orders"] == 900
    assert await backend.credit.doctor.faults() == []


async def test_nobody_can_rewrite_the_credit_ledger(shop: Shop) -> None:
    await ask(shop, await shop.customer(), 5)
    for statement in ("UPDATE credit_entries SET amount = 1", "DELETE FROM credit_entries", "TRUNCATE credit_entries"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)


async def test_a_customer_without_an_account_gets_one_of_its_own_even_from_two_rivals(shop: Shop) -> None:
    customer = await shop.customer(account=False)
    answers = await together(ask(shop, customer, 7) for _ in range(4))
    assert [(answer.taken, answer.account, answer.limit) for answer in answers] == [(True, customer, None)] * 4
    assert (await shop.account(customer))["open_orders"] == 28


async def test_two_customers_share_one_account(shop: Shop) -> None:
    one, other = await shop.customer(account=False), await shop.customer(account=False)
    account = await accounts.open_account([one, other], currency="VND", limit=100, actor=None)
    assert (await ask(shop, one, 60)).taken
    refused = await ask(shop, other, 60)
    assert (refused.account, refused.taken, refused.exposure, refused.after) == (account, False, 60, 120)
    assert refused.codes == [{"code": "LIMIT", "over": 20}]


async def test_a_yes_from_a_person_passes_the_limit_and_the_ledger_remembers(shop: Shop) -> None:
    customer = await shop.customer(limit=0)
    assert not (await ask(shop, customer, 10)).taken
    assert (await ask(shop, customer, 10, override=True)).taken
    assert await db.fetch_value("SELECT why FROM credit_entries") == "override"
    assert await backend.credit.doctor.faults() == []


async def test_a_hold_stops_until_it_is_released_and_a_timed_release_ends_by_itself(
    shop: Shop, cast: SimpleNamespace
) -> None:
    customer = await shop.customer()
    account = (await shop.account(customer))["id"]
    hold = await accounts.hold(account, "nợ xấu", actor=cast.mai)
    assert codes(await ask(shop, customer, 1)) == ["LOCKED"]
    await accounts.release(hold, "đã trả", until=now() + timedelta(seconds=60), actor=cast.mai)
    assert codes(await ask(shop, customer, 1)) == []
    await db.execute("UPDATE credit_holds SET release_until = now() - interval '1 second'")
    assert codes(await ask(shop, customer, 1)) == ["LOCKED"]
    await accounts.release(hold, "đã trả hết", actor=cast.mai)
    assert codes(await ask(shop, customer, 1)) == []
    with pytest.raises(NoSuchHold):
        await accounts.release(hold, "lần nữa", actor=cast.mai)
    await accounts.hold(account, "chính sách", code="OVERDUE", until=now() - timedelta(seconds=1), actor=None)
    assert codes(await ask(shop, customer, 1)) == []


async def test_only_accountants_and_administrators_hold_release_and_limit_and_say_why(
    shop: Shop, cast: SimpleNamespace
) -> None:
    customer = await shop.customer(limit=5)
    account = (await shop.account(customer))["id"]
    for actor in (cast.lan, cast.hung, cast.tuan, cast.sau):
        with pytest.raises(NotAllowed):
            await accounts.hold(account, "lý do", actor=actor)
        with pytest.raises(NotAllowed):
            await accounts.set_limit(account, 10**9, actor=actor)
    with pytest.raises(ReasonMissing):
        await accounts.hold(account, "  ", actor=cast.mai)
    await accounts.set_limit(account, 7, actor=cast.an)
    assert (await ask(shop, customer, 7)).taken
    await accounts.set_limit(account, 3, actor=cast.mai)
    assert await backend.credit.doctor.faults() == []  # lowered below what was let in: allowed, and on record


async def test_the_doctor_sees_a_counter_that_left_its_ledger_and_a_limit_passed_in_secret(shop: Shop) -> None:
    customer = await shop.customer(limit=10)
    await ask(shop, customer, 4)
    await db.execute("UPDATE credit_accounts SET open_orders = 11")
    assert len(await backend.credit.doctor.faults()) == 2


async def test_standings_are_told_to_those_who_see_the_customer_only(shop: Shop, cast: SimpleNamespace) -> None:
    mine, theirs = await shop.customer(limit=100), await shop.customer(BOB, limit=100)
    await ask(shop, mine, 30)
    seen = await standings([mine, theirs], actor=cast.lan)
    assert list(seen) == [mine]
    assert (seen[mine].limit, seen[mine].exposure, seen[mine].left, seen[mine].on_hold) == (100, 30, 70, False)
    assert set(await standings(None, actor=cast.mai)) == {mine, theirs}
    assert await standings([mine], actor=cast.tuan) == {}


amounts = st.integers(0, 200)
books = st.builds(
    rules.Account, limit=st.none() | amounts, receivable=st.integers(-50, 200), uninvoiced=amounts, open_orders=amounts,
    cash_unapplied=amounts, max_document=st.none() | amounts, grace_days=st.integers(0, 3),
    overdue_since=st.none() | st.integers(-5, 0).map(lambda n: today() + timedelta(days=n)),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books, st.integers(-50, 250), st.booleans())
async def test_the_database_judges_as_the_rules_do(shop: Shop, book: rules.Account, amount: int, locked: bool) -> None:
    customer = await shop.customer()
    account = (await shop.account(customer))["id"]
    values = msgspec.structs.asdict(book) | {"limit_minor": book.limit}
    del values["limit"]
    names = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 2))
    await db.execute(f"UPDATE credit_accounts SET {names} WHERE id = $1", account, *values.values())
    if amount < 0 and book.open_orders + amount < 0:
        amount = -book.open_orders
    taken = await ask(shop, customer, amount, locked=locked)
    expected = rules.objections(book, amount, today=today(), locked=locked)
    assert (codes(taken), taken.taken, taken.exposure) == (expected, not expected, book.exposure)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(0, 10**9), st.integers(0, 10**9)), min_size=40).map(
        lambda cases: [(total, min(pair), max(pair)) for total, *pair in cases]
    )
)
async def test_the_database_values_a_part_as_the_rules_do(database: str, cases: list[tuple[int, int, int]]) -> None:
    rows = await db.fetch(
        """SELECT credit_part(total, part, whole) AS value
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS c(total, part, whole)""",
        *map(list, zip(*cases, strict=True)),
    )
    assert [row["value"] for row in rows] == [rules.part_value(*case) for case in cases]


def test_the_day_a_debt_is_due_is_not_overdue() -> None:
    book = rules.Account(limit=None, overdue_since=date(2026, 1, 5))
    assert rules.objections(book, 1, today=date(2026, 1, 5)) == []
