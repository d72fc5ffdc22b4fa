"""The price book, read: currencies, taxes, items, customers and lists as the rules want them. Pure.

Everything is read when first asked for and kept, so a book of thousands of rules costs only what an order touches.
Twin: pwa/src/lib/pricing/book.ts. The format beyond `pricing.schema.json` is in docs/decisions/0020-price-brain.md.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.catalog.errors import ItemUnknown
from backend.catalog.units import Units, read_units
from backend.pricing.errors import (
    BookMalformed,
    CurrencyUnknown,
    CustomerUnknown,
    PriceListUnknown,
    RateMissing,
    TaxUnknown,
)
from backend.pricing.numbers import HUNDRED, ONE, ZERO, optional
from backend.pricing.rules_campaigns import Promotion, read_promotions
from backend.pricing.rules_lists import PriceList, read_list
from backend.pricing.shapes import (
    day_or_none,
    list_of,
    number,
    object_of,
    object_or_empty,
    positive,
    text_or_none,
    texts,
    word,
)

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Currency:
    """Its decimals: `minor` for amounts, `price_digits` for unit prices."""

    code: str
    minor: int
    price_digits: int


@dataclass(frozen=True, slots=True)
class Item:
    """What a price depends on. Prices are per base unit in `list_currency`."""

    id: str
    units: Units
    groups: tuple[str, ...]
    tax: str | None
    list_price: Fraction | None
    list_currency: str
    cost: Fraction | None


@dataclass(frozen=True, slots=True)
class Customer:
    """Groups and regions nearest first. `discount` is a standing percentage off, `tax` replaces that of taxed goods."""

    id: str | None
    groups: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    price_list: str | None = None
    currency: str | None = None
    payment_term: str | None = None
    payment_method: str | None = None
    channel: str | None = None
    discount: Fraction | None = None
    tax: str | None = None
    first_order: bool | None = None


class Book:
    """A price book as it came over the wire, with what was read of it so far."""

    def __init__(self, raw: object) -> None:
        self.raw: Raw = object_of(raw)
        self.company_currency = text_or_none(self.raw.get("company_currency"))
        if self.company_currency is None:
            raise BookMalformed(pointer="/company_currency")
        self.by_rate = self.raw.get("tax_rounding") == "rate"
        self.default_list = text_or_none(self.raw.get("default_price_list"))
        self._parts = {name: object_of(self.raw.get(name)) for name in ("currencies", "items", "customers", "taxes")}
        self._lists = object_of(self.raw.get("price_lists"))
        self._groups = object_or_empty(self.raw.get("customer_groups"))
        self._regions = object_or_empty(self.raw.get("regions"))
        self._picks = object_or_empty(self.raw.get("promotion_groups"))
        self._promotions: list[Promotion] | None = None
        self._read: dict[tuple[str, str], Any] = {}

    def currency(self, code: str) -> Currency:
        """Refuses `CurrencyUnknown`."""
        found: Currency | None = self._read.get(("currency", code))
        if found is None:
            if code not in self._parts["currencies"]:
                raise CurrencyUnknown(currency=code)
            raw = object_of(self._parts["currencies"][code])
            minor = number(raw.get("minor"), 0, 4)
            digits = raw.get("price_digits")
            found = Currency(code, minor, minor + 2 if digits is None else number(digits, 0, 6))
            self._read["currency", code] = found
        return found

    def rate(self, code: str, on: str) -> Fraction:
        """Company currency for one unit of `code` on a day: the latest rate from that day or before."""
        if code == self.company_currency:
            return ONE
        self.currency(code)
        raw = object_of(self._parts["currencies"][code])
        if "rate" in raw:
            return _rate(raw["rate"])
        rates = [(day_or_none(one.get("from")) or "", one) for one in map(object_of, list_of(raw.get("rates")))]
        past = [(since, one) for since, one in rates if since <= on]
        if not past:
            raise RateMissing(currency=code, on=on)
        return _rate(max(past, key=lambda dated: dated[0])[1])

    def exchanged(self, amount: Fraction, source: str, target: str, on: str) -> Fraction:
        """An amount in another currency, exactly. Refuses `RateMissing`."""
        return amount if source == target else amount * self.rate(source, on) / self.rate(target, on)

    def item(self, code: str) -> Item:
        """Refuses `ItemUnknown`."""
        found: Item | None = self._read.get(("item", code))
        if found is None:
            if code not in self._parts["items"]:
                raise ItemUnknown(item=code)
            found = self._read["item", code] = self._item(code, object_of(self._parts["items"][code]))
        return found

    def _item(self, code: str, raw: Raw) -> Item:
        return Item(
            id=code,
            units=read_units(raw),
            groups=texts(raw.get("groups")),
            tax=text_or_none(raw.get("tax")),
            list_price=optional(raw.get("list_price")),
            list_currency=text_or_none(raw.get("list_currency")) or str(self.company_currency),
            cost=optional(raw.get("cost")),
        )

    def customer(self, code: str | None) -> Customer:
        """Refuses `CustomerUnknown`; no code is a customer nobody knows anything about."""
        if code is None:
            return Customer(None)
        if code not in self._parts["customers"]:
            raise CustomerUnknown(customer=code)
        return read_customer(code, self._parts["customers"][code])

    @property
    def promotions(self) -> list[Promotion]:
        """The active promotions in their order of work."""
        if self._promotions is None:
            self._promotions = read_promotions(self.raw.get("promotions"))
        return self._promotions

    def with_promotions(self, promotions: list[Promotion]) -> "Book":
        """The same book with other promotions, in their order of work; whatever was read is read for both."""
        other = copy(self)
        other._promotions = promotions
        return other

    def picks_by_priority(self, group: str) -> bool:
        """Whether a promotion group chooses by priority and not by benefit."""
        return word(object_or_empty(self._picks.get(group)).get("pick"), ("best", "priority")) == "priority"

    def list_of_group(self, group: str) -> str | None:
        """The price list a customer group carries itself."""
        return text_or_none(object_or_empty(self._groups.get(group)).get("price_list"))

    def list_of_region(self, region: str) -> str | None:
        """The price list a region carries itself."""
        return text_or_none(object_or_empty(self._regions.get(region)).get("price_list"))

    def price_list(self, code: str) -> PriceList:
        """Refuses `PriceListUnknown`."""
        found: PriceList | None = self._read.get(("list", code))
        if found is None:
            if code not in self._lists:
                raise PriceListUnknown(price_list=code)
            found = self._read["list", code] = read_list(code, object_of(self._lists[code]))
        return found

    def tax(self, code: str | None) -> Fraction:
        """The rate as a fraction of the net amount; no tax is 0. Refuses `TaxUnknown`."""
        if code is None:
            return ZERO
        found: Fraction | None = self._read.get(("tax", code))
        if found is None:
            if code not in self._parts["taxes"]:
                raise TaxUnknown(tax=code)
            raw = self._parts["taxes"][code]
            fraction = isinstance(raw, Mapping) and "rate" not in raw
            found = self._read["tax", code] = _factor(raw) if fraction else _factor(raw) / HUNDRED
        return found


def read_customer(code: str, given: object) -> Customer:
    """One customer as the book writes it."""
    raw = object_of(given)
    first = raw.get("first_order")
    return Customer(
        id=code,
        groups=texts(raw.get("groups")),
        regions=texts(raw.get("regions")),
        price_list=text_or_none(raw.get("price_list")),
        currency=text_or_none(raw.get("currency")),
        payment_term=text_or_none(raw.get("payment_term")),
        payment_method=text_or_none(raw.get("payment_method")),
        channel=text_or_none(raw.get("channel")),
        discount=_percent(raw.get("discount")),
        tax=text_or_none(raw.get("tax")),
        first_order=first if isinstance(first, bool) else None,
    )


def _percent(raw: object) -> Fraction | None:
    value = optional(raw)
    if value is not None and not ZERO <= value <= HUNDRED:
        raise BookMalformed
    return value


def _rate(raw: object) -> Fraction:
    value = _factor(raw)
    if not value:
        raise BookMalformed
    return value


def _factor(raw: object) -> Fraction:
    """A factor, not negative: a decimal text, or `{"num", "den"}` or `{"rate"}` of decimal texts."""
    if not isinstance(raw, Mapping):
        return positive(raw)
    if "rate" in raw:
        return positive(raw["rate"])
    den = ONE if raw.get("den") is None else positive(raw["den"])
    num = positive(raw.get("num"))
    if not den:
        raise BookMalformed
    return num / den
