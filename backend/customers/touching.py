"""What happens elsewhere and shows on the customer: the last visit, the last order, the first one making an account."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_value


async def mark_visited(visits: Sequence[tuple[UUID, datetime]]) -> None:
    """Remember of each customer the latest moment of a visit unless a later one is known; one change, however many.

    The caller has checked that the actor may do it.
    """
    await execute(
        """UPDATE customers c SET last_visit_at = w.at, version = c.version + 1, changed_at = $3,
                  lead_state = CASE WHEN c.stage = 'lead' AND c.lead_state IN ('new', 'assigned') THEN 'working'
                                    ELSE c.lead_state END
             FROM (SELECT id, max(at) AS at FROM unnest($1::uuid[], $2::timestamptz[]) AS v(id, at) GROUP BY id) w
            WHERE c.id = w.id AND (c.last_visit_at IS NULL OR c.last_visit_at < w.at)""",
        [customer_id for customer_id, _ in visits], [at for _, at in visits], now(),
    )  # fmt: skip


async def mark_ordered(customer_id: UUID, at: datetime, *, actor_id: UUID | None) -> bool:
    """Remember the moment of an order; a lead becomes an account with its first one. True when it just became one.

    Runs in the order's own transaction, so a refused order converts nobody.
    """
    was_lead = await fetch_value(
        """WITH before AS (SELECT id, stage FROM customers WHERE id = $1 FOR NO KEY UPDATE)
           UPDATE customers c SET last_order_at = greatest(c.last_order_at, $2), stage = 'account',
                  lead_state = 'converted', converted_at = coalesce(c.converted_at, $3),
                  version = c.version + 1, changed_at = $3
             FROM before WHERE c.id = before.id RETURNING before.stage = 'lead'""",
        customer_id, at, now(),
    )  # fmt: skip
    if was_lead:
        await audit.record(
            "customer", customer_id, "customer.convert", actor_id=actor_id, details={"by": "first order"}
        )
    return bool(was_lead)
