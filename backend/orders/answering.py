"""The answer to a placed order, built alike from what was just stored and, for a repeat, from what is stored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.core.money import text_of_micro, text_of_minor
from backend.orders.schemas import Hold, LineOut, Placed


def placed(
    order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], outcome: Mapping[str, Any], digits: int
) -> Placed:
    """`order` and `lines` are columns; `outcome` what placing said then (state, holds, what each line got)."""
    got = {entry["line"]: entry for entry in outcome["lines"]}
    return Placed(
        id=order["id"],
        number=outcome["number"],
        state=outcome["state"],
        holds=[Hold(**hold) for hold in outcome["holds"]],
        currency=order["currency"],
        ordered_on=order["ordered_on"],
        gross=text_of_minor(order["gross"], digits),
        discount=text_of_minor(order["discount"], digits),
        net=text_of_minor(order["net"], digits),
        tax=text_of_minor(order["tax"], digits),
        total=text_of_minor(order["total"], digits),
        lines=[_line(line, got.get(str(line["id"])), digits) for line in lines],
        diff=None if order["diff"] is None else msgspec.to_builtins(order["diff"]),
        placed_at=order["placed_at"],
        version=1,
    )


def _line(line: Mapping[str, Any], got: Mapping[str, Any] | None, digits: int) -> LineOut:
    held, short = (got["held"], got["short"]) if got else (0, 0)
    return LineOut(
        id=line["id"] if isinstance(line["id"], UUID) else UUID(line["id"]),
        seq=line["seq"],
        item_id=line["item_id"] if isinstance(line["item_id"], UUID) else UUID(line["item_id"]),
        unit=line["unit"],
        qty=text_of_micro(line["qty"]),
        qty_base=text_of_micro(line["qty_base"]),
        unit_price=text_of_micro(line["unit_price"]),
        gross=text_of_minor(line["gross"], digits),
        discount=text_of_minor(line["discount"], digits),
        net=text_of_minor(line["net"], digits),
        tax=text_of_minor(line["tax"], digits),
        reserved=text_of_micro(held),
        backlog=text_of_micro(short),
        gift_of=line["gift_of"],
    )
