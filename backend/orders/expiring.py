"""A held order does not keep goods from others for ever: after its time its soft reservations end, the order stays."""

from typing import Any
from uuid import UUID

from backend.core import audit
from backend.core.audit import Entry
from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.jobs import enqueue, job
from backend.orders.steps import RESUME
from backend.orders.whole import whole
from backend.stock import reserving
from backend.stock.waiting import expired_references

EXPIRE = "orders.expire"


async def expire_reservations() -> list[UUID]:
    """End the soft reservations whose time has passed. An approval takes them again as far as goods reach."""

    async def work() -> list[UUID]:
        orders = await fetch(
            """SELECT id FROM orders WHERE id = ANY($1::uuid[]) AND state = 'on_hold' ORDER BY id
                FOR NO KEY UPDATE SKIP LOCKED""",
            await expired_references(now()),
        )
        ids: list[UUID] = [order["id"] for order in orders]
        if not ids:
            return []
        freed = await reserving.release(ids, how="expired")
        await execute("UPDATE order_lines SET reserved = 0 WHERE order_id = ANY($1::uuid[])", ids)
        await execute("UPDATE orders SET version = version + 1, changed_at = $2 WHERE id = ANY($1::uuid[])", ids, now())
        await audit.record_many([Entry("order", one, "order.reservation_expired", {}) for one in ids], actor_id=None)
        if freed:
            await enqueue(RESUME, {"items": sorted(freed)})
        return ids

    return await whole(work)


@job(EXPIRE)
async def _expire(_: dict[str, Any]) -> None:
    await expire_reservations()
