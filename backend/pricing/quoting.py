"""`quote`: what an order costs this customer today, straight from the database. The hot path of placing an order.

One small statement a quote (the customer's facts and the mark of the lists); everything else is kept in the process for
as long as the mark stays.
"""

from collections.abc import Collection, Sequence
from datetime import date
from fractions import Fraction
from uuid import UUID

import msgspec

from backend.catalog.errors import ItemUnknown
from backend.core import database as db
from backend.core.errors import NotVisible, Refusal
from backend.core.money import MICRO
from backend.pricing.errors import AmountTooLarge
from backend.pricing.limits import Standing, Use, UsedUp, refusing, uses_of
from backend.pricing.rules import settle
from backend.pricing.rules_book import read_customer
from backend.pricing.rules_order import Line, Order, new_line
from backend.pricing.shelf import FACTS, Shelf, load_shelf, on_shelf
from backend.pricing.spending import SPENT, read_spent

LARGEST = 10**15
_CUSTOMER = f"""SELECT m.mark, {SPENT} AS spent, {FACTS}
  FROM customers c CROSS JOIN pricing_mark m WHERE c.id = $1 AND c.deleted_at IS NULL"""


class QuoteLine(msgspec.Struct, frozen=True):
    """What is asked for: `qty_micro` is 10^-6 of `unit`."""

    id: UUID
    item_id: UUID
    unit: str
    qty_micro: int


class Adjustment(msgspec.Struct, frozen=True):
    """A discount on a line: the promotion's code (or `manual`), and its amount in minor units."""

    promotion: str
    amount_minor: int


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A priced line. `_micro` are 10^-6 (of the unit, the base unit, the currency unit), `_minor` minor units.

    `amount_minor` is gross less discount, on the footing of the price list; `net_minor` is always without tax. A gift
    has no `id`; `gift` names its promotion.
    """

    id: UUID | None
    item_id: UUID
    unit: str
    qty_micro: int
    qty_base_micro: int
    unit_price_micro: int
    gross_minor: int
    discount_minor: int
    amount_minor: int
    net_minor: int
    tax_minor: int
    source: str
    gift: str | None = None
    adjustments: tuple[Adjustment, ...] = ()


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """A priced order: `lines` one for one with what was asked, `gifts` what promotions add; totals over both.

    `mark` names the lists it was priced from; None for the book of a phone. `uses` is what limited promotions give on
    it; `used_up` those among them that a phone's older book gives and the limits no longer do.
    """

    currency: str
    minor_digits: int
    lines: list[QuotedLine]
    gifts: list[QuotedLine]
    gross_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    trace: list[dict[str, str]]
    mark: UUID | None = None
    uses: tuple[Use, ...] = ()
    used_up: tuple[UsedUp, ...] = ()


async def quote(
    *, customer_id: UUID, ordered_on: date, currency: str, lines: Sequence[QuoteLine], coupons: Sequence[str] = (),
    without: Collection[str] = (), explain: bool = False,
) -> Quoted:  # fmt: skip
    """Price an order for a customer with today's lists. The caller has made sure that they may see the customer.

    A promotion whose budget does not reach for this order, or that the customer has had often enough, does not act on
    it. Nothing is taken from a budget here: placing the order does that, and is told when it came too late.

    Args:
        coupons: what the customer brought or chose.
        without: promotions that must not act.
        ordered_on: the order's day in the company's time zone; lists, rates and promotions are those of that day.
        explain: fill `trace`, for a person who asks why; placing an order does not need it.

    Refuses `not-found` for the customer, and with a pointer to the line `item-unknown`, `unit-unknown`,
    `quantity-fraction`, `quantity-inexact`, `no-price`, `amount-too-large`; `currency-unknown`, `rate-missing`.
    """
    row = await db.fetch_row(_CUSTOMER, customer_id, ordered_on)
    if row is None:
        raise NotVisible(pointer="/customer_id")
    shelf = on_shelf(row["mark"]) or await load_shelf()
    customer = read_customer(str(customer_id), shelf.facts(row))
    standings = read_spent(row["spent"])
    gone = frozenset(without) | shelf.gone(standings)
    while True:
        order = Order(
            book=shelf.book_without(gone),
            customer=customer,
            on=ordered_on.isoformat(),
            currency=shelf.book.currency(currency),
            lines=[_line(shelf, seq, line) for seq, line in enumerate(lines)],
            regions=customer.regions,
            payment_term=customer.payment_term,
            payment_method=customer.payment_method,
            channel=customer.channel,
            coupons=tuple(coupons),
            by_rate=shelf.book.by_rate,
            explain=explain,
        )
        try:
            quoted = settled(order, [line.id for line in lines], mark=row["mark"])
        except Refusal as refusal:
            refusal.pointer = refusal.pointer and refusal.pointer.removesuffix("/item") + "/item_id"
            raise
        uses = uses_of(order, {code: limit.root for code, limit in shelf.limits.items()}) if shelf.limits else ()
        over = {
            use.code
            for use in uses
            if refusing(shelf.limits[use.code], standings.get(use.promotion, Standing()), use.amount_minor)
        }
        if not over:
            return msgspec.structs.replace(quoted, uses=uses) if uses else quoted
        gone |= over  # each round leaves at least one more out


def settled(order: Order, asked: Sequence[UUID], *, mark: UUID | None = None) -> Quoted:
    """Work an order through and give it as a quote; `asked` are the ids of its lines, gifts come after them.

    Refuses what `settle` refuses, and `amount-too-large`.
    """
    totals = settle(order)
    if totals.gross > LARGEST:
        raise AmountTooLarge(most=LARGEST)
    count = len(asked)
    quoted = [_quoted(line, asked[place] if place < count else None) for place, line in enumerate(order.lines)]
    return Quoted(
        currency=order.currency.code,
        minor_digits=order.currency.minor,
        lines=quoted[:count],
        gifts=quoted[count:],
        gross_minor=totals.gross,
        discount_minor=totals.discount,
        net_minor=totals.net,
        tax_minor=totals.tax,
        total_minor=totals.total,
        trace=order.trace,
        mark=mark,
    )


def _line(shelf: Shelf, seq: int, asked: QuoteLine) -> Line:
    try:
        item = shelf.book.item(str(asked.item_id))
        return new_line(seq, str(asked.id), item, asked.unit, Fraction(asked.qty_micro, MICRO))
    except Refusal as refusal:
        field = "item_id" if isinstance(refusal, ItemUnknown) else refusal.code.split("-")[0].replace("quantity", "qty")
        refusal.pointer = f"/lines/{seq}/{field}"
        raise


def _quoted(line: Line, asked: UUID | None) -> QuotedLine:
    return QuotedLine(
        id=asked,
        item_id=UUID(line.item.id),
        unit=line.unit,
        qty_micro=int(line.qty * MICRO),
        qty_base_micro=int(line.base * MICRO),
        unit_price_micro=int(line.unit_price * MICRO),
        gross_minor=line.gross,
        discount_minor=line.gross - line.remaining,
        amount_minor=line.remaining,
        net_minor=line.net,
        tax_minor=line.tax,
        source=line.source,
        gift=line.gift,
        adjustments=tuple(Adjustment(why, amount) for why, amount in line.adjustments),
    )
