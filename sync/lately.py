"""Whether a customer was somebody's until lately: work done before it changed hands is not lost."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from backend.core.clock import now, today
from backend.core.database import fetch_value
from backend.people.access import Actor

DAYS: Final = 30


async def held_lately(customer_id: UUID, *, actor: Actor) -> bool:
    """Whether the actor saw the customer on some day of the last 30: by its moves, or by a grant that ended."""
    return bool(
        await fetch_value(
            """WITH granted AS (
                 SELECT array_agg(DISTINCT position_id) AS roots FROM position_grants
                  WHERE user_id = $1 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $4)),
               keys AS (
                 SELECT id FROM granted, positions_below(granted.roots, $3::date)
                  UNION SELECT id FROM granted, positions_below(granted.roots, $4::date))
               SELECT EXISTS (SELECT 1 FROM customers c JOIN keys k ON k.id = c.position_id
                               WHERE c.id = $2 AND c.deleted_at IS NULL)
                   OR EXISTS (SELECT 1 FROM sync_moves m JOIN keys k ON k.id = m.frm
                               WHERE m.root = $2 AND m.id = $2 AND m.at > $5)""",
            actor.user_id,
            customer_id,
            today(),
            today() - timedelta(days=DAYS),
            now() - timedelta(days=DAYS),
        )
    )
