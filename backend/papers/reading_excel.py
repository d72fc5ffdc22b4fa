"""Workbooks, read: every visible sheet as a grid of exact values, each with its place.

openpyxl reads in its `read_only` mode, within the bounds `examining` found; what that mode does not tell (joined cells,
formulas nobody computed) comes from there too. Runs in the reader's own process, see `reading`.
"""

import io
import math
import warnings
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook

from backend.papers.errors import PaperBroken, PaperTooWide
from backend.papers.examining import Facts, SheetFacts
from backend.papers.grids import LONGEST, MOST_CELLS, Cell, Grid, Note, Paper, Row, filled

_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")


def read_workbook(data: bytes, facts: Facts) -> Paper:
    """All visible sheets that hold anything, in their order."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles and extensions it does not keep
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except Exception as fault:
        raise PaperBroken(type(fault).__name__) from fault
    notes = [Note("paper.links-ignored")] if facts.linked else []
    grids: list[Grid] = []
    cells = 0
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            notes.append(Note("paper.sheet-hidden", name=sheet.title[:100]))
            continue
        known = facts.sheets.get(getattr(sheet, "_worksheet_path", ""))
        if known is None or not known.cells:
            continue
        cells += known.cells
        if cells > MOST_CELLS:
            raise PaperTooWide(what="cells", limit=MOST_CELLS)
        try:
            grids.append(_grid(sheet, known))
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as fault:
            raise PaperBroken(type(fault).__name__) from fault
        if known.unknown:
            notes.append(Note("paper.formulas-unknown", name=sheet.title[:100], count=len(known.unknown)))
    return Paper("xlsx", grids, notes)


def _grid(sheet: Any, known: SheetFacts) -> Grid:
    sheet.reset_dimensions()  # what the file says of its size may be a lie
    rows: dict[int, list[Cell | None]] = {}
    for number, cells in enumerate(sheet.iter_rows(max_row=known.rows, max_col=known.columns), 1):
        read = [_cell(cell, number, n, known) for n, cell in enumerate(cells)]
        rows[number] = read + [None] * (known.columns - len(read))
    merges = [merge for merge in known.merges if merge.top <= known.rows and merge.left < known.columns]
    done = filled(rows, merges)
    kept = [Row(number, done[number]) for number in sorted(done) if any(done[number])]
    return Grid("sheet", sheet.title[:100], kept, merges)


def _cell(cell: Any, row: int, column: int, known: SheetFacts) -> Cell | None:
    if (row, column) in known.unknown:
        return Cell("formula", "")
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, share="%" in (cell.number_format or ""))
    if isinstance(value, date):  # a datetime is one too
        return Cell("day", (value.date() if isinstance(value, datetime) else value).isoformat())
    text = "" if value is None else str(value).strip()
    if text in _ERRORS:
        return Cell("error", text)
    return Cell("text", text[:LONGEST]) if text else None


def number(value: float, *, share: bool = False) -> Cell:
    """A number as Excel shows it: 15 digits, which drops the dust that 0.1 + 0.2 leaves."""
    if not math.isfinite(value):
        return Cell("error", "#NUM!")
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    return Cell("number", f"{exact.normalize():f}" if exact else "0", share)
