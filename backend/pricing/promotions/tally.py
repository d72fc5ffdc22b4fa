"""The sum of a dry run: past baskets priced with and without a promotion, added up. Pure and exact.

Amounts are minor units of the company's currency; an order in another is converted at the rate of its day, once per
figure. A gift is worth its list price; what it costs is kept apart, for those who may see costs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from uuid import UUID

from backend.core.errors import Refusal
from backend.core.money import MICRO, round_half_away, text_of_micro, text_of_minor
from backend.pricing.numbers import ZERO
from backend.pricing.rules import settle
from backend.pricing.rules_book import Book, read_customer
from backend.pricing.rules_campaigns import Promotion, read_promotions
from backend.pricing.rules_conditions import selects
from backend.pricing.rules_order import Line, Order, new_line

Raw = dict[str, Any]
UNLOCATED = "unlocated"


@dataclass(frozen=True, slots=True)
class Basket:
    """A past order: what was asked for, without its gifts. Quantities in 10^-6 of the unit. `region` names a row."""

    id: UUID
    customer_id: UUID
    on: str
    currency: str
    region: str
    lines: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What an item must not be sold below, and what it costs: 10^-6 of `currency` per base unit, None = not known."""

    floor_micro: int | None
    cost_micro: int | None
    currency: str


@dataclass(slots=True)
class Row:
    """The figures of one region, or of all."""

    orders: int = 0
    net: int = 0
    discount: int = 0
    gift_value: int = 0
    gift_cost: int = 0
    customers: set[UUID] = field(default_factory=set)

    def add(self, other: "Row") -> None:
        """Take another row's figures in."""
        self.orders += other.orders
        self.net += other.net
        self.discount += other.discount
        self.gift_value += other.gift_value
        self.gift_cost += other.gift_cost
        self.customers |= other.customers


