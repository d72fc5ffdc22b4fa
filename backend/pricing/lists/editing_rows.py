"""Write, change, take away and bring back the rows of a price list. Every change is in the audit trail."""

from typing import Any
from uuid import UUID

import msgspec

from backend.catalog.errors import UnitUnknown
from backend.core import database as db
from backend.core.clock import now
from backend.core.errors import NotVisible, StaleVersion
from backend.people.access import Actor, require
from backend.pricing.errors import PriceListUnknown, PriceRuleCodeTaken, PriceRuleTargetUnknown
from backend.pricing.lists import checks
from backend.pricing.lists.editing import changed, queue_for_prices, record
from backend.pricing.lists.schemas import CreateRule, OffPrice, RuleFields, Saved, UpdateRule
from backend.pricing.storing import NewPriceRule, insert_price_rules, overlaps, refuse_deep_nesting, refuse_overlaps

_TARGETS = """
SELECT ($1::uuid IS NULL OR EXISTS (SELECT 1 FROM items WHERE id = $1 AND deleted_at IS NULL)) AS item_id,
       ($2::uuid IS NULL OR EXISTS (SELECT 1 FROM item_groups WHERE id = $2 AND deleted_at IS NULL)) AS item_group_id,
       ($3::uuid IS NULL OR EXISTS (SELECT 1 FROM customers WHERE id = $3 AND deleted_at IS NULL)) AS customer_id,
       ($4::uuid IS NULL OR EXISTS (SELECT 1 FROM customer_groups WHERE id = $4 AND deleted_at IS NULL))
           AS customer_group_id,
       ($5::text IS NULL OR EXISTS (SELECT 1 FROM price_lists WHERE code = $5 AND deleted_at IS NULL)) AS base,
       ($6::text IS NULL OR EXISTS (
           SELECT 1 FROM items i LEFT JOIN item_groups g ON g.id = i.group_id
            WHERE i.deleted_at IS NULL AND ($1::uuid IS NULL OR i.id = $1)
              AND ($2::uuid IS NULL OR g.path LIKE '%/' || $2::uuid || '/%')
              AND (i.base_unit = $6 OR EXISTS (SELECT 1 FROM packagings p
                    WHERE p.item_id = i.id AND p.unit = $6 AND p.deleted_at IS NULL)))) AS unit"""
_ROW = """
SELECT r.id, r.code, r.version, r.priority, r.item_id, r.item_group_id, r.customer_id, r.customer_group_id, r.unit,
       r.min_qty_micro, r.max_qty_micro, r.valid_from, r.valid_to, r.price::text AS price
  FROM price_rules r JOIN price_lists l ON l.id = r.list_id
 WHERE r.id = $1 AND r.list_id = $2 AND l.deleted_at IS NULL AND (r.deleted_at IS NOT NULL) = $3"""


async def create_rule(list_id: UUID, command: CreateRule, *, actor: Actor) -> Saved:
    """Store a new row; asked twice, it is one.

    Refuses `NotVisible` for the list, `price-rule-code-taken`, what `check_fields` and `check_targets` refuse,
    `price-rule-overlap` naming both rows, and `price-nesting`.
    """
    require(actor, "price.change")
    checks.check_fields(command)
    await queue_for_prices()
    known = await _numbered(list_id, command)
    if known["version"] is not None:
        return Saved(command.id, known["code"], known["version"])
    await check_targets(command)
    row = new_rule(command.id, list_id, known["code"], command)
    await insert_price_rules([row], created_by=actor.user_id)
    details = msgspec.to_builtins(row)
    await record("price_rule", row.id, "price_rule.create", actor, details)
    return Saved(row.id, row.code, 1)


async def update_rule(list_id: UUID, rule_id: UUID, command: UpdateRule, *, actor: Actor) -> Saved:
    """Write the changed fields of a row; the rest stays. Refuses `StaleVersion` and what `create_rule` refuses."""
    require(actor, "price.change")
    await queue_for_prices()
    stored = await _found(list_id, rule_id, gone=False)
    if stored["version"] != command.expected_version:
        raise StaleVersion(current=stored["version"])
    given = {
        name: value
        for name, value in msgspec.structs.asdict(command).items()
        if value is not msgspec.UNSET and name != "expected_version"
    }
    fields = checks.merged(stored, given)
    checks.check_fields(fields)
    await check_targets(fields)
    before = _stored(list_id, stored)
    after = new_rule(rule_id, list_id, stored["code"], fields)
    changes = {name: value for name, value in _values(after).items() if value != _values(before)[name]}
    if not changes:
        return Saved(rule_id, stored["code"], stored["version"])
    refuse_overlaps(await overlaps([after]))
    version = await _write(after)
    await record("price_rule", rule_id, "price_rule.update", actor, changed(_values(before), changes))
    return Saved(rule_id, stored["code"], version)


async def delete_rule(list_id: UUID, rule_id: UUID, expected_version: int, *, actor: Actor) -> Saved:
    """Take a row away; it can be brought back. Refuses `NotVisible` and `StaleVersion`."""
    require(actor, "price.change")
    await queue_for_prices()
    stored = await _found(list_id, rule_id, gone=False)
    if stored["version"] != expected_version:
        raise StaleVersion(current=stored["version"])
    return await _move(list_id, stored, actor, "price_rule.delete")


