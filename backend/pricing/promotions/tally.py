"""The sum of a dry run: past baskets priced with and without a promotion, added up. Pure and exact.

Amounts are minor units of the company's currency; an order in another is converted at the rate of its day, once per
figure. A gift is worth its list price; what it costs is kept apart, for those who may see costs.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from backend.core.errors import Refusal
from backend.core.money import MICRO, round_half_away, text_of_micro, text_of_minor
from backend.pricing.numbers import ZERO
from backend.pricing.promotions.tally_limits import Limits
from backend.pricing.promotions.tally_reach import Reach
from backend.pricing.promotions.tally_rows import Basket, Cost, Part, Row
from backend.pricing.rules import settle_priced
from backend.pricing.rules_book import Book, Customer, Item, read_customer
from backend.pricing.rules_campaigns import Promotion
from backend.pricing.rules_conditions import bought
from backend.pricing.rules_order import Line, Order, new_line
from backend.pricing.rules_prices import price_lines
from backend.pricing.rules_thresholds import Skip, eligible

Raw = dict[str, Any]
UNLOCATED = "unlocated"
MOST_MEASURED = 50_000


class Tally:
    """Adds baskets up.

    Args:
        book: what both sides share.
        sides: the promotions with the one that is tried, and without it.
        coupon: the one it asks for; past customers are taken to hold it.
        choices: coupons of the gifts there are to choose; past customers are taken to choose the dearest.
        limits: budget and cap, taken from in the order the baskets come.

    `unpriced` counts baskets whose customer, item, unit or price is no longer there: they are told, never guessed.
    """

    def __init__(
        self, book: Book, sides: tuple[Sequence[Promotion], Sequence[Promotion]], coupon: str | None,
        customers: dict[UUID, Raw], costs: dict[str, Cost], *, choices: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.book = book
        self.limits = limits
        self.coupons = (*(() if coupon is None else (coupon,)), *choices)
        self.reach = Reach(book, sides, self.coupons)
        self.facts, self.costs = customers, costs
        self.customers: dict[UUID, Customer] = {}
        self.measured: dict[tuple[str, str, int], Line] = {}
        self.floors: dict[tuple[str, str, str], Fraction | None] = {}
        self.looked_at = self.unpriced = self.below = self.below_before = 0
        self.regions: dict[str, Row] = {}
        self.gifts: dict[str, Fraction] = {}

    def add(self, baskets: Iterable[Basket]) -> None:
        """Price baskets both ways and take in the difference. Long work: call it off the event loop."""
        for basket in baskets:
            self.looked_at += 1
            if basket.customer_id not in self.facts:
                self.unpriced += 1
                continue
            try:
                self._add(basket)
            except Refusal:
                self.unpriced += 1

    def _add(self, basket: Basket) -> None:
        sides = self._both(basket)
        if sides is None or _same(*sides):
            return
        ours, plain = sides
        if self.limits is not None and not self.limits.admits(basket.customer_id, ours):
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

    def _both(self, basket: Basket) -> tuple[Order, Order] | None:
        """The order priced with and without the promotion; None where it can make no difference.

        List prices are the same on both sides and reckoned once; what is asked first costs least.
        """
        book = self.book
        wares = [(book.item(item), unit) for item, unit, _ in basket.lines]
        customer = self._customer(basket.customer_id)
        bits = self.reach.of(basket.on, customer, wares)
        differing = self.reach.differing_of(bits)
        if not differing:
            return None
        lines = [
            self._line(n, item, unit, qty)
            for n, ((item, unit), (_, _, qty)) in enumerate(zip(wares, basket.lines, strict=True))
        ]
        order = self._order(book, customer, basket, lines)
        price_lines(order)
        if not any(one.order_stage for one in differing):  # the line stage asks on the state before it
            pool = bought(order)
            if all(isinstance(eligible(order, one, pool), Skip) for one in differing):
                return None
        ours, plain = (
            self._order(side, customer, basket, [_again(line) for line in lines]) for side in self.reach.books(bits)
        )
        for side in (ours, plain):
            side.first_list, side.first_included = order.first_list, order.first_included
            settle_priced(side)
        return ours, plain

    def _line(self, n: int, item: Item, unit: str, qty: int) -> Line:
        """A line before its price. People order the same few quantities: each is converted once."""
        key = (item.id, unit, qty)
        made = self.measured.get(key)
        if made is None:
            if len(self.measured) >= MOST_MEASURED:
                self.measured.clear()
            made = self.measured[key] = new_line(0, None, item, unit, Fraction(qty, MICRO))
        return Line(n, None, item, unit, made.qty, made.base, made.factor)

    def _customer(self, customer_id: UUID) -> Customer:
        found = self.customers.get(customer_id)
        if found is None:
            found = self.customers[customer_id] = read_customer(str(customer_id), self.facts[customer_id])
        return found

    def _order(self, book: Book, customer: Customer, basket: Basket, lines: list[Line]) -> Order:
        return Order(
            book=book, customer=customer, on=basket.on, currency=book.currency(basket.currency), lines=lines,
            regions=customer.regions, payment_term=customer.payment_term, payment_method=customer.payment_method,
            channel=customer.channel, coupons=self.coupons, by_rate=book.by_rate, explain=False,
        )  # fmt: skip

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
            floor = None if line.gift else self._floor(line.item.id, order)
            if floor is not None:  # net < floor x base, without making fractions
                least = floor.numerator * line.base.numerator
                count += line.net * floor.denominator * line.base.denominator < least
        return count

    def _floor(self, item: str, order: Order) -> Fraction | None:
        """What a base unit must come to, minor units of the order's currency; None where nobody says."""
        key = (item, order.currency.code, order.on)
        if key not in self.floors:
            known = self.costs.get(item)
            least = None if known is None else known.floor_micro if known.floor_micro is not None else known.cost_micro
            floor = None
            if known is not None and least is not None:
                per = order.book.exchanged(Fraction(least, MICRO), known.currency, order.currency.code, order.on)
                floor = per * 10**order.currency.minor
            self.floors[key] = floor
        return self.floors[key]

    def give(self) -> Part:
        """What was summed since the last time; the sums begin anew, the books stay."""
        part = Part(
            looked_at=self.looked_at, unpriced=self.unpriced, below=self.below, below_before=self.below_before,
            regions=self.regions,
            gifts={item: (qty.numerator, qty.denominator) for item, qty in self.gifts.items()},
        )  # fmt: skip
        self.looked_at = self.unpriced = self.below = self.below_before = 0
        self.regions, self.gifts = {}, {}
        return part

    def take(self, part: Part) -> None:
        """Add what another tally summed."""
        self.looked_at += part.looked_at
        self.unpriced += part.unpriced
        self.below += part.below
        self.below_before += part.below_before
        for key, row in part.regions.items():
            self.regions.setdefault(key, Row()).add(row)
        for item, (num, den) in part.gifts.items():
            self.gifts[item] = self.gifts.get(item, ZERO) + Fraction(num, den)

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
            **({} if self.limits is None else {"limits": self.limits.result(self._digits)}),
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
        return text_of_minor(minor, self._digits)

    @property
    def _digits(self) -> int:
        return self.book.currency(str(self.book.company_currency)).minor


def _again(line: Line) -> Line:
    """A line that has its list price and nothing else yet."""
    return Line(
        line.seq, line.id, line.item, line.unit, line.qty, line.base, line.factor,
        unit_price=line.unit_price, source=line.source, tax_included=line.tax_included,
        gross=line.gross, remaining=line.gross,
    )  # fmt: skip


def _net(order: Order) -> int:
    """What the bought lines come to; what gifts add is told apart."""
    return sum(line.net for line in order.lines if not line.gift)


def _same(one: Order, other: Order) -> bool:
    """Whether both sides came out alike, line by line."""
    return len(one.lines) == len(other.lines) and all(
        (a.item.id, a.base, a.net, a.gift) == (b.item.id, b.base, b.net, b.gift)
        for a, b in zip(one.lines, other.lines, strict=True)
    )
