"""From what the rep typed to what the order says: the price brain's answer as lines, totals and differences."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.ids import new_id
from backend.core.money import allocate, text_of_micro, text_of_minor
from backend.credit.queries import rates
from backend.credit.rules import convert
from backend.orders import rules
from backend.orders.schemas import PlaceOrder
from backend.people.access import Actor
from backend.pricing.quoting import Quoted, QuoteLine, quote


class Priced(NamedTuple):
    """A priced order: `lines` and `totals` as the columns of `order_lines` and `orders`."""

    quoted: Quoted
    lines: list[dict[str, Any]]
    totals: dict[str, int]


async def price(command: PlaceOrder, quantities: Sequence[int], *, ordered_on: date) -> Priced:
    """Price an order with the server's own lists. Gifts become lines of their own, after those asked for."""
    quoted = await quote(
        customer_id=command.customer_id,
        ordered_on=ordered_on,
        currency=command.currency,
        lines=[
            QuoteLine(id=line.id, item_id=line.item_id, unit=line.unit, qty_micro=qty)
            for line, qty in zip(command.lines, quantities, strict=True)
        ],
    )
    totals = {
        "gross": quoted.gross_minor,
        "discount": quoted.discount_minor,
        "net": quoted.net_minor,
        "tax": quoted.tax_minor,
        "total": quoted.total_minor,
    }
    lines: list[dict[str, Any]] = [
        {
            "id": line.id or new_id(),
            "seq": seq,
            "item_id": line.item_id,
            "unit": line.unit,
            "qty": line.qty_micro,
            "qty_base": line.qty_base_micro,
            "unit_price": line.unit_price_micro,
            "gross": line.gross_minor,
            "discount": line.discount_minor,
            "net": line.net_minor,
            "tax": line.tax_minor,
            "gift_of": line.gift,
            "shown_price": None,
        }
        for seq, line in enumerate([*quoted.lines, *quoted.gifts], start=1)
    ]
    return Priced(quoted, lines, totals)


def compare(command: PlaceOrder, priced: Priced) -> dict[str, Any] | None:
    """Where the server's price is not what the phone showed; None when nowhere. Marks each line's shown price."""
    digits = priced.quoted.minor_digits
    lines = []
    for index, asked in enumerate(command.lines):
        line = priced.lines[index]
        shown = rules.read_shown(asked.shown_price, 6, f"/lines/{index}/shown_price")
        line["shown_price"] = shown
        if shown is not None and shown != line["unit_price"]:
            lines.append({"id": asked.id, "shown": text_of_micro(shown), "price": text_of_micro(line["unit_price"])})
    total = rules.read_shown(command.shown_total, digits, "/shown_total")
    differs: dict[str, Any] = {"lines": lines} if lines else {}
    if total is not None and total != priced.quoted.total_minor:
        differs["total"] = {
            "shown": text_of_minor(total, digits),
            "price": text_of_minor(priced.quoted.total_minor, digits),
        }
    return differs or None


async def in_account_currency(
    total: int, currency: str, digits: int, account: str, to_digits: int, *, actor: Actor
) -> int:
    """An order's total in its credit account's currency, at today's rate. Refuses `NoExchangeRate`."""
    if currency == account:
        return total
    known = await rates([currency, account], actor=actor)
    return convert(total, digits, known.get(currency, Fraction(1)), to_digits, known.get(account, Fraction(1)))


def spread_credit(lines: Sequence[dict[str, Any]], amount: int) -> None:
    """Give each line its share of the order's credit value, by its net and tax; the shares add up exactly."""
    for line, part in zip(lines, allocate(amount, [line["net"] + line["tax"] for line in lines]), strict=True):
        line["credit_amount"] = part


def item_demand(lines: Sequence[dict[str, Any]]) -> dict[UUID, int]:
    """Base quantities per item, gifts included."""
    wanted: dict[UUID, int] = {}
    for line in lines:
        wanted[line["item_id"]] = wanted.get(line["item_id"], 0) + line["qty_base"]
    return wanted