async def restore_rule(list_id: UUID, rule_id: UUID, *, actor: Actor) -> Saved:
    """Bring a row back as it was, unless another has taken its place (`price-rule-overlap`) or code since."""
    require(actor, "price.change")
    await queue_for_prices()
    stored = await _found(list_id, rule_id, gone=True)
    await _free_code(list_id, stored["code"])
    await check_targets(checks.merged(stored, {}))
    refuse_overlaps(await overlaps([_stored(list_id, stored)]))
    saved = await _move(list_id, stored, actor, "price_rule.restore")
    await refuse_deep_nesting()
    return saved


async def check_targets(fields: RuleFields) -> None:
    """Refuse what a row names and nobody has: `price-rule-target-unknown`, `price-list-unknown`, `unit-unknown`.

    The unit must be one of the item; of a group, or of everything, one that at least one item in it has.
    """
    base = fields.price.base.removeprefix("list:") if isinstance(fields.price, OffPrice) else "list"
    below = None if base in ("list", "cost") else base
    there = await db.fetch_row(
        _TARGETS,
        fields.item_id,
        fields.item_group_id,
        fields.customer_id,
        fields.customer_group_id,
        below,
        fields.unit,
    )
    for field in ("item_id", "item_group_id", "customer_id", "customer_group_id"):
        if not there[field]:
            raise PriceRuleTargetUnknown(pointer=f"/{field}")
    if not there["base"]:
        raise PriceListUnknown(pointer="/price/base", price_list=below)
    if not there["unit"]:
        raise UnitUnknown(pointer="/unit", unit=fields.unit)


def new_rule(rule_id: UUID, list_id: UUID, code: str, fields: RuleFields) -> NewPriceRule:
    """A row as it is stored."""
    return NewPriceRule(
        id=rule_id,
        list_id=list_id,
        code=code,
        price=checks.price_dict(fields.price),
        priority=fields.priority,
        item_id=fields.item_id,
        item_group_id=fields.item_group_id,
        customer_id=fields.customer_id,
        customer_group_id=fields.customer_group_id,
        unit=fields.unit,
        min_qty_micro=checks.micro_or_none(fields.min_qty),
        max_qty_micro=checks.micro_or_none(fields.max_qty),
        valid_from=fields.valid_from,
        valid_to=fields.valid_to,
    )


def _stored(list_id: UUID, row: Any) -> NewPriceRule:
    return new_rule(row["id"], list_id, row["code"], checks.merged(row, {}))


def _values(rule: NewPriceRule) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(rule)
    return found


async def _numbered(list_id: UUID, command: CreateRule) -> Any:
    """The code of a new row: its own, else the next number of the list; `version` of the row if it is there already."""
    row = await db.fetch_row(
        r"""SELECT coalesce(old.code, $3::text, 'R-' || (
                     SELECT coalesce(max(substring(code from '^R-(\d{1,9})$')::int), 0) + 1
                       FROM price_rules WHERE list_id = $1)) AS code, old.version
              FROM price_lists l LEFT JOIN price_rules old ON old.id = $2 AND old.list_id = l.id
             WHERE l.id = $1 AND l.deleted_at IS NULL""",
        list_id,
        command.id,
        command.code,
    )
    if row is None:
        raise NotVisible
    if row["version"] is None and command.code is not None:
        await _free_code(list_id, command.code)
    return row


async def _free_code(list_id: UUID, code: str) -> None:
    if await db.fetch_value(
        "SELECT TRUE FROM price_rules WHERE list_id = $1 AND code = $2 AND deleted_at IS NULL", list_id, code
    ):
        raise PriceRuleCodeTaken(pointer="/code", rule=code)


async def _found(list_id: UUID, rule_id: UUID, *, gone: bool) -> Any:
    row = await db.fetch_row(_ROW, rule_id, list_id, gone)
    if row is None:
        raise NotVisible
    return row


async def _write(rule: NewPriceRule) -> int:
    version: int = await db.fetch_value(
        """UPDATE price_rules SET price = $2::text::jsonb, priority = $3, item_id = $4, item_group_id = $5,
                  customer_id = $6, customer_group_id = $7, unit = $8, min_qty_micro = $9, max_qty_micro = $10,
                  valid_from = $11, valid_to = $12, version = version + 1, changed_at = $13
            WHERE id = $1 RETURNING version""",
        rule.id,
        msgspec.json.encode(rule.price).decode(),
        rule.priority,
        rule.item_id,
        rule.item_group_id,
        rule.customer_id,
        rule.customer_group_id,
        rule.unit,
        rule.min_qty_micro,
        rule.max_qty_micro,
        rule.valid_from,
        rule.valid_to,
        now(),
    )
    if rule.price.get("base", "").startswith("list:"):
        await refuse_deep_nesting()
    return version


async def _move(list_id: UUID, stored: Any, actor: Actor, action: str) -> Saved:
    version = await db.fetch_value(
        """UPDATE price_rules SET deleted_at = CASE WHEN $2 THEN $3::timestamptz END, version = version + 1,
                  changed_at = $3 WHERE id = $1 RETURNING version""",
        stored["id"],
        action == "price_rule.delete",
        now(),
    )
    await record("price_rule", stored["id"], action, actor, {"list_id": str(list_id), "code": stored["code"]})
    return Saved(stored["id"], stored["code"], version)
