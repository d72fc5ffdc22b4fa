"""Walks every XML part of an office file once, before a library builds anything from it.

What could hurt is refused here, part by part and in constant memory: entities and other DTDs, thousands of levels,
millions of elements, cells a million columns out. On the way it notes what openpyxl's `read_only` mode does not tell:
joined cells, formulas without a value, and where the last cell that holds anything lies.
"""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from backend.papers.errors import PaperBroken, PaperLinked, PaperTooLarge, PaperTooWide
from backend.papers.grids import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Merge, column_of
from backend.papers.packages import MOST_UNPACKED, Package

MOST_DEPTH = 120
MOST_ELEMENTS = 600_000  # of one part: 5,000 rows of eight cells as Word writes them, with room
MOST_MERGES = 20_000
_CHUNK = 1 << 16
Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
_HYPERLINK = "/hyperlink"
_LINKED_BOOK = ("/externalLinkPath", "/xlPathMissing", "/xlExternalLinkPath")


@dataclass
class SheetFacts:
    """Of one sheet: how far it truly reaches, its joined cells, and the formulas nobody computed."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    merges: list[Merge] = field(default_factory=list)
    unknown: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Facts:
    """Of a whole file: its sheets by their part's name, and whether it names other workbooks."""

    sheets: dict[str, SheetFacts] = field(default_factory=dict)
    linked: bool = False
    unpacked: int = 0


def examine(package: Package) -> Facts:
    """Walk every XML part. Refuses `paper-linked`, `paper-too-wide`, `paper-too-large`, `paper-broken`."""
    facts = Facts()
    for name in package.names():
        inside = name.lower()
        if inside.startswith("xl/worksheets/") and inside.endswith(".xml"):
            sheet = facts.sheets[name] = SheetFacts()
            _Walk(facts, _Sheet(sheet)).through(package.opened, name)
        elif inside.endswith(".rels"):
            _Walk(facts, _Relations(facts)).through(package.opened, name)
        else:
            _Walk(facts, None).through(package.opened, name)
    return facts


class _Walk:
    """One pass over one part."""

    def __init__(self, facts: Facts, listener: "_Sheet | _Relations | None") -> None:
        self.facts, self.listener = facts, listener
        self.depth, self.left = 0, MOST_ELEMENTS

    def through(self, opened: zipfile.ZipFile, name: str) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._counted(None if self.listener is None else self.listener.start)
        parser.EndElementHandler = self._uncounted(None if self.listener is None else self.listener.end)
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.EntityDeclHandler = _no_doctype
        if isinstance(self.listener, _Sheet):
            parser.CharacterDataHandler = self.listener.text
        try:
            with opened.open(name) as part:
                while chunk := part.read(_CHUNK):
                    self.facts.unpacked += len(chunk)
                    if self.facts.unpacked > MOST_UNPACKED:
                        raise PaperTooLarge(limit_mb=MOST_UNPACKED // 2**20)
                    parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as fault:
            raise PaperBroken(name[:100]) from fault

    def _counted(self, inner: Start | None) -> Start:
        """Called a million times for a long sheet: counts, and hands on tags without their prefix."""

        def start(tag: str, attributes: dict[str, str]) -> None:
            self.depth += 1
            self.left -= 1
            if self.depth > MOST_DEPTH:
                raise PaperTooWide(what="levels", limit=MOST_DEPTH)
            if self.left < 0:
                raise PaperTooWide(what="elements", limit=MOST_ELEMENTS)
            if inner is not None:
                inner(tag[tag.find(":") + 1 :], attributes)

        return start

    def _uncounted(self, inner: End | None) -> End:
        def end(tag: str) -> None:
            self.depth -= 1
            if inner is not None:
                inner(tag[tag.find(":") + 1 :])

        return end


def _no_doctype(*_: object) -> None:
    raise PaperLinked("entities")


class _Relations:
    """What a part points to: hyperlinks and other workbooks are never followed, anything else outside is refused."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "Relationship" or attributes.get("TargetMode", "").lower() != "external":
            return
        kind = attributes.get("Type", "")
        if kind.endswith(_LINKED_BOOK):
            self.facts.linked = True
        elif not kind.endswith(_HYPERLINK):
            raise PaperLinked(kind.rpartition("/")[2][:60])

    def end(self, tag: str) -> None:
        """Nothing to note."""


class _Sheet:
    """Counts the cells of a sheet that hold something; those only coloured or framed may lie anywhere."""

    def __init__(self, facts: SheetFacts) -> None:
        self.facts = facts
        self.row = self.column = 0
        self.inside = ""
        self.formula = self.value = self.is_text = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            self.row = _number(attributes.get("r"), self.row + 1)
            self.column = 0
        elif tag == "c":
            self._place(attributes.get("r"))
            self.formula = self.value = False
            self.is_text = attributes.get("t") == "str"
        elif tag == "f":
            self.formula = True
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        if tag in ("v", "t"):
            self.inside = tag
            if self.formula and self.is_text:  # computed, and the answer was an empty text
                self.value = True

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.inside = ""
        if tag != "c" or not (self.value or self.formula):
            return
        facts = self.facts
        facts.rows, facts.columns = max(facts.rows, self.row), max(facts.columns, self.column)
        facts.cells += 1
        if facts.rows > MOST_ROWS:
            raise PaperTooWide(what="rows", limit=MOST_ROWS)
        if facts.columns > MOST_COLUMNS:
            raise PaperTooWide(what="columns", limit=MOST_COLUMNS)
        if facts.cells > MOST_CELLS:
            raise PaperTooWide(what="cells", limit=MOST_CELLS)
        if self.formula and not self.value:
            facts.unknown.add((self.row, self.column - 1))

    def text(self, text: str) -> None:
        if self.inside and not text.isspace():
            self.value = True

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
            return
        letters = reference.rstrip("0123456789")
        self.column = column_of(letters) + 1
        if self.column < 1:
            raise PaperBroken("a cell's place")
        self.row = _number(reference[len(letters) :], self.row)

    def _merge(self, reference: str) -> None:
        corners = [_corner(part) for part in reference.split(":")]
        if len(corners) == 2:
            (top, left), (bottom, right) = corners
            self.facts.merges.append(Merge(top, left, bottom, right))
        if len(self.facts.merges) > MOST_MERGES:
            raise PaperTooWide(what="merges", limit=MOST_MERGES)


def _corner(reference: str) -> tuple[int, int]:
    letters = reference.replace("$", "").rstrip("0123456789")
    column, row = column_of(letters), _number(reference.replace("$", "")[len(letters) :], 0)
    if column < 0 or row < 1:
        raise PaperBroken("joined cells")
    return row, column


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise PaperBroken("a row's number")
    return int(text)
