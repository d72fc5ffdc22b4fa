"""What crosses the wire about seats: who sits where and who reports to whom, from which day until which."""

from datetime import date
from uuid import UUID

import msgspec


class TakeSeat(msgspec.Struct, forbid_unknown_fields=True):
    """Let a person work a position from a day. `until_on`: the first day they no longer do; without it for good."""

    user_id: UUID
    from_on: date
    until_on: date | None = None


class EndSeat(msgspec.Struct, forbid_unknown_fields=True):
    """The first day the person no longer sits there. On or before the first day: they never will."""

    on: date


class MovePosition(msgspec.Struct, forbid_unknown_fields=True):
    """Let a position report to another from a day (00:00, company time)."""

    parent_id: int
    on: date


class SeatOut(msgspec.Struct):
    """A person in a position. `until_on`: the first day they are not any more; None: open."""

    id: UUID
    user_id: UUID
    name: str
    from_on: date
    until_on: date | None


class LineOut(msgspec.Struct):
    """To whom a position reports, from when until when."""

    parent_id: int | None
    from_on: date
    until_on: date | None


class PositionSeats(msgspec.Struct):
    """A position with its people and its line: now, from now on, and people of the last sixty days."""

    id: int
    name: str
    kind: str
    may_change: bool
    seats: list[SeatOut]
    lines: list[LineOut]


class Seated(msgspec.Struct):
    """The seat written; None where it was taken away before it began."""

    id: UUID | None
