"""Before customers change hands: what is open among them. A fixed number of statements, whatever the number chosen."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch, fetch_row
from backend.core.money import text_of_minor
from backend.customers.errors import PositionUnknown
from backend.customers.queries_choosing import choose, day_of, placed, stamp_of
from backend.customers.queries_handovers import seats_of
from backend.customers.schemas import HandOver
from backend.insight.schemas_handover import Documents, NextStep, Planned, Preview, Sum, Weighty
from backend.people.access import Actor, require, sees

WEIGHTY: Final = 10

# Each part reads the chosen customers ($1) only; they have been read as the actor's before.
_OPEN: Final = """
    WITH chosen AS MATERIALIZED (SELECT unnest($1::uuid[]) AS id),
    digits AS (SELECT code, minor_digits FROM currencies),
    orders_open AS MATERIALIZED (
        SELECT o.customer_id, o.currency, o.total, o.state = 'on_hold' AS held
          FROM orders o JOIN chosen ON chosen.id = o.customer_id
         WHERE o.state NOT IN ('dispatched', 'cancelled', 'rejected') AND o.deleted_at IS NULL),
    accounts AS MATERIALIZED (
        SELECT m.customer_id, a.id, a.currency, a.receivable,
               row_number() OVER (PARTITION BY a.id ORDER BY m.customer_id) AS nth,
               coalesce($2 - a.overdue_since > a.grace_days, FALSE) AS overdue
          FROM credit_members m JOIN chosen ON chosen.id = m.customer_id JOIN credit_accounts a ON a.id = m.account_id
         WHERE a.receivable <> 0),
    claimed AS MATERIALIZED (
        SELECT e.customer_id, e.currency, e.amount, e.digits FROM expenses e JOIN chosen ON chosen.id = e.customer_id
         WHERE e.state = 'submitted' AND e.deleted_at IS NULL),
    steps AS (
        SELECT count(*)::int AS count, min(v.next_on) AS first_on FROM visits v JOIN chosen ON chosen.id = v.customer_id
         WHERE v.next_on >= $2 AND v.deleted_at IS NULL)
    SELECT steps.count AS steps, steps.first_on,
           (SELECT json_agg(x) FROM (SELECT held, currency, count(*)::int AS count, sum(total)::bigint AS amount,
                   coalesce(max(minor_digits), 0) AS digits FROM orders_open LEFT JOIN digits ON code = currency
                   GROUP BY held, currency ORDER BY currency) x) AS orders,
           (SELECT json_agg(x) FROM (SELECT overdue, currency, count(DISTINCT id)::int AS count,
                   sum(receivable) FILTER (WHERE nth = 1)::bigint AS amount, coalesce(max(minor_digits), 0) AS digits
                   FROM accounts LEFT JOIN digits ON code = currency
                   GROUP BY overdue, currency ORDER BY currency) x) AS debts,
           (SELECT json_agg(x) FROM (SELECT currency, count(*)::int AS count, sum(amount)::bigint AS amount,
                   max(digits) AS digits FROM claimed GROUP BY currency ORDER BY currency) x) AS expenses,
           (SELECT count(DISTINCT customer_id)::int FROM orders_open) AS order_customers,
           (SELECT count(DISTINCT customer_id)::int FROM orders_open WHERE held) AS held_customers,
           (SELECT count(*)::int FROM accounts) AS debt_customers,
           (SELECT count(*)::int FROM accounts WHERE overdue) AS overdue_customers,
           (SELECT count(DISTINCT customer_id)::int FROM claimed) AS expense_customers
      FROM steps"""

_WEIGHTY: Final = """
    SELECT c.id, c.code, c.name, coalesce(o.orders, 0) AS orders, coalesce(o.sums, '[]') AS order_sums, a.receivable,
           a.currency, coalesce(k.minor_digits, 0) AS digits,
           coalesce($2 - a.overdue_since > a.grace_days, FALSE) AS overdue
      FROM customers c
      LEFT JOIN LATERAL (
          SELECT sum(n)::int AS orders, sum(total) AS total,
                 json_agg(json_build_object('currency', currency, 'amount', total, 'digits', digits)
                          ORDER BY currency) AS sums
            FROM (SELECT o.currency, count(*) AS n, sum(o.total)::bigint AS total,
                         coalesce(max(k.minor_digits), 0) AS digits
                    FROM orders o LEFT JOIN currencies k ON k.code = o.currency
                   WHERE o.customer_id = c.id AND o.state NOT IN ('dispatched', 'cancelled', 'rejected')
                     AND o.deleted_at IS NULL GROUP BY o.currency) x) o ON TRUE
      LEFT JOIN credit_members m ON m.customer_id = c.id
      LEFT JOIN credit_accounts a ON a.id = m.account_id
      LEFT JOIN currencies k ON k.code = a.currency
     WHERE c.id = ANY($1::uuid[]) AND (o.orders > 0 OR a.receivable > 0)
     ORDER BY overdue DESC, coalesce(a.receivable, 0) + coalesce(o.total, 0) DESC, c.folded, c.id LIMIT $3"""


async def preview(wanted: HandOver, *, actor: Actor) -> Preview:
    """What a hand-over of these customers to a position on a day would do, and what is open among them now.

    Nothing is stored. Refuses what the hand-over itself would refuse: nobody, a customer or position out of sight, a
    day that is over.
    """
    require(actor, "customer.reassign")
    day = day_of(wanted.on)
    ids = await choose(wanted, actor=actor)
    rows = await placed(ids, day, actor=actor)
    moving = [one for one in rows if one.goes_to(wanted.to_position)]
    givers = Counter(one.position_id for one in moving)
    seats = await seats_of([(wanted.to_position, len(moving)), *givers.most_common()], actor=actor)
    to = next((one for one in seats if one.id == wanted.to_position), None)
    if to is None or not sees(actor, wanted.to_position):
        raise PositionUnknown(pointer="/to_position", position_id=wanted.to_position)
    moved = [one.id for one in moving]
    found = await fetch_row(_OPEN, moved, today())
    orders, debts = found["orders"] or [], found["debts"] or []
    return Preview(
        stamp=stamp_of(rows),
        on=day,
        to=to,
        givers=seats[1:],
        customers=len(rows),
        moving=len(moving),
        already=len(rows) - len(moving),
        planned=await _planned(moved),
        orders=_documents(orders, found["order_customers"]),
        held=_documents([one for one in orders if one["held"]], found["held_customers"]),
        debts=_documents(debts, found["debt_customers"]),
        overdue=_documents([one for one in debts if one["overdue"]], found["overdue_customers"]),
        expenses=_documents(found["expenses"] or [], found["expense_customers"]),
        next_steps=NextStep(found["steps"], found["first_on"]),
        weighty=await _weighty(moved),
    )


def _documents(rows: list[dict[str, Any]], customers: int) -> Documents:
    return Documents(sum(row["count"] for row in rows), customers, _sums(rows))


def _sums(rows: Iterable[dict[str, Any]]) -> list[Sum]:
    """One sum a currency, in the order of their codes."""
    amounts: dict[str, int] = {}
    digits: dict[str, int] = {}
    for row in rows:
        amounts[row["currency"]] = amounts.get(row["currency"], 0) + row["amount"]
        digits[row["currency"]] = row["digits"]
    return [Sum(currency, text_of_minor(amount, digits[currency])) for currency, amount in sorted(amounts.items())]


async def _planned(customer_ids: list[UUID]) -> list[Planned]:
    rows = await fetch(
        """SELECT a.from_on, p.name, count(*)::int AS customers FROM customer_assignments a
             JOIN positions p ON p.id = a.position_id
            WHERE a.customer_id = ANY($1::uuid[]) AND a.from_on > $2 GROUP BY 1, 2 ORDER BY 1, 2""",
        customer_ids, today(),
    )  # fmt: skip
    return [Planned(row["from_on"], row["name"], row["customers"]) for row in rows]


async def _weighty(customer_ids: list[UUID]) -> list[Weighty]:
    rows = await fetch(_WEIGHTY, customer_ids, today(), WEIGHTY)
    return [
        Weighty(
            id=row["id"],
            code=row["code"],
            name=row["name"],
            orders=row["orders"],
            order_sums=_sums(row["order_sums"]),
            debt=Sum(row["currency"], text_of_minor(row["receivable"], row["digits"])) if row["receivable"] else None,
            overdue=row["overdue"] and row["receivable"] > 0,
        )
        for row in rows
    ]
