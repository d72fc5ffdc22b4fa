"""What happens elsewhere and shows on the customer: the last visit, the last order, the first one making an account."""

from datetime import datetime
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_value


async def mark_visited(customer_id: UUID, at: datetime) -> None:
    """Remember the moment of a visit unless a later one is known. The caller has checked that the actor may do it."""
    await execute(
        """UPDATE customers SET last_visit_at = $2, version = version + 1, changed_at = $3,
                  lead_state = CASE WHEN stage = 'lead' AND lead_state IN ('new', 'assigned') THEN 'working'
                                    ELSE lead_state END
            WHERE id = $1 AND (last_visit_at IS NULL OR last_visit_at < $2)""",
        customer_id, at, now(),
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
