"""What crosses the wire about orders. Money, prices and quantities are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(max_length=2000)]
Number = Annotated[str, Meta(min_length=1, max_length=40)]
Unit = Annotated[str, Meta(min_length=1, max_length=40)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Coupons = Annotated[list[Annotated[str, Meta(min_length=1, max_length=80)]], Meta(max_length=20)]


class LineIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A line as the rep typed it. `shown_price` is the unit price the phone showed, per base unit or per `unit`."""

    id: UUID
    item_id: UUID
    unit: Unit
    qty: Number
    shown_price: Number | None = None


class GiftIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A gift the phone showed the customer."""

    item_id: UUID
    unit: Unit
    qty: Number


class PlaceOrder(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An order as the phone sends it. Prices are the server's: what the phone showed is compared, never charged.

    `coupons`: what the customer brought, and the gifts they chose ("KM1~2").
    """

    id: UUID
    customer_id: UUID
    ordered_on: date
    currency: Currency
    lines: list[LineIn]
    ship_address_id: UUID | None = None
    requested_on: date | None = None
    note: Text | None = None
    book_version: Annotated[str, Meta(max_length=80)] | None = None
    shown_total: Number | None = None
    shown_gifts: Annotated[list[GiftIn], Meta(max_length=300)] | None = None
    coupons: Coupons = []


class CheckLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A line while it is being typed."""

    item_id: UUID
    unit: Unit
    qty: Number


class CheckOrder(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A basket while it is being typed: what would it cost, is it there, is there credit?"""

    customer_id: UUID
    currency: Currency
    lines: list[CheckLine]
    requested_on: date | None = None
    coupons: Coupons = []


class CancelOrder(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Call an order off. `id` is the order's."""

    id: UUID
    reason: Reason


class AcceptPrice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Take the office's price of an order that waits for it. `id` is the order's, `expected_version` the one read."""

    id: UUID
    expected_version: int


class DecideHold(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Answer the question about a held order. `id` is the decision's own, so a repeat is recognised."""

    id: UUID
    request_id: UUID
    verdict: Literal["approve", "reject"]
    expected_version: int
    reason: Annotated[str, Meta(max_length=500)] | None = None


class PickLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What was put aside for a line, in base units."""

    order_line_id: UUID
    qty: Number
    short_reason: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class PickOrder(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A pick: every line that holds goods, once. `id` is the pick's own."""

    id: UUID
    order_id: UUID
    lines: list[PickLine]


class DispatchOrder(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The picked goods leave. `id` is the dispatch's own."""

    id: UUID
    order_id: UUID
    packages: Annotated[int, Meta(ge=1, le=10_000)]
    plate: Annotated[str, Meta(max_length=20)] | None = None
    note: Text | None = None


# The same over HTTP, where the address names the document and a fresh id is made when the client brings none.


class Cancellation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Reason


class Acceptance(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    expected_version: int


class Decision(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    verdict: Literal["approve", "reject"]
    expected_version: int
    reason: Annotated[str, Meta(max_length=500)] | None = None
    id: UUID | None = None


class Pick(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    lines: list[PickLine]
    id: UUID | None = None


class Dispatch(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    packages: Annotated[int, Meta(ge=1, le=10_000)]
    plate: Annotated[str, Meta(max_length=20)] | None = None
    note: Text | None = None
    id: UUID | None = None


class Hold(msgspec.Struct, frozen=True):
    """Why an order waits: kind `credit`, `stock` or `price`, a code, and the numbers a person needs."""

    kind: str
    code: str
    numbers: dict[str, Any]


class LineOut(msgspec.Struct, frozen=True):
    """A line as priced and reserved. `backlog` waits for goods."""

    id: UUID
    seq: int
    item_id: UUID
    unit: str
    qty: str
    qty_base: str
    unit_price: str
    gross: str
    discount: str
    net: str
    tax: str
    reserved: str
    backlog: str
    gift_of: str | None


class Placed(msgspec.Struct, frozen=True):
    """The answer to a placed order; a repeat gets the same. `diff`: where the server's price is another one."""

    id: UUID
    number: str
    state: str
    holds: list[Hold]
    currency: str
    ordered_on: date
    gross: str
    discount: str
    net: str
    tax: str
    total: str
    lines: list[LineOut]
    diff: dict[str, Any] | None
    placed_at: datetime
    version: int


class Moved(msgspec.Struct, frozen=True):
    """What an act made of an order. `short` lists lines (id, missing base units) that still wait for goods."""

    id: UUID
    number: str
    state: str
    version: int
    short: list[dict[str, str]] = []