class Tally:
    """Adds baskets up.

    `books` are with the promotion and without it. `unpriced` counts those whose customer, item, unit or price is no
    longer there: they are told, never guessed.
    """

    def __init__(
        self, books: tuple[Book, Book], promotion: Raw, customers: dict[UUID, Raw], costs: dict[str, Cost]
    ) -> None:
        self.books = books
        self.promotion: Promotion = read_promotions([promotion])[0]
        self.customers, self.costs = customers, costs
        self.looked_at = self.unpriced = self.below = self.below_before = 0
        self.regions: dict[str, Row] = {}
        self.gifts: dict[str, Fraction] = {}

    def add(self, baskets: Iterable[Basket]) -> None:
        """Price baskets both ways and take in the difference. Long work: call it off the event loop."""
        for basket in baskets:
            self.looked_at += 1
            facts = self.customers.get(basket.customer_id)
            if facts is None:
                self.unpriced += 1
                continue
            try:
                self._add(basket, facts)
            except Refusal:
                self.unpriced += 1

    def _add(self, basket: Basket, facts: Raw) -> None:
        if not self._concerned(basket, facts):
            return
        ours, plain = (self._one_side(side, basket, facts) for side in (0, 1))
        if _same(ours, plain):
            return
        row = Row(orders=1, customers={basket.customer_id})
        row.net = self._company(Fraction(sum(line.net for line in plain.lines)), plain)
        row.discount = self._company(Fraction(_net(plain) - _net(ours)), ours)
        gifts = [(line, 1) for line in ours.lines if line.gift] + [(line, -1) for line in plain.lines if line.gift]
        for line, sign in gifts:
            row.gift_value += sign * self._company(self._worth(line, ours), ours)
            row.gift_cost += sign * self._company(self._worth(line, ours, cost=True), ours)
            self.gifts[line.item.id] = self.gifts.get(line.item.id, ZERO) + sign * line.base
        self.below += self._below(ours)
        self.below_before += self._below(plain)
        self.regions.setdefault(basket.region, Row()).add(row)

    def _concerned(self, basket: Basket, facts: Raw) -> bool:
        """Whether the promotion could act at all: whom it names and what it counts. Most orders end here, cheaply."""
        scope = self.promotion.scope
        if "customers" in scope and str(basket.customer_id) not in scope["customers"]:
            return False
        if "customer_groups" in scope and scope["customer_groups"].isdisjoint(facts.get("groups", ())):
            return False
        book = self.books[0]
        return any(
            selects(self.promotion.match, new_line(n, None, book.item(item), unit, Fraction(qty, MICRO)))
            for n, (item, unit, qty) in enumerate(basket.lines)
        )

    def _one_side(self, side: int, basket: Basket, facts: Raw) -> Order:
        book = self.books[side]
        customer = read_customer(str(basket.customer_id), facts)
        coupon = self.promotion.coupon
        order = Order(
            book=book, customer=customer, on=basket.on, currency=book.currency(basket.currency),
            lines=[
                new_line(n, None, book.item(item), unit, Fraction(qty, MICRO))
                for n, (item, unit, qty) in enumerate(basket.lines)
            ],
            regions=customer.regions, payment_term=customer.payment_term, payment_method=customer.payment_method,
            coupons=() if coupon is None else (coupon,), by_rate=book.by_rate, explain=False,
        )  # fmt: skip
        settle(order)
        return order

    def _company(self, minor: Fraction, order: Order) -> int:
        """An amount of the order's currency in the company's, minor units of each."""
        book, code = order.book, str(order.book.company_currency)
        if order.currency.code == code:
            return round_half_away(minor)
        amount: Fraction = book.exchanged(minor / 10**order.currency.minor, order.currency.code, code, order.on)
        return round_half_away(amount * 10 ** book.currency(code).minor)

    def _worth(self, line: Line, order: Order, *, cost: bool = False) -> Fraction:
        """A gift at its list price, or at its cost, less what is paid for it; minor units of the order's currency."""
        known = self.costs.get(line.item.id)
        if cost:
            per = None if known is None or known.cost_micro is None else Fraction(known.cost_micro, MICRO)
            currency = "" if known is None else known.currency
        else:
            per, currency = line.item.list_price, line.item.list_currency
        if per is None:
            return ZERO
        each: Fraction = order.book.exchanged(per, currency, order.currency.code, order.on)
        worth: Fraction = each * line.base * 10**order.currency.minor - line.net
        return worth

    def _below(self, order: Order) -> int:
        """How many bought lines come out under the item's floor (its cost where it has none), taxes left out."""
        count = 0
        for line in order.lines:
            known = self.costs.get(line.item.id)
            least = None if known is None else known.floor_micro if known.floor_micro is not None else known.cost_micro
            if known is None or least is None or line.gift:
                continue
            floor = order.book.exchanged(Fraction(least, MICRO), known.currency, order.currency.code, order.on)
            count += line.net < floor * line.base * 10**order.currency.minor
        return count

    def result(self, names: dict[str, tuple[str, str]]) -> Raw:
        """The answer as it is stored; `names` are the regions' Vietnamese and English names by key.

        `cost` is discount plus the value of gifts. `secret` is for administrators: what lies below the floor, and what
        the gifts cost.
        """
        total = Row()
        for row in self.regions.values():
            total.add(row)
        rows = sorted(self.regions.items(), key=lambda one: (-(one[1].discount + one[1].gift_value), one[0]))
        return {
            "looked_at": self.looked_at,
            "unpriced": self.unpriced,
            **self._figures(total),
            "regions": [
                {"key": key, "name_vi": names.get(key, ("", ""))[0], "name_en": names.get(key, ("", ""))[1],
                 **self._figures(row)}
                for key, row in rows
            ],
            "gifts": [
                {"item": item, "qty": text_of_micro(round_half_away(qty * MICRO))}
                for item, qty in sorted(self.gifts.items()) if qty
            ],
            "secret": {
                "below": self.below, "below_before": self.below_before, "gift_cost": self._text(total.gift_cost),
            },
        }  # fmt: skip

    def _figures(self, row: Row) -> Raw:
        return {
            "orders": row.orders, "customers": len(row.customers), "net": self._text(row.net),
            "discount": self._text(row.discount), "gift_value": self._text(row.gift_value),
            "cost": self._text(row.discount + row.gift_value),
        }  # fmt: skip

    def _text(self, minor: int) -> str:
        book = self.books[0]
        return text_of_minor(minor, book.currency(str(book.company_currency)).minor)


def _net(order: Order) -> int:
    """What the bought lines come to; what gifts add is told apart."""
    return sum(line.net for line in order.lines if not line.gift)


def _same(one: Order, other: Order) -> bool:
    """Whether both sides came out alike, line by line."""
    return len(one.lines) == len(other.lines) and all(
        (a.item.id, a.base, a.net, a.gift) == (b.item.id, b.base, b.net, b.gift)
        for a, b in zip(one.lines, other.lines, strict=True)
    )
