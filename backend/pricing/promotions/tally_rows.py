"""What a dry run's sum is made of: past orders, what goods cost, and the figures of regions. Pure."""

from dataclasses import dataclass, field
from uuid import UUID

import msgspec


@dataclass(frozen=True, slots=True)
class Basket:
    """A past order: what was asked for, without its gifts. Quantities in 10^-6 of the unit. `region` names a row."""

    id: UUID
    customer_id: UUID
    on: str
    currency: str
    region: str
    lines: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What an item must not be sold below, and what it costs: 10^-6 of `currency` per base unit, None = not known."""

    floor_micro: int | None
    cost_micro: int | None
    currency: str


@dataclass(slots=True)
class Row:
    """The figures of one region, or of all."""

    orders: int = 0
    net: int = 0
    discount: int = 0
    gift_value: int = 0
    gift_cost: int = 0
    customers: set[UUID] = field(default_factory=set)

    def add(self, other: "Row") -> None:
        """Take another row's figures in."""
        self.orders += other.orders
        self.net += other.net
        self.discount += other.discount
        self.gift_value += other.gift_value
        self.gift_cost += other.gift_cost
        self.customers |= other.customers


class Part(msgspec.Struct, kw_only=True):
    """Part of a sum, on its way from a helper: the figures of `Tally`; gifts as numerator and denominator."""

    looked_at: int
    unpriced: int
    below: int
    below_before: int
    regions: dict[str, Row]
    gifts: dict[str, tuple[int, int]]
