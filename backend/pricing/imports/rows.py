"""From the cells of an imported table to typed rows, every fault with its place. Pure: knows no database."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from backend.papers.grids import Cell, Row, column_of
from backend.papers.values import Unreadable, amount, day, percent, words
from backend.pricing.imports.mapping import Mapping, Part, Reading
from backend.pricing.imports.words import CORE, DAYS, NUMBERS, Kind

Fault = dict[str, Any]
MOST_DECIMALS = 6
LARGEST = 10**12


@dataclass
class Place:
    """Where a row stands: the sheet or Word table, and the number people see."""

    table: int
    row: int


@dataclass
class SourceRow:
    """One row: texts, days and numbers by role. `prices` has one entry for each price column that holds something."""

    place: Place
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Decimal] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)
    prices: list[tuple[str, str, Decimal]] = field(default_factory=list)  # column letter, unit it is for, amount
    columns: dict[str, str] = field(default_factory=dict)  # role -> column letter
    faults: list[Fault] = field(default_factory=list)

    def fault(self, code: str, role: str = "", **numbers: object) -> None:
        """Note what is wrong, and in which column."""
        column = self.columns.get(role)
        self.faults.append({"code": code, **({"column": column} if column else {}), **numbers})


@dataclass
class Source:
    """All rows of the tables, and how many were no rows of the list at all (titles, totals, signatures)."""

    rows: list[SourceRow]
    skipped: int


def source_rows(parts: list[Part], mapping: Mapping, readings: dict[str, Reading], kind: Kind) -> Source:
    """Every row under the headings, read."""
    columns = [(name, column_of(name), column) for name, column in mapping.columns.items() if column.role]
    roles = {column.role: name for name, _, column in columns}
    rows: list[SourceRow] = []
    skipped = 0
    for part in parts:
        for row in part.rows:
            if _is_aside(row, columns, kind):
                skipped += 1
                continue
            read = SourceRow(Place(part.table, row.number), columns=roles)
            for name, at, column in columns:
                cell = row.cells[at] if at < len(row.cells) else None
                if cell is not None:
                    _take(read, name, column, cell, readings.get(name) or Reading())
            rows.append(read)
    return Source(rows, skipped)


def _is_aside(row: Row, columns: list[tuple[str, int, Any]], kind: Kind) -> bool:
    """A title between rows, a total, a signature: nothing in any column that makes a row, or one lone text."""
    wide = len(row.cells)
    held = {column.role for _, at, column in columns if at < wide and row.cells[at] is not None}
    if not held:
        return True
    if any(role in held for role in CORE[kind]):
        # "Cộng: 12.345.000" has an amount, but names nothing it could be the price of.
        return kind == "prices" and not {"item_code", "item_name", "item_group"} & held and _is_total(row)
    return len(held) == 1 or "item_code" not in held


def _is_total(row: Row) -> bool:
    texts = [cell.text.lower() for cell in row.cells if cell is not None and cell.kind == "text"]
    return any(text.startswith(("tổng", "cộng", "total", "sum")) for text in texts)


def _take(row: SourceRow, name: str, column: Any, cell: Cell, reading: Reading) -> None:
    try:
        if column.role in NUMBERS:
            _take_number(row, name, column, cell, reading)
        elif column.role in DAYS:
            row.days[column.role] = day(cell)
        else:
            row.texts[column.role] = words(cell)
    except Unreadable as fault:
        row.faults.append({"code": fault.code, "column": name, "value": cell.text[:60]})


def _take_number(row: SourceRow, name: str, column: Any, cell: Cell, reading: Reading) -> None:
    if cell.kind == "text" and cell.text.strip() in ("-", "–", "—", "x", "X"):  # people's way of leaving a cell empty
        return
    if column.role == "percent":
        value = percent(cell, reading.mark, parts=reading.parts)
        if not 0 <= value <= 100:
            raise Unreadable("percent-range")
    else:
        value = amount(cell, reading.mark)
        if value < 0:
            raise Unreadable("number-negative")
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
        raise Unreadable("number-precise")
    if value >= LARGEST:
        raise Unreadable("number-large")
    if column.role == "price":
        row.prices.append((name, column.unit, value))
    else:
        row.numbers[column.role] = value


def plain(value: Decimal) -> str:
    """A number as the wire writes it: no exponent, no trailing zeros."""
    return f"{value.normalize():f}" if value else "0"


def micro(value: Decimal) -> int:
    """A quantity in units of 10^-6."""
    return int(value * 1_000_000)
