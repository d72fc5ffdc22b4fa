"""A customer's account at a glance: credit, last orders and visits, how often they order."""

from datetime import date
from itertools import pairwise
from statistics import median_low
from typing import Any
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.core.money import text_of_minor
from backend.core.settings import settings
from backend.credit.queries import standings
from backend.customers.queries import find_customer
from backend.insight.queries import NET, digits_of
from backend.insight.schemas import Credit, OrderGlance, Overview, VisitGlance
from backend.people.access import ADMIN, MANAGER, REP, Actor


async def overview(customer_id: UUID, *, actor: Actor) -> Overview:
    """How a visible customer stands. Who does no field work gets no visits. Refuses the absent and the foreign alike.

    Revenue is that of the last twelve months by order day, without tax, in the company's currency; None when a rate is
    missing.
    """
    await find_customer(customer_id, actor=actor)
    company = settings().company_currency
    orders = await fetch(
        """SELECT o.id, o.number, o.state, o.ordered_on, o.total, o.currency, coalesce(k.minor_digits, 0) AS digits
             FROM orders o LEFT JOIN currencies k ON k.code = o.currency
            WHERE o.customer_id = $1 AND o.deleted_at IS NULL ORDER BY o.placed_at DESC, o.id DESC LIMIT 10""",
        customer_id,
    )
    sales = await fetch(
        f"""SELECT o.ordered_on, {NET} AS net FROM orders o
             WHERE o.customer_id = $2 AND insight_is_revenue(o.state) AND o.deleted_at IS NULL
             ORDER BY o.ordered_on""",
        company, customer_id,
    )  # fmt: skip
    visits: list[Any] = []
    if actor.has(ADMIN, MANAGER, REP):
        visits = await fetch(
            """SELECT v.id, u.name AS user, v.purpose, v.started_at, v.verdict, v.outcome
                 FROM visits v JOIN users u ON u.id = v.user_id
                WHERE v.customer_id = $1 AND v.deleted_at IS NULL ORDER BY v.started_at DESC, v.id LIMIT 10""",
            customer_id,
        )
    return Overview(
        customer_id=customer_id,
        credit=await _credit(customer_id, actor),
        orders=[
            OrderGlance(
                id=row["id"], number=row["number"], state=row["state"], ordered_on=row["ordered_on"],
                total=text_of_minor(row["total"], row["digits"]), currency=row["currency"],
            )
            for row in orders
        ],
        visits=[VisitGlance(**row) for row in visits],
        every_days=every_days([row["ordered_on"] for row in sales]),
        revenue_12m=await _year([(row["ordered_on"], row["net"]) for row in sales], company, actor),
        currency=company,
    )  # fmt: skip


def every_days(days: list[date]) -> int | None:
    """The median number of days between orders (the lower one of two); None before the second order day."""
    distinct = sorted(set(days))
    gaps = [(after - before).days for before, after in pairwise(distinct)]
    return median_low(gaps) if gaps else None


async def _year(sales: list[tuple[date, int | None]], company: str, actor: Actor) -> str | None:
    now = today()
    since = now.replace(year=now.year - 1, day=min(now.day, 28))
    amounts = [net for day, net in sales if since < day <= now]
    known = [net for net in amounts if net is not None]
    return text_of_minor(sum(known), await digits_of(company, actor=actor)) if len(known) == len(amounts) else None


async def _credit(customer_id: UUID, actor: Actor) -> Credit | None:
    standing = (await standings([customer_id], actor=actor)).get(customer_id)
    if standing is None:
        return None

    def said(amount: int | None) -> str | None:
        return None if amount is None else text_of_minor(amount, standing.digits)

    return Credit(
        limit=said(standing.limit),
        exposure=text_of_minor(standing.exposure, standing.digits),
        left=said(standing.left),
        currency=standing.currency,
        on_hold=standing.on_hold,
        overdue=standing.overdue,
    )
