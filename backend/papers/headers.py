"""Finds the heading of a table among titles, addresses and blank rows, and says what each column seems to hold. Pure.

The words to look for come from the caller: `{"item_code": ("ma hang", "ma sp", ...)}`, folded (no accents, small).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from backend.core.folding import fold
from backend.papers.grids import Cell, Grid, Row

SEARCHED: Final = 40  # rows from the top in which a heading may lie
_DECORATION: Final = re.compile(r"[^0-9a-z%]+")
Words = Mapping[str, Sequence[str]]


class Heading(NamedTuple):
    """Where the heading lies (index into the grid's rows, how many of them) and the title of each column."""

    at: int
    lines: int
    titles: list[str]


class Guess(NamedTuple):
    """What a column seems to hold: its role, and for a price per unit, which unit its title names."""

    role: str
    unit: str = ""


def plain(text: str) -> str:
    """A title as it is compared: folded, without brackets, stars and full stops."""
    return " ".join(_DECORATION.sub(" ", fold(text)).split())


def titles(grid: Grid, at: int, lines: int) -> list[str]:
    """The title of each column, from one heading row or two; a title joined across stands over each of its columns."""
    parts: list[list[str]] = []
    for row in grid.rows[at : at + lines]:
        texts = [_text(cell) for cell in row.cells]
        for merge in grid.merges:
            if merge.top <= row.number <= merge.bottom and merge.left < len(texts):
                for column in range(merge.left + 1, min(merge.right, len(texts) - 1) + 1):
                    texts[column] = texts[column] or texts[merge.left]
        parts.append(texts)
    wide = max((len(one) for one in parts), default=0)
    return [" ".join(dict.fromkeys(one[n] for one in parts if n < len(one) and one[n])) for n in range(wide)]


def _text(cell: Cell | None) -> str:
    return cell.text if cell is not None and cell.kind == "text" and len(cell.text) <= 80 else ""


class Vocabulary(NamedTuple):
    """What to look for: titles by role, roles whose title may go on with a unit, and the units there are (folded).

    "Giá thùng" is a price for each "thùng" where that is a unit; "Giá đại lý" is just a price.
    """

    words: Words
    per_unit: Words = MappingProxyType({})
    units: Collection[str] = ()


def guesses(found: Sequence[str], known: Vocabulary) -> list[Guess]:
    """What each column seems to hold; of two that seem alike the closer one, then the first."""
    scored: list[tuple[int, int, Guess]] = []
    for n, title in enumerate(found):
        name = plain(title)
        if not name:
            continue
        for role, phrases in known.words.items():
            score = max((_likeness(name, phrase) for phrase in phrases), default=0)
            if score:
                scored.append((score, n, Guess(role)))
        for role, phrases in known.per_unit.items():
            for phrase in phrases:
                rest = name.removeprefix(f"{phrase} ").strip()
                if rest != name and rest in known.units:
                    scored.append((90, n, Guess(role, _last_words(title, len(rest.split())))))
    answer = [Guess("")] * len(found)
    taken: set[Guess] = set()
    for _, n, guess in sorted(scored, key=lambda one: (-one[0], one[1])):
        if not answer[n].role and guess not in taken:
            answer[n] = guess
            taken.add(guess)
    return answer


def _last_words(title: str, count: int) -> str:
    """The unit as it is written in the title, with its accents."""
    return " ".join(re.sub(r"[()\[\]/:*]", " ", title).split()[-count:])


def _likeness(name: str, phrase: str) -> int:
    if name == phrase:
        return 100
    spaced = f" {name} "
    if spaced.startswith(f" {phrase} "):
        return 70 - min(20, len(name) - len(phrase))
    if f" {phrase} " in spaced and " " in phrase:
        return 50 - min(20, len(name) - len(phrase))
    return 0


def find(grid: Grid, known: Vocabulary) -> tuple[Heading, int] | None:
    """The heading that explains most columns, with how well it does; None where no row has two known titles."""
    best: tuple[int, int, int] | None = None
    for at in range(min(SEARCHED, len(grid.rows))):
        for lines in (1, 2):
            if at + lines > len(grid.rows) or not _may_be_heading(grid, at, lines):
                continue
            found = titles(grid, at, lines)
            roles = [guess for guess in guesses(found, known) if guess.role]
            named = {name for title in found if (name := plain(title))}
            exact = sum(1 for name in named if any(name in phrases for phrases in known.words.values()))
            exact += sum(1 for guess in roles if guess.unit)
            score = 4 * len(set(roles)) + 2 * exact - lines
            if len({guess.role for guess in roles}) >= 2 and (best is None or score > best[0]):
                best = (score, at, lines)
    if best is None:
        return None
    score, at, lines = best
    return Heading(at, lines, titles(grid, at, lines)), score


def _may_be_heading(grid: Grid, at: int, lines: int) -> bool:
    """Headings are words: a row of numbers or days is none, nor is the second line where the first has no gap."""
    rows = grid.rows[at : at + lines]
    if any(cell is not None and cell.kind in ("number", "day") for row in rows for cell in row.cells):
        return False
    if lines == 1:  # a title joined downwards says that the heading goes on below
        number = rows[0].number
        return not any(merge.top == number < merge.bottom for merge in grid.merges)
    first, second = rows
    filled = {n for n, cell in enumerate(first.cells) if cell is not None}
    new = {n for n, cell in enumerate(second.cells) if cell is not None and cell != first.cells[n]}
    across = {n for merge in grid.merges if merge.top == first.number and merge.right > merge.left
              for n in range(merge.left, merge.right + 1)}  # fmt: skip
    return bool(new) and new <= across | (set(range(len(second.cells))) - filled)


def repeats(row: Row, names: set[str]) -> bool:
    """Whether a row says the heading again, as Word tables do on each page: titles (plain) and nothing but titles."""
    held = [cell for cell in row.cells if cell is not None]
    return len(held) >= 2 and all(_text(cell) and _is_title(plain(cell.text), names) for cell in held)


def _is_title(text: str, names: set[str]) -> bool:
    return text in names or any(f" {text} " in f" {name} " for name in names)
