"""The part of every price book that is the same for all: items, lists, rates. Read in one statement, kept by its mark.

`pricing_mark` changes whenever one of the tables below does, so a process reads them again only then. Prices from cost
are turned into plain amounts here, once, for the office and the phones alike: no cost is ever in a book.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.errors import Refusal
from backend.core.money import MICRO, round_half_away, text_of_micro
from backend.core.settings import settings
from backend.customers.term_rules import nearest
from backend.pricing.choices import expanded, stem
from backend.pricing.limits import Limit, Standing, gone, least_use
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import read_promotions
from backend.pricing.rules_lists import Off, read_rule
from backend.pricing.rules_prices import off
from backend.pricing.shelf_rows import (
    Rows,
    currency_of_row,
    item_of_row,
    lineages,
    list_of_row,
    micro,
    packaging_of_row,
    present,
)

log = logging.getLogger(__name__)
NARROWED = 64
# What a price depends on of a customer c; `Shelf.facts` turns such a row into the book's format.
FACTS = """c.currency, c.price_list_id, c.sales_method, c.payment_method, c.payment_term, c.discount_micro, c.tax_id,
    c.last_order_at IS NULL AS first_order,
    ARRAY(SELECT l.group_id FROM customer_group_links l JOIN customer_groups g ON g.id = l.group_id
           WHERE l.customer_id = c.id AND g.deleted_at IS NULL
           ORDER BY l.is_primary DESC, g.code COLLATE "C") AS links,
    ARRAY(SELECT r.region_id FROM address_regions r
           WHERE r.region_id IS NOT NULL AND r.address_version_id = (
                 SELECT a.version_id FROM addresses a WHERE a.party_id = c.id AND a.deleted_at IS NULL
                  ORDER BY a.is_default DESC, a.id LIMIT 1)
           ORDER BY r.region_id COLLATE "C") AS regions"""
_LIVE = "SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM"
_SQL = f"""
SELECT mark, json_build_object(
  'currencies', ({_LIVE} (SELECT code, minor_digits, price_digits FROM currencies ORDER BY code) r),
  'rates', ({_LIVE} (SELECT currency, from_on, num::text, den::text FROM currency_rates ORDER BY 1, 2) r),
  'taxes', ({_LIVE} (SELECT id, code, rate_num::text AS num, rate_den::text AS den FROM taxes) r),
  'item_groups', ({_LIVE} (SELECT id, parent_id, code FROM item_groups WHERE deleted_at IS NULL) r),
  'items', ({_LIVE} (SELECT id, group_id, base_unit, whole_units, tax_id, list_price_micro, list_currency, cost_micro
      FROM items WHERE deleted_at IS NULL AND active ORDER BY id) r),
  'packagings', ({_LIVE} (SELECT item_id, unit, num::text, den::text, whole_units FROM packagings
      WHERE deleted_at IS NULL ORDER BY item_id, unit) r),
  'groups', ({_LIVE} (SELECT id, parent_id, code, price_list_id, currency, sales_method, payment_method, payment_term,
      discount_micro, tax_id FROM customer_groups WHERE deleted_at IS NULL) r),
  'company', ({_LIVE} (SELECT sales_method, payment_method, payment_term, discount_micro, tax_id FROM company_terms) r),
  'lists', ({_LIVE} (SELECT id, code, name_vi, name_en, currency, tax_included, is_default, valid_from, valid_to
      FROM price_lists WHERE deleted_at IS NULL ORDER BY code) r),
  'rules', ({_LIVE} (SELECT list_id, code, priority, item_id, item_group_id, customer_id, customer_group_id, unit,
      min_qty_micro, max_qty_micro, valid_from, valid_to, price FROM price_rules
      WHERE deleted_at IS NULL ORDER BY list_id, code COLLATE "C") r),
  'promotions', ({_LIVE} (SELECT code, rule, coalesce(origin, id) AS root, budget, per_customer, gifts FROM promotions
      WHERE deleted_at IS NULL AND state = 'on' ORDER BY code COLLATE "C") r),
  'promotion_groups', ({_LIVE} (SELECT code, pick FROM promotion_groups ORDER BY code) r)
)::text AS shelf FROM pricing_mark
"""


class Kept(NamedTuple):
    """A book cut from a shelf: its version, its JSON text (zlib), and when its giving out was last written down."""

    version: str
    packed: bytes
    noted_at: datetime


def without(book: Book, codes: Collection[str]) -> Book:
    """A book without some of its promotions."""
    return book.with_promotions([one for one in book.promotions if stem(one.id) not in codes])


@dataclass(slots=True)
class Shelf:
    """A book without customers, and the names behind its codes.

    Attributes:
        raw: the book in the wire format, `customers` empty; items and customers are named by their ids, lists and
            groups by their codes.
        book: the same, read; kept so that its rules are parsed once.
        groups: customer group id -> codes from the group itself up to its root.
        lists: price list id -> code.
        taxes: tax id -> code.
        terms: the commercial terms each customer group sets itself, by its code.
        company: those of the company.
        limits: the limited promotions by code.
        books: books cut from it, by whom they are for and what is used up.
        narrowed: the book without promotions that are used up, by those.
    """

    mark: UUID
    raw: dict[str, Any]
    book: Book
    groups: dict[str, tuple[str, ...]]
    lists: dict[str, str]
    taxes: dict[str, str]
    terms: dict[str, dict[str, Any]]
    company: dict[str, Any]
    limits: dict[str, Limit] = field(default_factory=dict)
    books: dict[str, Kept] = field(default_factory=dict)
    narrowed: dict[frozenset[str], Book] = field(default_factory=dict)

    def gone(self, standings: Mapping[UUID, Standing]) -> frozenset[str]:
        """The promotions that have nothing more to give, as their limits stand (by first version)."""
        return gone(self.limits, standings)

    def book_without(self, codes: frozenset[str]) -> Book:
        """The book without these promotions, kept: which ones are used up changes seldom."""
        if not codes:
            return self.book
        found = self.narrowed.get(codes)
        if found is None:
            while len(self.narrowed) >= NARROWED:
                self.narrowed.pop(next(iter(self.narrowed)))
            found = self.narrowed[codes] = without(self.book, codes)
        return found

    def facts(self, row: Any) -> dict[str, Any]:
        """A customer (a row with `FACTS`) as the book writes it.

        Group facts: the primary group and its ancestors, nearest first, then the same of the other groups by code.
        Terms are inherited in that order (customers/term_rules.py). Regions are those of the main address, one of each
        set, named with their set ("VN-ADM1-34/79"): codes alone mean other places before and after a reform.
        """
        groups = list(dict.fromkeys(code for link in row["links"] for code in self.groups.get(str(link), ())))
        levels: list[Mapping[str, Any]] = [row, *(self.terms[code] for code in groups), self.company]
        discount = nearest("discount_micro", levels)
        return {
            "currency": nearest("currency", levels) or self.raw["company_currency"],
            "first_order": row["first_order"],
            **({"groups": groups} if groups else {}),
            **({"regions": list(row["regions"])} if row["regions"] else {}),
            **present(
                price_list=self.lists.get(str(row["price_list_id"])),  # those of groups the brain finds by itself
                channel=nearest("sales_method", levels),
                payment_method=nearest("payment_method", levels),
                payment_term=nearest("payment_term", levels),
                discount=text_of_micro(discount) if discount else None,
                tax=self.taxes.get(str(nearest("tax_id", levels))),
            ),
        }


_kept: list[Shelf] = []


def on_shelf(mark: UUID) -> Shelf | None:
    """The shelf of this mark, when this process has it."""
    return next((shelf for shelf in _kept if shelf.mark == mark), None)


async def current_shelf() -> Shelf:
    """The shelf as it stands: one small statement while nothing has changed."""
    return on_shelf(await db.fetch_value("SELECT mark FROM pricing_mark")) or await load_shelf()


async def load_shelf() -> Shelf:
    """Read everything in one snapshot and keep it in place of an older one."""
    row = await db.fetch_row(_SQL)
    known = on_shelf(row["mark"])
    if known is not None:
        return known
    shelf = build_shelf(row["mark"], msgspec.json.decode(row["shelf"]), settings().company_currency)
    _kept[:] = [shelf, *_kept[:1]]
    return shelf


def build_shelf(mark: UUID, rows: dict[str, Rows], company_currency: str) -> Shelf:
    """Put the rows into the format of the book."""
    item_groups = lineages(rows["item_groups"])
    lists = {row["id"]: row["code"] for row in rows["lists"]}
    taxes = {row["id"]: row["code"] for row in rows["taxes"]}
    raw: dict[str, Any] = {
        "company_currency": company_currency,
        "currencies": {row["code"]: currency_of_row(row, rows["rates"]) for row in rows["currencies"]},
        "taxes": {row["code"]: {"num": row["num"], "den": row["den"]} for row in rows["taxes"]},
        "items": {row["id"]: item_of_row(row, item_groups, taxes) for row in rows["items"]},
        "customers": {},
        "customer_groups": {
            row["code"]: {"price_list": lists[row["price_list_id"]]}
            for row in rows["groups"]
            if row["price_list_id"] in lists
        },
        "price_lists": {row["code"]: list_of_row(row) for row in rows["lists"]},
        "list_names": {row["code"]: {"vi": row["name_vi"], "en": row["name_en"]} for row in rows["lists"]},
        "promotions": [
            one
            for row in rows["promotions"]
            if _readable(found := expanded(row["code"], row["rule"], row["gifts"]))
            for one in found
        ],
        "promotion_groups": {row["code"]: {"pick": row["pick"]} for row in rows["promotion_groups"]},
    }
    default = next((row["code"] for row in rows["lists"] if row["is_default"]), None)
    if default is not None:
        raw["default_price_list"] = default
    for row in rows["packagings"]:
        item = raw["items"].get(row["item_id"])
        if item is not None:
            item.setdefault("packagings", {})[row["unit"]] = packaging_of_row(row)
    groups = lineages(rows["groups"])
    _add_rules(raw, rows, lists, item_groups, groups)
    terms = {row["code"]: row for row in rows["groups"]}
    book = Book(raw)
    limits = {row["code"]: _limit(row, book) for row in rows["promotions"] if row["budget"] or row["per_customer"]}
    return Shelf(mark, raw, book, groups, lists, taxes, terms, next(iter(rows["company"]), {}), limits)


def _limit(row: Mapping[str, Any], book: Book) -> Limit:
    mine = [one for one in book.raw["promotions"] if stem(one["id"]) == row["code"]]
    return Limit(UUID(row["root"]), row["budget"], row["per_customer"], least_use(book, mine))


def _add_rules(
    raw: dict[str, Any],
    rows: dict[str, Rows],
    lists: Mapping[str, str],
    item_groups: Mapping[str, tuple[str, ...]],
    groups: Mapping[str, tuple[str, ...]],
) -> None:
    costs = {row["id"]: (row["cost_micro"], row["list_currency"]) for row in rows["items"]}
    book = Book(raw)
    for row in rows["rules"]:
        code = lists.get(row["list_id"])
        if code is None or (row["item_id"] is not None and row["item_id"] not in raw["items"]):
            continue
        named_group, named_items = row["customer_group_id"], row["item_group_id"]
        if (named_group and named_group not in groups) or (named_items and named_items not in item_groups):
            continue
        rule = present(
            id=row["code"],
            priority=row["priority"] or None,
            item=row["item_id"],
            item_group=item_groups[named_items][0] if named_items else None,
            customer=row["customer_id"],
            customer_group=groups[named_group][0] if named_group else None,
            unit=row["unit"],
            min_qty=micro(row["min_qty_micro"]),
            max_qty=micro(row["max_qty_micro"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            price=row["price"],
        )
        if row["price"].get("base") == "cost":
            amount = _from_cost(book, rule, costs[row["item_id"]], raw["price_lists"][code]["currency"])
            if amount is None:
                continue
            rule["price"] = {"kind": "fixed", "amount": amount}
        raw["price_lists"][code]["rules"].append(rule)


def _from_cost(book: Book, raw: dict[str, Any], cost: tuple[int | None, str], currency: str) -> str | None:
    """The plain amount of a price from cost, at the latest rate, to 10^-6; None while the cost is not known."""
    if cost[0] is None:
        return None
    try:
        rule = read_rule(raw)
        per = book.item(raw["item"]).units.of(rule.unit).factor if rule.unit is not None else Fraction(1)
        base = book.exchanged(Fraction(cost[0], MICRO), cost[1], currency, _LATEST)
    except Refusal:  # an unknown unit or rate: no price, which the line's own refusal will tell
        return None
    return text_of_micro(round_half_away(off(rule.price, base * per) * MICRO)) if isinstance(rule.price, Off) else None


_LATEST = date.max.isoformat()


def _readable(promotions: list[dict[str, Any]]) -> bool:
    """Whether the rules can read it, each choice of it: one written by hand and wrongly must not stop every order."""
    try:
        read_promotions(promotions)
    except Refusal:
        log.error("promotion %s is not in the agreed format and is left out", promotions[0]["id"])
        return False
    return True
