"""Which promotions can meet on one order, and what happens then: told before one is put on. Source: the domain
agreement, "Order of work and stacking". `judge` is pure; `overlaps_of` finds the rivals and counts shared customers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import today
from backend.people.access import Actor, scope
from backend.pricing.numbers import ONE
from backend.pricing.promotions.rules import state_on
from backend.pricing.promotions.schemas import Overlap
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import Promotion, Selector, read_promotions
from backend.pricing.rules_conditions import selects
from backend.pricing.rules_order import new_line
from backend.pricing.shelf import Shelf

Raw = dict[str, Any]
Kind = Literal["stack", "best", "priority", "exclusive", "tie"]
# Of these an order has exactly one: promotions that name different ones never meet.
_ONE_EACH: Final = ("channel", "payment_term", "payment_method", "price_list")


@dataclass(frozen=True, slots=True)
class Judged:
    """What happens where two promotions meet. `winner` is certain, `first` acts before the other when both act."""

    kind: Kind
    winner: str | None = None
    first: str | None = None


def judge(one: Promotion, other: Promotion, *, by_priority: bool) -> Judged:
    """What happens on an order both may act on. `by_priority`: how the group chooses, when they share one."""
    first = min(one, other, key=lambda each: (each.order_stage, -each.priority, each.id))
    if one.order_stage is not other.order_stage:
        return Judged("stack", first=first.id)
    rivals = one.group is not None and one.group == other.group
    if (one.exclusive or other.exclusive) and not (rivals and one.order_stage):  # on orders the group chooses first
        return _exclusive(one, other, first)
    if not rivals:
        return Judged("stack", first=first.id)
    if not by_priority:
        return Judged("best")
    ranks = [(each.priority, each.item_rank, each.customer_rank) for each in (one, other)]
    if ranks[0] == ranks[1]:
        return Judged("tie")
    return Judged("priority", winner=(one if ranks[0] > ranks[1] else other).id)


def _exclusive(one: Promotion, other: Promotion, first: Promotion) -> Judged:
    if one.order_stage:
        # An exclusive one stops what comes after it; what came before it has acted.
        return Judged("exclusive", winner=first.id) if first.exclusive else Judged("stack", first=first.id)
    if one.exclusive is not other.exclusive:
        return Judged("exclusive", winner=(one if one.exclusive else other).id)
    return Judged("exclusive", winner=None if one.priority == other.priority else first.id)


def may_meet(one: Promotion, other: Promotion) -> bool:
    """Whether days, currency and order terms let an order fall under both. Regions nest, so they never part two."""
    if (one.valid_from or "") > (other.valid_to or "9999") or (other.valid_from or "") > (one.valid_to or "9999"):
        return False
    if one.currency and other.currency and one.currency != other.currency:
        return False
    for name in _ONE_EACH:
        if name in one.scope and name in other.scope and one.scope[name].isdisjoint(other.scope[name]):
            return False
    return True


def touched_items(book: Book, promotion: Promotion) -> frozenset[str]:
    """The items a promotion counts or changes: its own choice, the targets of its effects, what is bought and got."""
    selectors = [promotion.match]
    for tier in promotion.tiers:
        selectors += [one for one in (tier.effect.target, tier.effect.buy_match, tier.effect.get_match) if one]
    loose: list[Selector] = [replace(one, units=None) for one in selectors]  # a unit is the buyer's choice
    found = set()
    for code in book.raw["items"]:
        item = book.item(code)
        line = new_line(0, None, item, item.units.base_unit or "", ONE)
        if any(selects(one, line) for one in loose):
            found.add(code)
    return frozenset(found)


async def overlaps_of(
    shelf: Shelf, code: str, rule: Raw, *, actor: Actor, without: Iterable[UUID] = (), pick: str | None = None
) -> list[Overlap]:
    """The live promotions this one can meet: ties first, then what acts alone, then what adds up.

    Args:
        without: promotions not to compare with: itself, and the version it replaces.
        pick: how its group will choose, when it is new.
    """
    rows = await db.fetch(
        """SELECT id, code, rule::text AS rule, state FROM promotions
            WHERE deleted_at IS NULL AND state IN ('on', 'paused') AND NOT id = ANY($1::uuid[])
            ORDER BY code COLLATE "C" """,
        list(without),
    )
    mine = read_promotions([{**rule, "id": code}])[0]
    day = today()
    rivals: list[tuple[Any, Raw, Promotion]] = []
    for row in rows:
        raw = msgspec.json.decode(row["rule"])
        read = read_promotions([{**raw, "id": row["code"]}])
        if read and may_meet(mine, read[0]) and state_on(row["state"], raw, day) != "ended":
            rivals.append((row, raw, read[0]))
    shared = await _shared_customers(mine, [rival for *_, rival in rivals], actor=actor)
    items = touched_items(shelf.book, mine) if rivals else frozenset()
    found: list[Overlap] = []
    for (row, raw, rival), customers in zip(rivals, shared, strict=True):
        by_priority = pick == "priority" or (pick is None and shelf.book.picks_by_priority(mine.group or ""))
        judged = judge(mine, rival, by_priority=by_priority)
        common = len(items & touched_items(shelf.book, rival))
        whole_order = mine.order_stage and rival.order_stage and judged.kind != "stack"
        if customers == 0 or (common == 0 and not whole_order):
            continue
        found.append(
            Overlap(
                key=f"{judged.kind}:{row['code']}", kind=judged.kind, id=row["id"], code=row["code"],
                name_vi=_name(raw, "vi", row["code"]), name_en=_name(raw, "en", row["code"]),
                state=state_on(row["state"], raw, day), group=rival.group if mine.group == rival.group else None,
                winner=judged.winner, first=judged.first, items=common, customers=customers,
                valid_from=max(filter(None, (mine.valid_from, rival.valid_from)), default=None),
                valid_to=min(filter(None, (mine.valid_to, rival.valid_to)), default=None),
            )
        )  # fmt: skip
    order = ("tie", "exclusive", "priority", "best", "stack")
    return sorted(found, key=lambda one: (order.index(one.kind), one.code))


def _name(rule: Mapping[str, Any], language: str, code: str) -> str:
    names = rule.get("name") or {}
    return str(names.get(language) or names.get("vi") or code)


async def _shared_customers(mine: Promotion, rivals: list[Promotion], *, actor: Actor) -> list[int]:
    """How many of the actor's customers both this one and each rival name, by their groups and themselves today."""
    if not rivals:
        return []
    predicate, arguments = scope(actor, "c.position_id", 3)
    asked = [
        {"n": n, "groups": _listed(one, "customer_groups"), "customers": _listed(one, "customers")}
        for n, one in enumerate([mine, *rivals])
    ]
    rows = await db.fetch(
        f"""WITH asked AS (
                SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS a (n int, groups text[], customers text[])),
            held AS MATERIALIZED (
                SELECT c.id::text AS id, ARRAY(
                    SELECT DISTINCT up.code FROM customer_group_links l
                      JOIN customer_groups own ON own.id = l.group_id AND own.deleted_at IS NULL
                      JOIN customer_groups up ON own.path LIKE up.path || '%' WHERE l.customer_id = c.id) AS groups
                  FROM customers c WHERE c.deleted_at IS NULL AND c.status <> $2 AND {predicate}),
            mine AS MATERIALIZED (
                SELECT h.* FROM held h, asked a WHERE a.n = 0
                   AND (a.groups IS NULL OR a.groups && h.groups)
                   AND (a.customers IS NULL OR h.id = ANY(a.customers)))
            SELECT a.n, count(m.id)::int AS shared FROM asked a LEFT JOIN mine m
                ON (a.groups IS NULL OR a.groups && m.groups) AND (a.customers IS NULL OR m.id = ANY(a.customers))
             WHERE a.n > 0 GROUP BY a.n ORDER BY a.n""",
        msgspec.json.encode(asked).decode(), "closed", *arguments,
    )  # fmt: skip
    return [row["shared"] for row in rows]


def _listed(promotion: Promotion, name: str) -> list[str] | None:
    return sorted(promotion.scope[name]) if name in promotion.scope else None
