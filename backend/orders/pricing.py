"""From what the rep typed to what the order says: the price brain's answer as lines, totals and differences."""

from collections.abc import Collection, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.ids import new_id
from backend.core.money import allocate, text_of_micro, text_of_minor
from backend.credit.queries import rates
from backend.credit.rules import convert
from backend.orders import rules
from backend.orders.schemas import GiftIn, PlaceOrder
from backend.people.access import Actor
from backend.pricing.quoting import Quoted, QuoteLine, quote


class Priced(NamedTuple):
    """A priced order: `lines` and `totals` as the columns of `order_lines` and `orders`."""

    quoted: Quoted
    lines: list[dict[str, Any]]
    totals: dict[str, int]


def asked(command: PlaceOrder, quantities: Sequence[int]) -> list[QuoteLine]:
    """The lines as pricing wants them."""
    return [
        QuoteLine(id=line.id, item_id=line.item_id, unit=line.unit, qty_micro=qty)
        for line, qty in zip(command.lines, quantities, strict=True)
    ]


async def price(
    command: PlaceOrder, quantities: Sequence[int], *, ordered_on: date, without: Collection[str] = ()
) -> Priced:
    """Price an order with the server's own lists. Gifts become lines of their own, after those asked for."""
    return as_priced(
        await quote(
            customer_id=command.customer_id,
            ordered_on=ordered_on,
            currency=command.currency,
            lines=asked(command, quantities),
            coupons=command.coupons,
            without=without,
        )
    )


def as_priced(quoted: Quoted) -> Priced:
    """A quote as the columns of an order and its lines."""
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
            "price_source": line.source,
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
            lines.append(
                {"id": asked.id, "item_id": asked.item_id, "unit": asked.unit, "qty": asked.qty,
                 "shown": text_of_micro(shown), "price": text_of_micro(line["unit_price"])}
            )  # fmt: skip
    total = rules.read_shown(command.shown_total, digits, "/shown_total")
    differs: dict[str, Any] = {"lines": lines} if lines else {}
    if total is not None and total != priced.quoted.total_minor:
        differs["total"] = {
            "shown": text_of_minor(total, digits),
            "price": text_of_minor(priced.quoted.total_minor, digits),
        }
    if command.shown_gifts is not None and (gifts := _other_gifts(_told(command.shown_gifts), _given(priced.quoted))):
        differs["gifts"] = gifts
    return differs or None


def difference(promised: Quoted, current: Quoted) -> dict[str, Any] | None:
    """Line by line, what the customer was told and what it costs now: unit prices, amounts, gifts and the total.

    None when it is all the same.
    """
    digits = current.minor_digits
    lines = [
        {
            "id": new.id, "item_id": new.item_id, "unit": new.unit, "qty": text_of_micro(new.qty_micro),
            "shown": text_of_micro(old.unit_price_micro), "price": text_of_micro(new.unit_price_micro),
            "shown_amount": text_of_minor(old.amount_minor, digits),
            "amount": text_of_minor(new.amount_minor, digits),
        }
        for old, new in zip(promised.lines, current.lines, strict=True)
        if (old.unit_price_micro, old.amount_minor) != (new.unit_price_micro, new.amount_minor)
    ]  # fmt: skip
    gifts = _other_gifts(_given(promised), _given(current))
    total = {
        "shown": text_of_minor(promised.total_minor, digits), "price": text_of_minor(current.total_minor, digits),
    }  # fmt: skip
    if not lines and not gifts and promised.total_minor == current.total_minor:
        return None
    return {"lines": lines, **({"gifts": gifts} if gifts else {}), "total": total}


Gifts = dict[tuple[UUID, str], int]


def _other_gifts(before: Gifts, after: Gifts) -> list[dict[str, Any]]:
    """Gifts that are not as many as they were told."""
    return [
        {"item_id": item, "unit": unit, "shown": text_of_micro(before.get((item, unit), 0)),
         "price": text_of_micro(after.get((item, unit), 0))}
        for item, unit in dict.fromkeys([*before, *after])
        if before.get((item, unit)) != after.get((item, unit))
    ]  # fmt: skip


def _told(gifts: Sequence[GiftIn]) -> Gifts:
    found: Gifts = {}
    for place, gift in enumerate(gifts):
        qty = rules.read_quantity(gift.qty, f"/shown_gifts/{place}/qty")
        found[gift.item_id, gift.unit] = found.get((gift.item_id, gift.unit), 0) + qty
    return found


def _given(quoted: Quoted) -> Gifts:
    """How many of what are gifts."""
    found: Gifts = {}
    for gift in quoted.gifts:
        found[gift.item_id, gift.unit] = found.get((gift.item_id, gift.unit), 0) + gift.qty_micro
    return found


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
