"""What "what would this customer pay" answers: the price, the row it comes from, and every row that lost and why."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from backend.pricing.lists.schemas import Ref, RuleOut


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """The question: so many of a unit of an item, for a customer, on a day. `qty` is a decimal text in `unit`."""

    customer: UUID
    item: UUID
    qty: str
    on: date
    unit: str | None = None
    currency: str | None = None
    price_list: str | None = None


class ListTried(msgspec.Struct):
    """A list in the chain. `via`: how one comes to it, `of` the group or region that carries it.

    `outcome`: `won`; `no-rule` none of its rows holds; `date` it does not hold on that day; `not-reached` an earlier
    one had a price.
    """

    code: str
    via: Literal["order", "customer", "group", "region", "default", "item"]
    outcome: Literal["won", "no-rule", "date", "not-reached"]
    of: str | None = None
    name_vi: str | None = None
    name_en: str | None = None


class Standing(msgspec.Struct):
    """One step of the choice: what the row says there (a code, a number, a day; None: nothing)."""

    step: str
    value: str | None


class Winner(msgspec.Struct, kw_only=True):
    """Where the price comes from. `why` are the steps of the choice, in order, with what the row says at each.

    `base_price` is what a row built on the item's price or on another list started from, for one `unit`.
    """

    source: Literal["list", "item"]
    price_list: str | None = None
    rule: RuleOut | None = None
    why: list[Standing] = []
    base_price: str | None = None
    base_source: str | None = None


class Loser(msgspec.Struct, kw_only=True):
    """A row that was looked at and did not give the price.

    `code`: as in the trace (`date`, `customers`, `unit`, `min_qty`, ...); `outranked` by the winner, and `step` says
    where; `farther`: its list comes later, though it would have held there. `missing`: quantity to buy on top.
    """

    price_list: str
    rule: RuleOut
    code: str
    step: str | None = None
    missing: str | None = None


class PromotionApplied(msgspec.Struct, kw_only=True):
    """What a promotion took off, or gave. `code` is the promotion's, or `terms`: the customer's standing discount."""

    code: str
    amount: str
    name_vi: str | None = None
    name_en: str | None = None
    gift: Ref | None = None
    gift_qty: str | None = None


class PromotionSkipped(msgspec.Struct, kw_only=True):
    """A promotion that was looked at and did not act, with the code of the trace and its numbers."""

    code: str
    why: str
    numbers: dict[str, str]
    name_vi: str | None = None
    name_en: str | None = None


class TaxExplained(msgspec.Struct):
    """The tax of the line: its code and rate in percent, and whether the price has it inside already."""

    code: str | None
    percent: str
    included: bool
    amount: str


class PriceExplained(msgspec.Struct):
    """The money of the line, in `currency`. `unit_price` is for one `unit`."""

    unit_price: str
    gross: str
    discount: str
    amount: str
    net: str
    total: str
    tax: TaxExplained


class Explained(msgspec.Struct, kw_only=True):
    """The whole answer. Without any price, `price` and `winner` are None and `problem` is the code of the refusal."""

    customer: Ref
    item: Ref
    on: date
    currency: str
    qty: str
    unit: str
    qty_base: str
    base_unit: str
    price: PriceExplained | None
    problem: str | None
    winner: Winner | None
    lists: list[ListTried]
    losers: list[Loser]
    applied: list[PromotionApplied]
    skipped: list[PromotionSkipped]
