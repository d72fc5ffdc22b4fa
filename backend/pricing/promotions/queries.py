"""Reads of promotions: the list with its filters, one whole with its warnings and history, and the groups.

A promotion meant for named customers only is there for whoever sees at least one of them; the others' names are left
out.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import today
from backend.core.errors import NotVisible
from backend.core.folding import fold
from backend.core.money import text_of_minor
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.people.access import Actor, scope
from backend.pricing.choices import expanded
from backend.pricing.limits import Limit, Standing, least_use, refusing
from backend.pricing.promotions.extras import company_digits, of_row
from backend.pricing.promotions.names import labels_of, without_strangers
from backend.pricing.promotions.overlaps import overlaps_of
from backend.pricing.promotions.rules import State, effects_of, state_on
from backend.pricing.promotions.schemas import GroupChoice, PromotionDetail, PromotionRow, Step
from backend.pricing.shelf import Shelf, current_shelf

_RANKED = """array_position(ARRAY['active', 'scheduled', 'draft', 'paused', 'ended'],
                            promotion_state(p.state, p.rule, $1))"""

_LIMITED = """p.budget, p.per_customer, p.gifts::text AS gifts, coalesce(l.used, 0) AS used,
              coalesce(p.origin, p.id) AS root"""


class Filters(msgspec.Struct, frozen=True):
    """What a list is narrowed to: state, words, a day it is valid on, an item, a customer group."""

    state: State | None = None
    q: str = ""
    on: date | None = None
    item: UUID | None = None
    group: UUID | None = None


def _theirs(actor: Actor, first: int) -> tuple[str, list[object]]:
    """The predicate that keeps out promotions for named customers none of whom the actor sees."""
    predicate, arguments = scope(actor, "c.position_id", first)
    if predicate == "TRUE":
        return "TRUE", []
    return (
        f"""(p.rule #> '{{scope,customers}}' IS NULL OR EXISTS (SELECT FROM customers c
               WHERE p.rule #> '{{scope,customers}}' ? c.id::text AND c.deleted_at IS NULL AND {predicate}))""",
        arguments,
    )


async def list_promotions(
    filters: Filters, *, actor: Actor, limit: int = 50, cursor: str | None = None
) -> Page[PromotionRow]:
    """Promotions by state (active first, ended last), then by code.

    `filters.item` keeps what may count or change that item by its own choice of lines; `filters.group` what a customer
    of that group may meet, named through it, a group above or below it, or not by group at all.
    """
    limit = max(1, min(limit, MOST))
    after = decode_cursor(cursor, int, str) or (None, None)
    predicate, arguments = _theirs(actor, 10)
    rows = await db.fetch(
        f"""SELECT p.id, p.code, p.rule::text AS rule, p.replaces, p.version, p.changed_at, p.state,
                   {_RANKED} AS rank, {_LIMITED}
              FROM promotions p LEFT JOIN promotion_limits l ON l.promotion_id = coalesce(p.origin, p.id)
             WHERE p.deleted_at IS NULL AND {predicate}
               AND ($2::text IS NULL OR promotion_state(p.state, p.rule, $1) = $2)
               AND customers_fold(p.code || ' ' || coalesce(p.rule #>> '{{name,vi}}', '') || ' '
                     || coalesce(p.rule #>> '{{name,en}}', '')) LIKE ALL ($3::text[])
               AND ($4::date IS NULL OR (coalesce(p.rule->>'valid_from', '') <= to_char($4, 'YYYY-MM-DD')
                     AND coalesce(p.rule->>'valid_to', '9999') >= to_char($4, 'YYYY-MM-DD')))
               AND ($5::uuid IS NULL OR (
                     coalesce(p.rule #> '{{match,items}}' ? $5::text, true)
                     AND coalesce(p.rule #> '{{match,item_groups}}' ?| ARRAY(
                           SELECT up.code FROM items i JOIN item_groups own ON own.id = i.group_id
                             JOIN item_groups up ON own.path LIKE up.path || '%' WHERE i.id = $5), true)
                     AND NOT coalesce(p.rule #> '{{match,not_items}}' ? $5::text, false)))
               AND ($6::uuid IS NULL OR coalesce(p.rule #> '{{scope,customer_groups}}' ?| ARRAY(
                     SELECT near.code FROM customer_groups own JOIN customer_groups near
                         ON own.path LIKE near.path || '%' OR near.path LIKE own.path || '%' WHERE own.id = $6), true))
               AND ($7::int IS NULL OR ({_RANKED}, p.code COLLATE "C") > ($7, $8::text))
             ORDER BY rank, p.code COLLATE "C" LIMIT $9""",
        today(), filters.state, [f"%{_plain(word)}%" for word in fold(filters.q[:100]).split()], filters.on,
        filters.item, filters.group, *after, limit + 1, *arguments,
    )  # fmt: skip
    page = rows[:limit]
    more = len(rows) > limit
    shelf = await current_shelf()
    return Page([_row(one, shelf) for one in page], encode_cursor(page[-1]["rank"], page[-1]["code"]) if more else None)


