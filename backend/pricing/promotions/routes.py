"""HTTP doors of promotions: list, write, put on, pause, end, copy, try on a basket, follow dry runs."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend.core.database import in_transaction
from backend.core.paging import Page
from backend.people.access import Actor, rule
from backend.pricing.promotions import editing, queries, runs, simulating, steps
from backend.pricing.promotions.rules import State
from backend.pricing.promotions.schemas import (
    Activate,
    ChangePromotion,
    CopyPromotion,
    Discarded,
    DraftPromotion,
    GroupChoice,
    PromotionDetail,
    PromotionRow,
    Run,
    TakeStep,
    Trial,
    Tried,
)

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Text = Annotated[str, QueryParameter(max_length=100)]


@get("/promotions", opt=rule("promotion.read"))
async def list_promotions(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    q: Text = "",
    on: FromQuery[date | None] = None,
    item: FromQuery[UUID | None] = None,
    group: FromQuery[UUID | None] = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[PromotionRow]:
    """Promotions by state; `on` keeps those valid on a day, `item` and `group` those that may concern them."""
    filters = queries.Filters(state=in_state, q=q, on=on, item=item, group=group)
    return await queries.list_promotions(filters, actor=actor, limit=limit, cursor=cursor)


@get("/promotions/groups", opt=rule("promotion.read"))
async def list_groups(actor: NamedDependency[Actor]) -> list[GroupChoice]:
    """The groups of which one promotion acts."""
    return await queries.list_groups(actor=actor)


@get("/promotions/{promotion_id:uuid}", opt=rule("promotion.read"))
async def show(promotion_id: FromPath[UUID], actor: NamedDependency[Actor]) -> PromotionDetail:
    """One promotion with its warnings and its history."""
    return await queries.show_promotion(promotion_id, actor=actor)


@post("/promotions", opt=rule("promotion.change"))
async def draft(data: JSONBody[DraftPromotion], actor: NamedDependency[Actor]) -> PromotionDetail:
    """Make a draft."""
    made = await in_transaction(lambda: editing.draft_promotion(data, actor=actor))
    return await queries.show_promotion(made, actor=actor)


@patch("/promotions/{promotion_id:uuid}", opt=rule("promotion.change"))
async def change(
    promotion_id: FromPath[UUID], data: JSONBody[ChangePromotion], actor: NamedDependency[Actor]
) -> PromotionDetail:
    """Change it; the answer is another promotion, the draft of its next version, when this one has begun."""
    changed = await in_transaction(lambda: editing.change_promotion(promotion_id, data, actor=actor))
    return await queries.show_promotion(changed, actor=actor)


@delete("/promotions/{promotion_id:uuid}", opt=rule("promotion.change"), status_code=200)
async def discard(
    promotion_id: FromPath[UUID], expected_version: FromQuery[int], actor: NamedDependency[Actor]
) -> Discarded:
    """Throw a draft away."""
    await in_transaction(lambda: steps.discard_promotion(promotion_id, expected_version, actor=actor))
    return Discarded(promotion_id)


@post("/promotions/{promotion_id:uuid}/copy", opt=rule("promotion.change"))
async def copy(
    promotion_id: FromPath[UUID], data: JSONBody[CopyPromotion], actor: NamedDependency[Actor]
) -> PromotionDetail:
    """A draft with the same rule under another code."""
    made = await in_transaction(lambda: editing.copy_promotion(promotion_id, data, actor=actor))
    return await queries.show_promotion(made, actor=actor)


@post("/promotions/{promotion_id:uuid}/activation", opt=rule("promotion.change"), status_code=200)
async def activate(
    promotion_id: FromPath[UUID], data: JSONBody[Activate], actor: NamedDependency[Actor]
) -> PromotionDetail:
    """Put it on, its warnings read."""
    await in_transaction(lambda: steps.activate_promotion(promotion_id, data, actor=actor))
    return await queries.show_promotion(promotion_id, actor=actor)


@post("/promotions/{promotion_id:uuid}/pause", opt=rule("promotion.change"), status_code=200)
async def pause(
    promotion_id: FromPath[UUID], data: JSONBody[TakeStep], actor: NamedDependency[Actor]
) -> PromotionDetail:
    """Take it out for a while."""
    await in_transaction(lambda: steps.pause_promotion(promotion_id, data, actor=actor))
    return await queries.show_promotion(promotion_id, actor=actor)


@post("/promotions/{promotion_id:uuid}/ending", opt=rule("promotion.change"), status_code=200)
async def end(promotion_id: FromPath[UUID], data: JSONBody[TakeStep], actor: NamedDependency[Actor]) -> PromotionDetail:
    """End it for good."""
    await in_transaction(lambda: steps.end_promotion(promotion_id, data, actor=actor))
    return await queries.show_promotion(promotion_id, actor=actor)


@post("/promotions/trial", opt=rule("promotion.simulate"), status_code=200)
async def try_basket(data: JSONBody[Trial], actor: NamedDependency[Actor]) -> Tried:
    """A basket with and without a rule; nothing is stored."""
    return await simulating.try_promotion(data, actor=actor)


@get("/promotions/{promotion_id:uuid}/runs", opt=rule("promotion.simulate"))
async def list_runs(promotion_id: FromPath[UUID], actor: NamedDependency[Actor]) -> list[Run]:
    """The latest dry runs of a promotion."""
    return await runs.list_runs(promotion_id, actor=actor)


@get("/promotions/runs/{run_id:uuid}", opt=rule("promotion.simulate"))
async def show_run(run_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Run:
    """How far a dry run is, and what it found."""
    return await runs.show_run(run_id, actor=actor)


@post("/promotions/runs/{run_id:uuid}/cancellation", opt=rule("promotion.simulate"), status_code=200)
async def cancel_run(run_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Run:
    """Stop a dry run."""
    await in_transaction(lambda: runs.cancel_run(run_id, actor=actor))
    return await runs.show_run(run_id, actor=actor)


route_handlers: list[Any] = [
    list_promotions, list_groups, show, draft, change, discard, copy, activate, pause, end, try_basket, list_runs,
    show_run, cancel_run,
]  # fmt: skip
