"""The check while a rep types: what it costs, whether it is there and by when, and whether there is credit for it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import now, today
from backend.core.database import fetch_row
from backend.core.errors import Malformed, NotVisible
from backend.core.money import text_of_micro, text_of_minor
from backend.credit import queries as credit
from backend.credit.rules import Account, objections
from backend.credit.schemas import CreditStanding
from backend.orders import rules
from backend.orders.pricing import in_account_currency
from backend.orders.schemas import CheckOrder
from backend.people.access import Actor, require, scope
from backend.pricing.quoting import Quoted, QuotedLine, QuoteLine, quote
from backend.stock import queries as stock
from backend.stock.schemas import Standing


class CheckedLine(msgspec.Struct, frozen=True):
    """A line with its price and its item's stock. `enough`: all lines of the item together may be reserved now."""

    item_id: UUID
    unit: str
    qty: str
    qty_base: str
    unit_price: str
    gross: str
    discount: str
    net: str
    tax: str
    gift_of: str | None
    stock: dict[str, Any]


class Checked(msgspec.Struct, frozen=True):
    """What placing this basket now would find. Nothing is reserved: `as_of` says how old the numbers are."""

    as_of: datetime
    currency: str
    gross: str
    discount: str
    net: str
    tax: str
    total: str
    lines: list[CheckedLine]
    credit: dict[str, Any]


async def check_order(command: CheckOrder, *, actor: Actor) -> Checked:
    """Price, stock and credit of a basket, without storing anything.

    Refuses `NotVisible` for the customer, and with a pointer what `place_order` refuses of lines.
    """
    require(actor, "order.place")
    if not 1 <= len(command.lines) <= rules.MOST_LINES:
        raise Malformed(pointer="/lines", most=rules.MOST_LINES)
    quantities = [rules.read_quantity(line.qty, f"/lines/{n}/qty") for n, line in enumerate(command.lines)]
    predicate, arguments = scope(actor, "c.position_id", 2)
    if await fetch_row(
        f"SELECT 1 FROM customers c WHERE c.id = $1 AND c.deleted_at IS NULL AND {predicate}",
        command.customer_id, *arguments,
    ) is None:  # fmt: skip
        raise NotVisible(pointer="/customer_id")
    quoted = await quote(
        customer_id=command.customer_id, ordered_on=today(), currency=command.currency, coupons=command.coupons,
        lines=[
            QuoteLine(id=UUID(int=n), item_id=line.item_id, unit=line.unit, qty_micro=qty)
            for n, (line, qty) in enumerate(zip(command.lines, quantities, strict=True))
        ],
    )  # fmt: skip
    wanted: dict[UUID, int] = {}
    for line in [*quoted.lines, *quoted.gifts]:
        wanted[line.item_id] = wanted.get(line.item_id, 0) + line.qty_base_micro
    warehouse = await stock.default_warehouse(actor=actor)
    standings = await stock.standings(wanted, actor=actor, on=command.requested_on, warehouse=warehouse)
    standing = (await credit.standings([command.customer_id], actor=actor))[command.customer_id]
    return _answer(quoted, wanted, standings, await _credit(quoted, standing, actor))


def _answer(
    quoted: Quoted, wanted: dict[UUID, int], standings: dict[UUID, Standing], credit_of: dict[str, Any]
) -> Checked:
    digits = quoted.minor_digits
    return Checked(
        as_of=now(),
        currency=quoted.currency,
        gross=text_of_minor(quoted.gross_minor, digits),
        discount=text_of_minor(quoted.discount_minor, digits),
        net=text_of_minor(quoted.net_minor, digits),
        tax=text_of_minor(quoted.tax_minor, digits),
        total=text_of_minor(quoted.total_minor, digits),
        lines=[
            _line(line, standings[line.item_id], wanted[line.item_id], digits)
            for line in [*quoted.lines, *quoted.gifts]
        ],
        credit=credit_of,
    )


def _line(line: QuotedLine, standing: Standing, wanted: int, digits: int) -> CheckedLine:
    return CheckedLine(
        item_id=line.item_id,
        unit=line.unit,
        qty=text_of_micro(line.qty_micro),
        qty_base=text_of_micro(line.qty_base_micro),
        unit_price=text_of_micro(line.unit_price_micro),
        gross=text_of_minor(line.gross_minor, digits),
        discount=text_of_minor(line.discount_minor, digits),
        net=text_of_minor(line.net_minor, digits),
        tax=text_of_minor(line.tax_minor, digits),
        gift_of=line.gift,
        stock={
            "on_hand": text_of_micro(standing.on_hand),
            "reserved": text_of_micro(standing.reserved),
            "available": text_of_micro(max(0, standing.free)),
            "promisable": text_of_micro(max(0, standing.promisable)),
            "earliest_on": standing.earliest_on,
            "incoming": [{"on": coming.on, "qty": text_of_micro(coming.qty)} for coming in standing.incoming],
            "enough": standing.free >= wanted,
        },
    )


async def _credit(quoted: Quoted, standing: CreditStanding, actor: Actor) -> dict[str, Any]:
    """The credit standing with this basket in it: what is left after, what stands against it, and how full it is."""
    digits = standing.digits
    amount = await in_account_currency(
        quoted.total_minor, quoted.currency, quoted.minor_digits, standing.currency, digits, actor=actor
    )
    account = Account(limit=standing.limit, receivable=standing.exposure, max_document=standing.max_document)
    codes = objections(account, amount, today=today(), locked=standing.on_hold)
    codes += ["OVERDUE"] if standing.overdue else []
    after = standing.exposure + amount
    return {
        "currency": standing.currency,
        "limit": None if standing.limit is None else text_of_minor(standing.limit, digits),
        "exposure": text_of_minor(standing.exposure, digits),
        "after": text_of_minor(after, digits),
        "left": None if standing.limit is None else text_of_minor(standing.limit - after, digits),
        "on_hold": standing.on_hold,
        "overdue": standing.overdue,
        "codes": codes,
        "percent": None if not standing.limit else min(999, max(0, after * 100 // standing.limit)),
    }
