"""Change a customer. An edit made on an older copy is merged field by field; what loses is kept for a person."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, execute_many, fetch_row, fetch_value
from backend.core.errors import Malformed, NotVisible, StaleVersion
from backend.core.ids import new_id
from backend.customers import identity
from backend.customers.errors import CodeTaken, FieldUnknown, FieldWrong, GroupUnknown
from backend.customers.rules import NOTE_LIMIT, Lost, merge
from backend.customers.schemas import Base, LostValue, UpdateCustomer, Updated
from backend.people.access import ADMIN, MANAGER, Actor, require, scope


def _text(limit: int, *, needed: bool = False) -> Callable[[str, object], object]:
    def check(field: str, value: object) -> object:
        if value is None and not needed:
            return None
        if not isinstance(value, str) or len(value) > limit or (needed and not value.strip()) or "\x00" in value:
            raise FieldWrong(pointer=f"/changes/{field}", field=field, limit=limit)
        return value.strip() or None

    return check


def _weekday(field: str, value: object) -> object:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 7):
        raise FieldWrong(pointer=f"/changes/{field}", field=field, limit=7)
    return value


def _groups(field: str, value: object) -> object:
    try:
        ids = msgspec.convert(value, list[UUID])
    except msgspec.ValidationError as fault:
        raise FieldWrong(pointer=f"/changes/{field}", field=field, limit=50) from fault
    if len(ids) > 50 or len(set(ids)) != len(ids):
        raise FieldWrong(pointer=f"/changes/{field}", field=field, limit=50)
    return [str(one) for one in ids]


def _one_of(*allowed: object) -> Callable[[str, object], object]:
    def check(field: str, value: object) -> object:
        if isinstance(value, bool) or value not in allowed:
            raise FieldWrong(pointer=f"/changes/{field}", field=field, limit=len(allowed))
        return value

    return check


# Field -> how its value is checked, and who may change it (None: whoever may change customers at all).
FIELDS: Final[dict[str, tuple[Callable[[str, object], object], tuple[str, ...] | None]]] = {
    "name": (_text(200, needed=True), None),
    "phone": (_text(40), None),
    "tax_no": (_text(20), None),
    "note": (_text(NOTE_LIMIT), None),
    "planned_weekday": (_weekday, None),
    "group_ids": (_groups, None),
    "priority": (_one_of(None, 1, 2, 3, 4, 5), (ADMIN, MANAGER)),
    "code": (_text(40, needed=True), (ADMIN,)),
}


async def update_customer(command: UpdateCustomer, *, actor: Actor) -> Updated:
    """Write the changed fields of a visible customer.

    With `base.values`, a field somebody else changed meanwhile keeps the office's value; the other goes to
    `customer_conflicts` and into the answer. With `base.ver` alone, a newer version refuses with `StaleVersion`.
    Without a base the editor is taken to have seen the present values. `group_ids` lists the primary group first.
    Refuses fields that are unknown or not the actor's, and numbers of another customer.
    """
    require(actor, "customer.change")
    wanted = _checked(command.changes, actor)
    current, version = await _locked(command.id, actor)
    merged = merge(_seen(command.base, current, version), current, wanted)
    if merged.changes:
        version = await _write(command.id, merged.changes, {**current, **merged.changes}, actor)
    await _keep_losers(command, merged.lost, version, actor)
    return Updated(
        id=command.id,
        version=version,
        written=sorted(merged.changes),
        conflicts=[LostValue(one.field, one.base, one.kept, one.lost) for one in merged.lost],
        current={field: merged.changes.get(field, current[field]) for field in wanted} if merged.lost else {},
    )


def _seen(base: Base | None, current: Mapping[str, object], version: int) -> dict[str, object] | None:
    """The values the editor worked on; None when they are the present ones."""
    if base is None or base.ver == version:
        return None
    if not base.values:
        raise StaleVersion(current=version)
    seen = dict(base.values)
    groups, now_groups = seen.get("group_ids"), current["group_ids"]
    if isinstance(groups, list) and isinstance(now_groups, list) and sorted(map(str, groups)) == sorted(now_groups):
        seen["group_ids"] = now_groups  # the same groups in another order are the same
    return seen


def _checked(changes: Mapping[str, object], actor: Actor) -> dict[str, object]:
    if not changes:
        raise Malformed(pointer="/changes")
    wanted: dict[str, object] = {}
    for field, value in changes.items():
        check, roles = FIELDS.get(field, (None, None))
        if check is None or (roles is not None and not actor.has(*roles)):
            raise FieldUnknown(pointer=f"/changes/{field[:60]}", field=field[:60])
        wanted[field] = check(field, value)
    return wanted


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
        raise CodeTaken(pointer="/changes/code", code=changes["code"])
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


async def _keep_losers(command: UpdateCustomer, lost: list[Lost], version: int, actor: Actor) -> None:
    if not lost:
        return
    ver = command.base.ver if command.base else None
    await execute_many(
        """INSERT INTO customer_conflicts (id, customer_id, field, base_value, kept_value, lost_value, base_version,
                                           kept_version, lost_by, lost_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        [
            (new_id(), command.id, one.field, *(msgspec.json.encode(value).decode() for value in one[1:]), ver, version,
             actor.user_id, now())
            for one in lost
        ],
    )  # fmt: skip
    await audit.record(
        "customer", command.id, "customer.conflict", actor_id=actor.user_id,
        details={"fields": [one.field for one in lost], "kept_version": version},
    )  # fmt: skip
