"""Workbooks, written row by row: typed cells, a frozen header with filters, and no text that Excel would run.

Memory does not grow with the rows: openpyxl's write-only sheet streams them into a file.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from backend.papers.cells import Column, Value, local

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST: Final = 32_767  # signs in a cell, Excel's own limit
_EXACT: Final = 10**15  # Excel keeps 15 digits of a number; more are written as text, whole
_FORMATS: Final = {"whole": "#,##0", "share": "0.0%", "day": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm"}
_BOLD: Final = Font(bold=True)
_TITLE: Final = Font(bold=True, size=14)
_HEAD: Final = Font(bold=True, color="FFFFFF")
_HEAD_FILL: Final = PatternFill("solid", fgColor="1D4E89")


class Book:
    """One workbook with one sheet, open for appending rows.

    Args:
        target: the file to write to; it is complete only after `close`.
        title: the sheet's name and first line.
        notes: lines under the title: the filters the rows obey, who made it and when.
        columns: what the rows hold.
    """

    def __init__(self, target: Path | BinaryIO, title: str, notes: Sequence[str], columns: Sequence[Column]) -> None:
        self.target = target
        self.columns = list(columns)
        self.rows = 0
        self._kept: dict[int, Any] = {}
        self._book = Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
        for n, column in enumerate(self.columns, 1):
            self._sheet.column_dimensions[get_column_letter(n)].width = column.width
        self._head = len(notes) + 3
        self._sheet.freeze_panes = f"A{self._head + 1}"
        self._sheet.append([self._text(title, font=_TITLE)])
        for note in notes:
            self._sheet.append([self._text(note)])
        self._sheet.append([])
        self._sheet.append([self._text(column.title, font=_HEAD, fill=_HEAD_FILL) for column in self.columns])

    def _text(self, text: str, *, font: Font | None = None, fill: PatternFill | None = None) -> Any:
        """A cell that is text whatever it begins with: `=1+1` stays the three signs it is."""
        clean = _ILLEGAL.sub(" ", text)[:_LONGEST]
        cell = WriteOnlyCell(self._sheet, value=clean)
        cell.data_type = "s"
        if clean.startswith(_DANGEROUS):
            cell.quotePrefix = True
        if font is not None:
            cell.font = font
        if fill is not None:
            cell.fill = fill
        return cell

    def _cells(self, row: Sequence[Value]) -> list[Any]:
        """What openpyxl is given for a row: plain values where it treats them as we want, cells elsewhere."""
        return [self._cell(n, value, column) for n, (value, column) in enumerate(zip(row, self.columns, strict=True))]

    def _cell(self, n: int, value: Value, column: Column) -> Any:
        if value is None:
            return None
        if isinstance(value, str) and column.kind != "share":
            # openpyxl leaves plain text plain, but makes formulas of some and errors of "#N/A"
            return self._text(value) if value.startswith((*_DANGEROUS, "#")) else _ILLEGAL.sub(" ", value)[:_LONGEST]
        number: Any = value
        if column.kind == "money" and isinstance(value, int):
            number = Decimal(value).scaleb(-column.digits) if column.digits else value
            if abs(value) >= _EXACT:
                return self._text(str(number))
        elif column.kind == "share":
            number = Decimal(str(value))
        elif isinstance(value, datetime):
            number = local(value)
        # Rows are written as they come, so each column's cell is used again: its style is looked up once.
        kept = self._kept.get(n)
        if kept is None:
            kept = self._kept[n] = WriteOnlyCell(self._sheet)
            decimals = "." + "0" * column.digits if column.digits else ""
            kept.number_format = _FORMATS.get(column.kind, f"#,##0{decimals}")
        kept.value = number
        return kept

    def append(self, rows: Iterable[Sequence[Value]]) -> None:
        """Add rows, each with one value per column."""
        for row in rows:
            self._sheet.append(self._cells(row))
            self.rows += 1

    def close(self, total: Sequence[Value] | None = None) -> None:
        """Finish the file, with a bold last row of totals if there is one; the filters leave that row alone."""
        last = get_column_letter(len(self.columns))
        self._sheet.auto_filter.ref = f"A{self._head}:{last}{self._head + self.rows}"
        if total is not None:
            self._sheet.append([self._bold(cell) for cell in self._cells(total)])
        self._book.save(self.target)
        self._book.close()

    def _bold(self, cell: Any) -> Any:
        if isinstance(cell, str):
            return self._text(cell, font=_BOLD)
        if cell is not None:
            cell.font = _BOLD
        return cell
