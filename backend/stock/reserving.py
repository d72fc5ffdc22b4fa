"""Verbs that speak for goods: reserve, fill a backlog, release. Ledgers are keyed by the caller's reference."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.core.clock import now
from backend.core.database import fetch
from backend.stock.schemas import Held, Want


async def reserve(lines: Sequence[Want], reference: UUID, *, soft_until: datetime | None = None) -> list[Held]:
    """Reserve what is there for each line, first come first served; the rest of each waits as backlog.

    `soft_until` makes the reservation end by itself at that moment. Never refuses: a short line says so. One call takes
    all bins in one order, so two orders of the same items never wait for each other in a circle.
    """
    rows = await fetch(
        "SELECT * FROM stock_reserve($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        reference, [line.line for line in lines], [line.item for line in lines], [line.warehouse for line in lines],
        [line.qty for line in lines], [line.due_on for line in lines], "soft" if soft_until else "hard", soft_until,
        now(),
    )  # fmt: skip
    return [Held(reference, row["line"], row["item"], row["held"], row["backlog"]) for row in rows]


async def fill(references: Sequence[UUID], *, harden: bool = False) -> list[Held]:
    """Give waiting lines what is free now: earlier due day first, then who asked first. The lines that got something.

    `harden` (a person said yes): reservations stop expiring, and expired ones are taken again as far as goods reach;
    then every open line is answered.
    """
    rows = await fetch("SELECT * FROM stock_fill($1::uuid[], $2, $3)", list(references), harden, now())
    return [Held(row["reference"], row["line"], row["item"], row["held"], row["backlog"]) for row in rows]


async def release(
    references: Sequence[UUID], *, how: Literal["released", "expired"] = "released", lines: Sequence[UUID] | None = None
) -> set[UUID]:
    """Give back everything these references (or only these lines of theirs) hold or wait for, picked or not.

    The items that became free.
    """
    rows = await fetch(
        "SELECT * FROM stock_release($1::uuid[], $2, $3, $4::uuid[])",
        list(references), how, now(), None if lines is None else list(lines),
    )  # fmt: skip
    return {row["item"] for row in rows if row["given_back"] > 0}
