"""Reads of seats: every position the actor sees, who sits there, and to whom it reports, by day."""

from datetime import timedelta
from typing import Final

from backend.core.clock import today
from backend.core.database import fetch
from backend.people.access import Actor, scope
from backend.people.schemas_seats import LineOut, PositionSeats, SeatOut
from backend.people.seating import governs

LATELY: Final = timedelta(days=60)


async def list_seats(*, actor: Actor) -> list[PositionSeats]:
    """The positions below the actor today."""
    predicate, arguments = scope(actor, "p.id", 3)
    rows = await fetch(
        f"""SELECT p.id, p.name, p.kind, coalesce((
                   SELECT json_agg(json_build_object('id', g.id, 'user_id', u.id, 'name', u.name,
                          'from_on', g.valid_from, 'until_on', g.valid_to) ORDER BY g.valid_from, u.name)
                     FROM position_grants g JOIN users u ON u.id = g.user_id
                    WHERE g.position_id = p.id AND (g.valid_to IS NULL OR g.valid_to > $2)), '[]') AS seats,
                   coalesce((
                   SELECT json_agg(json_build_object('parent_id', l.parent_id, 'from_on', l.valid_from,
                          'until_on', l.valid_to) ORDER BY l.valid_from)
                     FROM reporting_lines l
                    WHERE l.position_id = p.id AND (l.valid_to IS NULL OR l.valid_to > $1)), '[]') AS lines
              FROM positions p WHERE p.active AND {predicate} ORDER BY p.id""",
        today(), today() - LATELY, *arguments,
    )  # fmt: skip
    return [
        PositionSeats(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            may_change=governs(actor, row["id"]),
            seats=[SeatOut(**seat) for seat in row["seats"]],
            lines=[LineOut(**line) for line in row["lines"]],
        )
        for row in rows
    ]
