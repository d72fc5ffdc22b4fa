"""Hand customers from one position to another, now or from a day on, in a few statements whatever their number."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.core import audit
from backend.core.clock import now, today
from backend.core.database import execute, fetch, fetch_value, in_transaction
from backend.core.errors import Malformed, NotVisible
from backend.core.ids import new_id
from backend.core.jobs import enqueue, job
from backend.core.settings import settings
from backend.customers.errors import PositionUnknown, TooManyAtOnce
from backend.customers.schemas import Reassigned
from backend.notices import notifying
from backend.people.access import Actor, require, scope, sees

MOST: Final = 5000


async def reassign(
    customer_ids: Sequence[UUID], to_position: int, on: date | None = None, *, actor: Actor, reason: str | None = None
) -> Reassigned:
    """Let another position look after these customers from the day `on` (company time zone; today when None).

    All or none: a customer the actor may not see refuses everything with `NotVisible`. A later hand-over that was
    already planned is replaced. What was sold before stays credited as it was: orders carry their own position. Both
    sides are told. Refuses a day in the past, a position out of the actor's sight, and more than 5000 at once.
    """
    require(actor, "customer.reassign")
    day = on or today()
    wanted = sorted(set(customer_ids))
    if len(wanted) > MOST:
        raise TooManyAtOnce(pointer="/customer_ids", limit=MOST)
    if day < today():
        raise Malformed(pointer="/on")
    if not sees(actor, to_position) or not await fetch_value(
        "SELECT TRUE FROM positions WHERE id = $1 AND active", to_position
    ):
        raise PositionUnknown(pointer="/to_position", position_id=to_position)
    rows = await _locked(wanted, actor)
    moving = [row["id"] for row in rows if row["position_id"] != to_position]
    if not moving:
        return Reassigned(moved=0, on=day.isoformat(), now=day == today())
    await _plan(moving, to_position, day, reason, actor)
    if day == today():
        await apply_due()
    else:
        starts = datetime.combine(day, time(), ZoneInfo(settings().time_zone))
        await enqueue("customers.hand-over", {}, after=starts - now())
    await audit.record_many(
        [
            audit.Entry(
                "customer", row["id"], "customer.reassign",
                {"from": row["position_id"], "to": to_position, "on": day.isoformat(), "reason": reason},
            )
            for row in rows if row["position_id"] != to_position
        ],
        actor_id=actor.user_id,
    )  # fmt: skip
    await _tell({row["position_id"] for row in rows} | {to_position}, len(moving), day, actor)
    return Reassigned(moved=len(moving), on=day.isoformat(), now=day == today())


async def _locked(customer_ids: list[UUID], actor: Actor) -> list[Any]:
    predicate, arguments = scope(actor, "position_id", 2)
    rows = await fetch(
        f"""SELECT id, position_id FROM customers WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL AND {predicate}
             ORDER BY id FOR NO KEY UPDATE""",
        customer_ids, *arguments,
    )  # fmt: skip
    if len(rows) != len(customer_ids):
        raise NotVisible
    return rows


async def _plan(customer_ids: list[UUID], to_position: int, day: date, reason: str | None, actor: Actor) -> None:
    await execute(
        "DELETE FROM customer_assignments WHERE customer_id = ANY($1::uuid[]) AND from_on >= $2", customer_ids, day
    )
    await execute(
        """UPDATE customer_assignments SET until_on = $2
            WHERE customer_id = ANY($1::uuid[]) AND (until_on IS NULL OR until_on > $2)""",
        customer_ids, day,
    )  # fmt: skip
    await execute(
        """INSERT INTO customer_assignments (id, customer_id, position_id, from_on, reason, created_at, created_by)
           SELECT n.id, n.customer_id, $3, $4, $5, $6, $7 FROM unnest($1::uuid[], $2::uuid[]) AS n (id, customer_id)""",
        [new_id() for _ in customer_ids], customer_ids, to_position, day, reason, now(), actor.user_id,
    )  # fmt: skip


async def apply_due() -> int:
    """Let the hand-overs whose day has come take effect; gives how many customers changed hands.

    Customers without any assignment row (imported before there were hand-overs) keep their position.
    """
    tag = await execute(
        """UPDATE customers c SET position_id = a.position_id, version = version + 1, changed_at = $2
             FROM customer_assignments a
            WHERE a.customer_id = c.id AND a.from_on <= $1 AND (a.until_on IS NULL OR $1 < a.until_on)
              AND c.position_id <> a.position_id""",
        today(), now(),
    )  # fmt: skip
    return int(tag.rsplit(" ", 1)[-1])


@job("customers.hand-over")
async def _hand_over(payload: dict[str, Any]) -> None:
    await in_transaction(apply_due)


async def _tell(positions: set[int], count: int, day: date, actor: Actor) -> None:
    rows = await fetch(
        """SELECT DISTINCT g.user_id FROM position_grants g WHERE g.position_id = ANY($1::int[])
             AND g.valid_from <= $2 AND (g.valid_to IS NULL OR $2 < g.valid_to) AND g.user_id <> $3""",
        sorted(positions), today(), actor.user_id,
    )  # fmt: skip
    for row in rows:
        await notifying.notify(
            row["user_id"], "customers.reassigned", {"count": count, "on": day.isoformat()}, "/customers"
        )
