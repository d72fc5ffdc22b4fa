"""Word documents, read: every table as a grid, cells joined across and down as they look on the page.

python-docx opens the document; its tables are walked row by row on the elements themselves, since its `table.cell`
looks for its place anew for every cell (quadratic on long tables). Runs in the reader's own process, see `reading`.
"""

import io
from collections.abc import Iterator
from typing import Any, Final

from docx import Document

from backend.papers.errors import PaperBroken, PaperTooWide
from backend.papers.grids import LONGEST, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Cell, Grid, Merge, Note, Paper, Row

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TABLE, _ROW, _CELL, _BREAKS = f"{_W}tbl", f"{_W}tr", f"{_W}tc", (f"{_W}br", f"{_W}cr", f"{_W}tab")
# Wrappers that may stand between a table and its rows, or a row and its cells.
_WRAPPERS: Final = (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo", f"{_W}smartTag")


def read_document(data: bytes) -> Paper:
    """All tables of the text, in their order; a table inside a table is noted and left out."""
    try:
        body = Document(io.BytesIO(data)).element.body
    except Exception as fault:
        raise PaperBroken(type(fault).__name__) from fault
    grids: list[Grid] = []
    nested = cells = 0
    for table in body.iter(_TABLE):
        if next(table.iterancestors(_TABLE), None) is not None:
            nested += 1
            continue
        grid = _grid(table, len(grids) + 1)
        cells += sum(len(row.cells) for row in grid.rows)
        if cells > MOST_CELLS:
            raise PaperTooWide(what="cells", limit=MOST_CELLS)
        grids.append(grid)
    return Paper("docx", grids, [Note("paper.table-nested", count=nested)] if nested else [])


def _grid(table: Any, number: int) -> Grid:
    rows: list[Row] = []
    merges: list[Merge] = []
    above: dict[int, tuple[Cell | None, Merge]] = {}  # of each column: what a cell joined downwards continues
    for at, row in enumerate(_inside(table, _ROW), 1):
        if at > MOST_ROWS:
            raise PaperTooWide(what="rows", limit=MOST_ROWS)
        cells: list[Cell | None] = [None] * _measure(row, "gridBefore")
        for cell in _inside(row, _CELL):
            left, span, joined = len(cells), max(1, _measure(cell, "gridSpan")), _joined(cell)
            if left + span > MOST_COLUMNS:
                raise PaperTooWide(what="columns", limit=MOST_COLUMNS)
            if joined == "continue" and left in above:
                value, merge = above[left]
                above[left] = (value, Merge(merge.top, left, at, merge.right))
            else:
                value = _read(cell)
                _close(merges, above, left, left + span - 1)
                above[left] = (value, Merge(at, left, at, left + span - 1))
            cells += [value, *[None] * (span - 1)]
        rows.append(Row(at, cells))
    _close(merges, above, 0, MOST_COLUMNS)
    wide = max((len(row.cells) for row in rows), default=0)
    kept = [Row(row.number, row.cells + [None] * (wide - len(row.cells))) for row in rows if any(row.cells)]
    return Grid("table", str(number), kept, merges)


def _close(merges: list[Merge], above: dict[int, tuple[Cell | None, Merge]], left: int, right: int) -> None:
    """A new cell ends what was joined in the columns it covers: those are the joined cells of the table."""
    for column in [one for one in above if left <= one <= right]:
        _, merge = above.pop(column)
        if merge.bottom > merge.top or merge.right > merge.left:
            merges.append(merge)


def _inside(element: Any, tag: str) -> Iterator[Any]:
    """Children of this kind, also through the wrappers Word puts around what it tracks or binds."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _inside(child, tag)


def _property(element: Any, name: str) -> Any:
    for holder in ("tcPr", "trPr"):
        properties = element.find(f"{_W}{holder}")
        if properties is not None:
            return properties.find(f"{_W}{name}")
    return None


def _measure(element: Any, name: str) -> int:
    found = _property(element, name)
    value = "" if found is None else found.get(f"{_W}val", "")
    return min(int(value), MOST_COLUMNS + 1) if value.isascii() and value.isdigit() and len(value) < 9 else 0


def _joined(cell: Any) -> str:
    """`restart`, `continue`, or nothing when the cell is not joined downwards."""
    found = _property(cell, "vMerge")
    return "" if found is None else found.get(f"{_W}val", "continue")


def _read(cell: Any) -> Cell | None:
    """The text of a cell as it stands, without what was struck out and without tables inside it."""
    parts: list[str] = []
    for paragraph in _paragraphs(cell):
        for element in paragraph.iter():
            if element.tag == f"{_W}t":
                parts.append(element.text or "")
            elif element.tag in _BREAKS:
                parts.append(" ")
        parts.append(" ")
    text = " ".join("".join(parts).split())
    return Cell("text", text[:LONGEST]) if text else None


def _paragraphs(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag == f"{_W}p":
            yield child
        elif child.tag != _TABLE:
            yield from _paragraphs(child)
