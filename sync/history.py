"""History of a customer that is older than a phone's window: read online, page by page, never stored."""

from datetime import date
from uuid import UUID

import msgspec

from backend.core.clock import today
from backend.core.database import fetch, transaction
from backend.core.errors import NotVisible
from backend.people.access import Actor
from sync.protocol import Up
from sync.pull import keys_of
from sync.pull_queries import write_vectors
from sync.tables import MIN_SCHEMA


class History(msgspec.Struct):
    """Rows in the format of a pull; `before` of the next page, or null at the end."""

    up: list[Up]
    before: date | None


async def read_history(root: UUID, before: date, limit: int, *, actor: Actor, schema: int = MIN_SCHEMA) -> History:
    """The newest rows of a visible root before a day. Whole days: a page may hold a few rows more than `limit`."""
    keys = sorted(await keys_of(actor))
    async with transaction(isolation="repeatable_read", readonly=True):
        seen = await fetch("SELECT 1 FROM sync_rows WHERE id = $1 AND root = $1 AND key = ANY($2::int[])", root, keys)
        if not seen:
            raise NotVisible
        rows = await fetch(
            """WITH old AS (SELECT tbl, id, day FROM sync_rows
                             WHERE root = $1 AND day < $2 AND key = ANY($3::int[]) AND NOT del
                             ORDER BY day DESC FETCH FIRST $4 ROWS WITH TIES)
               SELECT tbl, array_agg(id ORDER BY day DESC, id)::text AS ids, min(day) AS first_day, count(*) AS rows
                 FROM old GROUP BY tbl""",
            root, min(before, today()), keys, limit,
        )  # fmt: skip
        up = await write_vectors({row["tbl"]: row["ids"] for row in rows}, schema)
    more = sum(row["rows"] for row in rows) >= limit
    return History(up, min(row["first_day"] for row in rows) if more else None)
