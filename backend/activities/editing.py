"""Change a visit or an expense of one's own. What was before stays readable; two edits are merged field by field."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.activities.errors import ExpenseClosed, VisitClosed
from backend.activities.rules import EDITABLE, amounts, may_edit_visit
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.core.editing import (
    Check,
    Edit,
    Edited,
    answer,
    checked,
    code_field,
    day_field,
    merge,
    seen_by,
    text_field,
    wrong,
)
from backend.core.errors import NotAllowed, NotVisible
from backend.core.ids import new_id
from backend.core.money import text_of_minor
from backend.customers.conflict_log import Place, keep_losers
from backend.people.access import Actor, require, sees

EXPENSE_NOTE: Final = 2000
OPEN_STATES: Final = ("draft", "submitted")


def _amount(field: str, value: object) -> object:
    if value is None and field == "vat":
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= 30:
        raise wrong(field, 30)
    return value


VISIT: Final[dict[str, Check]] = {
    "purpose": code_field(needed=True),
    "far_reason": code_field(),
    "note": text_field(4000),
    "outcome": code_field(),
    "next_step": text_field(1000),
    "next_on": day_field(),
}
EXPENSE: Final[dict[str, Check]] = {
    "category": code_field(needed=True),
    "amount": _amount,
    "vat": _amount,
    "spent_on": day_field(needed=True),
    "note": text_field(EXPENSE_NOTE),
}


async def edit_visit(command: Edit, *, actor: Actor, client_at: datetime | None = None) -> Edited:
    """Change what was said of a visit; where and when it was stays as it is.

    Only whoever made it, for 24 hours (`rules.may_edit_visit`), also after losing the customer. Refuses other people's
    (`NotVisible`, or `NotAllowed` where one may read it), unknown fields, and what comes too late (`VisitClosed`).
    """
    require(actor, "activity.write")
    wanted = checked(command.changes, VISIT, VISIT)
    row = await fetch_row(
        """SELECT v.*, c.position_id AS key FROM visits v JOIN customers c ON c.id = v.customer_id
            WHERE v.id = $1 AND v.deleted_at IS NULL FOR UPDATE OF v""",
        command.id,
    )
    _refuse_foreign(row, actor)
    if not may_edit_visit(row["received_at"], client_at, now()):
        raise VisitClosed(hours=int(EDITABLE.total_seconds()) // 3600)
    current = {field: row[field] for field in VISIT}
    current["next_on"] = row["next_on"] and row["next_on"].isoformat()
    version = row["version"]
    merged = merge(seen_by(command.base, version), current, wanted)
    if merged.changes:
        await execute(
            """UPDATE visits SET purpose = $2, far_reason = $3, note = $4, outcome = $5, next_step = $6,
                      next_on = $7::text::date, version = version + 1, changed_at = $8 WHERE id = $1""",
            command.id, *({**current, **merged.changes}[field] for field in VISIT), now(),
        )  # fmt: skip
        version += 1
        await _remember("visit", command.id, _said(current, merged.changes), client_at, actor=actor)
    place = Place("visit", command.id, row["customer_id"])
    await keep_losers(place, merged, command.base, version, actor=actor)
    return answer(command.id, version, wanted, current, merged)


async def edit_expense(command: Edit, *, actor: Actor, client_at: datetime | None = None) -> Edited:
    """Change an expense nobody has decided on. Amounts are decimal strings of the claim's own currency.

    Refuses other people's, unknown fields, amounts of nothing or with more VAT than amount (`AmountWrong`), and an
    expense that was approved, rejected or paid (`ExpenseClosed`).
    """
    require(actor, "activity.write")
    wanted = checked(command.changes, EXPENSE, EXPENSE)
    row = await fetch_row(
        """SELECT e.*, coalesce(c.position_id, e.position_id) AS key
             FROM expenses e LEFT JOIN customers c ON c.id = e.customer_id
            WHERE e.id = $1 AND e.deleted_at IS NULL FOR UPDATE OF e""",
        command.id,
    )
    _refuse_foreign(row, actor)
    if row["state"] not in OPEN_STATES:
        raise ExpenseClosed(state=row["state"])
    digits, version = row["digits"], row["version"]
    current = {field: row[field] for field in EXPENSE}
    current |= {name: None if row[name] is None else text_of_minor(row[name], digits) for name in ("amount", "vat")}
    current["spent_on"] = row["spent_on"].isoformat()
    merged = merge(seen_by(command.base, version), current, wanted, note_limit=EXPENSE_NOTE)
    if merged.changes:
        after = {**current, **merged.changes}
        amount, vat = amounts(after["amount"], after["vat"], digits)
        await execute(
            """UPDATE expenses SET category = $2, amount = $3, vat = $4, spent_on = $5::text::date, note = $6,
                      version = version + 1, changed_at = $7 WHERE id = $1""",
            command.id, after["category"], amount, vat, after["spent_on"], after["note"], now(),
        )  # fmt: skip
        version += 1
        await _remember("expense", command.id, _said(current, merged.changes), client_at, actor=actor)
    place = Place("expense", command.id, row["customer_id"], None if row["customer_id"] else row["position_id"])
    await keep_losers(place, merged, command.base, version, actor=actor)
    return answer(command.id, version, wanted, current, merged)


def _refuse_foreign(row: Any, actor: Actor) -> None:
    if row is not None and row["user_id"] == actor.user_id:
        return
    if row is not None and sees(actor, row["key"]):
        raise NotAllowed(rule="author")
    raise NotVisible(pointer="/id")


def _said(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, list[Any]]:
    return {field: [before[field], after] for field, after in changes.items()}


async def _remember(
    kind: str, owner: UUID, said: dict[str, list[Any]], client_at: datetime | None, *, actor: Actor
) -> None:
    """The fields with what they were and what they are."""
    await execute(
        """INSERT INTO activity_edits (id, visit_id, expense_id, user_id, changes, claimed_at, edited_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        new_id(), owner if kind == "visit" else None, owner if kind == "expense" else None, actor.user_id,
        msgspec.json.encode(said).decode(), client_at, now(),
    )  # fmt: skip
    await audit.record(kind, owner, f"{kind}.edit", actor_id=actor.user_id, details={"changes": said})
