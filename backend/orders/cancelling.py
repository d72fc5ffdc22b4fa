"""Call an order off: what did not leave is given back, credit and goods alike."""

from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.orders import rules
from backend.orders.errors import NotTheOwner
from backend.orders.schemas import CancelOrder, Moved
from backend.orders.steps import end, lock_order, step
from backend.orders.telling import tell_owner
from backend.orders.whole import whole
from backend.people.access import ADMIN, MANAGER, Actor, require


async def cancel_order(command: CancelOrder, *, actor: Actor) -> Moved:
    """Cancel an order the actor placed, or any of their people's as a manager. The same request again changes nothing.

    What already left stays dispatched; such an order ends as `dispatched`. Refuses `NotVisible`, `NotTheOwner` and
    `IllegalMove` once everything left or the order has ended.
    """
    require(actor, "order.cancel")
    return await whole(lambda: _cancel(command, actor))


async def _cancel(command: CancelOrder, actor: Actor) -> Moved:
    order = await lock_order(command.id, actor=actor)
    if order["user_id"] != actor.user_id and not actor.has(ADMIN, MANAGER):
        raise NotTheOwner
    reason = command.reason.strip() or "-"
    known = await fetch_row("SELECT * FROM order_cancellations WHERE order_id = $1", command.id)
    if known is not None and known["cancelled_by"] == actor.user_id and known["reason"] == reason:
        return Moved(order["id"], order["number"], order["state"], order["version"])
    part_left = await fetch_row("SELECT 1 FROM order_dispatches WHERE order_id = $1 LIMIT 1", command.id)
    state = rules.move(order["state"], "cancel_rest" if part_left else "cancel")
    await end(order, "cancelled", by=actor.user_id)
    await execute(
        "INSERT INTO order_cancellations (order_id, reason, cancelled_at, cancelled_by) VALUES ($1, $2, $3, $4)",
        command.id, reason, now(), actor.user_id,
    )  # fmt: skip
    await tell_owner(order, "order.cancelled", by=actor.user_id)
    return await step(order, state, "order.cancel", by=actor.user_id, details={"reason": reason})
