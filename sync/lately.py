"""Which customers were somebody's until lately: work done before they changed hands is not lost."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from backend.core.clock import now, today
from backend.core.database import fetch
from backend.people.access import Actor

DAYS: Final = 30


async def held_lately(customers: Collection[UUID], *, actor: Actor) -> set[UUID]:
    """Which of these customers the actor saw on some day of the last 30: by their moves, or by a grant that ended."""
    rows = await fetch(
        """WITH granted AS (
             SELECT array_agg(DISTINCT position_id) AS roots FROM position_grants
              WHERE user_id = $1 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $4)),
           keys AS (
             SELECT id FROM granted, positions_below(granted.roots, $3::date)
              UNION SELECT id FROM granted, positions_below(granted.roots, $4::date))
           SELECT c.id FROM customers c JOIN keys k ON k.id = c.position_id
            WHERE c.id = ANY($2::uuid[]) AND c.deleted_at IS NULL
            UNION
           SELECT m.root FROM sync_moves m JOIN keys k ON k.id = m.frm
            WHERE m.root = ANY($2::uuid[]) AND m.id = m.root AND m.at > $5""",
        actor.user_id,
        list(customers),
        today(),
        today() - timedelta(days=DAYS),
        now() - timedelta(days=DAYS),
    )
    return {row["id"] for row in rows}
