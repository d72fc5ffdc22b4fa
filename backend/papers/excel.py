"""Workbooks, written row by row: typed cells, a frozen header with filters, and no text that Excel would run.

XlsxWriter in its constant-memory mode: memory does not grow with the rows (docs/decisions/0060-papers.md).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

import xlsxwriter

from backend.papers.cells import Column, Value, local

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST: Final = 32_767  # signs in a cell, Excel's own limit
_EXACT: Final = 10**15  # Excel keeps 15 digits of a number; more are written as text, whole
_FORMATS: Final = {"whole": "#,##0", "share": "0.0%", "day": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm"}
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Book:
    """One workbook with one sheet, open for appending rows.

    Args:
        target: the file to write to; it is complete only after `close`.
        title: the sheet's name and first line.
        notes: lines under the title: the filters the rows obey, who made it and when.
        columns: what the rows hold.
    """

    def __init__(self, target: Path | BinaryIO, title: str, notes: Sequence[str], columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self.rows = 0
        self._book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, _OPTIONS)
        name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title)[:31].strip("' ")
        self._sheet: Any = self._book.add_worksheet(name or "1")
        self._styles: dict[tuple[str, bool, bool], Any] = {}
        self._at = len(notes) + 3
        for n, column in enumerate(self.columns):
            self._sheet.set_column(n, n, column.width)
        self._sheet.freeze_panes(self._at, 0)
        self._text(0, 0, title, self._book.add_format({"bold": True, "font_size": 14, **_quoted(title)}))
        for n, note in enumerate(notes, 1):
            self._text(n, 0, note)
        for n, column in enumerate(self.columns):
            head = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1D4E89", **_quoted(column.title)}
            self._text(self._at - 1, n, column.title, self._book.add_format(head))

    def append(self, rows: Iterable[Sequence[Value]]) -> None:
        """Add rows, each with one value per column."""
        for row in rows:
            self._row(row, bold=False)
            self.rows += 1

    def close(self, total: Sequence[Value] | None = None) -> None:
        """Finish the file, with a bold last row of totals if there is one; the filters leave that row alone."""
        self._sheet.autofilter(self._at - 1, 0, self._at - 1 + self.rows, len(self.columns) - 1)
        if total is not None:
            self._row(total, bold=True)
        self._book.close()

    def _row(self, row: Sequence[Value], *, bold: bool) -> None:
        at = self._at + self.rows
        for n, (value, column) in enumerate(zip(row, self.columns, strict=True)):
            if value is None:
                continue
            if isinstance(value, str) and column.kind != "share":
                self._text(at, n, value, self._style("", bold, quoted=value.startswith(_DANGEROUS)))
            elif isinstance(value, date):
                moment = local(value) if isinstance(value, datetime) else value
                self._sheet.write_datetime(at, n, moment, self._style(_FORMATS[column.kind], bold))
            elif column.kind == "money" and abs(int(value)) >= _EXACT:
                self._text(at, n, str(Decimal(value).scaleb(-column.digits)), self._style("", bold))
            else:
                self._number(at, n, value, column, bold)

    def _number(self, at: int, n: int, value: str | int, column: Column, bold: bool) -> None:
        style = _FORMATS.get(column.kind, "#,##0" + ("." + "0" * column.digits if column.digits else ""))
        whole = isinstance(value, int) and not column.digits
        exact = value if whole else Decimal(value).scaleb(-column.digits)
        self._sheet.write_number(at, n, exact, self._style(style, bold))

    def _text(self, at: int, n: int, text: str, style: Any = None) -> None:
        """A cell that is text whatever it begins with: `=1+1` stays the four signs it is."""
        if style is None:
            style = self._style("", False, quoted=text.startswith(_DANGEROUS))
        self._sheet.write_string(at, n, _clean(text)[:_LONGEST], style)

    def _style(self, number_format: str, bold: bool, *, quoted: bool = False) -> Any:
        """The cell format, made once each; None for plain text."""
        if not number_format and not bold and not quoted:
            return None
        key = (number_format, bold, quoted)
        if key not in self._styles:
            wanted = {"bold": bold, "quote_prefix": quoted, **({"num_format": number_format} if number_format else {})}
            self._styles[key] = self._book.add_format(wanted)
        return self._styles[key]


def _clean(text: str) -> str:
    """The text without what XML cannot hold; every kind of line end is a line feed, as in Excel itself."""
    return text if text.isprintable() else _ILLEGAL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def _quoted(text: str) -> dict[str, bool]:
    return {"quote_prefix": True} if text.startswith(_DANGEROUS) else {}
