"""Reads of conflicts, always within the actor's own line."""

from datetime import datetime
from uuid import UUID

from backend.conflicts.schemas import ConflictRow
from backend.core.database import fetch
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.people.access import Actor, scope


async def list_conflicts(
    *, actor: Actor, settled: bool = False, customer: UUID | None = None, limit: int = 50, cursor: str | None = None
) -> Page[ConflictRow]:
    """Values that lost a merge, the newest first: those nobody has settled, or those somebody has."""
    limit = max(1, min(limit, MOST))
    predicate, arguments = scope(actor, "coalesce(c.position_id, k.position_id)", 6)
    after = decode_cursor(cursor, datetime, UUID)
    rows = await fetch(
        f"""SELECT k.id, k.entity, k.entity_id, k.customer_id, c.name AS customer, k.field, k.base_value AS base,
                   k.kept_value AS kept, k.lost_value AS lost, k.lost_by AS lost_by_id, u.name AS lost_by, k.lost_at,
                   k.choice, s.name AS settled_by, k.settled_at
              FROM conflict_log k JOIN users u ON u.id = k.lost_by
              LEFT JOIN customers c ON c.id = k.customer_id LEFT JOIN users s ON s.id = k.settled_by
             WHERE ($1::timestamptz IS NULL OR (k.lost_at, k.id) < ($1, $2::uuid))
               AND (k.settled_at IS NOT NULL) = $4 AND ($5::uuid IS NULL OR k.customer_id = $5)
               AND k.deleted_at IS NULL AND {predicate}
             ORDER BY k.lost_at DESC, k.id DESC LIMIT $3""",
        *(after or (None, None)), limit + 1, settled, customer, *arguments,
    )  # fmt: skip
    items = [ConflictRow(**row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items=items, next=encode_cursor(last["lost_at"], last["id"]) if last else None)
