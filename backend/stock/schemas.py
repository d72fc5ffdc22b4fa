"""What stock's verbs take and give. Quantities are integers of 10^-6 base unit."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

MoveKind = Literal["receipt", "adjust", "return", "transfer", "production"]


class Want(msgspec.Struct, frozen=True):
    """One line that wants goods by a day."""

    line: UUID
    item: UUID
    warehouse: UUID
    qty: int
    due_on: date


class Held(msgspec.Struct, frozen=True):
    """What a line holds now, and what of it is still waiting for goods."""

    reference: UUID
    line: UUID
    item: UUID
    held: int
    backlog: int


class Picked(msgspec.Struct, frozen=True):
    """What was put aside for a line; `rest` is free for others again."""

    line: UUID
    qty: int
    rest: int
    backlog: int


class Issued(msgspec.Struct, frozen=True):
    """What left for a line, and what still waits for goods."""

    line: UUID
    qty: int
    backlog: int


class Arrival(msgspec.Struct, frozen=True):
    """Goods that came in, or a correction of the books (kind `adjust`, may be negative)."""

    item: UUID
    warehouse: UUID
    qty: int
    receipt: UUID | None = None


class Coming(msgspec.Struct, frozen=True):
    """Supply expected on a day."""

    on: date
    qty: int
    source: str


class Standing(msgspec.Struct, frozen=True):
    """An item's numbers over the warehouses asked about.

    `free` is what may be reserved now; `promisable` what may be promised by the day asked about; `earliest_on` the
    first day on which the whole quantity asked about may be promised (None: no known supply suffices).
    """

    item: UUID
    on_hand: int
    reserved: int
    picked: int
    backlog: int
    free: int
    promisable: int
    earliest_on: date | None
    incoming: list[Coming]
