"""Promotions as data, read. Pure. Twin: pwa/src/lib/pricing/campaigns.ts. Format: pricing.schema.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.pricing.errors import BookMalformed
from backend.pricing.numbers import HUNDRED, ZERO, dec, optional
from backend.pricing.rules_grammar import condition
from backend.pricing.rules_lists import ANY_PRIORITY
from backend.pricing.shapes import (
    code_of,
    day_or_none,
    flag,
    list_of,
    names_or_none,
    number,
    object_of,
    object_or_empty,
    only,
    positive,
    positive_or_none,
    text_of,
    text_or_none,
    word,
)

PROMOTION = ("id", "name", "campaign", "active", "stage", "priority", "group", "exclusive", "coupon", "currency",
             "valid_from", "valid_to", "scope", "when", "match", "min", "effect", "tiers")  # fmt: skip
SELECTOR = ("items", "not_items", "item_groups", "units")
MINIMUM = ("qty", "qty_max", "amount", "amount_max", "tax", "basis", "scope")
# What each kind of effect may say, apart from `kind`.
EFFECTS = {
    "percent": ("value", "basis", "target", "max_qty", "cap", "cap_total"),
    "amount": ("value", "per", "unit", "target", "max_qty", "cap", "basis"),
    "price": ("value", "unit", "raise", "target", "basis"),
    "gift": ("item", "qty", "unit", "every", "over", "max_times", "price"),
    "buy_get": ("buy", "get", "repeat", "max_times", "pick"),
}
SCOPES = ("customers", "customer_groups", "regions", "channel", "payment_term", "payment_method", "price_list")


@dataclass(frozen=True, slots=True)
class Selector:
    """Which lines: all parts that are named must hold; within a part one name is enough."""

    items: frozenset[str] | None = None
    not_items: frozenset[str] = frozenset()
    item_groups: frozenset[str] | None = None
    units: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Minimum:
    """A threshold on the matched lines together, or on each alone (`by_line`).

    Quantities in base units; amounts in the promotion's currency, before promotions or what is left (`running`), with
    or without tax, or as the line stands (`tax` None).
    """

    qty: Fraction | None = None
    qty_max: Fraction | None = None
    amount: Fraction | None = None
    amount_max: Fraction | None = None
    tax: str | None = None
    running: bool = False
    by_line: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What a promotion does: `kind` percent, amount, price, gift or buy_get; which fields count depends on it."""

    kind: str
    value: Fraction = ZERO
    original: bool = False
    target: Selector | None = None
    max_qty: Fraction | None = None
    cap: Fraction | None = None
    cap_total: Fraction | None = None
    per: str = "order"
    per_line_unit: bool = False
    may_raise: bool = False
    item: str = ""
    qty: Fraction = ZERO
    unit: str | None = None
    every: Fraction | None = None
    over: Fraction = ZERO
    max_times: int | None = None
    price: Fraction = ZERO
    buy_match: Selector | None = None
    buy_qty: Fraction = ZERO
    get_match: Selector | None = None
    percent: Fraction = HUNDRED
    dearest: bool = False


