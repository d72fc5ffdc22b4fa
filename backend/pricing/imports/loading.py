"""Reads what an import is compared with: goods, customers, units, and the prices and programmes that are there."""

from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.folding import fold
from backend.pricing.imports.names import Item, Known, Named, Names
from backend.pricing.imports.prices import PriceRow, Stored
from backend.pricing.imports.programmes import StoredPromotion


async def load_known() -> Known:
    """Everything a file may name, in four statements."""
    rows = await db.fetch(
        """SELECT i.id, i.code, i.name_vi, i.name_en, i.base_unit, i.active,
                  (SELECT array_agg(p.unit ORDER BY p.unit) FROM packagings p
                    WHERE p.item_id = i.id AND p.deleted_at IS NULL) AS units
             FROM items i WHERE i.deleted_at IS NULL ORDER BY i.active DESC, i.code"""
    )
    items = [
        Item(
            row["id"], row["code"], row["name_vi"], row["base_unit"],
            {fold(unit): unit for unit in [*(row["units"] or []), row["base_unit"]]}, row["active"],
        )
        for row in rows
    ]  # fmt: skip
    english = {row["id"]: [row["name_en"]] for row in rows}
    groups = await db.fetch("SELECT id, code, name_vi, name_en FROM item_groups WHERE deleted_at IS NULL ORDER BY code")
    customers = await db.fetch(
        "SELECT id, code, name FROM customers WHERE deleted_at IS NULL AND status <> 'closed' ORDER BY code"
    )
    classes = await db.fetch("SELECT id, code, name FROM customer_groups WHERE deleted_at IS NULL ORDER BY code")
    return Known(
        items=Names.of(items, english),
        item_groups=Names.of(
            [Named(row["id"], row["code"], row["name_vi"]) for row in groups],
            {row["id"]: [row["name_en"]] for row in groups},
        ),
        customers=Names.of(Named(*row) for row in customers),
        customer_groups=Names.of(Named(*row) for row in classes),
    )


async def load_units() -> frozenset[str]:
    """The folded names of all units goods are counted in."""
    rows = await db.fetch(
        """SELECT DISTINCT unit FROM packagings WHERE deleted_at IS NULL
           UNION SELECT base_unit FROM items WHERE deleted_at IS NULL"""
    )
    return frozenset(fold(row["unit"]) for row in rows)


async def load_stored(list_id: UUID) -> list[Stored]:
    """The rows of a list that an import may meet: those without a priority of their own."""
    rows = await db.fetch(
        """SELECT id, code, version, price::text AS price, item_id, item_group_id, customer_id, customer_group_id, unit,
                  min_qty_micro, max_qty_micro, valid_from, valid_to
             FROM price_rules WHERE list_id = $1 AND deleted_at IS NULL AND priority = 0""",
        list_id,
    )
    return [Stored(row["id"], row["code"], row["version"], price_row(row)) for row in rows]


def price_row(row: Any) -> PriceRow:
    """A stored rule in the form an import compares; a break from nothing is no break."""
    fields = {name: row[name] for name in PriceRow.__struct_fields__ if name != "price"}
    fields["min_qty_micro"] = fields["min_qty_micro"] or None
    return PriceRow(price=msgspec.json.decode(row["price"]), **fields)


async def load_promotions() -> dict[str, StoredPromotion]:
    """The promotions that are there, by code."""
    rows = await db.fetch(
        "SELECT id, code, version, state, rule::text AS rule FROM promotions WHERE deleted_at IS NULL"
    )
    return {
        row["code"]: StoredPromotion(
            row["id"], row["code"], row["version"], row["state"] == "draft", msgspec.json.decode(row["rule"])
        )
        for row in rows
    }
