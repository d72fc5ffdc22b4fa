"""What people write in a cell, as exact values: amounts, percentages, days. Pure.

"1.250" is 1250 to one writer and 1.25 to another. A column's own numbers decide: one "1.250.000" or "7.200,50" in it
says how its writer counts. Where no cell of a column tells, nobody guesses: `Ambiguous`, and a person is asked.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from backend.core.folding import fold
from backend.papers.grids import Cell

_MONEY: Final = re.compile(r"(?:vnd|vnđ|dong|đồng|đ|₫|d)\.?$")
_FOREIGN: Final = re.compile(r"usd|eur|\$|€|¥|£|us\$")
_DAY: Final = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})(?:\s+0?0:00(?::00)?)?")
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
_EPOCH: Final = date(1899, 12, 30)  # day 0 of Excel's calendar, as it stands since 1 March 1900
_SERIALS: Final = range(20_000, 80_000)  # the years 1954 to 2119
_GROUPED: Final = {sep: re.compile(rf"\d{{1,3}}(?:\{sep}\d{{3}})+") for sep in ".,"}
MOST_DIGITS = 15


class Unreadable(ValueError):
    """No value of the kind wanted; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Ambiguous(Unreadable):
    """Two readings, and nothing that tells which."""


def bare_number(cell: Cell) -> str:
    """The figures of a cell without blanks, currency and percent signs; refuses what is no number at all."""
    if cell.kind == "formula":
        raise Unreadable("formula-unknown")
    if cell.kind == "error":
        raise Unreadable("cell-error")
    text = cell.text.lower().replace("\u00a0", " ").replace("\u202f", " ").strip()
    if _FOREIGN.search(text):
        raise Unreadable("currency-foreign")
    text = _MONEY.sub("", text.removesuffix("%").strip()).strip()
    text = re.sub(r"(?<=\d)[ '’](?=\d{3}(?!\d))", "", text)
    if not re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*", text) or not text.isascii():
        raise Unreadable("number-wrong")
    return text


def reading_of(text: str) -> str | None:
    """Which sign is the decimal mark of a number: "." or ",", "" where none is written, None when one cannot tell."""
    digits = text.lstrip("+-")
    marks = [sign for sign in digits if sign in ".,"]
    if not marks:
        return ""
    last = marks[-1]
    if len(set(marks)) == 2:
        other = "," if last == "." else "."
        whole, _, part = digits.rpartition(last)
        return last if last not in whole and _GROUPED[other].fullmatch(whole) and part else _wrong()
    other = "," if last == "." else "."
    if len(marks) > 1:
        return other if _GROUPED[last].fullmatch(digits) else _wrong()
    if not _GROUPED[last].fullmatch(digits) or digits.startswith("0"):
        return last if digits[-1] != last and digits[0] != last else _wrong()
    return None


def _wrong() -> str:
    raise Unreadable("number-wrong")


def decimal_mark(cells: Iterable[Cell | None]) -> str | None:
    """How the writer of a column marks decimals: "." or ",", "" where it does not matter; None: has to be asked."""
    marks: set[str] = set()
    unsure = False
    for cell in cells:
        if cell is None or cell.kind != "text":
            continue
        try:
            mark = reading_of(bare_number(cell))
        except Unreadable:
            continue
        unsure = unsure or mark is None
        if mark:
            marks.add(mark)
    if not unsure:
        return ""
    return marks.pop() if len(marks) == 1 else None


def amount(cell: Cell, mark: str | None) -> Decimal:
    """A number, exactly. `mark` is the column's decimal mark, None when it is not known.

    Raises `Ambiguous` for a number that reads two ways in such a column, `Unreadable` for anything else.
    """
    if cell.kind == "number":
        return _bounded(Decimal(cell.text))
    text = bare_number(cell)
    own = reading_of(text)
    if own is None:
        if not mark:
            raise Ambiguous("number-ambiguous")
        own = mark
    thousands = {".": ",", ",": ".", "": ""}[own]
    plain = text.replace(thousands, "") if thousands else text
    return _bounded(Decimal(plain.replace(",", ".")))


def _bounded(value: Decimal) -> Decimal:
    if len(value.as_tuple().digits) > MOST_DIGITS or abs(value) >= 10**MOST_DIGITS:
        raise Unreadable("number-large")
    return value


def parts_of_one(cells: Iterable[Cell | None]) -> bool:
    """Whether a column of percentages holds bare numbers between 0 and 1: five percent, or a twentieth of one?"""
    return any(
        cell.kind == "number" and not cell.share and 0 < abs(Decimal(cell.text)) < 1
        for cell in cells
        if cell is not None
    )


def percent(cell: Cell, mark: str | None, *, parts: bool | None) -> Decimal:
    """A percentage: "5%", "5", or 0.05 shown as 5 %.

    `parts` tells what a bare number below one is: a part of one (0.05 is 5 %), or already a percentage; None is asked.
    """
    if cell.kind != "number" or cell.share:
        value = amount(cell, mark)
        return value * 100 if cell.share else value
    value = Decimal(cell.text)
    if 0 < abs(value) < 1 and parts is None:
        raise Ambiguous("share-ambiguous")
    return value * 100 if parts and abs(value) <= 1 else value


def day(cell: Cell) -> date:
    """A day: a real one, Excel's serial number, dd/MM/yyyy and its kin, or YYYY-MM-DD."""
    if cell.kind == "formula":
        raise Unreadable("formula-unknown")
    if cell.kind == "error":
        raise Unreadable("cell-error")
    text = cell.text.strip()
    try:
        if cell.kind == "day":
            return date.fromisoformat(text)
        if text.isascii() and text.isdigit() and len(text) == 5 and int(text) in _SERIALS:
            return _EPOCH + timedelta(days=int(text))
        if found := _ISO.fullmatch(text):
            return date(*(int(part) for part in found.groups()))
        if found := _DAY.fullmatch(text):
            year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
            return date(year, int(found[2]), int(found[1]))
    except ValueError as fault:
        raise Unreadable("day-wrong") from fault
    raise Unreadable("day-wrong")


def words(cell: Cell | None) -> str:
    """A cell's text; a whole number that was meant as a code keeps its figures."""
    if cell is None:
        return ""
    if cell.kind in ("error", "formula"):
        raise Unreadable("cell-error" if cell.kind == "error" else "formula-unknown")
    return " ".join(cell.text.split())


def folded(cell: Cell | None) -> str:
    """A cell's text with its letters alone, for finding it again."""
    return "" if cell is None or cell.kind in ("error", "formula") else fold(cell.text)
