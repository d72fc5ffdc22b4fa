"""Verbs on the exposure: ask for credit, and move value between its components as documents go on."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from backend.core.clock import now, today
from backend.core.database import execute, fetch_value
from backend.credit.schemas import Component, Taken


async def take(
    customer: UUID,
    amount: int,
    reference: UUID,
    *,
    currency: str,
    by: UUID,
    locked: bool = False,
    override: bool = False,
) -> Taken:
    """Ask the customer's account for `amount` more of open orders.

    Taken whole or not at all; `codes` says what stood against it. The database's conditional UPDATE decides, so any
    number of rivals never pass the limit together. `override`: a person has said yes; the entry remembers it.
    `currency` is that of a new account, made when the customer has none.
    """
    raw = await fetch_value(
        "SELECT credit_take($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        customer, currency, reference, amount, locked, override, now(), today(), by,
    )  # fmt: skip
    return msgspec.convert(raw, Taken)


async def shift(account: UUID, reference: UUID, parts: Mapping[Component, int], why: str, *, by: UUID | None) -> None:
    """Change components by amounts, with one ledger entry each. Never asks the limit: nothing is raised."""
    changes = [{"component": component, "amount": amount} for component, amount in parts.items() if amount]
    if changes:
        await execute(
            "SELECT credit_shift($1, $2, $3::jsonb, $4, $5, $6)",
            account, reference, msgspec.json.encode(changes).decode(), why, now(), by,
        )  # fmt: skip
