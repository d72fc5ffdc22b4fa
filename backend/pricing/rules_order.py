"""The order to be priced, read, and its lines while they are worked on. Pure. Twin: pwa/src/lib/pricing/order.ts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from backend.catalog.units import in_base
from backend.core.errors import Refusal
from backend.pricing.errors import BookMalformed, LineRepeated
from backend.pricing.numbers import HUNDRED, ONE, ZERO, at_digits, dec, optional
from backend.pricing.rules_book import Book, Currency, Customer, Item
from backend.pricing.shapes import day_of, list_of, object_of, positive_or_none, text_of, text_or_none, texts

Trace = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount typed by a person: a percentage, or an amount in the order's currency."""

    percent: Fraction | None
    amount: Fraction = ZERO


@dataclass(slots=True, eq=False)
class Line:
    """One line. Quantities in its unit (`qty`) and in base units; amounts in minor units of the order's currency."""

    seq: int
    id: str | None
    item: Item
    unit: str
    qty: Fraction
    base: Fraction
    factor: Fraction
    given: Fraction | None = None
    manual: Discount | None = None
    gift: str | None = None
    unit_price: Fraction = ZERO
    source: str = ""
    tax_included: bool = False
    gross: int = 0
    remaining: int = 0
    net: int = 0
    tax: int = 0
    adjustments: list[tuple[str, int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """How the trace calls it: its id, or its number from 1."""
        return self.id if self.id is not None else str(self.seq + 1)

    def priced(self, unit_price: Fraction, currency: Currency) -> None:
        """Set the unit price (R1) and the gross (R2)."""
        self.unit_price = Fraction(at_digits(unit_price, currency.price_digits), 10**currency.price_digits)
        self.gross = self.remaining = at_digits(self.unit_price * self.qty, currency.minor)

    def left_with(self, exact: Fraction, why: str) -> None:
        """R3: round what remains (minor units); the discount is the difference. Never past zero."""
        rest = at_digits(exact, 0)
        rest = max(rest, 0) if self.gross >= 0 else min(rest, 0)
        if rest != self.remaining:
            self.adjustments.append((why, self.remaining - rest))
            self.remaining = rest


@dataclass(slots=True)
class Order:
    """An order as the rules see it: whose, when, in which currency, and its lines.

    `factors` keeps what one unit of a currency is in minor units of the order's; `item_ids` and `item_groups` are those
    ordered.
    """

    book: Book
    customer: Customer
    on: str
    currency: Currency
    lines: list[Line]
    price_list: str | None = None
    regions: tuple[str, ...] = ()
    payment_term: str | None = None
    payment_method: str | None = None
    channel: str | None = None
    coupons: tuple[str, ...] = ()
    is_return: bool | None = None
    by_rate: bool = False
    manual: Discount | None = None
    first_list: str | None = None
    first_included: bool = False
    trace: Trace = field(default_factory=list)
    explain: bool = True
    factors: dict[str, Fraction] = field(default_factory=dict)
    item_ids: frozenset[str] = frozenset()
    item_groups: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.item_ids = frozenset(line.item.id for line in self.lines)
        self.item_groups = frozenset(group for line in self.lines for group in line.item.groups)

    def rate_of(self, item: Item) -> Fraction:
        """The tax rate of an item for this customer. Goods without tax stay without."""
        return self.book.tax(item.tax if item.tax is None or self.customer.tax is None else self.customer.tax)

    def skip(self, code: str, **where: str) -> None:
        """Note in the trace what was looked at and not applied, and why."""
        if self.explain:
            self.trace.append({"code": code, **where})


def read_order(book: Book, given: object, *, explain: bool = True) -> Order:
    """An order as the wire writes it. Refuses `BookMalformed` and what the book does not know."""
    raw = object_of(given)
    customer = book.customer(text_or_none(raw.get("customer")))
    regions = raw.get("regions")
    flag = raw.get("is_return")
    return Order(
        book=book,
        customer=customer,
        on=_day(raw.get("date")),
        currency=book.currency(text_or_none(raw.get("currency")) or customer.currency or str(book.company_currency)),
        lines=_lines(book, raw.get("lines")),
        price_list=text_or_none(raw.get("price_list")),
        regions=customer.regions if regions is None else texts(regions),
        payment_term=text_or_none(raw.get("payment_term")) or customer.payment_term,
        payment_method=text_or_none(raw.get("payment_method")) or customer.payment_method,
        channel=text_or_none(raw.get("channel")) or customer.channel,
        coupons=texts(raw.get("coupons")),
        is_return=flag if isinstance(flag, bool) else None,
        by_rate=raw.get("tax_rounding") == "rate" or (raw.get("tax_rounding") is None and book.by_rate),
        manual=_discount(raw.get("manual_discount")),
        explain=explain,
    )


def _lines(book: Book, given: object) -> list[Line]:
    lines: list[Line] = []
    seen: set[str] = set()
    for seq, raw in enumerate(list_of(given)):
        line = _line(book, seq, object_of(raw))
        if line.id is not None:
            if line.id in seen:
                raise LineRepeated(pointer=f"/lines/{seq}/id", line=line.id)
            seen.add(line.id)
        lines.append(line)
    return lines


def _day(value: object) -> str:
    try:
        return day_of(value)
    except BookMalformed as refusal:
        refusal.pointer = "/date"
        raise


def _line(book: Book, seq: int, raw: Mapping[str, Any]) -> Line:
    try:
        item = book.item(text_of(raw.get("item")))
        unit = text_or_none(raw.get("unit"))
        return new_line(
            seq,
            text_or_none(raw.get("id")),
            item,
            (item.units.base_unit or "") if unit is None else unit,
            dec(raw.get("qty")),
            given=positive_or_none(raw.get("price")),
            manual=_discount(raw.get("manual_discount")),
        )
    except Refusal as refusal:
        refusal.pointer = f"/lines/{seq}{refusal.pointer or ''}"
        raise


def new_line(
    seq: int,
    code: str | None,
    item: Item,
    unit: str,
    qty: Fraction,
    *,
    given: Fraction | None = None,
    manual: Discount | None = None,
) -> Line:
    """A line before its price. Refuses units the item lacks and quantities that do not convert exactly."""
    base = in_base(item.units, unit, qty)
    return Line(seq, code, item, unit, qty, base, item.units.of(unit).factor, given=given, manual=manual)


def _discount(raw: object) -> Discount | None:
    """`{"percent": "5"}` (0 to 100) or `{"amount": "10000"}` (not negative)."""
    if raw is None:
        return None
    given = object_of(raw)
    percent, amount = optional(given.get("percent")), optional(given.get("amount"))
    value = percent if amount is None else amount
    if value is None or (percent is not None and amount is not None) or value < 0 or (percent or ZERO) > HUNDRED:
        raise BookMalformed(pointer="/manual_discount")
    return Discount(percent, ZERO if amount is None else amount)


def part_left(percent: Fraction) -> Fraction:
    """The factor that stays after so many percent off."""
    return ONE - percent / HUNDRED
