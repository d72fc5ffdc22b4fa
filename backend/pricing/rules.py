"""The price brain: `price_order(book, order)`, one pure function the phone computes to the same last đồng.

No clock, no database, no floats, no locale. Steps: list prices, promotions by line then by order, manual discounts,
tax, totals. Twin: pwa/src/lib/pricing/rules.ts. Format: pricing.schema.json and docs/decisions/0020-price-brain.md.
"""

from dataclasses import dataclass
from typing import Any

from backend.core.money import text_of_scaled
from backend.pricing.numbers import text
from backend.pricing.rules_book import Book
from backend.pricing.rules_order import Line, Order, read_order
from backend.pricing.rules_prices import price_lines
from backend.pricing.rules_promotions import promote
from backend.pricing.rules_tax import manual_discounts, taxes


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all lines, gifts included, in minor units. `total` is net plus tax."""

    gross: int
    discount: int
    net: int
    tax: int
    total: int


def price_order(book: object, order: object, *, explain: bool = True) -> dict[str, Any]:
    """Price an order from a book.

    Args:
        book: a price book as it crosses the wire, or a `Book` already read.
        order: `{customer?, date, currency?, lines: [{id?, item, unit?, qty, price?, manual_discount?}], ...}`.
        explain: whether the answer carries the trace of what was looked at and skipped.

    Returns:
        Lines, totals and trace; all numbers are decimal texts in the order's currency. Gifts follow the ordered lines.

    Refuses with a `Refusal` whose `code` and `pointer` say what and where: `no-price`, `item-unknown`, `unit-unknown`,
    `quantity-fraction`, `quantity-inexact`, `customer-unknown`, `currency-unknown`, `rate-missing`, `tax-unknown`,
    `price-list-unknown`, `price-nesting`, `not-a-number`, `book-malformed`.
    """
    known = book if isinstance(book, Book) else Book(book)
    read = read_order(known, order, explain=explain)
    return as_wire(read, settle(read))


def settle(order: Order) -> Totals:
    """Work the order through all steps, in place, and add it up."""
    price_lines(order)
    return settle_priced(order)


def settle_priced(order: Order) -> Totals:
    """What comes after the list prices: promotions, discounts, taxes, totals."""
    promote(order)
    manual_discounts(order)
    taxes(order)
    gross = sum(line.gross for line in order.lines)
    left = sum(line.remaining for line in order.lines)
    net = sum(line.net for line in order.lines)
    tax = sum(line.tax for line in order.lines)
    return Totals(gross, gross - left, net, tax, net + tax)


def as_wire(order: Order, totals: Totals) -> dict[str, Any]:
    """The answer as JSON: decimal texts, shortest form."""
    digits = order.currency.minor
    return {
        "lines": [_line_as_wire(line, digits) for line in order.lines],
        "gross": text_of_scaled(totals.gross, digits),
        "discount": text_of_scaled(totals.discount, digits),
        "net": text_of_scaled(totals.net, digits),
        "tax": text_of_scaled(totals.tax, digits),
        "total": text_of_scaled(totals.total, digits),
        "trace": order.trace,
    }


def _line_as_wire(line: Line, digits: int) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "item": line.item.id,
        "unit": line.unit,
        "qty": text(line.qty),
        "unit_price": text(line.unit_price),
        "source": line.source,
        "gross": text_of_scaled(line.gross, digits),
        "discount": text_of_scaled(line.gross - line.remaining, digits),
        "amount": text_of_scaled(line.remaining, digits),
        "net": text_of_scaled(line.net, digits),
        "tax": text_of_scaled(line.tax, digits),
        "adjustments": [
            {"promotion": why, "amount": text_of_scaled(amount, digits)} for why, amount in line.adjustments
        ],
    }
    if line.id is not None:
        wire["id"] = line.id
    if line.gift is not None:
        wire["gift"] = line.gift
    return wire
