"""What crosses the wire about imports of price lists and discount programmes. Inputs refuse unknown fields."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from backend.pricing.imports.words import Kind

State = Literal["waiting", "reading", "checking", "checked", "failed", "applied", "undone"]
Outcome = Literal["new", "changed", "same", "error"]
Letter = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{1,3}$(?!\n)")]


class ColumnChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says a column holds; `mark` and `parts` answer the question it left open."""

    role: Annotated[str, msgspec.Meta(max_length=40)]
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""
    mark: Literal[".", ",", ""] = ""
    parts: bool | None = None


class Remap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another way to read the file. A table or heading row alone guesses the columns anew; columns not named stay."""

    expected_version: int
    table: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    row: Annotated[int, msgspec.Meta(ge=1, le=2_000_000)] | None = None
    lines: Annotated[int, msgspec.Meta(ge=1, le=2)] | None = None
    columns: dict[Letter, ColumnChoice] | None = None
    starts_on: date | msgspec.UnsetType | None = msgspec.UNSET
    close_earlier: bool | None = None


class Apply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Store what the rows say; `skip_errors` leaves rows in error out instead of refusing."""

    expected_version: int
    skip_errors: bool = False


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take the whole import back."""

    expected_version: int


class Recheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Check the rows again, against the prices of now."""

    expected_version: int


class TableOut(msgspec.Struct, frozen=True):
    """A sheet or a Word table of the file; `used` when its rows are read."""

    index: int
    kind: Literal["sheet", "table"]
    name: str
    rows: int
    used: bool


class ColumnOut(msgspec.Struct, frozen=True):
    """A column as a person checks it: its letter, title and first values, and what it is taken to hold.

    `question`: `mark` (is the point or the comma the decimal mark?) or `parts` (is 0.05 five percent?), "" when clear.
    """

    column: str
    title: str
    samples: list[str]
    role: str
    unit: str
    mark: str
    parts: bool | None
    question: str


class StepOut(msgspec.Struct, frozen=True):
    """What somebody did with the import."""

    step: str
    by: str
    at: datetime


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An import in a list."""

    id: UUID
    kind: Kind
    list_code: str | None
    list_name_vi: str | None
    list_name_en: str | None
    file_name: str
    file_size: int
    state: State
    counts: dict[str, int]
    by: str
    created_at: datetime


class ImportOut(ImportRow, frozen=True, kw_only=True):
    """One import, whole. `roles` are what a column may hold; `fault` a problem document when reading failed."""

    currency: str | None
    done: int
    total: int
    tables: list[TableOut]
    columns: list[ColumnOut]
    row: int
    lines: int
    starts_on: date | None
    close_earlier: bool
    roles: list[str]
    notes: list[dict[str, Any]]
    fault: dict[str, Any] | None
    steps: list[StepOut]
    version: int


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """Another programme that one of the file meets, and what happens then (as `Overlap` of promotions).

    `state` is `file` for another one of the file, whose first `row` is named. `items` and `customers` they share.
    """

    kind: Literal["stack", "best", "priority", "exclusive", "tie"]
    code: str
    name: str
    state: str
    row: int | None
    group: str | None
    winner: str | None
    first: str | None
    items: int
    customers: int


class RowOut(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the dry run: what it is about, what it was and would be, and what is wrong, each with its column.

    `meetings` are the first programmes it meets, of a programme.
    """

    n: int
    sheet: int
    row: int
    outcome: Outcome
    label: dict[str, str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    faults: list[dict[str, Any]]
    meetings: list[Meeting]


class Imported(msgspec.Struct, frozen=True):
    """An import after a step."""

    id: UUID
    state: State
    version: int
