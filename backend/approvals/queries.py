"""Reads of approvals: what waits for an answer among the actor's own people."""

from datetime import datetime
from uuid import UUID

from backend.approvals.schemas import Request
from backend.core.database import fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.paging import Page, decode_cursor, encode_cursor
from backend.people.access import Actor, scope

_COLUMNS = """r.id, r.reference, r.event, r.position_id, r.requested_by, u.name AS requested_by_name, r.requested_at,
              r.facts, r.state, r.version"""


async def list_requests(
    *, actor: Actor, state: str = "open", limit: int = 50, cursor: str | None = None
) -> Page[Request]:
    """Requests of the actor's people, oldest first: who waits longest is answered first."""
    predicate, arguments = scope(actor, "r.position_id", 5)
    after = decode_cursor(cursor, datetime, UUID) or (None, None)
    rows = await fetch(
        f"""SELECT {_COLUMNS} FROM approval_requests r JOIN users u ON u.id = r.requested_by
             WHERE r.state = $1 AND ($2::timestamptz IS NULL OR (r.requested_at, r.id) > ($2, $3::uuid)) AND {predicate}
             ORDER BY r.requested_at, r.id LIMIT $4""",
        state, *after, limit + 1, *arguments,
    )  # fmt: skip
    page = [Request(**row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(page, encode_cursor(page[-1].requested_at, page[-1].id) if more else None)


async def find_request(request_id: UUID, *, actor: Actor) -> Request:
    """One request. Refuses `NotVisible` when it is absent or outside the actor's people."""
    predicate, arguments = scope(actor, "r.position_id", 2)
    row = await fetch_row(
        f"""SELECT {_COLUMNS} FROM approval_requests r JOIN users u ON u.id = r.requested_by
             WHERE r.id = $1 AND {predicate}""",
        request_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return Request(**row)
