"""What promotions may give at most: a budget over all their orders, a number of orders of one customer. Pure.

Amounts are minor units of the company's currency. What a promotion gives on an order is what it takes off, and its
gifts at their list price less what is paid for them. See docs/decisions/0021-promotion-limits.md.
"""

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.core.errors import Refusal
from backend.core.money import round_half_away
from backend.pricing.choices import stem, with_condition
from backend.pricing.numbers import ONE, ZERO
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import Effect, read_promotions
from backend.pricing.rules_order import Line, Order, new_line

Raw = dict[str, Any]
Reason = Literal["budget", "customer"]


class Limit(msgspec.Struct, frozen=True):
    """The limits of a promotion. `root` is its first version, which they count from.

    `least` is the least it can give: with less than that left, it is used up as well.
    """

    root: UUID
    budget: int | None = None
    per_customer: int | None = None
    least: int = 1


class Standing(msgspec.Struct, frozen=True):
    """What was used of a promotion: of its budget by all, and in how many orders by the customer in question."""

    used: int = 0
    times: int = 0


class Use(msgspec.Struct, frozen=True):
    """What a limited promotion gives on one order. `promotion` is its first version, `code` the version that acts."""

    promotion: UUID
    code: str
    amount_minor: int


class UsedUp(msgspec.Struct, frozen=True):
    """A promotion an order cannot have any more, and which limit says so."""

    code: str
    why: Reason
    vi: str = ""
    en: str = ""


def refusing(limit: Limit, standing: Standing, amount: int) -> Reason | None:
    """The limit that forbids an order of the customer to use so much more, or None. The last đồng is given."""
    if limit.per_customer is not None and standing.times >= limit.per_customer:
        return "customer"
    if limit.budget is not None and standing.used + amount > limit.budget:
        return "budget"
    return None


def gone(limits: Mapping[str, Limit], standings: Mapping[UUID, Standing]) -> frozenset[str]:
    """The promotions that have nothing more to give to the customer, whatever the order."""
    return frozenset(
        code for code, limit in limits.items() if refusing(limit, standings.get(limit.root, Standing()), limit.least)
    )


def uses_of(order: Order, roots: Mapping[str, UUID]) -> tuple[Use, ...]:
    """What each limited promotion (code -> first version) gives on an order that was worked through, by code."""
    given: dict[str, Fraction] = {}
    for line in order.lines:
        for why, amount in line.adjustments:
            given[stem(why)] = given.get(stem(why), ZERO) + amount
        if line.gift is not None:
            given[stem(line.gift)] = given.get(stem(line.gift), ZERO) + _worth(line, order)
    return tuple(
        Use(roots[code], code, max(0, in_company(amount, order)))
        for code, amount in sorted(given.items())
        if code in roots
    )


def _worth(line: Line, order: Order) -> Fraction:
    """A gift at its list price, less what is paid for it; minor units of the order's currency."""
    if line.item.list_price is None:
        return ZERO
    each: Fraction = order.book.exchanged(line.item.list_price, line.item.list_currency, order.currency.code, order.on)
    worth: Fraction = each * line.base * 10**order.currency.minor - line.net
    return worth


def in_company(minor: Fraction, order: Order) -> int:
    """An amount of the order's currency in the company's, minor units of each, rounded once."""
    book, code = order.book, str(order.book.company_currency)
    if order.currency.code == code:
        return round_half_away(minor)
    amount: Fraction = book.exchanged(minor / 10**order.currency.minor, order.currency.code, code, order.on)
    return round_half_away(amount * 10 ** book.currency(code).minor)


def least_use(book: Book, promotions: Iterable[Raw]) -> int:
    """The least these (a promotion, or its choices) can give on an order; 1 where that depends on the order."""
    try:
        effects = [tier.effect for one in read_promotions(list(promotions)) for tier in one.tiers]
        return max(1, min((_least(book, effect) for effect in effects), default=1))
    except Refusal:  # an item or a unit that is gone: its promotion acts no more, and costs nothing to leave in
        return 1


def _least(book: Book, effect: Effect) -> int:
    company = str(book.company_currency)
    if effect.kind != "gift":
        return 1
    item = book.item(effect.item)
    if item.list_price is None or item.list_currency != company:
        return 1
    line = new_line(0, None, item, effect.unit or item.units.base_unit or "", ONE * effect.qty)
    paid = effect.price * effect.qty
    return round_half_away((item.list_price * line.base - paid) * 10 ** book.currency(company).minor)


def without_customers(promotion: Raw, customers: Collection[str]) -> Raw:
    """A promotion of the book, but not for these customers."""
    if not customers:
        return promotion
    fact = {"fact": "customer.id", "op": "in", "value": sorted(customers)}
    return with_condition(promotion, {"not": fact})
