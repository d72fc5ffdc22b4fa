"""Reads of people: who stands below me, and the positions they hold."""

import asyncpg

from backend.core.clock import today
from backend.core.database import fetch
from backend.people.access import Actor, scope
from backend.people.queries_seats import holders
from backend.people.schemas import PositionOut


async def list_positions(*, actor: Actor) -> list[PositionOut]:
    """The positions the actor sees today, with their superior and who holds them."""
    predicate, arguments = scope(actor, "p.id", 2)
    rows = await fetch(
        f"""SELECT p.id, p.name, p.kind, line.parent_id
              FROM positions p
              LEFT JOIN reporting_lines line ON line.position_id = p.id AND line.valid_from <= $1
               AND (line.valid_to IS NULL OR $1 < line.valid_to)
             WHERE p.active AND {predicate} ORDER BY p.id""",
        today(), *arguments,
    )  # fmt: skip
    held = await holders(row["id"] for row in rows)
    return [PositionOut(**row, holders=[one.name for one in held[row["id"]].people]) for row in rows]


async def list_users(*, actor: Actor) -> list[asyncpg.Record]:
    """People holding a position the actor sees today; an administrator sees everybody."""
    predicate, arguments = scope(actor, "g.position_id", 2)
    everybody = "TRUE" if actor.has("admin") else "FALSE"
    return await fetch(
        f"""SELECT u.id, u.login, u.name, u.language, u.active,
                   ARRAY(SELECT role FROM user_roles r WHERE r.user_id = u.id ORDER BY role) AS roles
              FROM users u
             WHERE u.deleted_at IS NULL AND ({everybody} OR EXISTS (
                   SELECT 1 FROM position_grants g WHERE g.user_id = u.id AND g.valid_from <= $1
                      AND (g.valid_to IS NULL OR $1 < g.valid_to) AND {predicate}))
             ORDER BY u.name, u.id""",
        today(), *arguments,
    )  # fmt: skip
