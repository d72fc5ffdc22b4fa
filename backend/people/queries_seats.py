"""Reads of seats: every position the actor sees, who sits there, and to whom it reports, by day."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.people.access import Actor, scope
from backend.people.schemas_seats import LineOut, PositionSeats, SeatOut
from backend.people.seating import governs

LATELY: Final = timedelta(days=60)


class Holder(NamedTuple):
    """A person in a position. `active`: may log in and is told things; who left keeps a seat until it is ended."""

    id: UUID
    name: str
    active: bool


class Held(NamedTuple):
    """A position's name and who sits there, by name."""

    name: str
    people: list[Holder]


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


async def holders(positions: Iterable[int]) -> dict[int, Held]:
    """Who sits in these positions today; unknown positions are left out.

    It judges nobody's sight: whoever asks has read the positions as somebody who may, or tells people as the office.
    """
    rows = await fetch(
        """SELECT p.id, p.name, u.id AS user_id, u.name AS person, u.active AND u.deleted_at IS NULL AS active
             FROM positions p
             LEFT JOIN (position_grants g JOIN users u ON u.id = g.user_id)
               ON g.position_id = p.id AND g.valid_from <= $2 AND (g.valid_to IS NULL OR $2 < g.valid_to)
            WHERE p.id = ANY($1::int[]) ORDER BY p.id, u.name, u.id""",
        sorted(set(positions)), today(),
    )  # fmt: skip
    found: dict[int, Held] = {}
    for row in rows:
        held = found.setdefault(row["id"], Held(row["name"], []))
        if row["user_id"] is not None:
            held.people.append(Holder(row["user_id"], row["person"], row["active"]))
    return found
