"""What was used of limited promotions, read and written: counters in `promotion_limits`, the trail in `promotion_uses`.

An order takes by `orders_place`, which calls `promotion_take`; here is what other verbs need.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now
from backend.pricing.limits import Limit, Standing, Use

# What was used of the limited promotions that are on: [[first version, used, in so many orders of customer c]] as JSON.
# `$2` is the order's day: those that had ended by then cannot act.
SPENT = """(SELECT json_agg(json_build_array(l.promotion_id, l.used, CASE WHEN l.per_customer IS NULL THEN 0 ELSE (
                SELECT coalesce(sum(u.times), 0) FROM promotion_uses u
                 WHERE u.promotion_id = l.promotion_id AND u.customer_id = c.id) END))::text
              FROM promotion_limits l JOIN promotions p ON p.id = l.in_force AND p.state = 'on' AND p.deleted_at IS NULL
             WHERE num_nonnulls(l.budget, l.per_customer) > 0
               AND coalesce(p.rule->>'valid_to', '9999') >= to_char($2::date, 'YYYY-MM-DD'))"""


def read_spent(text: str | None) -> dict[UUID, Standing]:
    """`SPENT` as standings by first version."""
    rows = msgspec.json.decode(text or "[]", type=list[tuple[UUID, int, int]])
    return {root: Standing(used, times) for root, used, times in rows}


class Known(NamedTuple):
    """A promotion of an older book: its limits as they are today, how they stand, and what it is called."""

    limit: Limit
    standing: Standing
    vi: str
    en: str


async def known_limits(codes: Collection[str], customer_id: UUID) -> dict[str, Known]:
    """The limited ones among these promotions, also such as have ended, with how they stand for a customer."""
    if not codes:
        return {}
    rows: list[Any] = await db.fetch(
        """SELECT p.code, l.promotion_id, l.budget, l.per_customer, l.used, p.rule #>> '{name,vi}' AS vi,
                  p.rule #>> '{name,en}' AS en, (SELECT coalesce(sum(u.times), 0)::int FROM promotion_uses u
                    WHERE u.promotion_id = l.promotion_id AND u.customer_id = $2) AS times
             FROM promotions p JOIN promotion_limits l ON l.promotion_id = coalesce(p.origin, p.id)
            WHERE p.code = ANY($1::text[]) AND p.deleted_at IS NULL AND num_nonnulls(l.budget, l.per_customer) > 0""",
        list(codes), customer_id,
    )  # fmt: skip
    return {
        row["code"]: Known(
            Limit(row["promotion_id"], row["budget"], row["per_customer"]), Standing(row["used"], row["times"]),
            row["vi"] or row["code"], row["en"] or row["vi"] or row["code"],
        )
        for row in rows
    }  # fmt: skip


class Reached(NamedTuple):
    """How a limited promotion stands for the customers of a book: what is used, and who has had it often enough."""

    used: int
    had: list[str]


async def reached(roots: Collection[UUID], customers: Collection[str]) -> dict[UUID, Reached]:
    """For a price book: how promotions (by first version) stand among these customers. One statement."""
    rows = await db.fetch(
        """SELECT l.promotion_id, l.used, ARRAY(
                  SELECT u.customer_id::text FROM promotion_uses u
                   WHERE u.promotion_id = l.promotion_id AND u.customer_id = ANY($2::uuid[]) AND l.per_customer > 0
                   GROUP BY u.customer_id HAVING sum(u.times) >= l.per_customer ORDER BY 1) AS had
             FROM promotion_limits l WHERE l.promotion_id = ANY($1::uuid[])""",
        list(roots), [UUID(one) for one in customers],
    )  # fmt: skip
    return {row["promotion_id"]: Reached(row["used"], list(row["had"])) for row in rows}


def as_taken(uses: Iterable[Use]) -> list[dict[str, object]]:
    """Uses as `promotion_take` wants them."""
    return [{"promotion": use.promotion, "amount": use.amount_minor} for use in uses]


async def take(reference: UUID, customer_id: UUID, uses: Sequence[Use]) -> list[str]:
    """Take for a document what it uses now: the codes of what is used up, none when all was taken."""
    found: list[UUID] = await db.fetch_value(
        "SELECT promotion_take($1, $2, $3::text::jsonb, $4)",
        reference, customer_id, msgspec.json.encode(as_taken(uses)).decode(), now(),
    )  # fmt: skip
    return [use.code for use in uses if use.promotion in found]


async def give_back(reference: UUID) -> None:
    """A document uses no promotion any more. Locks the limits: after bins, before numbers."""
    await db.execute("SELECT promotion_give_back($1, $2)", reference, now())
