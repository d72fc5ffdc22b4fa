"""A read table written again: rows with their own cells under their own titles, and a reason beside each.

What was a number or a day in the file is one again, and what was text is text whatever it begins with, so that the
sheet can be mended and handed in as it is.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from backend.papers.cells import Column
from backend.papers.excel import Book
from backend.papers.grids import Cell

_DIGITS: Final = 15  # Excel keeps no more of a number; what has more is written as text, whole
_SHARE: Final = "0.######%"
_DAY: Final = "dd/mm/yyyy"


class Returned(NamedTuple):
    """A row as it was, and why it could not be taken."""

    cells: Sequence[Cell | None]
    reason: str


class _Sheet(Book):
    """A workbook whose cells say themselves what they hold."""

    def put(self, row: Returned) -> None:
        """Add one row; its reason goes into the last column."""
        at, last = self._at + self.rows, len(self.columns) - 1
        for n, cell in enumerate(row.cells[:last]):
            if cell is not None and cell.text:
                self._cell(at, n, cell)
        self._text(at, last, row.reason)
        self.rows += 1

    def _cell(self, at: int, n: int, cell: Cell) -> None:
        if cell.kind == "number" and len(Decimal(cell.text).as_tuple().digits) <= _DIGITS:
            style = self._style(_SHARE if cell.share else "", False)
            self._sheet.write_number(at, n, Decimal(cell.text), style)
        elif cell.kind == "day" and (day := date.fromisoformat(cell.text)).year >= 1900:
            self._sheet.write_datetime(at, n, day, self._style(_DAY, False))
        else:
            self._text(at, n, cell.text)


def returned(title: str, notes: Sequence[str], titles: Sequence[str], reason: str, rows: Iterable[Returned]) -> bytes:
    """The workbook: `titles` are the sheet's own, `reason` that of the last column."""
    columns = [Column(one) for one in titles] + [Column(reason, width=60)]
    buffer = io.BytesIO()
    book = _Sheet(buffer, title, notes, columns)
    for row in rows:
        book.put(row)
    book.close()
    return buffer.getvalue()
