"""HTTP doors of seats: who sits where, from when until when, and who reports to whom."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.database import in_transaction
from backend.people import queries_seats, seating
from backend.people.access import Actor, rule
from backend.people.schemas_seats import EndSeat, MovePosition, PositionSeats, Seated, TakeSeat


@get("/positions/seats", opt=rule("people.read"))
async def list_seats(actor: NamedDependency[Actor]) -> list[PositionSeats]:
    """The positions below the actor, with their people and their line."""
    return await queries_seats.list_seats(actor=actor)


@post("/positions/{position_id:int}/seats", opt=rule("position.assign"))
async def take_seat(position_id: FromPath[int], data: JSONBody[TakeSeat], actor: NamedDependency[Actor]) -> Seated:
    """Put a person in a position."""
    return await in_transaction(lambda: seating.take_seat(position_id, data, actor=actor))


@post("/positions/seats/{grant_id:uuid}/ending", opt=rule("position.assign"), status_code=200)
async def end_seat(grant_id: FromPath[UUID], data: JSONBody[EndSeat], actor: NamedDependency[Actor]) -> Seated:
    """Say until when a person sits there."""
    return await in_transaction(lambda: seating.end_seat(grant_id, data, actor=actor))


@post("/positions/{position_id:int}/move", opt=rule("position.assign"), status_code=204)
async def move(position_id: FromPath[int], data: JSONBody[MovePosition], actor: NamedDependency[Actor]) -> None:
    """Let a position report to another from a day."""
    await in_transaction(lambda: seating.move(position_id, data, actor=actor))


route_handlers: list[Any] = [list_seats, take_seat, end_seat, move]