@dataclass(frozen=True, slots=True)
class Tier:
    """A threshold and what it gives; a promotion without tiers is one tier without a threshold of its own."""

    minimum: Minimum
    effect: Effect


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion. `scope` holds only the parts it names."""

    id: str
    order_stage: bool
    priority: int
    group: str | None
    exclusive: bool
    coupon: str | None
    currency: str | None
    valid_from: str | None
    valid_to: str | None
    scope: Mapping[str, frozenset[str]]
    when: object
    match: Selector
    minimum: Minimum
    tiers: tuple[Tier, ...]

    @property
    def item_rank(self) -> int:
        """How closely it names items: items themselves, groups, or none."""
        return 2 if self.match.items is not None else 1 if self.match.item_groups is not None else 0

    @property
    def customer_rank(self) -> int:
        """How closely it names customers: themselves, groups, or none."""
        return 2 if "customers" in self.scope else 1 if "customer_groups" in self.scope else 0


def read_promotions(raw: object) -> list[Promotion]:
    """The active promotions in their order of work: higher priority first, then by id."""
    given = [object_of(one) for one in list_of(raw)]
    active = [one for one in given if one.get("active") is None or flag(one["active"])]
    found = [read_promotion(one) for one in active]
    if len({one.id for one in found}) != len(found):
        raise BookMalformed(pointer="/promotions")
    return sorted(found, key=lambda one: (-one.priority, one.id))


def read_promotion(given: object) -> Promotion:
    """A promotion as the book writes it. Refuses `BookMalformed` for whatever is not in the agreed format."""
    raw = only(object_of(given), PROMOTION)
    tiers = [object_of(one) for one in list_of(raw.get("tiers"))]
    if (raw.get("tiers") is None) == (raw.get("effect") is None) or not all("min" in one for one in tiers):
        raise BookMalformed
    if raw.get("tiers") is not None and not tiers:
        raise BookMalformed
    scope = only(object_or_empty(raw.get("scope")), SCOPES)
    return Promotion(
        id=code_of(raw.get("id")),
        order_stage=word(raw.get("stage"), ("line", "order")) == "order",
        priority=number(raw.get("priority"), -ANY_PRIORITY, ANY_PRIORITY),
        group=text_or_none(raw.get("group")),
        exclusive=flag(raw.get("exclusive")),
        coupon=text_or_none(raw.get("coupon")),
        currency=text_or_none(raw.get("currency")),
        valid_from=day_or_none(raw.get("valid_from")),
        valid_to=day_or_none(raw.get("valid_to")),
        scope={name: names for name in SCOPES if (names := names_or_none(scope.get(name))) is not None},
        when=condition(raw.get("when")),
        match=_selector(raw.get("match")),
        minimum=_minimum(raw.get("min")),
        tiers=tuple(_tier(one) for one in tiers or ({"effect": raw.get("effect")},)),
    )


def _tier(raw: Mapping[str, Any]) -> Tier:
    only(raw, ("min", "effect"))
    return Tier(_minimum(raw.get("min")), _effect(raw.get("effect")))


def _selector(given: object) -> Selector:
    raw = only(object_or_empty(given), SELECTOR)
    return Selector(
        items=names_or_none(raw.get("items")),
        not_items=names_or_none(raw.get("not_items")) or frozenset(),
        item_groups=names_or_none(raw.get("item_groups")),
        units=names_or_none(raw.get("units")),
    )


def _selector_or_none(given: object) -> Selector | None:
    return None if given is None else _selector(given)


def _minimum(given: object) -> Minimum:
    raw = only(object_or_empty(given), MINIMUM)
    return Minimum(
        tax=None if raw.get("tax") is None else word(raw["tax"], ("incl", "excl")),
        running=word(raw.get("basis"), ("before", "running")) == "running",
        by_line=word(raw.get("scope"), ("all", "line")) == "line",
        qty=optional(raw.get("qty")),
        qty_max=optional(raw.get("qty_max")),
        amount=optional(raw.get("amount")),
        amount_max=optional(raw.get("amount_max")),
    )


def _effect(given: object) -> Effect:
    raw = object_of(given)
    kind = word(raw.get("kind") or "", tuple(EFFECTS))
    only(raw, ("kind", *EFFECTS[kind]))
    if kind == "gift":
        return _gift(raw)
    if kind == "buy_get":
        return _buy_get(raw)
    return Effect(
        kind=kind,
        original=word(raw.get("basis"), ("running", "original")) == "original",
        target=_selector_or_none(raw.get("target")),
        per=word(raw.get("per"), ("order", "line", "unit")),
        per_line_unit=word(raw.get("unit"), ("base", "line")) == "line",
        may_raise=flag(raw.get("raise")),
        value=positive(raw.get("value")),
        max_qty=positive_or_none(raw.get("max_qty")),
        cap=positive_or_none(raw.get("cap")),
        cap_total=positive_or_none(raw.get("cap_total")),
    )


def _gift(raw: Mapping[str, Any]) -> Effect:
    return Effect(
        kind="gift",
        item=text_of(raw.get("item")),
        unit=text_or_none(raw.get("unit")),
        qty=_some(raw.get("qty")),
        every=positive_or_none(raw.get("every")),
        over=positive_or_none(raw.get("over")) or ZERO,
        max_times=_times(raw.get("max_times")),
        price=positive_or_none(raw.get("price")) or ZERO,
    )


def _buy_get(raw: Mapping[str, Any]) -> Effect:
    buy = only(object_of(raw.get("buy")), ("match", "qty"))
    get = only(object_of(raw.get("get")), ("match", "qty", "percent"))
    percent = positive_or_none(get.get("percent"))
    repeat = flag(raw.get("repeat"))
    times = _times(raw.get("max_times"))
    return Effect(
        kind="buy_get",
        buy_match=_selector_or_none(buy.get("match")),
        get_match=_selector_or_none(get.get("match")),
        dearest=word(raw.get("pick"), ("cheapest", "dearest")) == "dearest",
        buy_qty=positive(buy.get("qty")),
        qty=_some(get.get("qty")),
        percent=HUNDRED if percent is None else percent,
        max_times=times if repeat else 1,
    )


def _some(given: object) -> Fraction:
    """A decimal text above 0."""
    found = dec(given)
    if found <= 0:
        raise BookMalformed
    return found


def _times(given: object) -> int | None:
    """How often at most, whole; None is without limit."""
    times = positive_or_none(given)
    return None if times is None else times.numerator // times.denominator
