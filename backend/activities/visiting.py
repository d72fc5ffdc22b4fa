"""Log visits with their check-ins: one, or a phone's whole day in the same few statements."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from backend.activities.errors import ActivityIdTaken, TimesWrong
from backend.activities.rules import Judgement, Pin, judge_fix
from backend.activities.schemas import Logged, LogVisit
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.errors import NotVisible, Refusal, granted
from backend.customers.touching import mark_visited
from backend.people.access import Actor, require, scope

_SAID = (
    "id", "customer_id", "purpose", "started_at", "ended_at", "far_reason", "note", "outcome", "next_step", "next_on",
)  # fmt: skip


class _Fresh(NamedTuple):
    """A visit that is new and in order."""

    command: LogVisit
    judged: Judgement


async def log_visit(command: LogVisit, *, actor: Actor, late: bool = False) -> Logged:
    """Store a visit of a visible customer. A far or vague fix is stored and marked, never refused.

    `late`: the customer was the actor's until lately (the caller has checked it); the work is kept and marked. Saying
    the same again gives the same answer. Refuses a foreign or unknown customer, and an end before the start.
    """
    return granted((await log_visits([command], actor=actor, late=late))[0])


async def log_visits(commands: Sequence[LogVisit], *, actor: Actor, late: bool = False) -> list[Logged | Refusal]:
    """`log_visit` for many visits with ids of their own, in their order; what is refused leaves nothing."""
    require(actor, "activity.write")
    answers: list[Logged | Refusal] = []
    fresh: list[_Fresh] = []
    for command, around in zip(commands, await _around(commands, actor, late), strict=True):
        try:
            known = _known(command, around, actor)
            if known is None:
                fresh.append(_checked(command, around))
            answers.append(known or _logged(fresh[-1], late))
        except Refusal as refusal:
            answers.append(refusal)
    if fresh:
        await _write(fresh, now(), actor, late)
    return answers


async def _around(commands: Sequence[LogVisit], actor: Actor, late: bool) -> list[Any]:
    """For each: the visit, if it is there already, whether the customer is the actor's to visit, and its pins."""
    predicate, arguments = ("TRUE", []) if late else scope(actor, "c.position_id", 3)
    return await fetch(
        f"""SELECT v.version, v.user_id, v.verdict, v.distance_m, v.late, c.id IS NOT NULL AS visible,
                   (SELECT json_agg(json_build_array(lat, lon, grade)) FROM addresses
                     WHERE party_id = w.customer_id AND lat IS NOT NULL AND deleted_at IS NULL) AS pins
              FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w(id, customer_id, n)
              LEFT JOIN visits v ON v.id = w.id
              LEFT JOIN customers c ON c.id = w.customer_id AND c.deleted_at IS NULL AND {predicate}
             ORDER BY w.n""",
        [command.id for command in commands], [command.customer_id for command in commands], *arguments,
    )  # fmt: skip


def _known(command: LogVisit, row: Any, actor: Actor) -> Logged | None:
    """What is answered when the visit is there already."""
    if row["user_id"] is None:
        return None
    if row["user_id"] != actor.user_id:
        raise ActivityIdTaken(pointer="/id")
    return Logged(command.id, row["version"], row["verdict"], row["distance_m"], False, row["late"])


def _checked(command: LogVisit, row: Any) -> _Fresh:
    if command.ended_at is not None and command.ended_at < command.started_at:
        raise TimesWrong(pointer="/ended_at")
    if not row["visible"]:
        raise NotVisible(pointer="/customer_id")
    return _Fresh(command, judge_fix(command.fix, [Pin(*pin) for pin in row["pins"] or []]))


def _logged(one: _Fresh, late: bool) -> Logged:
    judged, asks = one.judged, one.judged.asks_reason and not one.command.far_reason
    return Logged(one.command.id, 1, judged.verdict, judged.distance_m, asks, late)


async def _write(fresh: Sequence[_Fresh], moment: datetime, actor: Actor, late: bool) -> None:
    await execute(
        """INSERT INTO visits (user_id, created_by, received_at, changed_at, late, id, customer_id, purpose, started_at,
                               ended_at, lat, lon, accuracy_m, fixed_at, distance_m, verdict, far_reason, note, outcome,
                               next_step, next_on)
           SELECT $1, $1, $2, $2, $3, w.*
             FROM jsonb_to_recordset($4::jsonb)
                  AS w(id uuid, customer_id uuid, purpose text, started_at timestamptz, ended_at timestamptz,
                       lat float8, lon float8, accuracy_m int, fixed_at timestamptz, distance_m int, verdict text,
                       far_reason text, note text, outcome text, next_step text, next_on date)""",
        actor.user_id, moment, late, [_row(one) for one in fresh],
    )  # fmt: skip
    await mark_visited([(one.command.customer_id, min(one.command.started_at, moment)) for one in fresh])
    await audit.record_many([_entry(one, late) for one in fresh], actor_id=actor.user_id)


def _row(one: _Fresh) -> dict[str, object]:
    """The columns that differ from visit to visit."""
    command, judged, fix = one.command, one.judged, one.command.fix
    said = {name: getattr(command, name) for name in _SAID}
    place = {"lat": fix.lat, "lon": fix.lon, "accuracy_m": math.ceil(fix.accuracy_m), "fixed_at": fix.at} if fix else {}
    return said | place | {"distance_m": judged.distance_m, "verdict": judged.verdict}


def _entry(one: _Fresh, late: bool) -> audit.Entry:
    details = {"customer_id": str(one.command.customer_id), "verdict": one.judged.verdict, "late": late}
    return audit.Entry("visit", one.command.id, "visit.log", details)
