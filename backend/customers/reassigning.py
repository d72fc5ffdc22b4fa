"""Hand customers from one position to another, now or from a day on, in a few statements whatever their number."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.core import audit
from backend.core.clock import now, today
from backend.core.database import execute, fetch, fetch_value, in_transaction
from backend.core.errors import Malformed, NotVisible
from backend.core.ids import new_id
from backend.core.jobs import enqueue, job
from backend.core.settings import settings
from backend.customers import queries_choosing, telling
from backend.customers.errors import ChoiceChanged, PositionUnknown, TooManyAtOnce
from backend.customers.queries_choosing import Placed
from backend.customers.schemas import Reassigned
from backend.people.access import Actor, require, scope, sees


class _Target(NamedTuple):
    """Where customers are to go, from which day, and why."""

    position: int
    day: date
    reason: str | None


async def reassign(
    customer_ids: Sequence[UUID],
    to_position: int,
    on: date | None = None,
    *,
    actor: Actor,
    reason: str | None = None,
    stamp: str | None = None,
) -> Reassigned:
    """Let another position look after these customers from the day `on` (company time zone; today when None).

    All or none: a customer the actor may not see refuses everything with `NotVisible`. What was planned for them from
    that day on is replaced. What was sold before stays credited as it was: orders carry their own position. Both
    sides are told. Refuses a day in the past, a position out of the actor's sight, more than 5000 at once, and, with
    a `stamp`, a choice that is no longer the one the preview showed.
    """
    require(actor, "customer.reassign")
    day = on or today()
    wanted = sorted(set(customer_ids))
    if len(wanted) > queries_choosing.MOST:
        raise TooManyAtOnce(pointer="/customer_ids", limit=queries_choosing.MOST)
    if day < today():
        raise Malformed(pointer="/on")
    if not sees(actor, to_position):
        raise PositionUnknown(pointer="/to_position", position_id=to_position)
    await _lock(wanted, actor)
    rows = await queries_choosing.placed(wanted, day, actor=actor)
    if stamp is not None and stamp != queries_choosing.stamp_of(rows):
        raise ChoiceChanged
    moving = [one for one in rows if one.goes_to(to_position)]
    if not moving:
        return Reassigned(moved=0, on=day.isoformat(), now=day == today())
    target = _Target(to_position, day, reason)
    handover = await _remember(len(moving), target, actor)
    await _plan(moving, target, handover, actor)
    if day == today():
        await _apply([one.id for one in moving])
    else:
        starts = datetime.combine(day, time(), ZoneInfo(settings().time_zone))
        await enqueue("customers.hand-over", {}, after=starts - now())
    await audit.record_many(
        [
            audit.Entry(
                "customer", one.id, "customer.reassign",
                {"from": one.then_at, "to": to_position, "on": day.isoformat(), "reason": reason},
            )
            for one in moving
        ],
        actor_id=actor.user_id,
    )  # fmt: skip
    await telling.planned(_moves(moving, to_position), day, actor=actor)
    return Reassigned(moved=len(moving), on=day.isoformat(), now=day == today(), handover=handover)


def _moves(moving: Sequence[Placed], to_position: int) -> list[telling.Move]:
    return [telling.Move(one.name, one.then_at, to_position) for one in moving]


async def _lock(customer_ids: list[UUID], actor: Actor) -> None:
    """Hold the customers still: two hand-overs of one customer happen one after the other."""
    predicate, arguments = scope(actor, "position_id", 2)
    rows = await fetch(
        f"""SELECT id FROM customers WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL AND {predicate}
             ORDER BY id FOR NO KEY UPDATE""",
        customer_ids, *arguments,
    )  # fmt: skip
    if len(rows) != len(customer_ids):
        raise NotVisible


async def _remember(count: int, target: _Target, actor: Actor) -> UUID:
    found: UUID | None = await fetch_value(
        """INSERT INTO customer_handovers (id, to_position, from_on, customers, reason, acted_at, acted_by)
           SELECT $1, p.id, $3, $4, $5, $6, $7 FROM positions p WHERE p.id = $2 AND p.active RETURNING id""",
        new_id(), target.position, target.day, count, target.reason, now(), actor.user_id,
    )  # fmt: skip
    if found is None:
        raise PositionUnknown(pointer="/to_position", position_id=target.position)
    return found


async def _plan(moving: Sequence[Placed], target: _Target, handover: UUID, actor: Actor) -> None:
    customer_ids = [one.id for one in moving]
    await execute(
        "DELETE FROM customer_assignments WHERE customer_id = ANY($1::uuid[]) AND from_on >= $2",
        customer_ids, target.day,
    )  # fmt: skip
    await execute(
        """UPDATE customer_assignments SET until_on = $2
            WHERE customer_id = ANY($1::uuid[]) AND (until_on IS NULL OR until_on > $2)""",
        customer_ids, target.day,
    )  # fmt: skip
    await execute(
        """INSERT INTO customer_assignments (id, customer_id, taken_from, position_id, from_on, reason, handover_id,
                                             created_at, created_by)
           SELECT n.id, n.customer_id, n.taken_from, $4, $5, $6, $7, $8, $9
             FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n (id, customer_id, taken_from)""",
        [new_id() for _ in moving], customer_ids, [one.then_at for one in moving], target.position, target.day,
        target.reason, handover, now(), actor.user_id,
    )  # fmt: skip


async def apply_due() -> int:
    """Let the hand-overs whose day has come take effect; gives how many customers changed hands.

    Customers without any assignment row (imported before there were hand-overs) keep their position.
    """
    return len(await _apply())


async def _apply(only: Sequence[UUID] | None = None) -> list[telling.Move]:
    """The same, of these customers only when they are named: what else is due is the job's to do and to tell."""
    rows = await fetch(
        """WITH due AS MATERIALIZED (
             SELECT c.id, c.name, c.position_id AS was, a.position_id AS is_now FROM customers c
               JOIN customer_assignments a ON a.customer_id = c.id AND a.from_on <= $1
                AND (a.until_on IS NULL OR $1 < a.until_on)
              WHERE c.position_id <> a.position_id AND ($3::uuid[] IS NULL OR c.id = ANY($3))
              ORDER BY c.id FOR NO KEY UPDATE OF c)
           UPDATE customers c SET position_id = due.is_now, version = version + 1, changed_at = $2
             FROM due WHERE c.id = due.id RETURNING due.name, due.was, due.is_now""",
        today(), now(), only,
    )  # fmt: skip
    return [telling.Move(*row.values()) for row in rows]


@job("customers.hand-over")
async def _hand_over(payload: dict[str, Any]) -> None:
    async def work() -> None:
        await telling.begun(await _apply())

    await in_transaction(work)
