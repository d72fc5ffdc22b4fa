"""What is read from a paper: grids of cells, each cell with its place, whether it came from Excel or from Word."""

import msgspec

MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_CELLS = 400_000
LONGEST = 2_000  # signs of one cell that are kept


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """One cell's value.

    `kind`: `text`; `number` (`text` is its exact decimal form); `day` (`text` is YYYY-MM-DD); `error` (Excel's own,
    like #N/A); `formula` (one nobody has ever computed, so there is no value). `share`: a number shown as a percentage.
    """

    kind: str
    text: str
    share: bool = False


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A row by the number people see beside it (from 1), with a cell or None for each column from A on."""

    number: int
    cells: list[Cell | None]


class Merge(msgspec.Struct, frozen=True, array_like=True):
    """Cells joined into one; rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Grid(msgspec.Struct):
    """A sheet or a Word table. Rows joined downwards carry their value in every row, see `filled`."""

    kind: str
    name: str
    rows: list[Row]
    merges: list[Merge] = msgspec.field(default_factory=list)


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something left out on purpose, that the person should know: `code`, and what it is about."""

    code: str
    name: str = ""
    count: int = 0


class Paper(msgspec.Struct):
    """A file, read: `kind` is xlsx or docx."""

    kind: str
    grids: list[Grid]
    notes: list[Note]


def letter(column: int) -> str:
    """The name of a column counted from 0: A, B, ... Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_of(name: str) -> int:
    """The opposite of `letter`; -1 for what is no column name."""
    if not (1 <= len(name) <= 3 and name.isascii() and name.isalpha()):
        return -1
    found = 0
    for sign in name.upper():
        found = found * 26 + ord(sign) - 64
    return found - 1


def filled(rows: dict[int, list[Cell | None]], merges: list[Merge]) -> dict[int, list[Cell | None]]:
    """Write the value of cells joined downwards into each of their rows, in the column they begin in."""
    written = 0
    last = max(rows, default=0)
    for merge in merges:
        top = rows.get(merge.top)
        value = top[merge.left] if top is not None and merge.left < len(top) else None
        if value is None:
            continue
        for number in range(merge.top + 1, min(merge.bottom, last) + 1):
            row = rows.get(number)
            if row is not None and merge.left < len(row) and row[merge.left] is None:
                row[merge.left] = value
            written += 1
            if written > MOST_CELLS:
                return rows
    return rows
