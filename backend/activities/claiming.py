"""Claim expenses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from backend.activities.errors import ActivityIdTaken, CurrencyUnknown, NoPosition, VisitOfAnother
from backend.activities.rules import amounts
from backend.activities.schemas import Claimed, ClaimExpense
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.errors import NotVisible, Refusal, granted
from backend.people.access import Actor, require, scope


class _Fresh(NamedTuple):
    """An expense that is new and in order: whose customer's it is, and what it comes to in minor units."""

    command: ClaimExpense
    customer_id: UUID | None
    amount: int
    vat: int | None
    digits: int


async def claim_expense(command: ClaimExpense, *, actor: Actor, late: bool = False) -> Claimed:
    """Store a submitted expense of the actor's own, for a customer, a visit, or neither.

    With a visit alone the customer is the visit's. Refuses foreign customers and visits, unknown currencies, amounts of
    nothing or less, and VAT above the amount. `late` as in `log_visit`.
    """
    return granted((await claim_expenses([command], actor=actor, late=late))[0])


async def claim_expenses(
    commands: Sequence[ClaimExpense], *, actor: Actor, late: bool = False
) -> list[Claimed | Refusal]:
    """`claim_expense` for many expenses with ids of their own, in their order; what is refused leaves nothing."""
    require(actor, "activity.write")
    answers: list[Claimed | Refusal] = []
    fresh: list[_Fresh] = []
    for command, around in zip(commands, await _around(commands, actor, late), strict=True):
        try:
            known = _known(command, around, actor)
            if known is None:
                fresh.append(_checked(command, around, actor))
            answers.append(known or Claimed(command.id, 1, "submitted", late))
        except Refusal as refusal:
            answers.append(refusal)
    if fresh:
        await _write(fresh, now(), actor, late)
    return answers


async def _around(commands: Sequence[ClaimExpense], actor: Actor, late: bool) -> list[Any]:
    """For each: the expense, if it is there already, its currency, its visit, and whether its customer is visible."""
    predicate, arguments = ("TRUE", []) if late else scope(actor, "c.position_id", 5)
    return await fetch(
        f"""SELECT e.version, e.user_id, e.state, e.late, m.minor_digits AS digits, v.customer_id AS visited,
                   c.id IS NOT NULL AS visible
              FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY
                   AS w(id, currency, customer_id, visit_id, n)
              LEFT JOIN expenses e ON e.id = w.id
              LEFT JOIN currencies m ON m.code = w.currency
              LEFT JOIN visits v ON v.id = w.visit_id AND v.deleted_at IS NULL
              LEFT JOIN customers c ON c.id = coalesce(v.customer_id, w.customer_id) AND c.deleted_at IS NULL
                                   AND {predicate}
             ORDER BY w.n""",
        [command.id for command in commands], [command.currency for command in commands],
        [command.customer_id for command in commands], [command.visit_id for command in commands], *arguments,
    )  # fmt: skip


def _known(command: ClaimExpense, row: Any, actor: Actor) -> Claimed | None:
    """What is answered when the expense is there already."""
    if row["user_id"] is None:
        return None
    if row["user_id"] != actor.user_id:
        raise ActivityIdTaken(pointer="/id")
    return Claimed(command.id, row["version"], row["state"], row["late"])


def _checked(command: ClaimExpense, row: Any, actor: Actor) -> _Fresh:
    if not actor.own_keys:
        raise NoPosition
    if row["digits"] is None:
        raise CurrencyUnknown(pointer="/currency", currency=command.currency)
    amount, vat = amounts(command.amount, command.vat, row["digits"])
    customer_id = _customer(command, row)
    if customer_id is not None and not row["visible"]:
        raise NotVisible(pointer="/customer_id")
    return _Fresh(command, customer_id, amount, vat, row["digits"])


def _customer(command: ClaimExpense, row: Any) -> UUID | None:
    """The customer the expense is for; the visit must be one of that customer."""
    if command.visit_id is None:
        return command.customer_id
    found: UUID | None = row["visited"]
    if found is None:
        raise NotVisible(pointer="/visit_id")
    if command.customer_id is not None and command.customer_id != found:
        raise VisitOfAnother(pointer="/visit_id")
    return found


async def _write(fresh: Sequence[_Fresh], moment: datetime, actor: Actor, late: bool) -> None:
    columns = zip(*(_row(one) for one in fresh), strict=True)
    await execute(
        """INSERT INTO expenses (user_id, created_by, position_id, received_at, changed_at, late, id, customer_id,
                                 visit_id, category, amount, vat, currency, digits, spent_on, note)
           SELECT $1, $1, $2, $3, $3, $4, w.*
             FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::bigint[], $10::bigint[], $11::text[],
                         $12::smallint[], $13::date[], $14::text[]) AS w""",
        actor.user_id, min(actor.own_keys), moment, late, *columns,
    )  # fmt: skip
    await audit.record_many([_entry(one.command, late) for one in fresh], actor_id=actor.user_id)


def _row(one: _Fresh) -> tuple[object, ...]:
    """The columns that differ from expense to expense, in the order of the statement."""
    command = one.command
    return (
        command.id, one.customer_id, command.visit_id, command.category, one.amount, one.vat, command.currency,
        one.digits, command.spent_on, command.note,
    )  # fmt: skip


def _entry(command: ClaimExpense, late: bool) -> audit.Entry:
    details = {"amount": command.amount, "currency": command.currency, "late": late}
    return audit.Entry("expense", command.id, "expense.claim", details)
