"""Reads of notices: one's own inbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.database import fetch, fetch_row, fetch_value
from backend.core.errors import NotVisible
from backend.core.paging import MOST, decode_cursor, encode_cursor
from backend.notices.schemas import Inbox, NoticeOut
from backend.notices.wording import body_of, title_of
from backend.people.access import Actor


def _out(row: Any, language: str) -> NoticeOut:
    numbers = row["numbers"]
    return NoticeOut(
        id=row["id"],
        kind=row["kind"],
        title=title_of(row["kind"], language, numbers),
        body=body_of(row["kind"], language, numbers),
        numbers=numbers,
        link=row["link"],
        created_at=row["created_at"],
        read_at=row["read_at"],
    )


async def list_notices(*, actor: Actor, limit: int = 50, cursor: str | None = None, unread: bool = False) -> Inbox:
    """The actor's own notices, newest first, in the actor's language; `unread` leaves out what was read."""
    limit = max(1, min(limit, MOST))
    after = decode_cursor(cursor, datetime, UUID)
    rows = await fetch(
        """SELECT n.id, n.kind, n.numbers, n.link, n.created_at, r.read_at
             FROM notices n LEFT JOIN notice_readings r ON r.notice_id = n.id
            WHERE n.user_id = $1 AND ($2::timestamptz IS NULL OR (n.created_at, n.id) < ($2, $3::uuid))
              AND (NOT $5 OR r.notice_id IS NULL)
            ORDER BY n.created_at DESC, n.id DESC LIMIT $4""",
        actor.user_id, *(after or (None, None)), limit + 1, unread,
    )  # fmt: skip
    waiting = await fetch_value(
        """SELECT count(*) FROM notices n WHERE n.user_id = $1
              AND NOT EXISTS (SELECT 1 FROM notice_readings r WHERE r.notice_id = n.id)""",
        actor.user_id,
    )
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Inbox(
        items=[_out(row, actor.language) for row in rows[:limit]],
        unread=waiting,
        next=encode_cursor(last["created_at"], last["id"]) if last is not None else None,
    )


async def show_notice(notice_id: UUID, *, actor: Actor) -> NoticeOut:
    """One of the actor's own notices; anybody else's is as absent as an unknown one."""
    row = await fetch_row(
        """SELECT n.id, n.kind, n.numbers, n.link, n.created_at, r.read_at
             FROM notices n LEFT JOIN notice_readings r ON r.notice_id = n.id WHERE n.id = $1 AND n.user_id = $2""",
        notice_id, actor.user_id,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return _out(row, actor.language)
