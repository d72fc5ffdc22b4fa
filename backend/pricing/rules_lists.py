"""A price list and its rules, indexed by what they name, so that a line looks at its own rules only. Pure.

Twin: pwa/src/lib/pricing/lists.ts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.pricing.errors import BookMalformed
from backend.pricing.numbers import ZERO, dec, optional
from backend.pricing.shapes import (
    code_of,
    day_or_none,
    flag,
    list_of,
    number,
    object_of,
    only,
    text_of,
    text_or_none,
    word,
)

ANY_PRIORITY = 2**31
RULE = ("id", "priority", "item", "item_group", "customer", "customer_group", "unit", "min_qty", "max_qty",
        "valid_from", "valid_to", "price")  # fmt: skip
OFF = ("kind", "base", "percent", "round_to", "plus", "min_margin", "max_margin")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A plain amount, per base unit or per the rule's unit."""

    amount: Fraction


@dataclass(frozen=True, slots=True)
class Off:
    """So much off a base; a negative percent is a margin. Steps in this order: percent, round_to, plus, margins."""

    base: str
    percent: Fraction
    round_to: Fraction
    plus: Fraction
    min_margin: Fraction | None
    max_margin: Fraction | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a list. Quantities are in base units, or in `unit` where one is named."""

    id: str
    priority: int
    item: str | None
    item_group: str | None
    customer: str | None
    customer_group: str | None
    unit: str | None
    min_qty: Fraction
    max_qty: Fraction | None
    valid_from: str | None
    valid_to: str | None
    price: Fixed | Off


class PriceList:
    """A list with its rules in three drawers: by item, by item group, and for everything."""

    def __init__(self, code: str, raw: Mapping[str, Any]) -> None:
        self.id = code
        self.currency = text_of(raw.get("currency"))
        self.tax_included = flag(raw.get("tax_included"))
        self.valid_from = day_or_none(raw.get("valid_from"))
        self.valid_to = day_or_none(raw.get("valid_to"))
        self._drawers: dict[tuple[str, str], list[Any]] = {}
        self._read: dict[tuple[str, str], list[Rule]] = {}
        for rule in map(object_of, list_of(raw.get("rules"))):
            if rule.get("item") is not None:
                drawer = ("item", text_of(rule["item"]))
            elif rule.get("item_group") is not None:
                drawer = ("group", text_of(rule["item_group"]))
            else:
                drawer = ("all", "")
            self._drawers.setdefault(drawer, []).append(rule)

    def rules_for(self, item: str, groups: tuple[str, ...]) -> list[Rule]:
        """Rules that name the item, then those that name its groups, nearest first, then the general ones."""
        found = list(self._drawer("item", item))
        for group in dict.fromkeys(groups):
            found += self._drawer("group", group)
        return found + self._drawer("all", "")

    def _drawer(self, kind: str, name: str) -> list[Rule]:
        drawer = (kind, name)
        read = self._read.get(drawer)
        if read is None:
            read = self._read[drawer] = [read_rule(raw) for raw in self._drawers.get(drawer, [])]
        return read


def valid(on: str, first: str | None, last: str | None) -> bool:
    """Whether a day lies within inclusive bounds; an absent bound is open."""
    return (first is None or first <= on) and (last is None or on <= last)


def read_list(code: str, raw: Mapping[str, Any]) -> PriceList:
    """A list as the book writes it."""
    return PriceList(code, raw)


def read_rule(raw: Mapping[str, Any]) -> Rule:
    """A rule as the book writes it. Refuses `BookMalformed`."""
    only(raw, RULE)
    return Rule(
        id=code_of(raw.get("id")),
        priority=number(raw.get("priority"), -ANY_PRIORITY, ANY_PRIORITY),
        item=text_or_none(raw.get("item")),
        item_group=text_or_none(raw.get("item_group")),
        customer=text_or_none(raw.get("customer")),
        customer_group=text_or_none(raw.get("customer_group")),
        unit=text_or_none(raw.get("unit")),
        min_qty=optional(raw.get("min_qty")) or ZERO,
        max_qty=optional(raw.get("max_qty")),
        valid_from=day_or_none(raw.get("valid_from")),
        valid_to=day_or_none(raw.get("valid_to")),
        price=_price(object_of(raw.get("price"))),
    )


def _price(raw: Mapping[str, Any]) -> Fixed | Off:
    if word(raw.get("kind") or "", ("fixed", "off")) == "fixed":
        return Fixed(dec(only(raw, ("kind", "amount")).get("amount")))
    base = text_or_none(only(raw, OFF).get("base")) or "list"
    if base not in ("list", "cost") and not (base.startswith("list:") and base != "list:"):
        raise BookMalformed
    return Off(
        base=base,
        percent=optional(raw.get("percent")) or ZERO,
        round_to=optional(raw.get("round_to")) or ZERO,
        plus=optional(raw.get("plus")) or ZERO,
        min_margin=optional(raw.get("min_margin")),
        max_margin=optional(raw.get("max_margin")),
    )
