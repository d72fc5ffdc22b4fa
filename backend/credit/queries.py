"""Reads of credit: how customers stand, for those who may see the customer."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from backend.core.clock import now, today
from backend.core.database import fetch
from backend.core.settings import settings
from backend.credit.errors import NoExchangeRate
from backend.credit.rules import Account
from backend.credit.schemas import CreditStanding
from backend.people.access import Actor, scope

_STANDINGS = """
    WITH seen AS MATERIALIZED (
        SELECT c.id, c.status, a.id AS account, a.limit_minor FROM customers c
          LEFT JOIN credit_members m ON m.customer_id = c.id
          LEFT JOIN credit_accounts a ON a.id = m.account_id
         WHERE c.deleted_at IS NULL AND {chosen} AND {predicate})
    SELECT c.id AS customer_id, coalesce(a.currency, $2) AS currency, a.id AS account,
           coalesce(a.limit_minor, i.limit_minor) AS limit_minor, a.receivable, a.uninvoiced, a.open_orders,
           a.cash_unapplied, a.max_document, a.grace_days, a.overdue_since,
           coalesce(k.minor_digits, 0) AS digits, c.status = 'locked' OR EXISTS (
               SELECT 1 FROM credit_holds h WHERE h.account_id = a.id AND credit_hold_active(h, $1)) AS on_hold
      FROM seen c
      LEFT JOIN credit_accounts a ON a.id = c.account
      LEFT JOIN credit_inherited(ARRAY(SELECT id FROM seen WHERE limit_minor IS NULL), $3) i ON i.customer_id = c.id
      LEFT JOIN currencies k ON k.code = coalesce(a.currency, $2)"""


async def standings(customers: Sequence[UUID] | None, *, actor: Actor) -> dict[UUID, CreditStanding]:
    """How customers stand now; None for all the actor sees. Those the actor does not see are left out."""
    if not actor.sees_prices:
        return {}
    if customers is None:
        predicate, arguments = scope(actor, "c.position_id", 4)
        chosen = "TRUE"
    else:
        predicate, arguments = scope(actor, "c.position_id", 5)
        chosen = "c.id = ANY($4::uuid[])"
        arguments = [list(customers), *arguments]
    rows = await fetch(
        _STANDINGS.format(chosen=chosen, predicate=predicate), now(), settings().company_currency, today(), *arguments
    )
    return {row["customer_id"]: _standing(row) for row in rows}


def _standing(row: Any) -> CreditStanding:
    account = Account(
        limit=row["limit_minor"],
        receivable=row["receivable"] or 0,
        uninvoiced=row["uninvoiced"] or 0,
        open_orders=row["open_orders"] or 0,
        cash_unapplied=row["cash_unapplied"] or 0,
    )
    late = (today() - row["overdue_since"]).days if row["overdue_since"] else 0
    return CreditStanding(
        account=row["account"],
        currency=row["currency"],
        limit=account.limit,
        exposure=account.exposure,
        left=account.left,
        on_hold=row["on_hold"],
        overdue=late > (row["grace_days"] or 0),
        max_document=row["max_document"],
        digits=row["digits"],
    )


async def rates(currencies: Sequence[str], *, actor: Actor) -> dict[str, Fraction]:
    """Units of the company's currency for one unit of each, today. Refuses `NoExchangeRate` for one nobody entered."""
    company = settings().company_currency
    found = {company: Fraction(1)}
    others = [currency for currency in set(currencies) if currency != company]
    if others:
        rows = await fetch(
            """SELECT DISTINCT ON (currency) currency, num, den FROM currency_rates
                WHERE currency = ANY($1::text[]) AND from_on <= $2 ORDER BY currency, from_on DESC""",
            others, today(),
        )  # fmt: skip
        found |= {row["currency"]: Fraction(row["num"], row["den"]) for row in rows}
    for currency in others:
        if currency not in found:
            raise NoExchangeRate(currency=currency)
    return found
