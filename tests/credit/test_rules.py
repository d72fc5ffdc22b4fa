"""The credit arithmetic: the worked examples, and parts that always add up."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from backend.credit.rules import Account, convert, objections, part_value
from backend.orders.rules import Progress, change_of_value

DAY = date(2026, 1, 5)
MILLION = 1_000_000
WORKED = Account(
    limit=500 * MILLION, receivable=320 * MILLION, uninvoiced=60 * MILLION, open_orders=80 * MILLION,
    cash_unapplied=30 * MILLION, grace_days=15, overdue_since=date(2025, 12, 24),
)  # fmt: skip


def test_the_worked_example_is_over_by_38_million() -> None:
    assert (WORKED.exposure, WORKED.left) == (430 * MILLION, 70 * MILLION)
    assert objections(WORKED, 108 * MILLION, today=DAY) == ["LIMIT"]
    assert objections(WORKED, 70 * MILLION, today=DAY) == []
    strict = Account(limit=500 * MILLION, receivable=430 * MILLION, grace_days=7, overdue_since=date(2025, 12, 24))
    assert objections(strict, 108 * MILLION, today=DAY) == ["LIMIT", "OVERDUE"]


def test_the_limit_itself_is_allowed_and_one_more_is_not() -> None:
    account = Account(limit=10)
    assert (objections(account, 10, today=DAY), objections(account, 11, today=DAY)) == ([], ["LIMIT"])


def test_no_limit_is_not_a_limit_of_nothing() -> None:
    assert objections(Account(limit=None), 10**15, today=DAY) == []
    assert objections(Account(limit=0), 1, today=DAY) == ["LIMIT"]


def test_a_document_that_raises_nothing_is_never_refused() -> None:
    account = Account(limit=0, receivable=500, overdue_since=date(2020, 1, 1), max_document=0)
    for amount in (0, -5):
        assert objections(account, amount, today=DAY, locked=True, holds=("LOCKED",)) == []
    assert objections(account, 1, today=DAY, locked=True) == ["LIMIT", "LOCKED", "OVERDUE", "DOC_MAX"]


def test_an_order_in_dollars_counts_in_the_currency_of_the_account() -> None:
    assert convert(1_240_000, 2, Fraction(25_000), 0, Fraction(1)) == 310 * MILLION
    assert convert(1_180_000, 2, Fraction(25_000), 0, Fraction(1)) == 295 * MILLION
    assert convert(310 * MILLION, 0, Fraction(1), 2, Fraction(25_000)) == 1_240_000


def test_the_worked_dispatch_of_40_percent_moves_44_million() -> None:
    whole = Progress(110 * MILLION, 100, 0, 0)
    assert change_of_value([whole], [whole._replace(dispatched=40)]) == (-44 * MILLION, 44 * MILLION)


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**9), min_size=1, max_size=8))
def test_parts_add_up_to_the_total_however_it_is_cut(total: int, parts: list[int]) -> None:
    whole, reached, value = sum(parts), 0, 0
    for part in parts:
        value += part_value(total, reached + part, whole) - part_value(total, reached, whole)
        reached += part
    assert value == total


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.data())
def test_open_and_gone_and_cut_value_never_lose_or_double_a_dong(total: int, qty: int, data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, qty))
    cut = data.draw(st.integers(0, qty - gone))
    line = Progress(total, qty, gone, cut)
    assert line.open_value >= 0
    assert line.open_value + line.gone_value == part_value(total, qty - cut, qty)
    assert Progress(total, qty, gone, qty - gone).open_value == 0
