"""HTTP doors of approvals. The answer itself is given at the door of the room whose document is asked about."""

from typing import Annotated, Any, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from backend.approvals import queries
from backend.approvals.schemas import Request
from backend.core.paging import MOST, Page
from backend.people.access import Actor, rule


@get("/approvals", opt=rule("approval.read"))
async def list_approvals(
    actor: NamedDependency[Actor],
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 50,
    cursor: FromQuery[str | None] = None,
    in_state: Annotated[Literal["open", "approved", "rejected", "withdrawn"], QueryParameter(name="state")] = "open",
) -> Page[Request]:
    """What waits for an answer among your people, oldest first."""
    return await queries.list_requests(actor=actor, state=in_state, limit=limit, cursor=cursor)


route_handlers: list[Any] = [list_approvals]
