"""Set, override and clear commercial terms of the company, a customer group or a customer.

Every change is audited with what was there before; whoever edits an old copy is refused with the version now.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import NotAllowed, NotVisible, StaleVersion
from backend.core.settings import settings
from backend.credit.accounts import set_own_limit
from backend.customers.term_rules import COLUMNS
from backend.people.access import ADMIN, Actor, require, scope
from backend.terms.choosing import KINDS, hold_choices, known_values
from backend.terms.errors import TermUnknown
from backend.terms.rules import NOT_OF_COMPANY, as_columns
from backend.terms.schemas import ChangeTerms, TermChanges

COMPANY: Final = UUID(int=0)  # the company in the audit trail
LIMIT: Final = "credit_limit_minor"


async def change_customer_terms(customer_id: UUID, command: ChangeTerms, *, actor: Actor) -> None:
    """Override terms for one visible customer, or clear overrides.

    The credit limit is that of the customer's account. Refuses `NotVisible`, `StaleVersion`, `TermUnknown`,
    `LimitShared`, and `NotAllowed` for terms beyond the actor's role.
    """
    _may(command.changes, actor)
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT c.*, (SELECT k.currency FROM credit_members m JOIN credit_accounts k ON k.id = m.account_id
                          WHERE m.customer_id = c.id) AS account_currency
              FROM customers c WHERE c.id = $1 AND c.deleted_at IS NULL AND {predicate} FOR NO KEY UPDATE OF c""",
        customer_id, *arguments,
    )  # fmt: skip
    _fresh(row, command)
    currency = row["account_currency"] or settings().company_currency
    wanted = await _as_columns(command.changes, currency, row)
    if LIMIT in wanted:
        await set_own_limit(customer_id, wanted.pop(LIMIT), currency=currency, actor=actor)
    await _write("customers", "id = $1", customer_id, wanted)
    await _record("customer", customer_id, row, wanted, actor)


async def change_group_terms(group_id: UUID, command: ChangeTerms, *, actor: Actor) -> None:
    """Set or clear terms of a customer group. Refuses `NotVisible`, `StaleVersion`, `TermUnknown`, `NotAllowed`."""
    _may(command.changes, actor)
    row = await fetch_row(
        "SELECT * FROM customer_groups WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", group_id
    )
    _fresh(row, command)
    wanted = await _of_level(command.changes, row)
    await _write("customer_groups", "id = $1", group_id, wanted)
    if "currency" in wanted:
        await announce_currency(group_id)
    await _record("customer_group", group_id, row, wanted, actor)


async def change_company_terms(command: ChangeTerms, *, actor: Actor) -> None:
    """Set what holds where nobody nearer sets anything. Its currency and price list are set elsewhere."""
    _may(command.changes, actor)
    for term in NOT_OF_COMPANY:
        if getattr(command.changes, term) is not msgspec.UNSET:
            raise TermUnknown(term=term, pointer=f"/changes/{term}")
    row = await fetch_row("SELECT * FROM company_terms FOR NO KEY UPDATE")
    _fresh(row, command)
    wanted = await _of_level(command.changes, row)
    await _write("company_terms", "$1::uuid IS NOT NULL", COMPANY, wanted)
    await _record("company", COMPANY, row, wanted, actor)


async def announce_currency(group_id: UUID) -> None:
    """Send the customers below a group to the phones again: the currency they inherit may be another one now."""
    await execute(
        """UPDATE customers SET changed_at = $2 WHERE currency IS NULL AND id IN (
             SELECT l.customer_id FROM customer_group_links l JOIN customer_groups g ON g.id = l.group_id
              WHERE g.path LIKE '%/' || $1::uuid || '/%')""",
        group_id, now(),
    )  # fmt: skip


async def _as_columns(changes: TermChanges, currency: str, before: Any) -> dict[str, Any]:
    """Changes by column, checked; the words they name stay there until the end of the transaction."""
    wanted = as_columns(changes, await known_values(), await _digits(currency), before)
    await hold_choices({kind: wanted[COLUMNS[kind]] for kind in KINDS if wanted.get(COLUMNS[kind]) is not None})
    return wanted


async def _of_level(changes: TermChanges, before: Any) -> dict[str, Any]:
    currency = settings().company_currency
    wanted = await _as_columns(changes, currency, before)
    if LIMIT in wanted:
        wanted["credit_currency"] = None if wanted[LIMIT] is None else currency
    return wanted


def _may(changes: TermChanges, actor: Actor) -> None:
    """Administrators set everything, accountants the credit limit."""
    require(actor, "terms.change")
    touched = [term for term in COLUMNS if getattr(changes, term) is not msgspec.UNSET]
    if not actor.has(ADMIN) and touched != ["credit_limit"]:
        raise NotAllowed(rule="terms.change")


def _fresh(row: Any, command: ChangeTerms) -> None:
    if row is None:
        raise NotVisible
    if row["terms_version"] != command.expected_version:
        raise StaleVersion(current=row["terms_version"])


async def _write(table: str, which: str, owner: UUID, wanted: Mapping[str, Any]) -> None:
    sets = "".join(f", {column} = ${n}" for n, column in enumerate(wanted, 3))
    await execute(
        f"UPDATE {table} SET terms_version = terms_version + 1, changed_at = $2{sets} WHERE {which}",
        owner, now(), *wanted.values(),
    )  # fmt: skip


async def _record(entity: str, owner: UUID, before: Any, wanted: Mapping[str, Any], actor: Actor) -> None:
    """What was and what is, by column. A customer's credit limit is in the audit trail of its account."""
    details: dict[str, object] = {
        column: {"from": before[column], "to": value} for column, value in wanted.items() if before[column] != value
    }
    if details:
        await audit.record(entity, owner, "terms.change", actor_id=actor.user_id, details=details)


async def _digits(currency: str) -> int:
    return await fetch_value("SELECT minor_digits FROM currencies WHERE code = $1", currency) or 0
