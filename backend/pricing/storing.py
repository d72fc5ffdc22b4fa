"""Put price lists, rules and promotions away at once: for imports, the demo company and tests. Set-based."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now
from backend.core.errors import Refusal
from backend.pricing.errors import BookMalformed, PriceNesting
from backend.pricing.rules_campaigns import read_promotions
from backend.pricing.rules_lists import read_rule
from backend.pricing.rules_prices import DEEPEST


class NewPriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A price list; `code` is printable ASCII without a slash."""

    id: UUID
    code: str
    name_vi: str
    name_en: str
    currency: str
    tax_included: bool = False
    is_default: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


class NewPriceRule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a list. Quantities in 10^-6 of the base unit, or of `unit`; `price` as in the price book."""

    id: UUID
    list_id: UUID
    code: str
    price: dict[str, str]
    priority: int = 0
    item_id: UUID | None = None
    item_group_id: UUID | None = None
    customer_id: UUID | None = None
    customer_group_id: UUID | None = None
    unit: str | None = None
    min_qty_micro: int | None = None
    max_qty_micro: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class NewPromotion(msgspec.Struct, frozen=True):
    """A promotion; `rule` is the price book's own form without its id, which is `code`."""

    id: UUID
    code: str
    rule: dict[str, Any]


async def insert_price_lists(rows: Sequence[NewPriceList], *, created_by: UUID | None = None) -> None:
    """Store price lists; those whose id is there already stay as they are."""
    await db.execute_many(
        """INSERT INTO price_lists (id, code, name_vi, name_en, currency, tax_included, is_default, valid_from,
                                    valid_to, created_at, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11) ON CONFLICT (id) DO NOTHING""",
        [(*msgspec.structs.astuple(row), now(), created_by) for row in rows],
    )


async def insert_price_rules(rows: Sequence[NewPriceRule], *, created_by: UUID | None = None) -> None:
    """Store rules in one statement.

    Refuses `book-malformed` for a price the rules could not read later, and `price-nesting` for lists built on each
    other more than five deep or in a circle.
    """
    for row in rows:
        try:
            read_rule({"id": row.code, "price": row.price})
        except Refusal as refusal:
            raise BookMalformed(pointer="/price", rule=row.code) from refusal
    await db.execute(
        """INSERT INTO price_rules (id, list_id, code, priority, item_id, item_group_id, customer_id, customer_group_id,
                                    unit, min_qty_micro, max_qty_micro, valid_from, valid_to, price,
                                    created_at, changed_at, created_by)
           SELECT r.id, r.list_id, r.code, coalesce(r.priority, 0), r.item_id, r.item_group_id, r.customer_id,
                  r.customer_group_id, r.unit, r.min_qty_micro, r.max_qty_micro, r.valid_from, r.valid_to, r.price,
                  $2, $2, $3
             FROM jsonb_populate_recordset(NULL::price_rules, $1::text::jsonb) AS r
           ON CONFLICT (id) DO NOTHING""",
        msgspec.json.encode(rows).decode(),
        now(),
        created_by,
    )
    if any(row.price.get("base", "").startswith("list:") for row in rows):
        await _refuse_deep_nesting()


async def _refuse_deep_nesting() -> None:
    deep = await db.fetch_value(
        """WITH RECURSIVE built AS (
               SELECT DISTINCT l.code AS above, substr(r.price->>'base', 6) AS below
                 FROM price_rules r JOIN price_lists l ON l.id = r.list_id
                WHERE r.deleted_at IS NULL AND l.deleted_at IS NULL AND r.price->>'base' LIKE 'list:%'),
             down AS (
               SELECT above AS root, below, 1 AS depth FROM built
               UNION SELECT d.root, b.below, d.depth + 1 FROM down d JOIN built b ON b.above = d.below
                WHERE d.depth <= $1)
           SELECT min(root) FROM down WHERE depth > $1""",
        DEEPEST,
    )
    if deep is not None:
        raise PriceNesting(pointer="/price/base", price_list=deep)


async def insert_promotions(
    rows: Sequence[NewPromotion], groups: dict[str, str] | None = None, *, created_by: UUID | None = None
) -> None:
    """Store promotions, and how each group of them chooses (`best` or `priority`).

    Refuses `book-malformed` for one the rules could not read later.
    """
    for row in rows:
        try:
            read_promotions([{**row.rule, "id": row.code}])
        except Refusal as refusal:
            raise BookMalformed(pointer="/rule", promotion=row.code) from refusal
    await db.execute_many(
        """INSERT INTO promotions (id, code, rule, created_at, changed_at, created_by)
           VALUES ($1, $2, $3::text::jsonb, $4, $4, $5) ON CONFLICT (id) DO NOTHING""",
        [(row.id, row.code, json.dumps(row.rule), now(), created_by) for row in rows],
    )
    await db.execute_many(
        "INSERT INTO promotion_groups (code, pick) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET pick = $2",
        list((groups or {}).items()),
    )
