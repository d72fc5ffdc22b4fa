"""Tell people what happened to an order: the rep who placed it, and the manager an answer is wanted from."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.notices.notifying import notify

# The managers nearest above a position on today's reporting line (its own level included), but not the asker.
_NEAREST_MANAGERS = """
    WITH RECURSIVE above AS (
        SELECT $1::int AS id, 0 AS level
        UNION
        SELECT line.parent_id, above.level + 1 FROM above JOIN reporting_lines line ON line.position_id = above.id
         WHERE line.parent_id IS NOT NULL AND line.valid_from <= $2 AND (line.valid_to IS NULL OR $2 < line.valid_to)
           AND above.level < 20
    )
    SELECT user_id FROM (
        SELECT g.user_id, rank() OVER (ORDER BY above.level) AS place
          FROM above JOIN position_grants g ON g.position_id = above.id
          JOIN users u ON u.id = g.user_id AND u.active AND u.deleted_at IS NULL
         WHERE g.valid_from <= $2 AND (g.valid_to IS NULL OR $2 < g.valid_to) AND g.user_id <> $3
           AND EXISTS (SELECT 1 FROM user_roles r
                        WHERE r.user_id = g.user_id AND r.role IN ('manager', 'admin'))) nearest
     WHERE place = 1"""


def _link(order_id: UUID) -> str:
    return f"/orders/{order_id}"


async def tell_owner(order: Mapping[str, Any], kind: str, *, by: UUID | None, **numbers: object) -> None:
    """A notice to the rep who placed the order, unless they did it themselves."""
    if by != order["user_id"]:
        await notify(order["user_id"], kind, {"number": order["number"], **numbers}, _link(order["id"]))


async def ask_managers(order_id: UUID, number: str, position: int, *, asker: UUID) -> None:
    """A notice to the nearest managers that an order waits for their answer."""
    for row in await fetch(_NEAREST_MANAGERS, position, today(), asker):
        await notify(row["user_id"], "approval.waiting", {"number": number}, _link(order_id))
