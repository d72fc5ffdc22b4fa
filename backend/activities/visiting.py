"""Log a visit with its check-in."""

import math
from typing import Any
from uuid import UUID

from backend.activities.errors import ActivityIdTaken, TimesWrong
from backend.activities.rules import Pin, judge_fix
from backend.activities.schemas import Logged, LogVisit
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.core.errors import NotVisible
from backend.customers.touching import mark_visited
from backend.people.access import Actor, require, scope


async def log_visit(command: LogVisit, *, actor: Actor, late: bool = False) -> Logged:
    """Store a visit of a visible customer. A far or vague fix is stored and marked, never refused.

    `late`: the customer was the actor's until lately (the caller has checked it); the work is kept and marked. Saying
    the same again gives the same answer. Refuses a foreign or unknown customer, and an end before the start.
    """
    require(actor, "activity.write")
    around = await _around(command, actor, late)
    if around["user_id"] is not None:
        return _again(command.id, around, actor)
    if command.ended_at is not None and command.ended_at < command.started_at:
        raise TimesWrong(pointer="/ended_at")
    if not around["visible"]:
        raise NotVisible(pointer="/customer_id")
    fix = command.fix
    judged = judge_fix(fix, [Pin(*pin) for pin in around["pins"] or []])
    moment = now()
    await execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at, ended_at, received_at, lat, lon,
                               accuracy_m, fixed_at, distance_m, verdict, far_reason, note, outcome, next_step, next_on,
                               late, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $7, $3)""",
        command.id, command.customer_id, actor.user_id, command.purpose, command.started_at, command.ended_at, moment,
        fix and fix.lat, fix and fix.lon, fix and math.ceil(fix.accuracy_m), fix and fix.at, judged.distance_m,
        judged.verdict, command.far_reason, command.note, command.outcome, command.next_step, command.next_on, late,
    )  # fmt: skip
    await mark_visited(command.customer_id, min(command.started_at, moment))
    await audit.record(
        "visit", command.id, "visit.log", actor_id=actor.user_id,
        details={"customer_id": str(command.customer_id), "verdict": judged.verdict, "late": late},
    )  # fmt: skip
    asks = judged.asks_reason and not command.far_reason
    return Logged(command.id, 1, judged.verdict, judged.distance_m, asks, late)


async def _around(command: LogVisit, actor: Actor, late: bool) -> Any:
    """The visit, if it is there already, whether the customer is the actor's to visit, and the customer's pins."""
    predicate, arguments = ("TRUE", []) if late else scope(actor, "c.position_id", 3)
    return await fetch_row(
        f"""SELECT v.version, v.user_id, v.verdict, v.distance_m, v.late, c.id IS NOT NULL AS visible,
                   (SELECT json_agg(json_build_array(lat, lon, grade)) FROM addresses
                     WHERE party_id = $2 AND lat IS NOT NULL AND deleted_at IS NULL) AS pins
              FROM (SELECT 1) one LEFT JOIN visits v ON v.id = $1
              LEFT JOIN customers c ON c.id = $2 AND c.deleted_at IS NULL AND {predicate}""",
        command.id, command.customer_id, *arguments,
    )  # fmt: skip


def _again(visit_id: UUID, row: Any, actor: Actor) -> Logged:
    if row["user_id"] != actor.user_id:
        raise ActivityIdTaken(pointer="/id")
    return Logged(visit_id, row["version"], row["verdict"], row["distance_m"], False, row["late"])


async def refuse_foreign(customer_id: UUID, *, actor: Actor, late: bool) -> None:
    """Absent and foreign customers are refused alike; a late hand-in only needs the customer to exist."""
    predicate, arguments = ("TRUE", []) if late else scope(actor, "position_id", 2)
    row: Any = await fetch_row(
        f"SELECT TRUE FROM customers WHERE id = $1 AND deleted_at IS NULL AND {predicate}", customer_id, *arguments
    )
    if row is None:
        raise NotVisible(pointer="/customer_id")
