"""Seats: put a person in a position from a day until a day, end that, and let a position report to another.

Administrators do it anywhere; managers below their own position, with people of their own line. What somebody sees and
what their phone holds follows at 00:00, company time, of the day.
"""

from uuid import UUID

from backend.core import audit
from backend.core.clock import today
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import Malformed, NotAllowed, NotVisible
from backend.people.access import ADMIN, Actor, require, scope, sees
from backend.people.errors import SeatHeld, SeatOver
from backend.people.schemas_seats import EndSeat, MovePosition, Seated, TakeSeat
from backend.people.users import grant_position, move_position

RULE = "position.assign"


def governs(actor: Actor, position_id: int) -> bool:
    """Whether who sits there, and to whom it reports, is the actor's to say: nobody decides about their own seat."""
    if not actor.may(RULE):
        return False
    return actor.has(ADMIN) or (position_id in actor.keys and position_id not in actor.own_keys)


async def _check(position_id: int, actor: Actor) -> None:
    """Refuse a position out of sight, and one that is seen but not the actor's to change."""
    require(actor, RULE)
    if not sees(actor, position_id) or not await fetch_value(
        "SELECT TRUE FROM positions WHERE id = $1 AND active FOR SHARE", position_id
    ):
        raise NotVisible
    if not governs(actor, position_id):
        raise NotAllowed(rule=RULE)


async def _person(user_id: UUID, actor: Actor) -> str:
    """The name of a person of the actor's line; an administrator sees everybody."""
    predicate, arguments = scope(actor, "g.position_id", 3)
    everybody = "TRUE" if actor.has(ADMIN) else "FALSE"
    name: str | None = await fetch_value(
        f"""SELECT u.name FROM users u
             WHERE u.id = $1 AND u.active AND u.deleted_at IS NULL AND ({everybody} OR EXISTS (
                   SELECT 1 FROM position_grants g WHERE g.user_id = u.id AND g.valid_from <= $2
                      AND (g.valid_to IS NULL OR $2 < g.valid_to) AND {predicate}))
              FOR NO KEY UPDATE""",
        user_id, today(), *arguments,
    )  # fmt: skip
    if name is None:
        raise NotVisible(pointer="/user_id")
    return name


async def take_seat(position_id: int, command: TakeSeat, *, actor: Actor) -> Seated:
    """Put a person in a position. Refuses days that are over, and times in which they sit there already."""
    await _check(position_id, actor)
    if command.from_on < today():
        raise Malformed(pointer="/from_on")
    if command.until_on is not None and command.until_on <= command.from_on:
        raise Malformed(pointer="/until_on")
    name = await _person(command.user_id, actor)
    held = await fetch_row(
        """SELECT valid_from, valid_to FROM position_grants WHERE user_id = $1 AND position_id = $2
              AND (valid_to IS NULL OR valid_to > $3) AND ($4::date IS NULL OR valid_from < $4) LIMIT 1""",
        command.user_id, position_id, command.from_on, command.until_on,
    )  # fmt: skip
    if held is not None:
        raise SeatHeld(name=name, on=f"{held['valid_from']:%d/%m/%Y}")
    grant_id = await grant_position(
        command.user_id, position_id, since=command.from_on, until=command.until_on, actor=actor
    )
    return Seated(grant_id)


async def end_seat(grant_id: UUID, command: EndSeat, *, actor: Actor) -> Seated:
    """Let a person sit in a position until the day before; what has not begun is taken away.

    Refuses a seat that is over (`SeatOver`), a day that is over, and one's own seat. A seat that began today lasts the
    day: what was done in it must still find that it was held.
    """
    grant = await fetch_row("SELECT * FROM position_grants WHERE id = $1 FOR UPDATE", grant_id)
    if grant is None:
        require(actor, RULE)
        raise NotVisible
    await _check(grant["position_id"], actor)
    if command.on < today() or command.on <= grant["valid_from"] <= today():
        raise Malformed(pointer="/on")
    if grant["valid_to"] is not None and grant["valid_to"] <= today():
        raise SeatOver(on=f"{grant['valid_to']:%d/%m/%Y}")
    gone = command.on <= grant["valid_from"]
    if gone:
        await execute("DELETE FROM position_grants WHERE id = $1", grant_id)
    else:
        await execute("UPDATE position_grants SET valid_to = $2 WHERE id = $1", grant_id, command.on)
    await audit.record(
        "user", grant["user_id"], "position.end", actor_id=actor.user_id,
        details={"position_id": grant["position_id"], "until": command.on},
    )  # fmt: skip
    return Seated(None if gone else grant_id)


async def move(position_id: int, command: MovePosition, *, actor: Actor) -> None:
    """Let a position report to another from a day. What was planned for later is replaced.

    Refuses a superior out of sight, a day that is over, and a circle (`ReportingCycle`).
    """
    await _check(position_id, actor)
    if command.on < today():
        raise Malformed(pointer="/on")
    if not sees(actor, command.parent_id) or not await fetch_value(
        "SELECT TRUE FROM positions WHERE id = $1 AND active", command.parent_id
    ):
        raise NotVisible(pointer="/parent_id")
    await move_position(position_id, command.parent_id, since=command.on, actor=actor)
