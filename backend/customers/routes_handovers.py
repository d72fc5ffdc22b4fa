"""HTTP doors of hand-overs: choosing, handing over, what is planned, calling off. The preview is in insight."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.database import in_transaction
from backend.customers import calling_off, queries_choosing, queries_handovers, reassigning
from backend.customers.schemas import AllOf, Reassign, Reassigned
from backend.customers.schemas_handovers import CalledOff, Candidates, HandoverCustomer, HandoverOut
from backend.people.access import Actor, rule

Limit = Annotated[int, Parameter(ge=1, le=200)]
Text = Annotated[str | None, Parameter(max_length=100)]
Ward = Annotated[str | None, Parameter(pattern=r"^[0-9]{5}$")]


@get("/customers/reassignment", opt=rule("customer.reassign"))
async def list_candidates(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    position: FromQuery[int | None] = None,
    group: FromQuery[UUID | None] = None,
    ward: Ward = None,
    q: Text = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Candidates:
    """Customers that may be handed over, and how many a filter finds."""
    chosen = AllOf(position=position, group=group, ward=ward, q=q)
    return await queries_choosing.candidates(chosen, actor=actor, limit=limit, cursor=cursor)


@post("/customers/reassignment", opt=rule("customer.reassign"), status_code=200)
async def reassign(data: JSONBody[Reassign], actor: NamedDependency[Actor]) -> Reassigned:
    """Hand customers to another position."""

    async def work() -> Reassigned:
        day = queries_choosing.day_of(data.on)
        ids = await queries_choosing.choose(data, actor=actor)
        return await reassigning.reassign(ids, data.to_position, day, actor=actor, reason=data.reason, stamp=data.stamp)

    return await in_transaction(work)


@get("/customers/handovers", opt=rule("customer.reassign"))
async def list_handovers(
    actor: NamedDependency[Actor], when: FromQuery[queries_handovers.When] = "planned"
) -> list[HandoverOut]:
    """Hand-overs that wait for their day, or those of the last sixty days."""
    return await queries_handovers.list_handovers(when, actor=actor)


@get("/customers/handovers/{handover_id:uuid}/customers", opt=rule("customer.reassign"))
async def list_handover(handover_id: FromPath[UUID], actor: NamedDependency[Actor]) -> list[HandoverCustomer]:
    """Whom a hand-over is about."""
    return await queries_handovers.list_customers(handover_id, actor=actor)


@post("/customers/handovers/{handover_id:uuid}/calling-off", opt=rule("customer.reassign"), status_code=200)
async def call_off(handover_id: FromPath[UUID], actor: NamedDependency[Actor]) -> CalledOff:
    """Undo a hand-over before its day."""
    return await in_transaction(lambda: calling_off.call_off(handover_id, actor=actor))


route_handlers: list[Any] = [list_candidates, reassign, list_handovers, list_handover, call_off]
