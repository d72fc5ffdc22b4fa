"""Call off a hand-over before its day: the customers stay with whom they would have been taken from."""

from typing import Any
from uuid import UUID

from backend.core import audit
from backend.core.clock import now, today
from backend.core.database import execute, fetch, fetch_row
from backend.core.errors import NotAllowed, NotVisible
from backend.customers import telling
from backend.customers.errors import HandoverBegun, HandoverOver
from backend.customers.schemas_handovers import CalledOff
from backend.people.access import Actor, require, sees


async def call_off(handover_id: UUID, *, actor: Actor) -> CalledOff:
    """Undo a planned hand-over. What it had replaced does not come back.

    Refuses one whose customers the actor does not see (`NotVisible`), one that takes customers from or to beyond the
    actor's line (`NotAllowed`), one whose day has come (`HandoverBegun`) and one called off already (`HandoverOver`).
    """
    require(actor, "customer.reassign")
    found = await fetch_row(
        "SELECT to_position, from_on, undone_at FROM customer_handovers WHERE id = $1 FOR UPDATE", handover_id
    )
    rows = await _planned(handover_id) if found else []
    if found is None or not any(sees(actor, row["position_id"]) for row in rows):
        if found is not None and not rows and sees(actor, found["to_position"]):
            raise HandoverOver
        raise NotVisible
    if found["from_on"] <= today():
        raise HandoverBegun(on=f"{found['from_on']:%d/%m/%Y}")
    if not sees(actor, found["to_position"]) or not all(sees(actor, row["position_id"]) for row in rows):
        raise NotAllowed(rule="customer.reassign")
    await _forget(handover_id, rows, actor)
    moves = [telling.Move(row["name"], row["was"], found["to_position"]) for row in rows]
    await telling.called_off(moves, found["from_on"], actor=actor)
    return CalledOff(handover_id, len(rows))


async def _planned(handover_id: UUID) -> list[Any]:
    return await fetch(
        """SELECT a.id, a.customer_id, a.from_on, a.until_on, c.name, c.position_id,
                  coalesce(before.position_id, a.taken_from, c.position_id) AS was
             FROM customer_assignments a JOIN customers c ON c.id = a.customer_id AND c.deleted_at IS NULL
             LEFT JOIN customer_assignments before
                    ON before.customer_id = a.customer_id AND before.until_on = a.from_on
            WHERE a.handover_id = $1 ORDER BY c.id FOR NO KEY UPDATE OF c""",
        handover_id,
    )


async def _forget(handover_id: UUID, rows: list[Any], actor: Actor) -> None:
    customers = [row["customer_id"] for row in rows]
    await execute("DELETE FROM customer_assignments WHERE id = ANY($1::uuid[])", [row["id"] for row in rows])
    await execute(
        """UPDATE customer_assignments a SET until_on = w.until_on
             FROM unnest($1::uuid[], $2::date[]) AS w (customer_id, until_on)
            WHERE a.customer_id = w.customer_id AND a.until_on = $3""",
        customers, [row["until_on"] for row in rows], rows[0]["from_on"],
    )  # fmt: skip
    await execute(
        "UPDATE customer_handovers SET undone_at = $2, undone_by = $3 WHERE id = $1", handover_id, now(), actor.user_id
    )
    await audit.record_many(
        [
            audit.Entry("customer", row["customer_id"], "customer.reassign.undo", {"handover": str(handover_id)})
            for row in rows
        ],
        actor_id=actor.user_id,
    )
