"""Reads of the catalog. Everybody may see every item; who sees no prices gets them without."""

from typing import Any
from uuid import UUID

from backend.catalog.schemas import GroupOut, ItemDetail, ItemOut, PackagingOut
from backend.core import database as db
from backend.core.errors import NotVisible
from backend.core.folding import fold
from backend.core.money import text_of_micro
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.people.access import Actor

_COLUMNS = """i.id, i.code, i.name_vi, i.name_en, i.group_id, i.base_unit, i.base_digits, i.whole_units,
              t.code AS tax_code, i.stocked, i.active, i.list_price_micro, i.list_currency, i.folded"""
_FROM = "FROM items i LEFT JOIN taxes t ON t.id = i.tax_id"
_SHOWN = [name for name in ItemOut.__struct_fields__ if not name.startswith("list_")]


def _fields(row: Any, *, actor: Actor) -> dict[str, Any]:
    price = row["list_price_micro"] if actor.sees_prices else None
    return {
        **{name: row[name] for name in _SHOWN},
        "list_price": None if price is None else text_of_micro(price),
        "list_currency": row["list_currency"] if actor.sees_prices else None,
    }


async def list_items(
    *, actor: Actor, q: str = "", group: UUID | None = None, limit: int = 50, cursor: str | None = None
) -> Page[ItemOut]:
    """Items on sale by folded code and name, a page at a time.

    Args:
        q: words of the code or the names, in any order, with or without accents; all must occur.
        group: only items of this group and the groups below it.
    """
    limit = max(1, min(limit, MOST))
    words = [f"%{_plain(word)}%" for word in fold(q[:100]).split()]
    after = decode_cursor(cursor, str, UUID)
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} {_FROM}
             WHERE i.deleted_at IS NULL AND i.active AND i.folded LIKE ALL ($1::text[])
               AND ($2::text IS NULL OR (i.folded, i.id) > ($2, $3::uuid))
               AND ($4::uuid IS NULL OR i.group_id IN
                    (SELECT id FROM item_groups WHERE path LIKE (SELECT path FROM item_groups WHERE id = $4) || '%'))
             ORDER BY i.folded, i.id LIMIT $5""",
        words,
        *(after or (None, None)),
        group,
        limit + 1,
    )
    more = len(rows) > limit
    return Page(
        items=[ItemOut(**_fields(row, actor=actor)) for row in rows[:limit]],
        next=encode_cursor(rows[limit - 1]["folded"], rows[limit - 1]["id"]) if more else None,
    )


async def item_detail(item_id: UUID, *, actor: Actor) -> ItemDetail:
    """One item with its packagings and the groups it lies in. Refuses `not-found`."""
    row = await db.fetch_row(f"SELECT {_COLUMNS} {_FROM} WHERE i.id = $1 AND i.deleted_at IS NULL", item_id)
    if row is None:
        raise NotVisible
    packagings = await db.fetch(
        """SELECT id, unit, num::text, den::text, whole_units, barcode FROM packagings
            WHERE item_id = $1 AND deleted_at IS NULL ORDER BY packagings.num::numeric / packagings.den, unit""",
        item_id,
    )
    groups = await db.fetch(
        """SELECT g.id, g.parent_id, g.code, g.name_vi, g.name_en FROM item_groups own
             JOIN item_groups g ON own.path LIKE g.path || '%' WHERE own.id = $1 ORDER BY length(g.path) DESC""",
        row["group_id"],
    )
    return ItemDetail(
        **_fields(row, actor=actor),
        packagings=[PackagingOut(**one) for one in packagings],
        groups=[GroupOut(**one) for one in groups],
    )


async def list_groups(*, actor: Actor) -> list[GroupOut]:
    """The whole tree of item groups, parents before children."""
    rows = await db.fetch(
        """SELECT id, parent_id, code, name_vi, name_en FROM item_groups WHERE deleted_at IS NULL
            ORDER BY length(path), code COLLATE "C" """
    )
    return [GroupOut(**row) for row in rows]


def _plain(word: str) -> str:
    """A word for LIKE: its own % and _ are letters."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
