"""Claim an expense."""

from uuid import UUID

from backend.activities.errors import ActivityIdTaken, CurrencyUnknown, NoPosition, VisitOfAnother
from backend.activities.rules import amounts
from backend.activities.schemas import Claimed, ClaimExpense
from backend.activities.visiting import refuse_foreign
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import NotVisible
from backend.people.access import Actor, require


async def claim_expense(command: ClaimExpense, *, actor: Actor, late: bool = False) -> Claimed:
    """Store a submitted expense of the actor's own, for a customer, a visit, or neither.

    With a visit alone the customer is the visit's. Refuses foreign customers and visits, unknown currencies, amounts of
    nothing or less, and VAT above the amount. `late` as in `log_visit`.
    """
    require(actor, "activity.write")
    if (known := await _already(command.id, actor)) is not None:
        return known
    if not actor.own_keys:
        raise NoPosition
    digits = await fetch_value("SELECT minor_digits FROM currencies WHERE code = $1", command.currency)
    if digits is None:
        raise CurrencyUnknown(pointer="/currency", currency=command.currency)
    amount, vat = amounts(command.amount, command.vat, digits)
    customer_id = await _customer(command)
    if customer_id is not None:
        await refuse_foreign(customer_id, actor=actor, late=late)
    moment = now()
    await execute(
        """INSERT INTO expenses (id, customer_id, visit_id, user_id, position_id, category, amount, vat, currency,
                                 digits, spent_on, note, late, received_at, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $4)""",
        command.id, customer_id, command.visit_id, actor.user_id, min(actor.own_keys), command.category, amount, vat,
        command.currency, digits, command.spent_on, command.note, late, moment,
    )  # fmt: skip
    await audit.record(
        "expense", command.id, "expense.claim", actor_id=actor.user_id,
        details={"amount": command.amount, "currency": command.currency, "late": late},
    )  # fmt: skip
    return Claimed(command.id, 1, "submitted", late)


async def _already(expense_id: UUID, actor: Actor) -> Claimed | None:
    row = await fetch_row("SELECT version, user_id, state, late FROM expenses WHERE id = $1", expense_id)
    if row is None:
        return None
    if row["user_id"] != actor.user_id:
        raise ActivityIdTaken(pointer="/id")
    return Claimed(expense_id, row["version"], row["state"], row["late"])


async def _customer(command: ClaimExpense) -> UUID | None:
    """The customer the expense is for; the visit must be one of that customer."""
    if command.visit_id is None:
        return command.customer_id
    row = await fetch_row("SELECT customer_id FROM visits WHERE id = $1 AND deleted_at IS NULL", command.visit_id)
    if row is None:
        raise NotVisible(pointer="/visit_id")
    found: UUID = row["customer_id"]
    if command.customer_id is not None and command.customer_id != found:
        raise VisitOfAnother(pointer="/visit_id")
    return found
