"""Settle a conflict: leave the office's value, or write the one that lost or another one in its place."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from backend.activities.editing import edit_expense, edit_visit
from backend.conflicts.errors import ConflictSettled, ConflictValueMissing
from backend.conflicts.schemas import Settle, Settled
from backend.core import audit
from backend.core.database import fetch_row
from backend.core.editing import Base, Edit, Edited
from backend.core.errors import Malformed, NotAllowed, NotVisible
from backend.customers.addressing import edit_address
from backend.customers.conflict_log import close
from backend.customers.contacting import save_contact
from backend.customers.pinning import pin_address
from backend.customers.schemas import PinAddress, Pinned, SaveContact
from backend.customers.updating import update_customer
from backend.people.access import Actor, require, scope


async def settle(command: Settle, *, actor: Actor) -> Settled:
    """Answer a conflict of something in the actor's sight.

    What is written goes through the same door as any edit, made on the value that was seen: where that has changed once
    more, nothing is overwritten and a new conflict is noted (`again`). A visit's or an expense's may be answered by
    whoever made it alone. Refuses the absent and the foreign alike (`NotVisible`), a conflict that is settled
    (`ConflictSettled`), and whatever the edit itself refuses.
    """
    require(actor, "customer.change")
    row = await _open(command, actor)
    again = False
    if command.choice != "theirs":
        value = row["lost_value"] if command.choice == "mine" else command.value
        if value is msgspec.UNSET:
            raise ConflictValueMissing(pointer="/value")
        again = await _write(row, value, row["kept_value"] if command.seen is msgspec.UNSET else command.seen, actor)
    version = await close(command.id, command.choice, actor=actor)
    await audit.record(
        row["entity"], row["entity_id"], f"{row['entity']}.settle", actor_id=actor.user_id,
        details={"conflict": str(command.id), "field": row["field"], "choice": command.choice},
    )  # fmt: skip
    return Settled(command.id, version, command.choice, again)


async def _open(command: Settle, actor: Actor) -> Any:
    predicate, arguments = scope(actor, "coalesce(c.position_id, k.position_id)", 2)
    row = await fetch_row(
        f"""SELECT k.* FROM conflict_log k LEFT JOIN customers c ON c.id = k.customer_id
             WHERE k.id = $1 AND k.deleted_at IS NULL AND {predicate} FOR UPDATE OF k""",
        command.id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible(pointer="/id")
    if row["choice"] is not None:
        raise ConflictSettled(choice=row["choice"])
    if row["entity"] in ("visit", "expense") and row["lost_by"] != actor.user_id:
        raise NotAllowed(rule="author")
    return row


async def _write(row: Any, value: object, seen: object, actor: Actor) -> bool:
    """The value through its own verb; gives whether it lost again."""
    base = Base(0, {row["field"]: seen})
    done = await _VERBS[row["entity"]](row, value, base, actor)
    return bool(done.conflicts)


async def _customer(row: Any, value: object, base: Base, actor: Actor) -> Edited:
    return await update_customer(Edit(row["entity_id"], {row["field"]: value}, base), actor=actor)


async def _address(row: Any, value: object, base: Base, actor: Actor) -> Edited | Pinned:
    if row["field"] != "position":
        return await edit_address(Edit(row["entity_id"], {row["field"]: value}, base), actor=actor)
    seen = base.values["position"]
    if not isinstance(value, dict) or not isinstance(seen, dict):
        raise Malformed(pointer="/value")
    try:
        pin = msgspec.convert({**value, "id": row["entity_id"]}, PinAddress)
    except msgspec.ValidationError as fault:
        raise Malformed(pointer="/value") from fault
    pin.base = Base(0, {"lat": seen.get("lat"), "lon": seen.get("lon")})
    return await pin_address(pin, actor=actor)


async def _contact(row: Any, value: object, base: Base, actor: Actor) -> Edited:
    now = await fetch_row("SELECT name, phone, email, role FROM contacts WHERE id = $1", row["entity_id"])
    if now is None:
        raise NotVisible(pointer="/id")
    whole = {**now, row["field"]: value}
    seen = {**now, **base.values}
    try:
        command = msgspec.convert({**whole, "id": row["entity_id"], "customer_id": row["customer_id"]}, SaveContact)
    except msgspec.ValidationError as fault:
        raise Malformed(pointer="/value") from fault
    command.base = Base(0, seen)
    return await save_contact(command, actor=actor)


async def _visit(row: Any, value: object, base: Base, actor: Actor) -> Edited:
    # The edit that lost was made in time; answering for it may take a while longer.
    return await edit_visit(Edit(row["entity_id"], {row["field"]: value}, base), actor=actor, client_at=row["lost_at"])


async def _expense(row: Any, value: object, base: Base, actor: Actor) -> Edited:
    return await edit_expense(Edit(row["entity_id"], {row["field"]: value}, base), actor=actor)


_VERBS: Final[dict[str, Callable[[Any, object, Base, Actor], Awaitable[Edited | Pinned]]]] = {
    "customer": _customer, "address": _address, "contact": _contact, "visit": _visit, "expense": _expense,
}  # fmt: skip
