"""Goods came free or came in: orders that waited for them get them, and those that waited for nothing else go on."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from backend.approvals.deciding import withdraw
from backend.core import audit
from backend.core.audit import Entry
from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.jobs import job
from backend.orders import rules
from backend.orders.deciding import note_reserved
from backend.orders.steps import RESUME
from backend.orders.telling import tell_owner
from backend.orders.whole import whole
from backend.people.access import Actor, require
from backend.stock import receiving, reserving
from backend.stock.schemas import Arrival, MoveKind
from backend.stock.waiting import waiting_references


async def receive_goods(arrivals: Sequence[Arrival], *, kind: MoveKind = "receipt", actor: Actor) -> list[UUID]:
    """Goods come in, and orders waiting for them are served in the same transaction. The orders that got something.

    Refuses `BelowReserved` and `UnknownStock`.
    """
    require(actor, "dispatch.write")

    async def work() -> list[UUID]:
        orders = await _lock_waiting({arrival.item for arrival in arrivals})
        await receiving.receive_many(arrivals, kind=kind, by=actor.user_id)
        return await _serve(orders)

    return await whole(work)


async def resume_waiting(items: Collection[UUID]) -> list[UUID]:
    """Serve orders waiting for these items from what is free now: the system's own act. Those that got something."""

    async def work() -> list[UUID]:
        return await _serve(await _lock_waiting(items))

    return await whole(work)


@job(RESUME)
async def _resume(payload: dict[str, Any]) -> None:
    await resume_waiting([UUID(item) for item in payload["items"]])


async def _lock_waiting(items: Collection[UUID]) -> list[Any]:
    """The orders that wait for these items, locked with their customers, each kind in the order of ids."""
    orders = await fetch(
        """SELECT id, number, user_id, customer_id, state FROM orders WHERE id = ANY($1::uuid[]) ORDER BY id
            FOR NO KEY UPDATE""",
        await waiting_references(items),
    )
    await execute(
        "SELECT 1 FROM customers WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        [order["customer_id"] for order in orders],
    )
    return [order for order in orders if order["state"] not in rules.ENDED]


async def _serve(orders: list[Any]) -> list[UUID]:
    if not orders:
        return []
    held = await reserving.fill([order["id"] for order in orders])
    touched = {line.reference for line in held}
    if not touched:
        return []
    await note_reserved(held)
    cured = await fetch(
        """UPDATE order_holds h SET lifted_at = $2, lifted_how = 'cured'
            WHERE h.order_id = ANY($1::uuid[]) AND h.kind = 'stock' AND h.lifted_at IS NULL AND NOT EXISTS (
                  SELECT 1 FROM order_lines l WHERE l.order_id = h.order_id AND l.stocked
                     AND l.reserved + l.dispatched + l.cut < l.qty_base)
        RETURNING h.order_id""",
        list(touched), now(),
    )  # fmt: skip
    free = await fetch(
        """UPDATE orders o SET version = version + 1, changed_at = $2,
                  state = CASE WHEN o.state = 'on_hold' AND o.id = ANY($3::uuid[]) AND NOT EXISTS (
                      SELECT 1 FROM order_holds h WHERE h.order_id = o.id AND h.lifted_at IS NULL)
                      THEN 'confirmed' ELSE o.state END
            WHERE o.id = ANY($1::uuid[]) RETURNING o.id, o.state""",
        list(touched), now(), [row["order_id"] for row in cured],
    )  # fmt: skip
    before = {order["id"]: order["state"] for order in orders}
    confirmed = [row["id"] for row in free if row["state"] != before[row["id"]]]
    await withdraw(confirmed)
    for order in orders:
        if order["id"] in confirmed:
            await tell_owner(order, "order.confirmed", by=None)
    await audit.record_many(
        [
            Entry("order", row["id"], "order.served", {"from": before[row["id"]], "to": row["state"]})
            for row in sorted(free, key=lambda row: row["id"])
        ],
        actor_id=None,
    )
    return sorted(touched)
