"""Take an order to the shelves, or put it back for a colleague: two pickers never walk for one order."""

from typing import Any
from uuid import UUID

from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.core.errors import NotAllowed
from backend.core.ids import new_id
from backend.orders import rules
from backend.orders.errors import AlreadyClaimed, NothingToPick
from backend.orders.schemas import Moved
from backend.orders.steps import lock_order, step
from backend.orders.whole import whole
from backend.people.access import ADMIN, Actor, require


async def claim_order(order_id: UUID, *, actor: Actor) -> Moved:
    """Start picking an order. Claiming one's own again changes nothing.

    Refuses `NotVisible`, `AlreadyClaimed` with the colleague's name, `NothingToPick` and `IllegalMove`.
    """
    require(actor, "dispatch.write")
    return await whole(lambda: _claim(order_id, actor))


async def _claim(order_id: UUID, actor: Actor) -> Moved:
    order = await lock_order(order_id, actor=actor)
    if order["state"] == "picking":
        if await claimant(order_id, actor) == actor.user_id:
            return Moved(order["id"], order["number"], order["state"], order["version"])
        raise AlreadyClaimed(by=(await _claim_of(order_id))["name"])
    return await take_to_the_shelves(order, actor)


async def take_to_the_shelves(order: Any, actor: Actor) -> Moved:
    """Write the claim; the caller holds the order's lock."""
    state = rules.move(order["state"], "claim")
    if not await fetch_row(
        "SELECT 1 FROM order_lines WHERE order_id = $1 AND (reserved > 0 OR NOT stocked)", order["id"]
    ):
        raise NothingToPick
    await execute(
        "INSERT INTO order_claims (id, order_id, claimed_by, claimed_at) VALUES ($1, $2, $3, $4)",
        new_id(), order["id"], actor.user_id, now(),
    )  # fmt: skip
    return await step(order, state, "order.claim", by=actor.user_id)


async def give_up_claim(order_id: UUID, *, actor: Actor) -> Moved:
    """Put an order back in the queue. Only who claimed it, or an administrator. Refuses as `claim_order` does."""
    require(actor, "dispatch.write")

    async def work() -> Moved:
        order = await lock_order(order_id, actor=actor)
        state = rules.move(order["state"], "give_up")
        if await claimant(order_id, actor) != actor.user_id and not actor.has(ADMIN):
            raise NotAllowed
        await end_claim(order_id, "given_up")
        return await step(order, state, "order.give_up", by=actor.user_id)

    return await whole(work)


async def _claim_of(order_id: UUID) -> Any:
    return await fetch_row(
        """SELECT k.claimed_by, u.name FROM order_claims k JOIN users u ON u.id = k.claimed_by
            WHERE k.order_id = $1 AND k.ended_at IS NULL""",
        order_id,
    )


async def claimant(order_id: UUID, actor: Actor) -> UUID | None:
    """Who is picking this order; refuses `AlreadyClaimed` for a colleague, unless the actor is administrator."""
    row = await _claim_of(order_id)
    if row is None:
        return None
    if row["claimed_by"] != actor.user_id and not actor.has(ADMIN):
        raise AlreadyClaimed(by=row["name"])
    claimed_by: UUID = row["claimed_by"]
    return claimed_by


async def end_claim(order_id: UUID, how: str) -> None:
    """The picker is done with it."""
    await execute(
        "UPDATE order_claims SET ended_at = $2, ended_how = $3 WHERE order_id = $1 AND ended_at IS NULL",
        order_id, now(), how,
    )  # fmt: skip
