"""Verbs of the shelf: put goods aside for a reference, put them back, let them leave."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.stock.schemas import Issued, Picked


async def pick(quantities: Mapping[UUID, int], reference: UUID) -> list[Picked]:
    """Put goods aside, line by line. What a line held beyond its quantity is free for others in the same moment.

    The caller has checked that no quantity is beyond what the line holds (a CHECK constraint is the last line).
    """
    lines = [{"line": line, "qty": qty} for line, qty in quantities.items()]
    rows = await fetch(
        "SELECT * FROM stock_pick($1, $2::jsonb, $3)", reference, msgspec.json.encode(lines).decode(), now()
    )
    return [Picked(row["line"], row["picked"], row["rest"], row["backlog"]) for row in rows]


async def unpick(reference: UUID) -> None:
    """Put everything picked back among the reserved."""
    await execute("SELECT stock_unpick($1, $2)", reference, now())


async def issue(reference: UUID, *, by: UUID) -> list[Issued]:
    """Everything picked for a reference leaves: on hand, reserved and picked fall, and the ledger gets its moves."""
    rows = await fetch("SELECT * FROM stock_issue($1, $2, $3)", reference, now(), by)
    return [Issued(row["line"], row["qty"], row["backlog"]) for row in rows]
