"""Stop caring for a customer, only with a reason; and take care up again, keeping the old reason."""

from typing import Final
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from backend.customers.errors import AlreadyClosed, NotClosed, ReasonTooShort
from backend.customers.queries import find_customer
from backend.customers.schemas import CloseCustomer, Saved
from backend.people.access import ADMIN, MANAGER, Actor, require

LEAST_NOTE: Final = 15


async def close_customer(command: CloseCustomer, *, actor: Actor) -> Saved:
    """Stop care of a visible customer. Needs a known reason (kind `lead_close`) and a note of 15 characters or more."""
    require(actor, "customer.change")
    row = await find_customer(command.id, actor=actor)
    known = await fetch_value("SELECT TRUE FROM reasons WHERE kind = 'lead_close' AND code = $1", command.reason)
    if not known or len(command.note.strip()) < LEAST_NOTE:
        raise ReasonTooShort(pointer="/note" if known else "/reason", least=LEAST_NOTE)
    if row["status"] == "closed":
        raise AlreadyClosed
    return await _act(command.id, "close", command.reason, command.note.strip(), actor)


async def reopen_customer(customer_id: UUID, note: str, *, actor: Actor) -> Saved:
    """Take care up again: a manager's decision. The reason of the closure stays on record."""
    require(actor, "customer.change")
    row = await find_customer(customer_id, actor=actor)
    if not actor.has(ADMIN, MANAGER):
        require(actor, "customer.reassign")
    if row["status"] != "closed":
        raise NotClosed
    return await _act(customer_id, "reopen", "reopen", note.strip()[:2000], actor)


async def _act(customer_id: UUID, act: str, reason: str, note: str, actor: Actor) -> Saved:
    await execute(
        """INSERT INTO customer_closures (id, customer_id, act, reason_code, note, acted_at, acted_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        new_id(), customer_id, act, reason, note, now(), actor.user_id,
    )  # fmt: skip
    version: int = await fetch_value(
        """UPDATE customers SET status = CASE $2 WHEN 'close' THEN 'closed' ELSE 'active' END,
                  lead_state = CASE WHEN stage = 'account' THEN lead_state
                                    WHEN $2 = 'close' THEN 'closed' ELSE 'assigned' END,
                  version = version + 1, changed_at = $3 WHERE id = $1 RETURNING version""",
        customer_id, act, now(),
    )  # fmt: skip
    await audit.record(
        "customer", customer_id, f"customer.{act}", actor_id=actor.user_id, details={"reason": reason, "note": note}
    )
    return Saved(id=customer_id, version=version)
