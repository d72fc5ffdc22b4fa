"""What crosses the wire of a hand-over's preview. Amounts are decimal texts, one a currency, never summed up."""

from datetime import date
from uuid import UUID

import msgspec

from backend.customers.schemas_handovers import Seat


class Sum(msgspec.Struct):
    """An amount of one currency."""

    currency: str
    amount: str


class Documents(msgspec.Struct):
    """How many documents, of how many customers, and what they add up to."""

    count: int
    customers: int
    sums: list[Sum]


class NextStep(msgspec.Struct):
    """What was promised at visits and is not yet past: how many, and the first day of them."""

    count: int
    first_on: date | None


class Planned(msgspec.Struct):
    """Customers of the choice that another hand-over waits for; this one would take its place."""

    on: date
    to: str
    customers: int


class Weighty(msgspec.Struct):
    """One customer whose hand-over deserves a word: open orders and debt in the currency of each."""

    id: UUID
    code: str
    name: str
    orders: int
    order_sums: list[Sum]
    debt: Sum | None
    overdue: bool


class Preview(msgspec.Struct):
    """What a hand-over would do, and what is open among its customers today.

    `moving`: how many change hands; `already`: how many the position has on that day anyhow. `orders` are neither
    dispatched nor over; `held` are those of them that wait for an answer. `overdue`: debts past due beyond grace.
    `stamp` goes along with the confirmation, so that what is done is what was shown.
    """

    stamp: str
    on: date
    to: Seat
    givers: list[Seat]
    customers: int
    moving: int
    already: int
    planned: list[Planned]
    orders: Documents
    held: Documents
    debts: Documents
    overdue: Documents
    expenses: Documents
    next_steps: NextStep
    weighty: list[Weighty]
