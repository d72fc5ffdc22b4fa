"""HTTP door of dry runs: asked for among promotions, done by the room that knows past orders."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.database import in_transaction
from backend.orders.rehearsing import rehearse
from backend.people.access import Actor, rule
from backend.pricing.promotions.runs import show_run
from backend.pricing.promotions.schemas import Run, StartRun


@post("/promotions/{promotion_id:uuid}/runs", opt=rule("promotion.simulate"), status_code=202)
async def start_run(promotion_id: FromPath[UUID], data: JSONBody[StartRun], actor: NamedDependency[Actor]) -> Run:
    """Ask for a dry run of a promotion over past orders."""
    run_id = await in_transaction(lambda: rehearse(promotion_id, data, actor=actor))
    return await show_run(run_id, actor=actor)


route_handlers: list[Any] = [start_run]
