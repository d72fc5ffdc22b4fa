"""Reads of hand-overs: what is planned and what was done lately, as far as the reader sees the customers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.core.errors import NotVisible
from backend.customers.schemas_handovers import HandoverCustomer, HandoverOut, Seat
from backend.people.access import Actor, require, scope, sees
from backend.people.queries_seats import Held, holders

When = Literal["planned", "past"]
LATELY: Final = timedelta(days=60)
MOST: Final = 100
NAMES: Final = 5

_HANDOVERS: Final = """
    WITH mine AS (
        SELECT h.id, c.name, {predicate} AS seen, coalesce(before.position_id, a.taken_from, c.position_id) AS giver
          FROM customer_handovers h
          JOIN customer_assignments a ON a.handover_id = h.id
          JOIN customers c ON c.id = a.customer_id AND c.deleted_at IS NULL
          LEFT JOIN customer_assignments before ON before.customer_id = c.id AND before.until_on = a.from_on
         WHERE h.undone_at IS NULL AND {chosen}),
    givers AS (
        SELECT id, json_agg(json_build_array(giver, customers) ORDER BY customers DESC, giver) AS givers FROM (
            SELECT id, giver, count(*)::int AS customers FROM mine WHERE seen GROUP BY id, giver) g GROUP BY id)
    SELECT h.id, h.from_on, h.to_position, h.reason, h.acted_at, u.name AS acted_by, g.givers,
           m.customers, m.names, m.whole
      FROM (SELECT id, count(*) FILTER (WHERE seen)::int AS customers, bool_and(seen) AS whole,
                   (array_agg(name ORDER BY name) FILTER (WHERE seen))[1:5] AS names FROM mine GROUP BY id) m
      JOIN givers g ON g.id = m.id
      JOIN customer_handovers h ON h.id = m.id
      JOIN users u ON u.id = h.acted_by
     ORDER BY {order}, h.acted_at DESC, h.id LIMIT {most}"""


async def list_handovers(when: When, *, actor: Actor) -> list[HandoverOut]:
    """Hand-overs that wait for their day, the next first; or those of the last sixty days, the latest first."""
    require(actor, "customer.reassign")
    predicate, arguments = scope(actor, "c.position_id", 3)
    chosen = "h.from_on > $1 AND $2::date IS NOT NULL" if when == "planned" else "h.from_on <= $1 AND h.from_on > $2"
    order = "h.from_on" if when == "planned" else "h.from_on DESC"
    rows = await fetch(
        _HANDOVERS.format(predicate=predicate, chosen=chosen, order=order, most=MOST),
        today(), today() - LATELY, *arguments,
    )  # fmt: skip
    held = await holders({row["to_position"] for row in rows} | {one[0] for row in rows for one in row["givers"]})
    return [_out(row, held, actor) for row in rows]


def _out(row: Any, held: dict[int, Held], actor: Actor) -> HandoverOut:
    return HandoverOut(
        id=row["id"],
        on=row["from_on"],
        to=_seat(row["to_position"], row["customers"], held),
        givers=[_seat(position, customers, held) for position, customers in row["givers"]],
        customers=row["customers"],
        names=row["names"][:NAMES],
        reason=row["reason"],
        acted_by=row["acted_by"],
        acted_at=row["acted_at"],
        may_undo=row["from_on"] > today() and row["whole"] and sees(actor, row["to_position"]),
    )


def _seat(position: int, customers: int, held: dict[int, Held]) -> Seat:
    one = held[position]
    return Seat(position, one.name, [who.name for who in one.people], customers)


async def seats_of(customers: Sequence[tuple[int, int]], *, actor: Actor) -> list[Seat]:
    """Positions with how many customers of a hand-over each has: the caller has read those as this actor."""
    require(actor, "customer.reassign")
    held = await holders(position for position, _ in customers)
    return [_seat(position, count, held) for position, count in customers if position in held]


async def list_customers(handover_id: UUID, *, actor: Actor) -> list[HandoverCustomer]:
    """The visible customers of a hand-over, by name. Refuses one of which the actor sees none."""
    require(actor, "customer.reassign")
    predicate, arguments = scope(actor, "c.position_id", 2)
    rows = await fetch(
        f"""SELECT c.id, c.code, c.name FROM customer_assignments a
              JOIN customers c ON c.id = a.customer_id AND c.deleted_at IS NULL AND {predicate}
             WHERE a.handover_id = $1 ORDER BY c.folded, c.id""",
        handover_id, *arguments,
    )  # fmt: skip
    if not rows:
        raise NotVisible
    return [HandoverCustomer(**row) for row in rows]
