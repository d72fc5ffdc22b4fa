"""What crosses the wire of insight. Amounts: decimal texts in the company's currency unless one stands beside."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Kind = Literal["region", "unlocated", "outside"]


class RegionRow(msgspec.Struct):
    """Revenue of one region; `unlocated` and `outside` are rows too. `share` of the total: 0..1, six decimals."""

    code: str | None
    name: str
    kind: Kind
    net: str
    orders: int
    customers: int
    share: str


class MonthRow(msgspec.Struct):
    """Revenue of one month (YYYY-MM of the order day)."""

    month: str
    net: str


class RepRow(msgspec.Struct):
    """Revenue credited to one position when its orders were placed."""

    position_id: int
    name: str
    net: str


class Revenue(msgspec.Struct):
    """Revenue by region, month and position; each list adds up to `total`, which is the ledger's own sum.

    `grades`: revenue by how the place is known (gps, pin, geocoder, ward, none).
    """

    set: str
    currency: str
    total: str
    orders: int
    rows: list[RegionRow]
    months: list[MonthRow]
    reps: list[RepRow]
    grades: dict[str, str]


class RegionCustomer(msgspec.Struct):
    """One customer's part of a region's revenue; without an id it is all the others together."""

    customer_id: UUID | None
    code: str | None
    name: str
    customers: int
    net: str
    orders: int


class Today(msgspec.Struct):
    """The day so far. `planned` counts the customers whose usual visit day is today."""

    day: date
    currency: str
    revenue: str
    orders: int
    visits: int
    planned: int
    planned_done: int
    month_revenue: str
    waiting: int


class Credit(msgspec.Struct):
    """How a customer stands, in the account's currency; `limit` None = none set."""

    limit: str | None
    exposure: str
    left: str | None
    currency: str
    on_hold: bool
    overdue: bool


class OrderGlance(msgspec.Struct):
    """An order on the account page."""

    id: UUID
    number: str
    state: str
    ordered_on: date
    total: str
    currency: str


class VisitGlance(msgspec.Struct):
    """A visit on the account page."""

    id: UUID
    user: str
    purpose: str
    started_at: datetime
    verdict: str
    outcome: str | None


class Overview(msgspec.Struct):
    """A customer's account at a glance. `every_days`: the median days between orders, None before the second."""

    customer_id: UUID
    credit: Credit | None
    orders: list[OrderGlance]
    visits: list[VisitGlance]
    every_days: int | None
    revenue_12m: str | None
    currency: str


class Found(msgspec.Struct):
    """What a search found, grouped by type."""

    customers: list[Any]
    items: list[Any]
    orders: list[Any]
