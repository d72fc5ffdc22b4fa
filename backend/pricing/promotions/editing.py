"""Write promotions: draft, change, copy. What orders may have been priced with is never changed, it gets a successor.

A draft changes in place. What is on but has not begun goes back to being a draft, to be put on again with its warnings
read. What has begun stays as it is; the change becomes the draft of its next version, which ends it when put on.
"""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.core import audit
from backend.core import database as db
from backend.core.clock import now, today
from backend.core.errors import NotVisible, StaleVersion
from backend.core.ids import new_id
from backend.people.access import Actor, require
from backend.pricing.promotions.errors import (
    PromotionCodeTaken,
    PromotionEnded,
    PromotionGroupDiffers,
    PromotionVersionOpen,
)
from backend.pricing.promotions.extras import Stored, check_budget, company_digits, of_row, read_extras
from backend.pricing.promotions.names import check_names
from backend.pricing.promotions.rules import State, costs_change, has_begun, next_code, read_rule, state_on
from backend.pricing.promotions.schemas import ChangePromotion, CopyPromotion, DraftPromotion, Pick
from backend.pricing.promotions.schemas_rule import Extras
from backend.pricing.shelf import current_shelf

Raw = dict[str, Any]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion locked until the transaction ends."""

    id: UUID
    code: str
    rule: Raw
    stored: str
    state: State
    version: int
    replaces: UUID | None
    extras: Stored
    root: UUID


async def hold(promotion_id: UUID, expected_version: int) -> Held:
    """Lock a promotion to change it. Refuses `not-found` and `stale-version` with the current one."""
    await db.execute("SELECT mark FROM pricing_mark FOR UPDATE")  # writers of prices queue here, in one order
    row = await db.fetch_row(
        """SELECT id, code, rule::text AS rule, state, version, replaces, budget, per_customer, gifts::text AS gifts,
                  coalesce(origin, id) AS root FROM promotions
            WHERE id = $1 AND deleted_at IS NULL FOR UPDATE""",
        promotion_id,
    )
    if row is None:
        raise NotVisible
    if row["version"] != expected_version:
        raise StaleVersion(current=row["version"])
    rule = msgspec.json.decode(row["rule"])
    return Held(
        id=row["id"], code=row["code"], rule=rule, stored=row["state"], state=state_on(row["state"], rule, today()),
        version=row["version"], replaces=row["replaces"], extras=of_row(row), root=row["root"],
    )  # fmt: skip


async def note_step(
    promotion_id: UUID, step: str, more: Raw, *, actor: Actor, reason: str = "", acknowledged: tuple[str, ...] = ()
) -> None:
    """Write down what somebody did, for the history on the screen and in the audit trail."""
    await db.execute(
        """INSERT INTO promotion_steps (id, promotion_id, step, reason, acknowledged, made_by, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        new_id(), promotion_id, step, reason.strip(), list(acknowledged), actor.user_id, now(),
    )  # fmt: skip
    details = {"reason": reason.strip(), "acknowledged": list(acknowledged), **more}
    await audit.record(
        "promotion", promotion_id, f"promotion.{step}", actor_id=actor.user_id,
        details={name: value for name, value in details.items() if value},
    )  # fmt: skip


async def draft_promotion(command: DraftPromotion, *, actor: Actor) -> UUID:
    """Make a promotion that does nothing yet; its id.

    Refuses what `read_rule` and `check_names` refuse, `promotion-code-taken` and `promotion-group-differs`.
    """
    require(actor, "promotion.change")
    shelf = await current_shelf()
    rule, extras = read_extras(command.extras, read_rule(command.rule), company_digits(shelf))
    await check_names(rule, shelf, gifts=extras.gifts, actor=actor)
    await _settle_group(rule, command.group_pick)
    promotion_id = command.id or new_id()
    await _insert(promotion_id, command.code, rule, extras, actor=actor)
    return promotion_id


async def change_promotion(promotion_id: UUID, command: ChangePromotion, *, actor: Actor) -> UUID:
    """Change a promotion; the id of what now holds the change: itself, or the draft of its next version.

    Refuses besides what drafting refuses: `stale-version`, `promotion-ended`, and `promotion-version-open` when the
    next version is being prepared already. Budget and cap of what has begun change in place: no order gets another
    price by it. Refuses `promotion-budget-used` for less than what was given already.
    """
    require(actor, "promotion.change")
    held = await hold(promotion_id, command.expected_version)
    if held.state == "ended":
        raise PromotionEnded(promotion=held.code)
    shelf = await current_shelf()
    digits = company_digits(shelf)
    rule, extras = held.rule if command.rule is None else read_rule(command.rule), held.extras
    if command.extras is not None or extras.gifts is not None:
        given = msgspec.convert(extras.as_wire(digits), Extras) if command.extras is None else command.extras
        rule, extras = read_extras(given, rule, digits)
    code = command.code or held.code
    await check_names(rule, shelf, gifts=extras.gifts, actor=actor)
    await _settle_group(rule, command.group_pick)
    changed = costs_change(held.rule, rule) or extras.gifts != held.extras.gifts or code != held.code
    if held.stored != "draft" and changed:
        if has_begun(held.rule, today()):
            return await _next_version(held, rule, extras, None if code == held.code else code, actor=actor)
        await _write(held, code, rule, extras, "draft")
        await note_step(held.id, "withdrawn", {"rule": rule}, actor=actor)
        return held.id
    if held.stored != "draft":
        await check_budget(held.root, extras.budget, digits)
    await _write(held, code, rule, extras, held.stored)
    limits = {} if extras == held.extras else {"extras_before": held.extras, "extras": extras}
    await note_step(held.id, "changed", {"before": held.rule, "rule": rule, **limits}, actor=actor)
    return held.id


