"""Numbers, percentages and days as people write them in cells."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.papers.grids import Cell, column_of, letter
from backend.papers.values import Ambiguous, Unreadable, amount, day, decimal_mark, parts_of_one, percent


def text(value: str) -> Cell:
    return Cell("text", value)


@pytest.mark.parametrize(
    ("written", "mark", "expected"),
    [
        ("1.250.000", "", "1250000"), ("1,250,000", "", "1250000"), ("1.250,50", "", "1250.50"),
        ("1,250.50", "", "1250.50"), ("12.500 đ", ",", "12500"), ("12.500₫", ",", "12500"),
        ("12,500 VND", ".", "12500"), ("12.500 VNĐ", ",", "12500"), ("7200", "", "7200"), ("7 200", "", "7200"),
        ("1\u00a0250\u00a0000", "", "1250000"), ("12.5", "", "12.5"), ("12,5", "", "12.5"), ("0.250", "", "0.250"),
        ("1250.000", "", "1250"), ("1.250", ",", "1250"), ("1.250", ".", "1.250"), ("1,250", ".", "1250"),
        ("+5", "", "5"), ("12'500", "", "12500"),
    ],
)  # fmt: skip
def test_a_number_is_read_the_way_its_writer_meant_it(written: str, mark: str, expected: str) -> None:
    assert amount(text(written), mark) == Decimal(expected)


@pytest.mark.parametrize("written", ["1.250", "7,200", "12.500 đ", "999.999"])
def test_a_number_that_reads_two_ways_is_never_guessed(written: str) -> None:
    assert decimal_mark([text(written)]) is None
    with pytest.raises(Ambiguous):
        amount(text(written), None)


def test_one_clear_number_decides_for_its_column() -> None:
    assert decimal_mark([text("1.250"), None, text("1.250.000")]) == ","
    assert decimal_mark([text("1.250"), text("7.200,5")]) == ","
    assert decimal_mark([text("1,250"), text("12.5")]) == "."
    assert decimal_mark([text("1.250"), text("12.5")]) == "."
    assert decimal_mark([text("1.250.000"), text("5")]) == ""


def test_a_column_that_contradicts_itself_is_asked_about() -> None:
    assert decimal_mark([text("1.250"), text("1.250.000"), text("1,250,000")]) is None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("liên hệ", "number-wrong"), ("1.2.3", "number-wrong"), ("1,2,3", "number-wrong"), ("1.250,", "number-wrong"),
        ("$5", "currency-foreign"), ("12 USD", "currency-foreign"), ("12k", "number-wrong"), ("=1+1", "number-wrong"),
        ("1e9", "number-wrong"), ("NaN", "number-wrong"), ("٣٤٥", "number-wrong"), ("9" * 40, "number-large"),
        ("1.25.0000", "number-wrong"), (".", "number-wrong"), ("--5", "number-wrong"),
    ],
)  # fmt: skip
def test_what_is_no_number_says_so(written: str, code: str) -> None:
    with pytest.raises(Unreadable) as fault:
        amount(text(written), ",")
    assert fault.value.code == code


def test_a_formula_nobody_computed_and_an_error_of_excel_are_no_numbers() -> None:
    for cell, code in ((Cell("formula", ""), "formula-unknown"), (Cell("error", "#N/A"), "cell-error")):
        with pytest.raises(Unreadable) as fault:
            amount(cell, "")
        assert fault.value.code == code
        with pytest.raises(Unreadable):
            day(cell)


@given(st.integers(0, 10**12), st.integers(0, 99))
def test_both_ways_of_grouping_say_the_same_amount(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02d}"
    vietnamese = english.translate(str.maketrans(",.", ".,"))
    assert amount(text(english), ".") == amount(text(vietnamese), ",") == Decimal(whole) + Decimal(cents) / 100


def test_percentages_come_as_text_as_numbers_and_as_parts_of_one() -> None:
    assert percent(text("5%"), "", parts=None) == percent(text("5"), "", parts=None) == 5
    assert percent(Cell("number", "0.05", share=True), "", parts=None) == 5
    assert percent(text("7,5 %"), "", parts=None) == Decimal("7.5")
    assert percent(Cell("number", "5"), "", parts=None) == 5


def test_a_bare_twentieth_is_asked_about() -> None:
    cell = Cell("number", "0.05")
    assert parts_of_one([cell]) and not parts_of_one([Cell("number", "5"), Cell("number", "0.05", share=True), None])
    with pytest.raises(Ambiguous):
        percent(cell, "", parts=None)
    assert percent(cell, "", parts=True) == 5 and percent(cell, "", parts=False) == Decimal("0.05")


@pytest.mark.parametrize(
    "written",
    ["01/10/2026", "1/10/2026", "1/10/26", "1-10-2026", "01.10.2026", "2026-10-01", "46296", "01/10/2026 00:00"],
)
def test_a_day_is_read_day_first(written: str) -> None:
    assert day(text(written)) == date(2026, 10, 1)


def test_a_real_day_and_its_serial_number_are_the_same() -> None:
    assert day(Cell("day", "2026-10-01")) == day(Cell("number", "46296")) == date(2026, 10, 1)


@given(st.dates(date(1960, 1, 1), date(2099, 12, 31)))
def test_every_day_survives_being_written_as_excel_keeps_it(on: date) -> None:
    serial = (on - date(1899, 12, 30)) / timedelta(days=1)
    assert day(Cell("number", str(int(serial)))) == on


@pytest.mark.parametrize("written", ["31/02/2026", "12/31/2026", "hôm nay", "1/2", "123", "00/00/0000", "46296.5"])
def test_what_is_no_day_says_so(written: str) -> None:
    with pytest.raises(Unreadable) as fault:
        day(text(written))
    assert fault.value.code == "day-wrong"


@given(st.integers(0, 16_383))
def test_a_column_has_one_name(column: int) -> None:
    assert column_of(letter(column)) == column
