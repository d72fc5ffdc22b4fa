"""Who waits for goods, and whose reservations are past their time: for the verbs that serve or end them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from backend.core.database import fetch


async def waiting_references(items: Collection[UUID]) -> list[UUID]:
    """References with a line that waits for any of these items."""
    rows = await fetch(
        """SELECT DISTINCT reference FROM reservations 
            WHERE item_id = ANY($1::uuid[]) AND state = 'active' AND backlog > 0""",
        list(items),
    )
    return [row["reference"] for row in rows]


async def expired_references(at: datetime) -> list[UUID]:
    """References whose soft reservations have passed their time."""
    rows = await fetch(
        "SELECT DISTINCT reference FROM reservations WHERE state = 'active' AND kind = 'soft' AND expires_at <= $1", at
    )
    return [row["reference"] for row in rows]
