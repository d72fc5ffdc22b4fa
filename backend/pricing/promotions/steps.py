"""The life of a promotion: put on, pause, go on, end, throw a draft away. Each step is a row: who, when, why."""

from typing import Any
from uuid import UUID

from backend.core import database as db
from backend.core.clock import now, today
from backend.people.access import Actor, require
from backend.pricing.promotions.editing import Held, hold, note_step
from backend.pricing.promotions.errors import PromotionEnded, PromotionOver, PromotionStep, PromotionWarnings
from backend.pricing.promotions.extras import check_budget, company_digits
from backend.pricing.promotions.names import check_names
from backend.pricing.promotions.overlaps import overlaps_of
from backend.pricing.promotions.rules import STEPS, read_rule
from backend.pricing.promotions.schemas import Activate, TakeStep
from backend.pricing.shelf import current_shelf


async def activate_promotion(promotion_id: UUID, command: Activate, *, actor: Actor) -> None:
    """Put a draft on, or let a paused one go on. From its first day it is in every quote and every new price book.

    The version it replaces ends in the same transaction.

    Refuses `stale-version`; `promotion-step` from any other state; `promotion-over` when its last day has passed; what
    drafting refuses, for the world may have changed since; `promotion-budget-used` for a next version with less than
    was given already; `promotion-warnings` naming every warning not acknowledged.
    """
    require(actor, "promotion.change")
    held = await hold(promotion_id, command.expected_version)
    if held.rule.get("valid_to", "9999") < str(today()):
        raise PromotionOver(pointer="/rule/valid_to", promotion=held.code, valid_to=held.rule["valid_to"])
    _check(held, "activation")
    shelf = await current_shelf()
    await check_names(read_rule(held.rule), shelf, gifts=held.extras.gifts, actor=actor)
    await check_budget(held.root, held.extras.budget, company_digits(shelf))
    without = [one for one in (held.id, held.replaces) if one is not None]
    warnings = await overlaps_of(shelf, held.code, held.rule, actor=actor, without=without)
    missing = [one.key for one in warnings if one.key not in command.acknowledged]
    if missing:
        raise PromotionWarnings(missing=missing, count=len(missing))
    if held.stored == "draft" and held.replaces is not None:
        await _end_replaced(held, actor=actor)
    await _move(held, "on")
    step = "resumed" if held.stored == "paused" else "activated"
    seen = tuple(one.key for one in warnings)
    details = {"code": held.code, "rule": held.rule, "extras": held.extras}
    await note_step(held.id, step, details, actor=actor, acknowledged=seen)


async def pause_promotion(promotion_id: UUID, command: TakeStep, *, actor: Actor) -> None:
    """Take a promotion out of quotes and books for a while. Refuses `stale-version`, `promotion-step`."""
    require(actor, "promotion.change")
    held = await hold(promotion_id, command.expected_version)
    _check(held, "pause")
    await _move(held, "paused")
    await note_step(held.id, "paused", {}, actor=actor, reason=command.reason)


async def end_promotion(promotion_id: UUID, command: TakeStep, *, actor: Actor) -> None:
    """End a promotion for good. Refuses `stale-version`, `promotion-step` (a draft is thrown away instead)."""
    require(actor, "promotion.change")
    held = await hold(promotion_id, command.expected_version)
    _check(held, "ending")
    await _move(held, "ended")
    await note_step(held.id, "ended", {}, actor=actor, reason=command.reason)


async def discard_promotion(promotion_id: UUID, expected_version: int, *, actor: Actor) -> None:
    """Throw a draft away. Refuses `stale-version`, `promotion-step` for anything that was ever on."""
    require(actor, "promotion.change")
    held = await hold(promotion_id, expected_version)
    _check(held, "discarding")
    await db.execute(
        "UPDATE promotions SET deleted_at = $2, changed_at = $2, version = version + 1 WHERE id = $1", held.id, now()
    )
    await note_step(held.id, "discarded", {"code": held.code, "rule": held.rule}, actor=actor)


def _check(held: Held, step: str) -> None:
    if held.state == "ended":
        raise PromotionEnded(promotion=held.code)
    if held.state not in STEPS[step]:
        raise PromotionStep(promotion=held.code, state=held.state, step=step)


async def _move(held: Held, stored: str) -> None:
    await db.execute(
        "UPDATE promotions SET state = $2, version = version + 1, changed_at = $3 WHERE id = $1", held.id, stored, now()
    )


async def _end_replaced(held: Held, *, actor: Actor) -> None:
    ended: Any = await db.fetch_value(
        """UPDATE promotions SET state = 'ended', version = version + 1, changed_at = $2
            WHERE id = $1 AND state <> 'ended' RETURNING id""",
        held.replaces, now(),
    )  # fmt: skip
    if ended is not None:
        await note_step(ended, "replaced", {"by": held.code}, actor=actor)