def _plain(word: str) -> str:
    """A word for LIKE: its own % and _ are letters."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _row(row: Any, shelf: Shelf) -> PromotionRow:
    extras = of_row(row)
    rule = msgspec.json.decode(row["rule"])
    names: Mapping[str, str] = rule.get("name") or {}
    return PromotionRow(
        id=row["id"], code=row["code"], name_vi=names.get("vi") or row["code"],
        name_en=names.get("en") or names.get("vi") or row["code"], state=state_on(row["state"], rule, today()),
        stage=rule.get("stage", "line"), valid_from=rule.get("valid_from"), valid_to=rule.get("valid_to"),
        effects=[effect["kind"] for _, effect in effects_of(rule)], group=rule.get("group"),
        exclusive=rule.get("exclusive", False), priority=rule.get("priority", 0), replaces=row["replaces"],
        version=row["version"], changed_at=row["changed_at"], used=_used(row, shelf),
        budget=extras.as_wire(company_digits(shelf)).get("budget"), used_up=_used_up(row, rule, shelf),
        per_customer=extras.per_customer, choices=len(extras.gifts or ()),
    )  # fmt: skip


def _used(row: Any, shelf: Shelf) -> str | None:
    return None if row["budget"] is None else text_of_minor(row["used"], company_digits(shelf))


def _used_up(row: Any, rule: dict[str, Any], shelf: Shelf) -> bool:
    """Whether its budget has less than the least left that it can give: it is in no book then."""
    if row["budget"] is None or row["state"] == "draft":
        return False
    least = least_use(shelf.book, expanded(row["code"], rule, of_row(row).gifts))
    return refusing(Limit(row["root"], row["budget"], None), Standing(row["used"]), least) is not None


async def show_promotion(promotion_id: UUID, *, actor: Actor) -> PromotionDetail:
    """One promotion with the warnings it has today. Refuses `not-found`."""
    predicate, arguments = _theirs(actor, 2)
    row = await db.fetch_row(
        f"""SELECT p.id, p.code, p.rule::text AS rule, p.state, p.replaces, p.version, p.changed_at,
                   {_LIMITED}, (SELECT coalesce(sum(u.times), 0)::int FROM promotion_uses u
                     WHERE u.promotion_id = coalesce(p.origin, p.id)) AS uses,
                   old.code AS replaces_code, g.pick,
                   (SELECT n.id FROM promotions n WHERE n.replaces = p.id AND n.state = 'draft'
                       AND n.deleted_at IS NULL) AS next
              FROM promotions p LEFT JOIN promotions old ON old.id = p.replaces
              LEFT JOIN promotion_groups g ON g.code = p.rule->>'group'
              LEFT JOIN promotion_limits l ON l.promotion_id = coalesce(p.origin, p.id)
             WHERE p.id = $1 AND p.deleted_at IS NULL AND {predicate}""",
        promotion_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    rule = msgspec.json.decode(row["rule"])
    extras = of_row(row)
    labels = await labels_of(rule, actor=actor, more=tuple(UUID(gift["item"]) for gift in extras.gifts or ()))
    shown, hidden = without_strangers(rule, labels)
    state = state_on(row["state"], rule, today())
    known = [one for one in (row["id"], row["replaces"], row["next"]) if one is not None]
    shelf = await current_shelf()
    overlaps = await overlaps_of(shelf, row["code"], rule, actor=actor, without=known) if state != "ended" else []
    return PromotionDetail(
        id=row["id"], code=row["code"], rule=shown, used=_used(row, shelf),
        extras=extras.as_wire(company_digits(shelf)), used_up=_used_up(row, rule, shelf), uses=row["uses"],
        state=state, group_pick=row["pick"], labels=labels,
        hidden_customers=hidden, replaces=row["replaces"], replaces_code=row["replaces_code"], next=row["next"],
        version=row["version"], changed_at=row["changed_at"], overlaps=overlaps,
        steps=await _steps(promotion_id, actor=actor),
    )  # fmt: skip


async def _steps(promotion_id: UUID, *, actor: Actor) -> list[Step]:
    """What was done to a promotion the actor has been shown, newest first."""
    rows = await db.fetch(
        """SELECT s.step, s.reason, s.acknowledged, u.name AS made_by, s.made_at
             FROM promotion_steps s LEFT JOIN users u ON u.id = s.made_by
            WHERE s.promotion_id = $1 ORDER BY s.made_at DESC, s.id DESC LIMIT 100""",
        promotion_id,
    )
    return [Step(**row) for row in rows]


async def list_groups(*, actor: Actor) -> list[GroupChoice]:
    """The groups of which one promotion acts, with how many live promotions each holds."""
    predicate, arguments = _theirs(actor, 1)
    rows = await db.fetch(
        f"""SELECT g.code, g.pick, count(p.id)::int AS promotions FROM promotion_groups g
              LEFT JOIN promotions p ON p.rule->>'group' = g.code AND p.deleted_at IS NULL AND p.state <> 'ended'
               AND {predicate}
             GROUP BY g.code ORDER BY g.code""",
        *arguments,
    )
    return [GroupChoice(**row) for row in rows]
