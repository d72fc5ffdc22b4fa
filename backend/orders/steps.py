"""What the verbs share: lock an order with its customer, step it to a state, end it and give back what it held.

Every verb locks the order first and the customer next, as the lock order says; an order's rows change only under both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from backend.approvals.deciding import withdraw
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.jobs import enqueue
from backend.credit import taking
from backend.orders import rules
from backend.orders.rules import Progress
from backend.orders.schemas import Moved
from backend.people.access import Actor, scope
from backend.pricing.spending import give_back
from backend.stock import reserving

RESUME = "orders.resume"


async def lock_order(order_id: UUID, *, actor: Actor) -> Any:
    """The order's row with its customer's status, both locked. Refuses `NotVisible`, alike for absent and not yours."""
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT o.*, c.status AS customer_status FROM orders o JOIN customers c ON c.id = o.customer_id
             WHERE o.id = $1 AND {predicate} FOR NO KEY UPDATE OF o, c""",
        order_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return row


async def lines_of(order_id: UUID) -> list[Any]:
    """The order's lines in their order; the caller holds the order's lock."""
    return await fetch("SELECT * FROM order_lines WHERE order_id = $1 ORDER BY seq", order_id)


async def step(
    order: Mapping[str, Any], state: str, action: str, *, by: UUID | None, note: str | None = None,
    details: Mapping[str, object] | None = None, short: Sequence[Mapping[str, str]] = (),
) -> Moved:  # fmt: skip
    """Write the new state and the audit entry; the version rises by one. `note` is what the rep is told."""
    version = order["version"] + 1
    await execute(
        """UPDATE orders SET state = $2, version = $3, changed_at = $4, decided_note = coalesce($5, decided_note)
            WHERE id = $1""",
        order["id"], state, version, now(), note,
    )  # fmt: skip
    said = {"from": order["state"], "to": state, **(details or {})}
    await audit.record("order", order["id"], action, actor_id=by, details=said)
    return Moved(order["id"], order["number"], state, version, [dict(line) for line in short])


async def lift_holds(
    order_id: UUID,
    how: Literal["approved", "rejected", "cancelled", "cured", "accepted"],
    *,
    by: UUID | None,
    kind: str | None = None,
) -> None:
    """The reasons to wait are gone (all of them, or those of one kind)."""
    await execute(
        """UPDATE order_holds SET lifted_at = $2, lifted_by = $3, lifted_how = $4
            WHERE order_id = $1 AND lifted_at IS NULL AND ($5::text IS NULL OR kind = $5)""",
        order_id, now(), by, how, kind,
    )  # fmt: skip


async def give_back_credit(
    order: Mapping[str, Any], before: list[Progress], after: list[Progress], why: str, by: UUID | None
) -> None:
    """Move the order's value on its credit account as its lines went on; nothing when it never took credit."""
    if order["credit_taken"]:
        opened, gone = rules.change_of_value(before, after)
        await taking.shift(
            order["credit_account_id"], order["id"], {"open_orders": opened, "uninvoiced": gone}, why, by=by
        )


def progress(line: Mapping[str, Any], *, dispatched: int = 0, cut: int = 0) -> Progress:
    """Where a line stands after so much more of it left or was cut."""
    return Progress(line["credit_amount"], line["qty_base"], line["dispatched"] + dispatched, line["cut"] + cut)


async def end(order: Mapping[str, Any], how: Literal["rejected", "cancelled"], *, by: UUID | None) -> None:
    """What did not leave never will: credit and goods are given back, and those who wait for them are tried again.

    An order of which nothing left uses no promotion any more; of one that left in part the customer had it.
    """
    lines = await lines_of(order["id"])
    rest = {line["id"]: line["qty_base"] - line["dispatched"] - line["cut"] for line in lines}
    await give_back_credit(
        order, [progress(line) for line in lines], [progress(line, cut=rest[line["id"]]) for line in lines], "cut", by
    )
    freed = await reserving.release([order["id"]])
    await execute(
        "UPDATE order_lines SET reserved = 0, picked = 0, cut = qty_base - dispatched WHERE order_id = $1", order["id"]
    )
    if not any(line["dispatched"] for line in lines):
        await give_back(order["id"])
    await lift_holds(order["id"], how, by=by)
    await withdraw([order["id"]])
    await execute(
        "UPDATE order_claims SET ended_at = $2, ended_how = 'cancelled' WHERE order_id = $1 AND ended_at IS NULL",
        order["id"], now(),
    )  # fmt: skip
    if freed:
        await enqueue(RESUME, {"items": sorted(freed)})
