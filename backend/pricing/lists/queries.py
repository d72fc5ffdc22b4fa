"""Reads of price lists: the lists, and the rows of one, narrowed by what they name. Each read takes `actor`.

Who may not see a customer does not see the rows that name it; who may not know costs sees the amount a row from cost
comes to, and nothing of the cost.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.errors import NotVisible
from backend.core.folding import fold
from backend.core.money import text_of_micro
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.people.access import Actor, scope
from backend.pricing.lists.schemas import Counted, FixedPrice, OffPrice, Price, PriceListOut, Ref, RuleOut
from backend.pricing.shelf import current_shelf

_LISTS = """
SELECT l.id, l.code, l.name_vi, l.name_en, l.currency, l.tax_included, l.is_default, l.valid_from, l.valid_to,
       l.version, l.changed_at,
       (SELECT count(*) FROM price_rules r LEFT JOIN customers c ON c.id = r.customer_id
         WHERE r.list_id = l.id AND r.deleted_at IS NULL AND (r.customer_id IS NULL OR {seen})) AS rules,
       (SELECT count(*) FROM customers c WHERE c.price_list_id = l.id AND c.deleted_at IS NULL AND {seen}) AS customers,
       (SELECT count(*) FROM customer_groups g WHERE g.price_list_id = l.id AND g.deleted_at IS NULL) AS groups
  FROM price_lists l"""
RULE_COLUMNS = """
r.id, r.list_id, l.code AS list_code, r.code, r.version, r.priority, r.unit, r.min_qty_micro, r.max_qty_micro,
r.valid_from, r.valid_to, r.price::text AS price, r.changed_at,
i.id AS item_id, i.code AS item_code, i.name_vi AS item_vi, i.name_en AS item_en, i.base_unit,
ig.id AS item_group_id, ig.code AS item_group_code, ig.name_vi AS item_group_vi, ig.name_en AS item_group_en,
c.id AS customer_id, c.code AS customer_code, c.name AS customer_vi,
cg.id AS customer_group_id, cg.code AS customer_group_code, cg.name AS customer_group_vi"""
RULE_TABLES = """price_rules r JOIN price_lists l ON l.id = r.list_id
LEFT JOIN items i ON i.id = r.item_id LEFT JOIN item_groups ig ON ig.id = r.item_group_id
LEFT JOIN customers c ON c.id = r.customer_id LEFT JOIN customer_groups cg ON cg.id = r.customer_group_id"""
# Items first, by code; then groups; then rows for everything.
_PLACE = """(CASE WHEN r.item_id IS NOT NULL THEN 0 WHEN r.item_group_id IS NOT NULL THEN 1 ELSE 2 END)"""
_NAME = """(coalesce(i.code, ig.code, '') COLLATE "C")"""
_WORDS = """customers_fold(concat_ws(' ', r.code, i.code, i.name_vi, i.name_en, ig.code, ig.name_vi, ig.name_en,
                                     c.code, c.name, cg.code, cg.name, r.unit))"""


class RuleFilters(msgspec.Struct, frozen=True):
    """What the rows of a list may be narrowed by.

    A group counts with the groups below it and the items or customers in them; `on` is a day the row must hold on.
    """

    item: UUID | None = None
    item_group: UUID | None = None
    customer: UUID | None = None
    customer_group: UUID | None = None
    on: date | None = None
    q: str = ""


async def list_lists(
    *,
    actor: Actor,
    q: str = "",
    currency: str | None = None,
    on: date | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[PriceListOut]:
    """Price lists by code. `q`: words of the code or the names, with or without accents; `on`: holding on that day."""
    limit = max(1, min(limit, MOST))
    seen, arguments = scope(actor, "c.position_id", 6)
    after = decode_cursor(cursor, str)
    rows = await db.fetch(
        f"""{_LISTS.format(seen=seen)}
             WHERE l.deleted_at IS NULL AND ($1::text IS NULL OR l.code COLLATE "C" > $1)
               AND customers_fold(concat_ws(' ', l.code, l.name_vi, l.name_en)) LIKE ALL ($2::text[])
               AND ($3::text IS NULL OR l.currency = $3)
               AND ($4::date IS NULL OR daterange(l.valid_from, l.valid_to, '[]') @> $4)
             ORDER BY l.code COLLATE "C" LIMIT $5""",
        after[0] if after else None,
        patterns(q),
        currency,
        on,
        limit + 1,
        *arguments,
    )
    more = len(rows) > limit
    return Page(
        items=[PriceListOut(**row) for row in rows[:limit]],
        next=encode_cursor(rows[limit - 1]["code"]) if more else None,
    )


async def show_list(list_id: UUID, *, actor: Actor) -> PriceListOut:
    """One list. Refuses `NotVisible`."""
    seen, arguments = scope(actor, "c.position_id", 2)
    row = await db.fetch_row(
        f"{_LISTS.format(seen=seen)} WHERE l.id = $1 AND l.deleted_at IS NULL", list_id, *arguments
    )
    if row is None:
        raise NotVisible
    return PriceListOut(**row)


async def list_rules(
    list_id: UUID, filters: RuleFilters, *, actor: Actor, limit: int = 50, cursor: str | None = None
) -> Counted[RuleOut]:
    """The rows of a list, items by code first, then groups, then rows for everything. Refuses `NotVisible`."""
    limit = max(1, min(limit, MOST))
    after = decode_cursor(cursor, int, str, int, UUID)
    where, arguments = _narrowed(filters, actor=actor, first=3)
    n = 3 + len(arguments)
    rows = await db.fetch(
        f"""WITH found AS MATERIALIZED (
              SELECT {RULE_COLUMNS}, {_PLACE} AS place, {_NAME} AS name, coalesce(r.min_qty_micro, 0) AS least
                FROM {RULE_TABLES} WHERE r.list_id = $1 AND r.deleted_at IS NULL AND {where})
            SELECT l.id AS of_list, t.total, f.* FROM price_lists l CROSS JOIN (SELECT count(*) AS total FROM found) t
              LEFT JOIN LATERAL (
                SELECT * FROM found WHERE ${n}::int IS NULL
                    OR (place, name, least, id) > (${n}, ${n + 1}::text COLLATE "C", ${n + 2}::bigint, ${n + 3}::uuid)
                 ORDER BY place, name, least, id LIMIT $2) f ON TRUE
             WHERE l.id = $1 AND l.deleted_at IS NULL ORDER BY f.place, f.name, f.least, f.id""",
        list_id,
        limit + 1,
        *arguments,
        *(after or (None, None, None, None)),
    )
    if not rows:
        raise NotVisible
    total, rows = rows[0]["total"], [row for row in rows if row["id"] is not None]
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Counted(
        items=await rules_out(rows[:limit], actor=actor),
        next=encode_cursor(last["place"], last["name"], last["least"], last["id"]) if last else None,
        total=total,
    )


async def rules_out(rows: Sequence[Any], *, actor: Actor) -> list[RuleOut]:
    """Rows (with `RULE_COLUMNS`) as this actor may see them."""
    prices = [msgspec.json.decode(row["price"], type=FixedPrice | OffPrice) for row in rows]
    from_cost = any(isinstance(price, OffPrice) and price.base == "cost" for price in prices)
    amounts: dict[tuple[str, str], str] = {}
    if from_cost and not actor.may("price.cost"):
        lists = (await current_shelf()).raw["price_lists"]
        wanted = {row["list_code"] for row in rows}
        amounts = {
            (code, rule["id"]): rule["price"]["amount"]
            for code in wanted & lists.keys()
            for rule in lists[code]["rules"]
            if rule["price"]["kind"] == "fixed"
        }
    return [_rule_out(row, price, amounts, actor=actor) for row, price in zip(rows, prices, strict=True)]


def _rule_out(row: Any, price: Price, amounts: dict[tuple[str, str], str], *, actor: Actor) -> RuleOut:
    shown: Price | None = price
    if isinstance(price, OffPrice) and price.base == "cost" and not actor.may("price.cost"):
        amount = amounts.get((row["list_code"], row["code"]))
        shown = None if amount is None else FixedPrice(amount)
    return RuleOut(
        id=row["id"],
        list_id=row["list_id"],
        code=row["code"],
        version=row["version"],
        priority=row["priority"],
        item=row["item_id"] and Ref(row["item_id"], row["item_code"], row["item_vi"], row["item_en"], row["base_unit"]),
        item_group=row["item_group_id"]
        and Ref(row["item_group_id"], row["item_group_code"], row["item_group_vi"], row["item_group_en"]),
        customer=row["customer_id"] and Ref(row["customer_id"], row["customer_code"], row["customer_vi"]),
        customer_group=row["customer_group_id"]
        and Ref(row["customer_group_id"], row["customer_group_code"], row["customer_group_vi"]),
        unit=row["unit"],
        min_qty=None if row["min_qty_micro"] is None else text_of_micro(row["min_qty_micro"]),
        max_qty=None if row["max_qty_micro"] is None else text_of_micro(row["max_qty_micro"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        price=shown,
        changed_at=row["changed_at"],
    )


def visible(*, actor: Actor, first: int) -> tuple[str, list[object]]:
    """The predicate on `RULE_TABLES` that hides rows naming customers the actor may not see."""
    predicate, arguments = scope(actor, "c.position_id", first)
    return f"(r.customer_id IS NULL OR {predicate})", arguments


def patterns(q: str) -> list[str]:
    """The words of a search for LIKE ALL on folded text; their own % and _ are letters."""
    plain = fold(q[:100]).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [f"%{word}%" for word in plain.split()]


def _narrowed(filters: RuleFilters, *, actor: Actor, first: int) -> tuple[str, list[object]]:
    predicate, arguments = visible(actor=actor, first=first)
    texts = [predicate]

    def add(text: str, value: object) -> None:
        texts.append(text.format(n=f"${first + len(arguments)}"))
        arguments.append(value)

    if filters.item is not None:
        add("r.item_id = {n}", filters.item)
    if filters.customer is not None:
        add("r.customer_id = {n}", filters.customer)
    if filters.item_group is not None:
        add(
            """EXISTS (SELECT 1 FROM item_groups g WHERE g.id IN (r.item_group_id, i.group_id)
                          AND g.path LIKE '%/' || {n}::uuid || '/%')""",
            filters.item_group,
        )
    if filters.customer_group is not None:
        add(
            """EXISTS (SELECT 1 FROM customer_groups g WHERE g.path LIKE '%/' || {n}::uuid || '/%'
                          AND (g.id = r.customer_group_id OR EXISTS (SELECT 1 FROM customer_group_links k
                                WHERE k.customer_id = r.customer_id AND k.group_id = g.id)))""",
            filters.customer_group,
        )
    if filters.on is not None:
        add("daterange(r.valid_from, r.valid_to, '[]') @> {n}::date", filters.on)
    if words := patterns(filters.q):
        add(_WORDS + " LIKE ALL ({n}::text[])", words)
    return " AND ".join(texts), arguments