async def _next_version(held: Held, rule: Raw, extras: Stored, code: str | None, *, actor: Actor) -> UUID:
    open_one = await db.fetch_value(
        "SELECT id FROM promotions WHERE replaces = $1 AND state = 'draft' AND deleted_at IS NULL", held.id
    )
    if open_one is not None:
        raise PromotionVersionOpen(promotion=held.code, next=str(open_one))
    promotion_id = new_id()
    await _insert(promotion_id, code or next_code(held.code), rule, extras, replaces=held, actor=actor)
    return promotion_id


async def copy_promotion(promotion_id: UUID, command: CopyPromotion, *, actor: Actor) -> UUID:
    """A draft with the rule of another; its id. Refuses `not-found` and `promotion-code-taken`."""
    require(actor, "promotion.change")
    row = await db.fetch_row(
        """SELECT rule::text AS rule, budget, per_customer, gifts::text AS gifts FROM promotions
            WHERE id = $1 AND deleted_at IS NULL""",
        promotion_id,
    )
    if row is None:
        raise NotVisible
    copy_id = command.id or new_id()
    rule = msgspec.json.decode(row["rule"])
    await _insert(copy_id, command.code, rule, of_row(row), actor=actor, copied=str(promotion_id))
    return copy_id


async def _insert(
    promotion_id: UUID, code: str, rule: Raw, extras: Stored, *, actor: Actor, replaces: Held | None = None,
    **more: object,
) -> None:  # fmt: skip
    try:
        async with db.transaction():
            await db.execute(
                """INSERT INTO promotions (id, code, rule, state, replaces, origin, budget, per_customer, gifts,
                                           created_at, changed_at, created_by)
                   VALUES ($1, $2, $3::text::jsonb, 'draft', $4, $5, $6, $7, $8::text::jsonb, $9, $9, $10)""",
                promotion_id, code, msgspec.json.encode(rule).decode(), replaces and replaces.id,
                replaces and replaces.root, extras.budget, extras.per_customer, extras.gifts_json, now(),
                actor.user_id,
            )  # fmt: skip
    except asyncpg.UniqueViolationError as fault:
        raise PromotionCodeTaken(pointer="/code", promotion=code) from fault
    await note_step(
        promotion_id, "drafted", {"rule": rule, "extras": extras, "replaces": replaces and str(replaces.id), **more},
        actor=actor,
    )  # fmt: skip


async def _write(held: Held, code: str, rule: Raw, extras: Stored, stored: str) -> None:
    try:
        async with db.transaction():
            await db.execute(
                """UPDATE promotions SET code = $2, rule = $3::text::jsonb, state = $4, version = version + 1,
                          changed_at = $5, budget = $6, per_customer = $7, gifts = $8::text::jsonb WHERE id = $1""",
                held.id, code, msgspec.json.encode(rule).decode(), stored, now(), extras.budget, extras.per_customer,
                extras.gifts_json,
            )  # fmt: skip
    except asyncpg.UniqueViolationError as fault:
        raise PromotionCodeTaken(pointer="/code", promotion=code) from fault


async def _settle_group(rule: Raw, pick: Pick | None) -> None:
    """Make the rule's group, or check that it chooses as wanted; one nobody else is in may be turned over."""
    group = rule.get("group")
    if group is None:
        return
    known = await db.fetch_value("SELECT pick FROM promotion_groups WHERE code = $1", group)
    if known is None:
        await db.execute(
            "INSERT INTO promotion_groups (code, pick) VALUES ($1, $2) ON CONFLICT DO NOTHING", group, pick or "best"
        )
    elif pick is not None and pick != known:
        others = await db.fetch_value(
            """SELECT count(*) FROM promotions WHERE rule->>'group' = $1 AND deleted_at IS NULL
                AND state IN ('on', 'paused')""",
            group,
        )
        if others:
            raise PromotionGroupDiffers(pointer="/group_pick", group=group, pick=known, promotions=others)
        await db.execute("UPDATE promotion_groups SET pick = $2 WHERE code = $1", group, pick)
