"""Reads of imports. Only those who may change prices reach them; each read takes `actor`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.errors import NotVisible
from backend.core.languages import text
from backend.core.paging import Page, decode_cursor, encode_cursor
from backend.people.access import Actor, require
from backend.pricing.imports.mapping import Mapping
from backend.pricing.imports.schemas import ColumnOut, ImportOut, ImportRow, Outcome, RowOut, StepOut, TableOut
from backend.pricing.imports.words import ROLES

_COLUMNS = """i.id, i.kind, l.code AS list_code, l.name_vi AS list_name_vi, l.name_en AS list_name_en, l.currency,
    i.file_name, i.file_size, i.state, i.counts, u.name AS by, i.created_at, i.done, i.total, i.tables, i.columns,
    i.notes, i.fault, i.mapping::text AS mapping, i.version"""
_TABLES = "price_imports i JOIN users u ON u.id = i.created_by LEFT JOIN price_lists l ON l.id = i.list_id"


async def list_imports(*, actor: Actor, limit: int, cursor: str | None) -> Page[ImportRow]:
    """Imports, the newest first."""
    require(actor, "price.change")
    after = decode_cursor(cursor, datetime, UUID)
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} FROM {_TABLES}
             WHERE $1::timestamptz IS NULL OR (i.created_at, i.id) < ($1, $2::uuid)
             ORDER BY i.created_at DESC, i.id DESC LIMIT $3""",
        *(after or (None, None)), limit + 1,
    )  # fmt: skip
    items = [ImportRow(**{name: row[name] for name in ImportRow.__struct_fields__}) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at, items[-1].id) if len(rows) > limit else None
    return Page(items, more)


async def show_import(import_id: UUID, *, actor: Actor) -> ImportOut:
    """One import with its mapping and how far it is. Refuses `not-found`."""
    require(actor, "price.change")
    row = await db.fetch_row(f"SELECT {_COLUMNS} FROM {_TABLES} WHERE i.id = $1", import_id)
    if row is None:
        raise NotVisible
    steps = await db.fetch(
        """SELECT s.step, u.name AS by, s.made_at AS at FROM price_import_steps s JOIN users u ON u.id = s.made_by
            WHERE s.import_id = $1 ORDER BY s.made_at, s.id""",
        import_id,
    )
    mapping = Mapping() if row["mapping"] is None else msgspec.json.decode(row["mapping"], type=Mapping)
    plain = {name: row[name] for name in ImportRow.__struct_fields__}
    return ImportOut(
        **plain,
        currency=row["currency"],
        done=row["done"],
        total=row["total"],
        tables=msgspec.convert(row["tables"], list[TableOut]),
        columns=msgspec.convert(row["columns"], list[ColumnOut]),
        row=mapping.row,
        lines=mapping.lines,
        starts_on=None if mapping.starts_on is None else date.fromisoformat(mapping.starts_on),
        close_earlier=mapping.close_earlier,
        roles=list(ROLES[row["kind"]]),
        notes=row["notes"],
        fault=_fault(row["fault"], actor),
        steps=[StepOut(**dict(step)) for step in steps],
        version=row["version"],
    )


def _fault(kept: dict[str, Any] | None, actor: Actor) -> dict[str, Any] | None:
    if kept is None:
        return None
    numbers = {name: value for name, value in kept.items() if name != "code"}
    return {**kept, "title": text(f"problem.{kept['code']}", actor.language, **numbers)}


async def list_rows(
    import_id: UUID, *, actor: Actor, outcome: Outcome | None, limit: int, cursor: str | None
) -> Page[RowOut]:
    """The rows of the dry run in the order of the file. Refuses `not-found`."""
    require(actor, "price.change")
    if not await db.fetch_value("SELECT true FROM price_imports WHERE id = $1", import_id):
        raise NotVisible
    after = decode_cursor(cursor, int)
    rows = await db.fetch(
        """SELECT n, sheet, row, outcome, label, before, after, faults, meetings FROM price_import_rows
            WHERE import_id = $1 AND n > $2 AND ($3::text IS NULL OR outcome = $3) ORDER BY n LIMIT $4""",
        import_id, after[0] if after else 0, outcome, limit + 1,
    )  # fmt: skip
    items = [msgspec.convert(dict(row), RowOut) for row in rows[:limit]]
    return Page(items, encode_cursor(items[-1].n) if len(rows) > limit else None)
