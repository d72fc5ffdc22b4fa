"""Change a customer. An edit made on an older copy is merged field by field; what loses is kept for a person."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.editing import (
    NOTE_LIMIT,
    Base,
    Check,
    Edit,
    Edited,
    answer,
    checked,
    merge,
    one_of,
    seen_by,
    text_field,
    wrong,
)
from backend.core.errors import NotVisible
from backend.customers import identity
from backend.customers.conflict_log import Place, keep_losers
from backend.customers.errors import CodeTaken, GroupUnknown
from backend.people.access import ADMIN, MANAGER, Actor, require, scope


def _weekday(field: str, value: object) -> object:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 7):
        raise wrong(field, 7)
    return value


def _groups(field: str, value: object) -> object:
    try:
        ids = msgspec.convert(value, list[UUID])
    except msgspec.ValidationError as fault:
        raise wrong(field, 50) from fault
    if len(ids) > 50 or len(set(ids)) != len(ids):
        raise wrong(field, 50)
    return [str(one) for one in ids]


FIELDS: Final[dict[str, Check]] = {
    "name": text_field(200, needed=True),
    "phone": text_field(40),
    "tax_no": text_field(20),
    "note": text_field(NOTE_LIMIT),
    "planned_weekday": _weekday,
    "group_ids": _groups,
    "priority": one_of(None, 1, 2, 3, 4, 5),
    "code": text_field(40, needed=True),
}
# Who may change a field, where not everybody may who changes customers at all.
RESERVED: Final = {"priority": (ADMIN, MANAGER), "code": (ADMIN,)}


async def update_customer(command: Edit, *, actor: Actor) -> Edited:
    """Write the changed fields of a visible customer.

    With `base.values`, a field somebody else changed meanwhile keeps the office's value; the other goes to the
    `conflict_log` and into the answer. With `base.ver` alone, a newer version refuses with `StaleVersion`.
    Without a base the editor is taken to have seen the present values. `group_ids` lists the primary group first.
    Refuses fields that are unknown or not the actor's, and numbers of another customer.
    """
    require(actor, "customer.change")
    wanted = checked(command.changes, FIELDS, [name for name in FIELDS if actor.has(*RESERVED.get(name, actor.roles))])
    current, version = await _locked(command.id, actor)
    merged = merge(_seen(command.base, current, version), current, wanted)
    if merged.changes:
        version = await _write(command.id, merged.changes, {**current, **merged.changes}, actor)
    await keep_losers(Place("customer", command.id, command.id), merged, command.base, version, actor=actor)
    return answer(command.id, version, wanted, current, merged)


def _seen(base: Base | None, current: Mapping[str, object], version: int) -> dict[str, Any] | None:
    """The values the editor worked on; None when they are the present ones."""
    seen = seen_by(base, version)
    if seen is None:
        return None
    groups, now_groups = seen.get("group_ids"), current["group_ids"]
    if isinstance(groups, list) and isinstance(now_groups, list) and sorted(map(str, groups)) == sorted(now_groups):
        seen["group_ids"] = now_groups  # the same groups in another order are the same
    return seen


async def _locked(customer_id: UUID, actor: Actor) -> tuple[dict[str, object], int]:
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT c.version, c.name, c.phone, c.tax_no, c.note, c.planned_weekday, c.priority, c.code,
                   ARRAY(SELECT l.group_id::text FROM customer_group_links l WHERE l.customer_id = c.id
                          ORDER BY l.is_primary DESC, l.group_id) AS group_ids
              FROM customers c WHERE c.id = $1 AND c.deleted_at IS NULL AND {predicate} FOR NO KEY UPDATE""",
        customer_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return {field: row[field] for field in FIELDS}, row["version"]


async def _write(customer_id: UUID, changes: Mapping[str, Any], after: Mapping[str, Any], actor: Actor) -> int:
    phone, tax_no = (changes.get(field) for field in ("phone", "tax_no"))
    identity.check_numbers(phone, tax_no, pointer="/changes")
    await identity.refuse_duplicates(customer_id, phone, tax_no, actor=actor)
    if "code" in changes and await fetch_value(
        "SELECT TRUE FROM customers WHERE lower(code) = lower($1) AND id <> $2 AND deleted_at IS NULL",
        changes["code"], customer_id,
    ):  # fmt: skip
        raise CodeTaken(pointer="/changes/code", taken=changes["code"])
    if "group_ids" in changes:
        await _write_groups(customer_id, changes["group_ids"], actor)
    columns = ("name", "phone", "tax_no", "note", "planned_weekday", "priority", "code")
    version: int = await fetch_value(
        """UPDATE customers SET name = $3, phone = $4, tax_no = $5, note = $6, planned_weekday = $7, priority = $8,
                  code = $9, version = version + 1, changed_at = $2 WHERE id = $1 RETURNING version""",
        customer_id, now(), *(after[column] for column in columns),
    )  # fmt: skip
    await audit.record(
        "customer", customer_id, "customer.update", actor_id=actor.user_id, details={"changes": dict(changes)}
    )
    return version


async def _write_groups(customer_id: UUID, group_ids: list[str], actor: Actor) -> None:
    known = await fetch_value(
        "SELECT count(*) FROM customer_groups WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL", group_ids
    )
    if known != len(group_ids):
        raise GroupUnknown(pointer="/changes/group_ids")
    await execute("DELETE FROM customer_group_links WHERE customer_id = $1", customer_id)
    await execute(
        """INSERT INTO customer_group_links (customer_id, group_id, is_primary, created_at, created_by)
           SELECT $1, g.id, g.n = 1, $3, $4 FROM unnest($2::uuid[]) WITH ORDINALITY AS g (id, n)""",
        customer_id, group_ids, now(), actor.user_id,
    )  # fmt: skip
