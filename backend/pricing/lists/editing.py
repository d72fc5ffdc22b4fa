"""Make, change, copy, take away and bring back price lists. Every change is in the audit trail."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core import database as db
from backend.core.clock import now, today
from backend.core.errors import NotVisible, StaleVersion
from backend.core.ids import new_id
from backend.core.money import exact
from backend.people.access import Actor, require
from backend.pricing.errors import CurrencyUnknown, PriceListCodeTaken, PriceListInUse, PriceOutOfRange
from backend.pricing.lists import checks
from backend.pricing.lists.schemas import (
    Copied,
    CopyPriceList,
    CreatePriceList,
    FixedPrice,
    OffPrice,
    Saved,
    UpdatePriceList,
)
from backend.pricing.numbers import HUNDRED, ONE
from backend.pricing.storing import (
    NewPriceList,
    NewPriceRule,
    insert_price_lists,
    insert_price_rules,
    refuse_deep_nesting,
)


async def queue_for_prices() -> None:
    """Wait for other writers of prices: what is checked from here on still holds when it is stored."""
    await db.execute("SELECT mark FROM pricing_mark FOR NO KEY UPDATE")


async def create_list(command: CreatePriceList, *, actor: Actor) -> Saved:
    """Store a new list without rows; asked twice, it is one.

    Refuses `price-list-code-taken`, `currency-unknown` and `bounds-reversed`.
    """
    require(actor, "price.change")
    checks.check_days(command.valid_from, command.valid_to)
    await queue_for_prices()
    if await _is_new(command.id, command.code):
        await _known_currency(command.currency)
        await _insert(command, actor)
    return Saved(command.id, command.code, 1)


async def update_list(list_id: UUID, command: UpdatePriceList, *, actor: Actor) -> Saved:
    """Write the changed fields. Refuses `NotVisible`, `StaleVersion` and `bounds-reversed`."""
    require(actor, "price.change")
    await queue_for_prices()
    row = await _found(list_id, command.expected_version)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(command).items()
        if value is not msgspec.UNSET and name != "expected_version" and value != row[name]
    }
    if not changes:
        return Saved(list_id, row["code"], row["version"])
    after = {**dict(row), **changes}
    checks.check_days(after["valid_from"], after["valid_to"])
    if changes.get("is_default"):
        await _take_default_from_others(actor)
    version = await db.fetch_value(
        """UPDATE price_lists SET name_vi = $2, name_en = $3, tax_included = $4, is_default = $5, valid_from = $6,
                  valid_to = $7, version = version + 1, changed_at = $8 WHERE id = $1 RETURNING version""",
        list_id,
        *(after[name] for name in ("name_vi", "name_en", "tax_included", "is_default", "valid_from", "valid_to")),
        now(),
    )
    await record("price_list", list_id, "price_list.update", actor, changed(row, changes))
    return Saved(list_id, row["code"], version)


async def delete_list(list_id: UUID, expected_version: int, *, actor: Actor) -> Saved:
    """Take a list away, its rows with it. Refuses `StaleVersion`, and `price-list-in-use` while prices rest on it."""
    require(actor, "price.change")
    await queue_for_prices()
    row = await _found(list_id, expected_version)
    used = await db.fetch_row(
        """SELECT (SELECT count(*) FROM customers WHERE price_list_id = $1 AND deleted_at IS NULL) AS customers,
                  (SELECT count(*) FROM customer_groups WHERE price_list_id = $1 AND deleted_at IS NULL) AS groups,
                  (SELECT count(DISTINCT r.list_id) FROM price_rules r JOIN price_lists l ON l.id = r.list_id
                    WHERE r.price->>'base' = 'list:' || $2 AND r.list_id <> $1 AND r.deleted_at IS NULL
                      AND l.deleted_at IS NULL) AS lists""",
        list_id,
        row["code"],
    )
    if row["is_default"] or any(used.values()):
        raise PriceListInUse(price_list=row["code"], is_default=row["is_default"], **dict(used))
    version = await _move(list_id, gone=True)
    await record("price_list", list_id, "price_list.delete", actor, {})
    return Saved(list_id, row["code"], version)


async def restore_list(list_id: UUID, *, actor: Actor) -> Saved:
    """Bring a list back as it was. Refuses `NotVisible` for one that is not gone, `price-list-code-taken`."""
    require(actor, "price.change")
    await queue_for_prices()
    row = await db.fetch_row("SELECT code FROM price_lists WHERE id = $1 AND deleted_at IS NOT NULL", list_id)
    if row is None:
        raise NotVisible
    await _is_new(list_id, row["code"])
    version = await _move(list_id, gone=False)
    await refuse_deep_nesting()
    await record("price_list", list_id, "price_list.restore", actor, {})
    return Saved(list_id, row["code"], version)


async def copy_list(list_id: UUID, command: CopyPriceList, *, actor: Actor) -> Copied:
    """Store a new list with the rows of another that have not ended, so many percent dearer.

    Refuses `NotVisible`, `price-list-code-taken`, `bounds-reversed`, and `price-out-of-range` for a percentage that
    leaves nothing or a price that grows beyond reason.
    """
    require(actor, "price.change")
    checks.check_days(command.valid_from, command.valid_to)
    factor = ONE + exact(command.percent) / HUNDRED
    step = None if command.round_to is None else exact(command.round_to)
    if not 0 < factor <= 100:
        raise PriceOutOfRange(pointer="/percent", value=command.percent)
    if step is not None and step <= 0:
        raise PriceOutOfRange(pointer="/round_to", value=command.round_to)
    await queue_for_prices()
    source = await db.fetch_row(
        """SELECT l.code, l.currency, l.tax_included, c.price_digits FROM price_lists l
             JOIN currencies c ON c.code = l.currency WHERE l.id = $1 AND l.deleted_at IS NULL""",
        list_id,
    )
    if source is None:
        raise NotVisible
    if not await _is_new(command.id, command.code):
        kept = await db.fetch_value("SELECT count(*) FROM price_rules WHERE list_id = $1", command.id)
        return Copied(command.id, command.code, 1, rules=kept, limited=0)
    await _insert(
        CreatePriceList(
            id=command.id,
            code=command.code,
            name_vi=command.name_vi,
            name_en=command.name_en,
            currency=source["currency"],
            tax_included=source["tax_included"],
            valid_from=command.valid_from,
            valid_to=command.valid_to,
        ),
        actor,
        {"copied_from": source["code"], "percent": command.percent, "round_to": command.round_to},
    )
    rules, held = await _copied(list_id, command.id, factor, step, source["price_digits"])
    await insert_price_rules(rules, created_by=actor.user_id)
    return Copied(command.id, command.code, 1, rules=len(rules), limited=held)


async def _copied(
    source: UUID, target: UUID, factor: Fraction, step: Fraction | None, digits: int
) -> tuple[list[NewPriceRule], int]:
    """The scaled rows, and how many hold limits in money that stayed as they are."""
    rows = await db.fetch(
        """SELECT code, priority, item_id, item_group_id, customer_id, customer_group_id, unit, min_qty_micro,
                  max_qty_micro, valid_from, valid_to, price::text AS price FROM price_rules
            WHERE list_id = $1 AND deleted_at IS NULL AND (valid_to IS NULL OR valid_to >= $2) ORDER BY code""",
        source,
        today(),
    )
    found: list[NewPriceRule] = []
    held = 0
    for row in rows:
        price = msgspec.json.decode(row["price"], type=FixedPrice | OffPrice)
        raised = checks.scaled(price, factor, step, digits)
        checks.check_price(raised)
        held += checks.limited(price)
        found.append(
            NewPriceRule(**{**dict(row), "id": new_id(), "list_id": target, "price": checks.price_dict(raised)})
        )
    return found, held


async def _insert(command: CreatePriceList, actor: Actor, more: Mapping[str, object] | None = None) -> None:
    if command.is_default:
        await _take_default_from_others(actor)
    await insert_price_lists([NewPriceList(**msgspec.structs.asdict(command))], created_by=actor.user_id)
    details = {name: value for name, value in msgspec.structs.asdict(command).items() if name != "id"}
    await record("price_list", command.id, "price_list.create", actor, {**details, **(more or {})})


async def _take_default_from_others(actor: Actor) -> None:
    rows = await db.fetch(
        """UPDATE price_lists SET is_default = false, version = version + 1, changed_at = $1
            WHERE is_default AND deleted_at IS NULL RETURNING id""",
        now(),
    )
    for row in rows:  # the database allows one default, so this is one at most
        await record("price_list", row["id"], "price_list.update", actor, {"after": {"is_default": False}})


async def _is_new(list_id: UUID, code: str) -> bool:
    """Whether there is no such list yet; a code that another list has is refused."""
    row = await db.fetch_row(
        """SELECT bool_or(id = $1) AS known, bool_or((id, code) <> ($1, $2)) AS taken FROM price_lists
            WHERE id = $1 OR (code = $2 AND deleted_at IS NULL)""",
        list_id,
        code,
    )
    if row["taken"]:
        raise PriceListCodeTaken(pointer="/code", price_list=code)
    return not row["known"]


async def _known_currency(code: str) -> None:
    if not await db.fetch_value("SELECT TRUE FROM currencies WHERE code = $1", code):
        raise CurrencyUnknown(pointer="/currency", currency=code)


async def _found(list_id: UUID, expected_version: int) -> Any:
    row = await db.fetch_row(
        """SELECT code, name_vi, name_en, tax_included, is_default, valid_from, valid_to, version FROM price_lists
            WHERE id = $1 AND deleted_at IS NULL""",
        list_id,
    )
    if row is None:
        raise NotVisible
    if row["version"] != expected_version:
        raise StaleVersion(current=row["version"])
    return row


async def _move(list_id: UUID, *, gone: bool) -> int:
    version: int = await db.fetch_value(
        """UPDATE price_lists SET deleted_at = CASE WHEN $2 THEN $3::timestamptz END, version = version + 1,
                  changed_at = $3 WHERE id = $1 RETURNING version""",
        list_id,
        gone,
        now(),
    )
    return version


def changed(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, object]:
    """What an audit entry says of a change: the fields before and after."""
    return {"before": {name: row[name] for name in changes}, "after": dict(changes)}


async def record(entity: str, entity_id: UUID, action: str, actor: Actor, details: Mapping[str, object]) -> None:
    """One entry of the audit trail."""
    await audit.record(entity, entity_id, action, actor_id=actor.user_id, details=dict(details))
