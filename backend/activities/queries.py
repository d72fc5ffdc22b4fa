"""Reads of activities: visits, expenses and files, always within the actor's own line."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.activities.errors import FileAwaited
from backend.activities.schemas import ActivityOut, ExpenseOut, FileOut
from backend.core.database import fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.money import text_of_minor
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.core.settings import settings
from backend.people.access import ADMIN, MANAGER, REP, Actor, scope

_FILES = """(SELECT coalesce(json_agg(json_build_object('id', a.id, 'mime', a.mime, 'size', a.size, 'state', a.state)
             ORDER BY a.id), '[]') FROM attachments a WHERE a.owner_id = t.id AND a.deleted_at IS NULL) AS files"""


class Filters(msgspec.Struct, frozen=True):
    """What a list may be narrowed by; both days count (company time zone)."""

    customer: UUID | None = None
    user: UUID | None = None
    since: date | None = None
    until: date | None = None


def _narrowed(filters: Filters, day: str, key: str, first: int, *, actor: Actor) -> tuple[str, list[object]]:
    predicate, arguments = scope(actor, key, first)
    texts = ["t.deleted_at IS NULL", predicate]
    options = (
        ("t.customer_id = ${n}", filters.customer),
        ("t.user_id = ${n}", filters.user),
        (f"{day} >= ${{n}}", filters.since),
        (f"{day} <= ${{n}}", filters.until),
    )
    for text, value in options:
        if value is not None:
            arguments.append(value)
            texts.append(text.format(n=first + len(arguments) - 1))
    return " AND ".join(texts), arguments


def _files(rows: list[dict[str, Any]]) -> list[FileOut]:
    return msgspec.convert(rows, list[FileOut])


async def list_activities(
    filters: Filters, *, actor: Actor, limit: int = 50, cursor: str | None = None
) -> Page[ActivityOut]:
    """Visits, the newest first, a page at a time."""
    limit = max(1, min(limit, MOST))
    local_day = "(t.started_at AT TIME ZONE $4)::date"
    where, arguments = _narrowed(filters, local_day, "c.position_id", 5, actor=actor)
    after = decode_cursor(cursor, datetime, UUID)
    rows = await fetch(
        f"""SELECT t.*, c.name AS customer, u.name AS "user", {_FILES}
              FROM visits t JOIN customers c ON c.id = t.customer_id JOIN users u ON u.id = t.user_id
             WHERE ($1::timestamptz IS NULL OR (t.started_at, t.id) < ($1, $2::uuid)) AND $4::text <> '' AND {where}
             ORDER BY t.started_at DESC, t.id DESC LIMIT $3""",
        *(after or (None, None)), limit + 1, settings().time_zone, *arguments,
    )  # fmt: skip
    plain = [name for name in ActivityOut.__struct_fields__ if name not in ("kind", "attachments")]
    items = [
        ActivityOut(kind="visit", attachments=_files(row["files"]), **{name: row[name] for name in plain})
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items=items, next=encode_cursor(last["started_at"], last["id"]) if last else None)


async def list_expenses(
    filters: Filters, *, actor: Actor, limit: int = 50, cursor: str | None = None
) -> Page[ExpenseOut]:
    """Expenses, the latest day first, a page at a time."""
    limit = max(1, min(limit, MOST))
    where, arguments = _narrowed(filters, "t.spent_on", "coalesce(c.position_id, t.position_id)", 4, actor=actor)
    after = decode_cursor(cursor, date, UUID)
    rows = await fetch(
        f"""SELECT t.*, c.name AS customer, u.name AS "user", {_FILES}
              FROM expenses t LEFT JOIN customers c ON c.id = t.customer_id JOIN users u ON u.id = t.user_id
             WHERE ($1::date IS NULL OR (t.spent_on, t.id) < ($1, $2::uuid)) AND {where}
             ORDER BY t.spent_on DESC, t.id DESC LIMIT $3""",
        *(after or (None, None)), limit + 1, *arguments,
    )  # fmt: skip
    plain = [name for name in ExpenseOut.__struct_fields__ if name not in ("amount", "vat", "attachments")]
    items = [
        ExpenseOut(
            amount=text_of_minor(row["amount"], row["digits"]),
            vat=None if row["vat"] is None else text_of_minor(row["vat"], row["digits"]),
            attachments=_files(row["files"]),
            **{name: row[name] for name in plain},
        )
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items=items, next=encode_cursor(last["spent_on"], last["id"]) if last else None)


class StoredFile(msgspec.Struct, frozen=True):
    """Where the bytes of an attachment are and what they are."""

    id: UUID
    sha256: str
    mime: str


async def find_file(attachment_id: UUID, *, actor: Actor) -> StoredFile:
    """The file of an attachment whose owner the actor sees; accounts see receipts only.

    Refuses the absent and the foreign alike (`NotVisible`), and what has not arrived yet (`FileAwaited`).
    """
    predicate, arguments = scope(actor, "coalesce(c.position_id, a.position_id)", 2)
    only = "TRUE" if actor.has(ADMIN, MANAGER, REP) else "a.owner = 'expense'"
    row = await fetch_row(
        f"""SELECT a.id, a.sha256, a.state, f.mime FROM attachments a
              LEFT JOIN customers c ON c.id = a.customer_id
              LEFT JOIN attachment_files f ON f.attachment_id = a.id
             WHERE a.id = $1 AND a.deleted_at IS NULL AND {only} AND {predicate}""",
        attachment_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    if row["state"] != "stored":
        raise FileAwaited
    return StoredFile(row["id"], row["sha256"], row["mime"])
