"""Make a customer, with an address and a contact if they are known."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backend.core import audit
from backend.core.clock import now, today
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.ids import new_id
from backend.customers import identity, pinning
from backend.customers.errors import CustomerIdTaken, GroupUnknown, NobodyToOwn, PositionUnknown
from backend.customers.rules import code_of
from backend.customers.schemas import Alike, CreateCustomer, Created
from backend.people.access import Actor, require, sees


async def create_customer(command: CreateCustomer, *, actor: Actor) -> Created:
    """Make a customer looked after by the actor's own position (or the visible one named).

    Saying the same again (same id, same maker) gives the same answer and makes nothing. Refuses a telephone or tax
    number another customer has (`CustomerExists`, `CustomerOwnedByAnother`), numbers that cannot be true, an unknown
    group or position. A customer with nearly the same name is mentioned in the answer, not refused.
    """
    require(actor, "customer.change")
    if (made := await _already(command.id, actor)) is not None:
        return made
    identity.check_numbers(command.phone, command.tax_no)
    position_id = await _position(command.position_id, actor)
    await identity.refuse_duplicates(command.id, command.phone, command.tax_no, actor=actor)
    alike = await identity.find_alike(command.id, command.name, actor=actor)
    code = await _insert(command, position_id, actor)
    await _insert_parts(command, position_id, actor)
    await audit.record(
        "customer", command.id, "customer.create", actor_id=actor.user_id,
        details={"name": command.name, "stage": command.stage, "position_id": position_id},
    )  # fmt: skip
    version = await fetch_value("SELECT version FROM customers WHERE id = $1", command.id)
    return Created(id=command.id, version=version, code=code, alike=_alike(alike))


def _alike(rows: Sequence[Any]) -> list[Alike]:
    return [Alike(id=row["id"], code=row["code"], name=row["name"]) for row in rows]


async def _already(customer_id: UUID, actor: Actor) -> Created | None:
    row = await fetch_row("SELECT id, version, code, created_by FROM customers WHERE id = $1", customer_id)
    if row is None:
        return None
    if row["created_by"] != actor.user_id:
        raise CustomerIdTaken(pointer="/id")
    return Created(id=row["id"], version=row["version"], code=row["code"])


async def _position(wanted: int | None, actor: Actor) -> int:
    if wanted is None:
        if not actor.own_keys:
            raise NobodyToOwn(pointer="/position_id")
        return min(actor.own_keys)
    known = await fetch_value("SELECT TRUE FROM positions WHERE id = $1 AND active", wanted)
    if not known or not sees(actor, wanted):
        raise PositionUnknown(pointer="/position_id", position_id=wanted)
    return wanted


async def _insert(command: CreateCustomer, position_id: int, actor: Actor) -> str:
    """Insert with a code made from the id; a longer one where the short one is taken."""
    for length in range(6, 27):
        code = code_of(command.id, length)
        done = await fetch_value(
            """INSERT INTO customers (id, code, name, stage, lead_state, position_id, phone, tax_no, note,
                                      created_at, changed_at, created_by)
               VALUES ($1, $2, $3, $4, CASE $4 WHEN 'lead' THEN 'assigned' ELSE 'converted' END, $5, $6, $7, $8, $9,
                       $9, $10)
               ON CONFLICT (lower(code)) WHERE deleted_at IS NULL DO NOTHING RETURNING code""",
            command.id, code, command.name.strip() or command.name, command.stage, position_id, command.phone or None,
            command.tax_no or None, command.note or None, now(), actor.user_id,
        )  # fmt: skip
        if done:
            return code
    raise CustomerIdTaken(pointer="/id")


async def _insert_parts(command: CreateCustomer, position_id: int, actor: Actor) -> None:
    await execute(
        """INSERT INTO customer_assignments (id, customer_id, position_id, from_on, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        new_id(), command.id, position_id, today(), now(), actor.user_id,
    )  # fmt: skip
    if command.group_id is not None:
        known = await fetch_value(
            "SELECT TRUE FROM customer_groups WHERE id = $1 AND deleted_at IS NULL", command.group_id
        )
        if not known:
            raise GroupUnknown(pointer="/group_id")
        await execute(
            """INSERT INTO customer_group_links (customer_id, group_id, is_primary, created_by)
               VALUES ($1, $2, TRUE, $3)""",
            command.id, command.group_id, actor.user_id,
        )  # fmt: skip
    if command.contact is not None:
        contact = command.contact
        await execute(
            """INSERT INTO contacts (id, customer_id, name, phone, email, role, created_at, changed_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)""",
            contact.id, command.id, contact.name, contact.phone, contact.email, contact.role, now(), actor.user_id,
        )  # fmt: skip
    if command.address is not None:
        await pinning.save_first_address(command.id, command.address, actor=actor)
