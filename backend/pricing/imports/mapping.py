"""Which column of an imported table holds what: guessed from its heading, corrected by a person, questions left open.

Pure. A question is a column whose numbers read two ways and nothing in the column tells which (see `papers.values`).
"""

from collections.abc import Collection
from typing import Literal

import msgspec

from backend.papers import headers
from backend.papers.grids import Cell, Grid, Paper, Row, column_of, letter
from backend.papers.values import decimal_mark, parts_of_one
from backend.pricing.imports.words import NUMBERS, PER_UNIT, REPEATED, WORDS, Kind

SAMPLES = 4


def vocabulary(kind: Kind, units: Collection[str]) -> headers.Vocabulary:
    """What to look for in headings; `units` are the folded names of all units there are."""
    return headers.Vocabulary(WORDS[kind], PER_UNIT[kind], units)


class MappedColumn(msgspec.Struct, omit_defaults=True):
    """What a column holds: its role ("" is ignored), for a price the unit it is for, and how its numbers are written.

    `mark` is the decimal mark a person named ("." or ","); `parts` whether bare numbers below one are parts of one.
    """

    role: str = ""
    unit: str = ""
    mark: Literal[".", ",", ""] = ""
    parts: bool | None = None


class Mapping(msgspec.Struct, omit_defaults=True):
    """How a file is read: the table by its index, its heading by the row's number, and its columns by their letters.

    `starts_on` is for rows without a first day of their own; `close_earlier` ends an older price the day before a newer
    one begins instead of refusing the overlap.
    """

    table: int = 0
    row: int = 0
    lines: int = 1
    columns: dict[str, MappedColumn] = msgspec.field(default_factory=dict)
    starts_on: str | None = None
    close_earlier: bool = False


class Part(msgspec.Struct):
    """One table of the file that is read with the mapping: its index, and the rows under its heading."""

    table: int
    rows: list[Row]


def guess(paper: Paper, known: headers.Vocabulary) -> Mapping | None:
    """The mapping of the table that explains itself best; None where none has two columns we know."""
    best: tuple[int, int, headers.Heading] | None = None
    for n, grid in enumerate(paper.grids):
        found = headers.find(grid, known)
        if found is not None and (best is None or found[1] > best[0]):
            best = (found[1], n, found[0])
    if best is None:
        return None
    _, table, heading = best
    row = paper.grids[table].rows[heading.at].number
    return Mapping(table=table, row=row, lines=heading.lines, columns=columns_of(heading.titles, known))


def columns_of(titles: list[str], known: headers.Vocabulary) -> dict[str, MappedColumn]:
    """What the titles of a heading seem to say."""
    found = headers.guesses(titles, known)
    columns = {letter(n): MappedColumn(one.role, one.unit) for n, one in enumerate(found)}
    held: set[str] = set()
    for column in columns.values():
        if column.role in held and column.role not in REPEATED:
            column.role = ""
        held.add(column.role)
    return columns


def at_row(paper: Paper, table: int, row: int, lines: int, known: headers.Vocabulary) -> Mapping:
    """A mapping with the heading where a person says it is."""
    grid = paper.grids[table]
    at = next((n for n, one in enumerate(grid.rows) if one.number >= row), len(grid.rows) - 1)
    titles = headers.titles(grid, at, lines)
    return Mapping(table=table, row=grid.rows[at].number, lines=lines, columns=columns_of(titles, known))


def heading_of(paper: Paper, mapping: Mapping) -> headers.Heading:
    """The heading a mapping names."""
    grid = paper.grids[mapping.table]
    at = next((n for n, one in enumerate(grid.rows) if one.number >= mapping.row), 0)
    return headers.Heading(at, mapping.lines, headers.titles(grid, at, mapping.lines))


def parts_of(paper: Paper, mapping: Mapping, known: headers.Vocabulary) -> list[Part]:
    """The table of the mapping, and every other one under the very same heading (a list goes on on the next page)."""
    heading = heading_of(paper, mapping)
    wanted = [headers.plain(title) for title in heading.titles]
    found: list[Part] = []
    for n, grid in enumerate(paper.grids):
        if n == mapping.table:
            found.append(Part(n, _body(grid, heading)))
            continue
        other = headers.find(grid, known)
        if other is not None and [headers.plain(title) for title in other[0].titles] == wanted:
            found.append(Part(n, _body(grid, other[0])))
    return found


def _body(grid: Grid, heading: headers.Heading) -> list[Row]:
    """The rows under the heading, without its repetitions."""
    first = heading.at + heading.lines
    names = {headers.plain(title) for title in heading.titles}
    return [row for row in grid.rows[first:] if not headers.repeats(row, names)]


def cells_of(parts: list[Part], name: str) -> list[Cell | None]:
    """All cells of one column under the headings."""
    column = column_of(name)
    return [row.cells[column] for part in parts for row in part.rows if column < len(row.cells)]


class Reading(msgspec.Struct):
    """How a column's numbers are read: its decimal mark, and what it would have to be asked about (or "")."""

    mark: str | None = ""
    parts: bool | None = None
    question: str = ""


def readings(parts: list[Part], mapping: Mapping) -> dict[str, Reading]:
    """For each column of numbers, what its own cells or a person say about their writing."""
    found: dict[str, Reading] = {}
    for name, column in mapping.columns.items():
        if column.role not in NUMBERS:
            continue
        cells = cells_of(parts, name)
        mark = decimal_mark(cells)
        read = Reading(mark=mark if mark is not None else column.mark or None, parts=column.parts)
        if mark is None:
            read.question = "mark"
        elif column.role == "percent" and parts_of_one(cells):
            read.question = "parts"
        found[name] = read
    return found


def samples(parts: list[Part], name: str) -> list[str]:
    """What the first cells of a column hold, as a person may check the mapping by."""
    texts = (cell.text[:60] for cell in cells_of(parts, name) if cell is not None and cell.text)
    return list(dict.fromkeys(texts))[:SAMPLES]
