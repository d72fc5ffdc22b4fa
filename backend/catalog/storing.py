"""Put whole catalogs away at once: for imports, the demo company and tests. Set-based, in the caller's transaction.

Rows are plain structs in the order of the columns; money is 10^-6 of the currency unit. Rows already there are left as
they are, so a second run changes nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now
from backend.core.folding import fold


class NewCurrency(msgspec.Struct, frozen=True):
    """A currency; `price_digits` is usually two more than `minor_digits`."""

    code: str
    minor_digits: int
    price_digits: int
    name_vi: str
    name_en: str


class NewRate(msgspec.Struct, frozen=True):
    """num/den of the company currency for one unit of `currency`, from a day on."""

    currency: str
    from_on: date
    num: int
    den: int = 1


class NewTax(msgspec.Struct, frozen=True):
    """A tax of rate_num/rate_den of the net amount (8/100)."""

    id: UUID
    code: str
    rate_num: int
    rate_den: int
    name_vi: str
    name_en: str


class NewItemGroup(msgspec.Struct, frozen=True):
    """A group of items under another; parents come before their children."""

    id: UUID
    parent_id: UUID | None
    code: str
    name_vi: str
    name_en: str


class NewItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item. Prices are per base unit, 10^-6 of `list_currency`."""

    id: UUID
    code: str
    name_vi: str
    name_en: str
    base_unit: str
    list_currency: str
    group_id: UUID | None = None
    tax_id: UUID | None = None
    base_digits: int = 0
    whole_units: bool = True
    list_price_micro: int | None = None
    cost_micro: int | None = None
    floor_price_micro: int | None = None
    stocked: bool = True
    active: bool = True


class NewPackaging(msgspec.Struct, frozen=True):
    """One `unit` of the item holds num/den base units."""

    id: UUID
    item_id: UUID
    unit: str
    num: int
    den: int = 1
    whole_units: bool = True
    barcode: str | None = None


class NewReason(msgspec.Struct, frozen=True):
    """A reason somebody may choose; `seq` orders it within its kind."""

    id: UUID
    kind: str
    code: str
    name_vi: str
    name_en: str
    seq: int = 0


Stored = NewCurrency | NewRate | NewTax | NewItemGroup | NewItem | NewPackaging | NewReason
_TABLES: dict[type, str] = {
    NewCurrency: "currencies",
    NewRate: "currency_rates",
    NewTax: "taxes",
    NewItemGroup: "item_groups",
    NewItem: "items",
    NewPackaging: "packagings",
    NewReason: "reasons",
}
_PLAIN = (NewCurrency, NewRate)


async def insert_catalog(rows: Sequence[Stored], *, created_by: UUID | None = None, at: datetime | None = None) -> None:
    """Store rows of any of the kinds above, kind by kind in the order the kinds refer to each other.

    Args:
        at: `created_at` and `changed_at` of the rows; now, if absent.
    """
    for kind, table in _TABLES.items():
        await _insert(table, [row for row in rows if type(row) is kind], created_by, at or now())


async def insert_items(rows: Sequence[NewItem], *, created_by: UUID | None = None, at: datetime | None = None) -> None:
    """Store items in one statement."""
    await _insert("items", rows, created_by, at or now())


async def _insert(table: str, rows: Sequence[Stored], created_by: UUID | None, at: datetime) -> None:
    if not rows:
        return
    columns = list(type(rows[0]).__struct_fields__)
    values = [[getattr(row, column) for row in rows] for column in columns]
    if isinstance(rows[0], NewItem):
        columns.append("folded")
        values.append([fold(f"{row.code} {row.name_vi} {row.name_en}") for row in rows if isinstance(row, NewItem)])
    shared: list[object] = []
    if not isinstance(rows[0], _PLAIN):
        columns += ["created_at", "changed_at", "created_by"]
        shared = [at, created_by]
    arrays = ", ".join(f"${n + 1}::{_ARRAY.get(column, 'text')}[]" for n, column in enumerate(columns[: len(values)]))
    first = len(values) + 1
    fixed = f", ${first}::timestamptz, ${first}::timestamptz, ${first + 1}::uuid" if shared else ""
    await db.execute(
        f"""INSERT INTO {table} ({", ".join(columns)})
            SELECT u.*{fixed} FROM unnest({arrays}) AS u ON CONFLICT DO NOTHING""",
        *values,
        *shared,
    )


_ARRAY = {
    **dict.fromkeys(("id", "parent_id", "group_id", "tax_id", "item_id"), "uuid"),
    **dict.fromkeys(
        ("num", "den", "rate_num", "rate_den", "list_price_micro", "cost_micro", "floor_price_micro"), "bigint"
    ),
    **dict.fromkeys(("minor_digits", "price_digits", "base_digits"), "smallint"),
    **dict.fromkeys(("whole_units", "stocked", "active"), "boolean"),
    "from_on": "date",
    "seq": "int",
}
