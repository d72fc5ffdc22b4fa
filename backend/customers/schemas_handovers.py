"""What crosses the wire about hand-overs: whom one may choose, and what is planned."""

from datetime import date, datetime
from uuid import UUID

import msgspec


class Candidate(msgspec.Struct):
    """A customer that may be handed over. `planned_*`: the hand-over that waits for it already, if any."""

    id: UUID
    code: str
    name: str
    stage: str
    status: str
    position_id: int
    ward: str | None
    planned_on: date | None
    planned_to: str | None


class WardOut(msgspec.Struct):
    """A ward with how many of the customers found lie in it."""

    code: str
    name: str
    customers: int


class Candidates(msgspec.Struct):
    """A page of them; `total` and `wards` are of the whole choice, on the first page only (None, empty after it)."""

    items: list[Candidate]
    next: str | None = None
    total: int | None = None
    wards: list[WardOut] = []


class Seat(msgspec.Struct):
    """A position and who holds it; `customers`: how many of a hand-over."""

    id: int
    name: str
    holders: list[str]
    customers: int


class HandoverOut(msgspec.Struct):
    """A hand-over as far as the reader sees its customers. `may_undo`: the reader may call it off today."""

    id: UUID
    on: date
    to: Seat
    givers: list[Seat]
    customers: int
    names: list[str]
    reason: str | None
    acted_by: str
    acted_at: datetime
    may_undo: bool


class HandoverCustomer(msgspec.Struct):
    """One customer of a hand-over."""

    id: UUID
    code: str
    name: str


class CalledOff(msgspec.Struct):
    """How many customers stay where they are."""

    id: UUID
    kept: int
