"""The rule of a promotion as the editor may write it: pricing.schema.json in types, nothing unknown let through.

What is absent, null or the format's own default is left out when it is stored, so that two ways of saying the same are
one text. The condition tree (`when`) is no closed type and is checked in promotions_rules.
"""

from typing import Annotated, Any, Literal

import msgspec

Dec = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")]
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,40}$")]
# What a promotion is called: "~" parts it from its choices in a book.
PromotionCode = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7d]{1,40}$")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Words = Annotated[list[Word], msgspec.Meta(min_length=1, max_length=2000)]
Basis = Literal["original", "running"]
Per = Literal["base", "line"]


class Part(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a rule."""


class Names(Part):
    """What people call it; the other language falls back to Vietnamese."""

    vi: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    en: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Scope(Part):
    """Who: all that are named must hold, one of each is enough."""

    customers: Words | None = None
    customer_groups: Words | None = None
    regions: Words | None = None
    channel: Words | None = None
    payment_term: Words | None = None
    payment_method: Words | None = None
    price_list: Words | None = None


class Selector(Part):
    """Which lines."""

    items: Words | None = None
    not_items: Words | None = None
    item_groups: Words | None = None
    units: Words | None = None


class Minimum(Part):
    """A threshold on the matched lines."""

    qty: Dec | None = None
    qty_max: Dec | None = None
    amount: Dec | None = None
    amount_max: Dec | None = None
    tax: Literal["incl", "excl"] | None = None
    basis: Literal["before", "running"] = "before"
    scope: Literal["all", "line"] = "all"


class Percent(Part, tag_field="kind", tag="percent"):
    """So many percent off."""

    value: Dec
    basis: Basis = "running"
    target: Selector | None = None
    max_qty: Dec | None = None
    cap: Dec | None = None
    cap_total: Dec | None = None


class Amount(Part, tag_field="kind", tag="amount"):
    """An amount off: per piece, per line or for the order."""

    value: Dec
    per: Literal["unit", "line", "order"] = "order"
    unit: Per = "base"
    target: Selector | None = None
    max_qty: Dec | None = None
    cap: Dec | None = None
    basis: Basis = "running"


class Price(Part, tag_field="kind", tag="price"):
    """A promotional unit price."""

    value: Dec
    unit: Per = "base"
    may_raise: bool = msgspec.field(default=False, name="raise")
    target: Selector | None = None
    basis: Basis = "running"


class Gift(Part, tag_field="kind", tag="gift"):
    """A gift line, once or for every so many."""

    item: Word
    qty: Dec
    unit: Word | None = None
    every: Dec | None = None
    over: Dec | None = None
    max_times: Dec | None = None
    price: Dec | None = None


class Buy(Part):
    """What has to be bought."""

    qty: Dec
    match: Selector | None = None


class Get(Part):
    """What is given for it."""

    qty: Dec
    match: Selector | None = None
    percent: Dec | None = None


class BuyGet(Part, tag_field="kind", tag="buy_get"):
    """Buy so many, get so many of those in the order cheaper."""

    buy: Buy
    get: Get
    repeat: bool = False
    max_times: Dec | None = None
    pick: Literal["cheapest", "dearest"] = "cheapest"


Effect = Percent | Amount | Price | Gift | BuyGet


class Choice(Part):
    """A gift the customer may choose."""

    item: Word
    qty: Dec
    unit: Word | None = None


class Extras(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What a promotion says beyond the price grammar.

    `budget`: the most all its orders together may get, in the company's currency; `per_customer`: in how many orders of
    a customer it acts; `gifts`: two to ten gifts of which the customer chooses one, in place of the effect's own.
    """

    budget: Dec | None = None
    per_customer: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    gifts: Annotated[list[Choice], msgspec.Meta(min_length=2, max_length=10)] | None = None


class Tier(Part):
    """A step of a ladder."""

    min: Minimum
    effect: Effect


class Rule(Part):
    """A promotion without its code, which is its id in the price book."""

    name: Names
    campaign: Word | None = None
    stage: Literal["line", "order"] = "line"
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    group: Code | None = None
    exclusive: bool = False
    coupon: Word | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    scope: Scope | None = None
    when: Any = None
    match: Selector | None = None
    min: Minimum | None = None
    effect: Effect | None = None
    tiers: Annotated[list[Tier], msgspec.Meta(min_length=1, max_length=20)] | None = None
