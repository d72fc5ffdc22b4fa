"""HTTP doors of conflicts."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.conflicts import queries, settling
from backend.conflicts.schemas import ConflictRow, Settle, Settled, Settling
from backend.core.database import in_transaction
from backend.core.paging import Page
from backend.people.access import Actor, rule

Limit = Annotated[int, Parameter(ge=1, le=200)]


@get("/conflicts", opt=rule("conflict.read"))
async def list_conflicts(
    actor: NamedDependency[Actor],
    *,
    settled: FromQuery[bool] = False,
    customer: FromQuery[UUID | None] = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[ConflictRow]:
    """Values that lost a merge, the newest first."""
    return await queries.list_conflicts(actor=actor, settled=settled, customer=customer, limit=limit, cursor=cursor)


@post("/conflicts/{conflict_id:uuid}/settlement", opt=rule("customer.change"), status_code=200)
async def settle_conflict(
    conflict_id: FromPath[UUID], data: JSONBody[Settling], actor: NamedDependency[Actor]
) -> Settled:
    """Leave the office's value, or write the one that lost or another."""
    command = Settle(conflict_id, data.choice, data.value, data.seen)
    return await in_transaction(lambda: settling.settle(command, actor=actor))


route_handlers: list[Any] = [list_conflicts, settle_conflict]
