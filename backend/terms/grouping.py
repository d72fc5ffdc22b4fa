"""Make customer groups, rename them, and move them about their trees."""

from uuid import UUID

import asyncpg
import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import NotVisible, StaleVersion
from backend.customers.errors import GroupUnknown
from backend.people.access import Actor, require
from backend.terms.changing import announce_currency
from backend.terms.errors import GroupCodeTaken, GroupRing
from backend.terms.schemas import ChangeGroup, CreateGroup, GroupSaved


async def create_group(command: CreateGroup, *, actor: Actor) -> GroupSaved:
    """Make a group under another, or the root of a tree. Refuses `GroupUnknown` (the parent), `GroupCodeTaken`."""
    require(actor, "group.change")
    await _know(command.parent_id)
    try:
        await execute(
            """INSERT INTO customer_groups (id, parent_id, code, name, created_at, changed_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $5, $6)""",
            command.id, command.parent_id, command.code, command.name.strip() or command.code, now(), actor.user_id,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as fault:
        raise GroupCodeTaken(group=command.code, pointer="/code") from fault
    await audit.record(
        "customer_group", command.id, "group.create", actor_id=actor.user_id, details=msgspec.to_builtins(command)
    )
    return GroupSaved(command.id, 1)


async def change_group(group_id: UUID, command: ChangeGroup, *, actor: Actor) -> GroupSaved:
    """Rename a group or move it with everything below it.

    What its customers inherit changes with its place. Refuses `NotVisible`, `StaleVersion`, `GroupUnknown` (the new
    parent) and `GroupRing`.
    """
    require(actor, "group.change")
    row = await fetch_row(
        "SELECT name, parent_id, version FROM customer_groups WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE",
        group_id,
    )
    if row is None:
        raise NotVisible
    if row["version"] != command.expected_version:
        raise StaleVersion(current=row["version"])
    name = row["name"] if command.name is msgspec.UNSET else command.name.strip() or row["name"]
    parent = row["parent_id"] if command.parent_id is msgspec.UNSET else command.parent_id
    await _know(parent)
    try:
        version = await fetch_value(
            """UPDATE customer_groups SET name = $2, parent_id = $3, version = version + 1, changed_at = $4
                WHERE id = $1 RETURNING version""",
            group_id, name, parent, now(),
        )  # fmt: skip
    except asyncpg.CheckViolationError as fault:
        raise GroupRing(pointer="/parent_id") from fault
    if parent != row["parent_id"]:
        await announce_currency(group_id)
    await audit.record(
        "customer_group", group_id, "group.change", actor_id=actor.user_id,
        details={"name": [row["name"], name], "parent_id": [row["parent_id"], parent]},
    )  # fmt: skip
    return GroupSaved(group_id, version)


async def _know(parent: UUID | None) -> None:
    if parent is not None and not await fetch_value(
        "SELECT TRUE FROM customer_groups WHERE id = $1 AND deleted_at IS NULL", parent
    ):
        raise GroupUnknown(pointer="/parent_id")
