"""Put price lists, rules and promotions away at once: for imports, the demo company and tests. Set-based."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now
from backend.core.errors import Refusal
from backend.pricing.choices import expanded
from backend.pricing.errors import BookMalformed, PriceNesting, PriceRuleOverlap
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


class RuleFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a row of a list says. Quantities in 10^-6 of the base unit, or of `unit`; `price` as in the price book."""

    price: dict[str, str]
    item_id: UUID | None = None
    item_group_id: UUID | None = None
    customer_id: UUID | None = None
    customer_group_id: UUID | None = None
    unit: str | None = None
    min_qty_micro: int | None = None
    max_qty_micro: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class NewPriceRule(RuleFields, frozen=True, kw_only=True):
    """A row of a list, to be stored."""

    id: UUID
    list_id: UUID
    code: str
    priority: int = 0


class NewPromotion(msgspec.Struct, frozen=True):
    """A promotion; `rule` is the price book's own form without its id, which is `code`.

    `budget` in minor units of the company's currency; `gifts` to choose one of, `{"item", "qty", "unit"?}`.
    """

    id: UUID
    code: str
    rule: dict[str, Any]
    budget: int | None = None
    per_customer: int | None = None
    gifts: list[dict[str, str]] | None = None


async def insert_price_lists(rows: Sequence[NewPriceList], *, created_by: UUID | None = None) -> None:
    """Store price lists; those whose id is there already stay as they are."""
    await db.execute_many(
        """INSERT INTO price_lists (id, code, name_vi, name_en, currency, tax_included, is_default, valid_from,
                                    valid_to, created_at, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11) ON CONFLICT (id) DO NOTHING""",
        [(*msgspec.structs.astuple(row), now(), created_by) for row in rows],
    )


class Overlap(NamedTuple):
    """Two rows of a list that contradict each other: the new one and the other, and the other's days."""

    rule_id: UUID
    rule: str
    other_id: UUID
    other: str
    valid_from: date | None
    valid_to: date | None


async def overlaps(rows: Sequence[NewPriceRule]) -> list[Overlap]:
    """What would contradict these rows if they were stored, among those stored and among themselves; by code.

    Rows contradict each other when list, item, customer, unit, quantity break and priority are the same and their days
    overlap. A stored row with the id of a new one is taken to be replaced by it.
    """
    found = await db.fetch(
        """WITH new AS MATERIALIZED (
             SELECT id, code, list_id, coalesce(item_id, $2) AS item, coalesce(item_group_id, $2) AS item_group,
                    coalesce(customer_id, $2) AS customer, coalesce(customer_group_id, $2) AS customer_group,
                    coalesce(unit, '') AS unit, coalesce(min_qty_micro, 0) AS least, coalesce(priority, 0) AS priority,
                    valid_from, valid_to, daterange(valid_from, valid_to, '[]') AS days
               FROM jsonb_populate_recordset(NULL::price_rules, $1::text::jsonb)),
                others AS (
             SELECT n.id AS of_id, n.code AS of_code, r.id, r.code, r.valid_from, r.valid_to
               FROM new n JOIN price_rules r ON r.deleted_at IS NULL AND r.list_id = n.list_id
                AND coalesce(r.item_id, $2) = n.item AND coalesce(r.item_group_id, $2) = n.item_group
                AND coalesce(r.customer_id, $2) = n.customer AND coalesce(r.customer_group_id, $2) = n.customer_group
                AND coalesce(r.unit, '') = n.unit AND coalesce(r.min_qty_micro, 0) = n.least AND r.priority = n.priority
                AND daterange(r.valid_from, r.valid_to, '[]') && n.days
              WHERE r.id NOT IN (SELECT id FROM new)
             UNION ALL
             SELECT n.id, n.code, o.id, o.code, o.valid_from, o.valid_to
               FROM new n JOIN new o USING (list_id, item, item_group, customer, customer_group, unit, least, priority)
              WHERE (o.code COLLATE "C", o.id) < (n.code COLLATE "C", n.id) AND o.days && n.days)
           SELECT * FROM others ORDER BY of_code COLLATE "C", code COLLATE "C" """,
        msgspec.json.encode(rows).decode(),
        UUID(int=0),
    )
    return [Overlap(*row) for row in found]


async def insert_price_rules(rows: Sequence[NewPriceRule], *, created_by: UUID | None = None) -> None:
    """Store rules in one statement.

    Refuses `book-malformed` for a price the rules could not read later, `price-rule-overlap` for rows that contradict
    each other, and `price-nesting` for lists built on each other more than five deep or in a circle.
    """
    refuse_overlaps(await overlaps(rows))
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
        await refuse_deep_nesting()


def refuse_overlaps(found: Sequence[Overlap]) -> None:
    """Refuse `price-rule-overlap`, naming both rows of the first contradiction and how many there are."""
    if found:
        first = found[0]
        raise PriceRuleOverlap(
            pointer="/valid_from",
            rule=first.rule,
            other=first.other,
            other_id=str(first.other_id),
            valid_from=first.valid_from and first.valid_from.isoformat(),
            valid_to=first.valid_to and first.valid_to.isoformat(),
            overlaps=len(found),
        )


async def refuse_deep_nesting() -> None:
    """Refuse `price-nesting` when any list is now built on others more than five deep or in a circle."""
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
            read_promotions(expanded(row.code, row.rule, row.gifts))
        except Refusal as refusal:
            raise BookMalformed(pointer="/rule", promotion=row.code) from refusal
    await db.execute_many(
        """INSERT INTO promotions (id, code, rule, budget, per_customer, gifts, created_at, changed_at, created_by)
           VALUES ($1, $2, $3::text::jsonb, $4, $5, $6::text::jsonb, $7, $7, $8) ON CONFLICT (id) DO NOTHING""",
        [
            (row.id, row.code, json.dumps(row.rule), row.budget, row.per_customer,
             None if row.gifts is None else json.dumps(row.gifts), now(), created_by)
            for row in rows
        ],
    )  # fmt: skip
    await db.execute_many(
        "INSERT INTO promotion_groups (code, pick) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET pick = $2",
        list((groups or {}).items()),
    )
