"""The people at a customer's: add one or change one. Edits made on an older copy are merged field by field."""

from typing import Any, Final
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.core.editing import Edited, answer, merge, seen_by
from backend.core.errors import NotVisible
from backend.customers.conflict_log import Place, keep_losers
from backend.customers.errors import CustomerIdTaken
from backend.customers.queries import find_customer
from backend.customers.schemas import SaveContact
from backend.people.access import Actor, require

FIELDS: Final = ("name", "phone", "email", "role")


async def save_contact(command: SaveContact, *, actor: Actor) -> Edited:
    """Write a contact of a visible customer, new or known.

    With `base.values`, only the fields that differ from them were changed; one that somebody else changed meanwhile
    keeps the office's value and the other is kept aside (`conflict_log`). Refuses an id that belongs to another
    customer's contact, and a contact that was removed (`NotVisible`).
    """
    require(actor, "customer.change")
    await find_customer(command.customer_id, actor=actor)
    wanted = {field: getattr(command, field) for field in FIELDS}
    row = await fetch_row("SELECT * FROM contacts WHERE id = $1 FOR NO KEY UPDATE", command.id)
    if row is None:
        return await _add(command, wanted, actor)
    if row["customer_id"] != command.customer_id:
        raise CustomerIdTaken(pointer="/id")
    if row["deleted_at"] is not None:
        raise NotVisible(pointer="/id")
    current, version = {field: row[field] for field in FIELDS}, row["version"]
    seen = seen_by(command.base, version)
    if command.base is not None and command.base.values:
        old = command.base.values
        wanted = {field: value for field, value in wanted.items() if field not in old or value != old[field]}
    merged = merge(seen, current, wanted)
    if merged.changes:
        await _change(command.id, {**current, **merged.changes})
        version += 1
        await _record(command, actor)
    place = Place("contact", command.id, command.customer_id)
    await keep_losers(place, merged, command.base, version, actor=actor)
    return answer(command.id, version, wanted, current, merged)


async def _add(command: SaveContact, values: dict[str, Any], actor: Actor) -> Edited:
    await execute(
        """INSERT INTO contacts (id, customer_id, name, phone, email, role, created_at, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)""",
        command.id, command.customer_id, *(values[field] for field in FIELDS), now(), actor.user_id,
    )  # fmt: skip
    await _record(command, actor)
    return Edited(command.id, 1, sorted(FIELDS))


async def _change(contact_id: UUID, values: dict[str, Any]) -> None:
    await execute(
        """UPDATE contacts SET name = $2, phone = $3, email = $4, role = $5, changed_at = $6, version = version + 1
            WHERE id = $1""",
        contact_id, *(values[field] for field in FIELDS), now(),
    )  # fmt: skip


async def _record(command: SaveContact, actor: Actor) -> None:
    await audit.record(
        "customer", command.customer_id, "contact.save", actor_id=actor.user_id, details={"contact_id": str(command.id)}
    )
