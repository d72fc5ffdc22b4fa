"""Verbs on accounts: open one with its limit, share it, stop it and let it go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, execute_many, fetch_row, fetch_value, transaction
from backend.core.errors import NotAllowed, NotVisible
from backend.core.ids import new_id
from backend.credit.errors import LimitShared, NoSuchHold, ReasonMissing
from backend.people.access import ACCOUNTANT, ADMIN, Actor


async def open_account(
    customers: Sequence[UUID], *, currency: str, limit: int | None, name: str = "", max_document: int | None = None,
    grace_days: int = 0, actor: Actor | None,
) -> UUID:  # fmt: skip
    """Open an account for some customers. `limit` None: inherited; 0: cash only. `actor` None: the command line."""
    _may_keep(actor)
    account = new_id()
    by = actor.user_id if actor else None
    async with transaction():
        await execute(
            """INSERT INTO credit_accounts (id, name, currency, limit_minor, max_document, grace_days, changed_at,
                                            created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            account, name, currency, limit, max_document, grace_days, now(), by,
        )  # fmt: skip
        await execute_many(
            "INSERT INTO credit_members (customer_id, account_id) VALUES ($1, $2)",
            [(customer, account) for customer in customers],
        )
        await audit.record("credit_account", account, "credit.open", actor_id=by, details={"limit": limit})
    return account


async def set_limit(account: UUID, limit: int | None, *, actor: Actor | None) -> None:
    """Change a limit from now on; None: the one of the groups or the company holds. Orders already confirmed stay."""
    _may_keep(actor)
    async with transaction():
        before = await fetch_row("SELECT limit_minor FROM credit_accounts WHERE id = $1 FOR NO KEY UPDATE", account)
        if before is None:
            raise NotVisible
        await execute(
            "UPDATE credit_accounts SET limit_minor = $2, version = version + 1, changed_at = $3 WHERE id = $1",
            account, limit, now(),
        )  # fmt: skip
        await audit.record(
            "credit_account", account, "credit.limit", actor_id=actor.user_id if actor else None,
            details={"from": before["limit_minor"], "to": limit},
        )  # fmt: skip


async def set_own_limit(customer: UUID, limit: int | None, *, currency: str, actor: Actor) -> None:
    """Give a customer a limit of its own, or take it away; the caller has locked the customer and checked the sight.

    `limit` is minor units of the account's currency; `currency` that of a new account, for a customer without one.
    Refuses `LimitShared` for an account that others stand behind as well.
    """
    account = await fetch_value("SELECT account_id FROM credit_members WHERE customer_id = $1", customer)
    if account is None:
        if limit is None:
            return
        await execute(
            "INSERT INTO credit_accounts (id, currency, changed_at, created_by) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (id) DO NOTHING",
            customer, currency, now(), actor.user_id,
        )  # fmt: skip
        await execute(
            "INSERT INTO credit_members (customer_id, account_id) VALUES ($1, $1) ON CONFLICT DO NOTHING", customer
        )
        account = await fetch_value("SELECT account_id FROM credit_members WHERE customer_id = $1", customer)
    others = await fetch_value(
        "SELECT count(*) FROM credit_members WHERE account_id = $1 AND customer_id <> $2", account, customer
    )
    if others:
        raise LimitShared(others=others, pointer="/changes/credit_limit")
    await set_limit(account, limit, actor=actor)


async def hold(
    account: UUID, reason: str, *, code: Literal["LOCKED", "LIMIT", "OVERDUE"] = "LOCKED",
    until: datetime | None = None, actor: Actor | None,
) -> UUID:  # fmt: skip
    """Stop an account: orders wait, goods do not leave. `actor` None: the policy itself. Ends by itself at `until`."""
    _may_keep(actor)
    if not reason.strip():
        raise ReasonMissing(pointer="/reason")
    hold_id: UUID = await fetch_value(
        """INSERT INTO credit_holds (id, account_id, code, reason, placed_at, placed_by, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        new_id(), account, code, reason.strip(), now(), actor.user_id if actor else None, until,
    )  # fmt: skip
    await audit.record(
        "credit_account", account, "credit.hold", actor_id=actor.user_id if actor else None,
        details={"hold": hold_id, "code": code, "reason": reason.strip()},
    )  # fmt: skip
    return hold_id


async def release(hold_id: UUID, reason: str, *, until: datetime | None = None, actor: Actor) -> None:
    """Let a stopped account go on, for good or until a moment. Refuses `NoSuchHold` when somebody did before."""
    _may_keep(actor)
    if not reason.strip():
        raise ReasonMissing(pointer="/reason")
    async with transaction():
        account = await fetch_value(
            """UPDATE credit_holds h SET released_at = $2, released_by = $3, release_reason = $4, release_until = $5
                WHERE id = $1 AND credit_hold_active(h, $2) RETURNING account_id""",
            hold_id, now(), actor.user_id, reason.strip(), until,
        )  # fmt: skip
        if account is None:
            raise NoSuchHold
        await audit.record(
            "credit_account", account, "credit.release", actor_id=actor.user_id,
            details={"hold": hold_id, "reason": reason.strip(), "until": until},
        )  # fmt: skip


def _may_keep(actor: Actor | None) -> None:
    if actor is not None and not actor.has(ADMIN, ACCOUNTANT):
        raise NotAllowed
