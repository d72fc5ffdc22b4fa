"""Promotions as data, read. Pure. Twin: pwa/src/lib/pricing/campaigns.ts. Format: pricing.schema.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.pricing.errors import BookMalformed
from backend.pricing.numbers import HUNDRED, ZERO, dec, optional
from backend.pricing.rules_lists import ANY_PRIORITY
from backend.pricing.shapes import list_of, number, object_of, object_or_empty, text_of, text_or_none, texts

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
    found = [_promotion(one) for one in given if one.get("active") is not False]
    return sorted(found, key=lambda one: (-one.priority, one.id))


def _promotion(raw: Mapping[str, Any]) -> Promotion:
    given = raw.get("tiers")
    tiers = [{"effect": raw.get("effect")}] if given is None else [object_of(one) for one in list_of(given)]
    scope = object_or_empty(raw.get("scope"))
    return Promotion(
        id=text_of(raw.get("id")),
        order_stage=raw.get("stage") == "order",
        priority=number(raw.get("priority"), -ANY_PRIORITY, ANY_PRIORITY),
        group=text_or_none(raw.get("group")),
        exclusive=raw.get("exclusive") is True,
        coupon=text_or_none(raw.get("coupon")),
        currency=text_or_none(raw.get("currency")),
        valid_from=text_or_none(raw.get("valid_from")),
        valid_to=text_or_none(raw.get("valid_to")),
        scope={name: frozenset(texts(scope[name])) for name in SCOPES if scope.get(name) is not None},
        when=raw.get("when"),
        match=_selector(raw.get("match")),
        minimum=_minimum(raw.get("min")),
        tiers=tuple(Tier(_minimum(one.get("min")), _effect(one.get("effect"))) for one in tiers),
    )


def _selector(given: object) -> Selector:
    raw = object_or_empty(given)
    return Selector(
        items=_names(raw.get("items")),
        not_items=_names(raw.get("not_items")) or frozenset(),
        item_groups=_names(raw.get("item_groups")),
        units=_names(raw.get("units")),
    )


def _names(given: object) -> frozenset[str] | None:
    return None if given is None else frozenset(texts(given))


def _minimum(given: object) -> Minimum:
    raw = object_or_empty(given)
    return Minimum(
        qty=optional(raw.get("qty")),
        qty_max=optional(raw.get("qty_max")),
        amount=optional(raw.get("amount")),
        amount_max=optional(raw.get("amount_max")),
        tax=text_or_none(raw.get("tax")),
        running=raw.get("basis") == "running",
        by_line=raw.get("scope") == "line",
    )


def _effect(given: object) -> Effect:
    raw = object_of(given)
    kind = raw.get("kind")
    if kind in ("percent", "amount", "price"):
        target = raw.get("target")
        return Effect(
            kind=kind,
            value=dec(raw.get("value")),
            original=raw.get("basis") == "original",
            target=None if target is None else _selector(target),
            max_qty=optional(raw.get("max_qty")),
            cap=optional(raw.get("cap")),
            cap_total=optional(raw.get("cap_total")),
            per=text_or_none(raw.get("per")) or "order",
            per_line_unit=raw.get("unit") == "line",
            may_raise=raw.get("raise") is True,
        )
    if kind == "gift":
        return Effect(
            kind=kind,
            item=text_of(raw.get("item")),
            qty=dec(raw.get("qty")),
            unit=text_or_none(raw.get("unit")),
            every=optional(raw.get("every")),
            over=optional(raw.get("over")) or ZERO,
            max_times=_times(raw.get("max_times")),
            price=optional(raw.get("price")) or ZERO,
        )
    if kind == "buy_get":
        return _buy_get(raw)
    raise BookMalformed


def _times(given: object) -> int | None:
    """How often at most, whole; None is without limit."""
    times = optional(given)
    return None if times is None else times.numerator // times.denominator


def _buy_get(raw: Mapping[str, Any]) -> Effect:
    buy, get = object_of(raw.get("buy")), object_of(raw.get("get"))
    percent = optional(get.get("percent"))
    found = Effect(
        kind="buy_get",
        buy_match=None if buy.get("match") is None else _selector(buy["match"]),
        buy_qty=dec(buy.get("qty")),
        get_match=None if get.get("match") is None else _selector(get["match"]),
        qty=dec(get.get("qty")),
        percent=HUNDRED if percent is None else percent,
        max_times=_times(raw.get("max_times")) if raw.get("repeat") is True else 1,
        dearest=raw.get("pick") == "dearest",
    )
    if found.buy_qty < 0 or found.qty <= 0:
        raise BookMalformed
    return found
