"""What readers of orders get, and how a row becomes it. Money is left out, not blanked, for who sees no prices."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.core.money import text_of_micro, text_of_minor
from backend.orders.schemas import Hold
from backend.people.access import Actor

MONEY = ("gross", "discount", "net", "tax")


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list. `holds` are `kind:code`."""

    id: UUID
    number: str
    customer_id: UUID
    customer_name: str
    customer_code: str
    user_id: UUID
    user_name: str
    position_id: int
    state: str
    ordered_on: date
    requested_on: date | None
    placed_at: datetime
    version: int
    holds: list[str] | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    gross: str | UnsetType = UNSET
    discount: str | UnsetType = UNSET
    net: str | UnsetType = UNSET
    tax: str | UnsetType = UNSET
    total: str | UnsetType = UNSET


class OrderPaper(msgspec.Struct, frozen=True, kw_only=True):
    """One order in full. `request` is the open question about it, for those who may answer."""

    id: UUID
    number: str
    customer_id: UUID
    customer_name: str
    customer_code: str
    user_id: UUID
    user_name: str
    position_id: int
    state: str
    ordered_on: date
    requested_on: date | None
    placed_at: datetime
    version: int
    address: str | None
    ship_address_id: UUID | None
    note: str
    lines: list[dict[str, Any]]
    dispatches: list[dict[str, Any]]
    picker: str | None
    holds: list[Hold] | UnsetType = UNSET
    decided_note: str | UnsetType = UNSET
    client_at: datetime | UnsetType | None = UNSET
    book_version: str | UnsetType | None = UNSET
    priced_as: str | UnsetType = UNSET
    diff: dict[str, Any] | UnsetType | None = UNSET
    request: dict[str, Any] | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET
    gross: str | UnsetType = UNSET
    discount: str | UnsetType = UNSET
    net: str | UnsetType = UNSET
    tax: str | UnsetType = UNSET
    total: str | UnsetType = UNSET


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order on the pickers' queue. Quantities are decimal strings; `reserved` and `picked` in base units."""

    id: UUID
    number: str
    state: str
    due_on: date
    requested_on: date | None
    placed_at: datetime
    version: int
    note: str
    customer_name: str
    address: str | None
    claimed_by: UUID | None
    picker: str | None
    lines: list[dict[str, Any]]


_COMMON = ("id", "number", "customer_id", "customer_name", "customer_code", "user_id", "user_name", "position_id",
           "state", "ordered_on", "requested_on", "placed_at", "version")  # fmt: skip
_QUANTITIES = ("qty", "qty_base", "reserved", "picked", "dispatched", "cut")


def _money(row: Mapping[str, Any]) -> dict[str, Any]:
    digits = row["digits"]
    return {"currency": row["currency"]} | {name: text_of_minor(row[name], digits) for name in (*MONEY, "total")}


def _line(line: Mapping[str, Any], digits: int, *, prices: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        name: text_of_micro(value) if name in _QUANTITIES else value for name, value in line.items()
    }
    for name in ("unit_price", *MONEY):
        value = shown.pop(name, None)
        if prices and value is not None:
            shown[name] = text_of_micro(value) if name == "unit_price" else text_of_minor(value, digits)
    return shown


def row_of(row: Mapping[str, Any], *, actor: Actor) -> OrderRow:
    """A list row as this actor may see it."""
    common = {name: row[name] for name in _COMMON}
    if not actor.sees_prices:
        return OrderRow(**common)
    return OrderRow(**common, **_money(row), holds=row["hold_codes"])


def paper_of(row: Mapping[str, Any], *, actor: Actor) -> OrderPaper:
    """One order as this actor may see it: no money, holds or differences for who sees no prices."""
    prices = actor.sees_prices
    common = {name: row[name] for name in (*_COMMON, "address", "ship_address_id", "note", "dispatches", "picker")}
    lines = [_line(line, row["digits"], prices=prices) for line in row["lines"]]
    if not prices:
        for line in lines:
            line["gift_of"] = line["gift_of"] is not None
        return OrderPaper(**common, lines=lines)
    extra = {name: row[name] for name in ("decided_note", "client_at", "book_version", "priced_as", "diff")}
    request = row["request"] if actor.may("approval.decide") else None
    return OrderPaper(
        **common, **extra, **_money(row), lines=lines, request=request, holds=[Hold(**hold) for hold in row["holds"]]
    )


def queue_row_of(row: Mapping[str, Any]) -> QueueRow:
    """A queue row; the statement behind it reads no price at all."""
    fields = {name: row[name] for name in QueueRow.__struct_fields__ if name != "lines"}
    return QueueRow(**fields, lines=[_line(line, 0, prices=False) for line in row["lines"]])
