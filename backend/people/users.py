"""Users and positions: creating people, granting positions, moving a position in the reporting line."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, execute_many, fetch_value, transaction
from backend.core.ids import new_id
from backend.people import passwords
from backend.people.access import Actor
from backend.people.errors import LoginTaken, ReportingCycle


async def create_user(
    *, login: str, name: str, password: str, roles: Iterable[str], language: str = "vi", actor: Actor | None
) -> UUID:
    """Create a person who can log in. Refuses `WeakPassword` and `LoginTaken`. `actor` None: the command line."""
    passwords.check_strength(password)
    hashed = await passwords.hash_password(password)
    async with transaction():
        user_id: UUID | None = await fetch_value(
            """INSERT INTO users (id, login, name, language, password_hash, changed_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (login) DO NOTHING RETURNING id""",
            new_id(), login.strip().lower(), name, language, hashed, now(), actor.user_id if actor else None,
        )  # fmt: skip
        if user_id is None:
            raise LoginTaken(pointer="/login", login=login)
        await execute_many(
            "INSERT INTO user_roles (user_id, role) VALUES ($1, $2)", [(user_id, role) for role in sorted(set(roles))]
        )
        await audit.record("user", user_id, "user.create", actor_id=actor.user_id if actor else None)
    return user_id


async def create_position(*, name: str, kind: str, parent_id: int | None, since: date) -> int:
    """Create a position below another. Its number is the next free one (positions are few and made by hand)."""
    async with transaction():
        await execute("LOCK TABLE positions IN SHARE ROW EXCLUSIVE MODE")
        key: int = await fetch_value(
            """INSERT INTO positions (id, name, kind) SELECT coalesce(max(id), 0) + 1, $1, $2 FROM positions
               RETURNING id""",
            name, kind,
        )  # fmt: skip
        await execute(
            "INSERT INTO reporting_lines (position_id, parent_id, valid_from) VALUES ($1, $2, $3)",
            key, parent_id, since,
        )  # fmt: skip
    return key


async def grant_position(
    user_id: UUID, position_id: int, *, since: date, until: date | None, actor: Actor | None
) -> UUID:
    """Let a person see and work a position (and everything below it) from a day, up to but not including another."""
    grant_id = new_id()
    async with transaction():
        await execute(
            """INSERT INTO position_grants (id, user_id, position_id, valid_from, valid_to, granted_by)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            grant_id, user_id, position_id, since, until, actor.user_id if actor else None,
        )  # fmt: skip
        await audit.record(
            "user", user_id, "position.grant", actor_id=actor.user_id if actor else None,
            details={"position_id": position_id, "since": since, "until": until},
        )  # fmt: skip
    return grant_id


async def move_position(position_id: int, parent_id: int | None, *, since: date, actor: Actor | None) -> None:
    """Let a position report to another from 00:00 (company time) on a day.

    What was sold before stays with the line it was sold under: documents carry their own position. What was planned
    for later days is replaced; moving it to where it stands the day before takes such a plan back.
    Refuses `ReportingCycle` when the new superior stands below the position on that day or on any later line.
    """
    async with transaction():
        await execute("LOCK TABLE reporting_lines IN SHARE ROW EXCLUSIVE MODE")
        days = "SELECT $2::date UNION SELECT valid_from FROM reporting_lines WHERE valid_from > $2"
        cycle = parent_id is not None and await fetch_value(
            f"SELECT bool_or($3 IN (SELECT id FROM positions_below(ARRAY[$1::int], d.day))) FROM ({days}) d(day)",
            position_id, since, parent_id,
        )  # fmt: skip
        if cycle:
            raise ReportingCycle(position=position_id, parent=parent_id)
        await execute("DELETE FROM reporting_lines WHERE position_id = $1 AND valid_from >= $2", position_id, since)
        stays = await fetch_value(
            """UPDATE reporting_lines SET valid_to = CASE WHEN parent_id IS DISTINCT FROM $3 THEN $2::date END
                WHERE position_id = $1 AND valid_from < $2 AND (valid_to IS NULL OR valid_to >= $2)
            RETURNING valid_to IS NULL""",
            position_id, since, parent_id,
        )  # fmt: skip
        if not stays:
            await execute(
                "INSERT INTO reporting_lines (position_id, parent_id, valid_from) VALUES ($1, $2, $3)",
                position_id, parent_id, since,
            )  # fmt: skip
        await _note_move(position_id, parent_id, since, actor)


async def _note_move(position_id: int, parent_id: int | None, since: date, actor: Actor | None) -> None:
    await audit.record(
        "position", UUID(int=position_id), "position.move", actor_id=actor.user_id if actor else None,
        details={"parent_id": parent_id, "since": since},
    )  # fmt: skip
