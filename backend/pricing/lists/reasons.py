"""Why a line costs what it costs, told from what the price brain itself says of it. Pure.

Nothing is decided here: the choice, its order and its reasons are the brain's. Lists that were never reached are asked
by letting the brain price the same line from them.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.pricing.errors import NoPrice
from backend.pricing.lists.schemas_explained import ListTried, Standing
from backend.pricing.numbers import text
from backend.pricing.rules import Totals, settle
from backend.pricing.rules_book import Book
from backend.pricing.rules_lists import Off, Rule
from backend.pricing.rules_order import Line, Order, read_order
from backend.pricing.rules_prices import STEPS, price_lines, rank

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """A row that lost: its list and its code there, and why."""

    price_list: str
    rule: str
    code: str
    step: str | None = None
    missing: str | None = None


@dataclass(slots=True)
class Reasons:
    """A settled order of one line with the story of its price. `totals` None: nothing prices the line."""

    order: Order
    totals: Totals | None
    chain: list[ListTried]
    lost: list[Lost]
    source: tuple[str, str] | None = None
    base: tuple[str, Fraction] | None = None

    @property
    def line(self) -> Line:
        """The line that was asked about; gifts come after it."""
        return self.order.lines[0]


def reasons(book: Book, asked: Raw) -> Reasons:
    """Price one line with reasons. Refuses what `price_order` refuses, but for `no-price`, which is an answer here."""
    order = read_order(book, asked)
    totals: Totals | None
    try:
        totals = settle(order)
    except NoPrice:
        totals = None
    line = order.lines[0]
    source = _listed(line.source) if totals is not None else None
    chain = _chain(order, source[0] if source else None, priced=totals is not None)
    lost = _lost_in(order, {one.code for one in chain if one.outcome != "not-reached"}, source)
    for one in chain:
        if one.outcome == "not-reached" and one.via != "item":
            lost += _farther(book, asked, one)
    found = Reasons(order, totals, chain, _sorted(lost), source)
    if source is not None:
        found.base = _base(order, asked, rule_of(order, *source))
    return found


def standing(order: Order, code: str, rule_id: str) -> list[Standing]:
    """What a row says at each step of the choice."""
    rule = rule_of(order, code, rule_id)
    said = {
        "priority": str(rule.priority),
        "customer": rule.customer or rule.customer_group,
        "item": rule.item or rule.item_group,
        "unit": rule.unit,
        "min_qty": text(rule.min_qty) if rule.min_qty else None,
        "valid_from": rule.valid_from,
    }
    return [Standing(step, said[step]) for step in STEPS]


def rule_of(order: Order, code: str, rule_id: str) -> Rule:
    """A row the brain spoke of."""
    item = order.lines[0].item
    return next(rule for rule in order.book.price_list(code).rules_for(item.id, item.groups) if rule.id == rule_id)


def _listed(source: str) -> tuple[str, str] | None:
    """`list:DL/DL-2` as its list and row; None for the item's own price."""
    if not source.startswith("list:"):
        return None
    code, _, rule = source.removeprefix("list:").partition("/")
    return code, rule


def _chain(order: Order, winner: str | None, *, priced: bool) -> list[ListTried]:
    book, customer = order.book, order.customer
    group = next((one for one in customer.groups if book.list_of_group(one)), None)
    region = next((one for one in order.regions if book.list_of_region(one)), None)
    named = [
        ("order", order.price_list, None),
        ("customer", customer.price_list, None),
        ("group", book.list_of_group(group) if group else None, group),
        ("region", book.list_of_region(region) if region else None, region),
        ("default", book.default_list, None),
    ]
    closed = {
        entry["list"] for entry in order.trace if entry["code"] == "date" and "rule" not in entry and "list" in entry
    }
    chain: list[ListTried] = []
    outcome = "no-rule"
    for via, code, of in named:
        if code is None or code in {one.code for one in chain}:
            continue
        if code == winner:
            outcome = "won"
        chain.append(ListTried(code, via, "date" if code in closed else outcome, of))  # type: ignore[arg-type]  # as in `named`
        outcome = "not-reached" if outcome == "won" else outcome
    own = "not-reached" if winner else "won" if priced else "no-rule"
    return [*chain, ListTried("", "item", own)]  # type: ignore[arg-type]  # one of the three


def _lost_in(order: Order, lists: set[str], source: tuple[str, str] | None) -> list[Lost]:
    line = order.lines[0]
    best = rank(rule_of(order, *source), order.customer, line) if source else None
    found: list[Lost] = []
    for entry in order.trace:
        if "rule" not in entry or entry["list"] not in lists:
            continue
        step = None
        if entry["code"] == "outranked" and best is not None:
            theirs = rank(rule_of(order, entry["list"], entry["rule"]), order.customer, line)
            pairs = zip(STEPS, best, theirs, strict=True)
            step = next((name for name, ours, other in pairs if ours != other), "code")
        found.append(Lost(entry["list"], entry["rule"], entry["code"], step, entry.get("missing")))
    return found


def _farther(book: Book, asked: Raw, one: ListTried) -> list[Lost]:
    """The rows of a list that was not reached: what the brain says when it is asked first."""
    order = read_order(book, {**asked, "price_list": one.code})
    with suppress(NoPrice):
        price_lines(order)
    source = _listed(order.lines[0].source)
    here = source if source is not None and source[0] == one.code else None
    lost = [
        Lost(each.price_list, each.rule, "farther" if each.code == "outranked" else each.code, None, each.missing)
        for each in _lost_in(order, {one.code}, here)
    ]
    return [Lost(*here, "farther"), *lost] if here else lost


def _base(order: Order, asked: Raw, rule: Rule) -> tuple[str, Fraction] | None:
    """What a row off a base started from: where that comes from, and the price of one unit there."""
    book, line = order.book, order.lines[0]
    if not isinstance(rule.price, Off):
        return None
    if rule.price.base.startswith("list:"):
        below = read_order(book, {**asked, "price_list": rule.price.base.removeprefix("list:")}, explain=False)
        price_lines(below)
        return below.lines[0].source, below.lines[0].unit_price
    own = line.item.list_price
    if rule.price.base != "list" or own is None:
        return None
    return "item", book.exchanged(own, line.item.list_currency, order.currency.code, order.on) * line.factor


def _sorted(lost: list[Lost]) -> list[Lost]:
    """Those that nearly won first: outranked, then those of farther lists, then short ones, then the rest."""
    nearness = {"outranked": 0, "base": 1, "min_qty": 2, "max_qty": 3, "farther": 4, "unit": 5, "date": 6}
    return sorted(lost, key=lambda one: nearness.get(one.code, 9))
