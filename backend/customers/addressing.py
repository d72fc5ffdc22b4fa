"""Change the words of an address. Its history keeps the old ones; edits made on an older copy are merged."""

from typing import Any, Final, get_args
from uuid import UUID

from backend.core.database import fetch_row
from backend.core.editing import Check, Edit, Edited, answer, checked, merge, one_of, seen_by, text_field
from backend.core.errors import NotVisible
from backend.customers.conflict_log import Place, keep_losers
from backend.geo import addresses
from backend.geo.schemas import Kind
from backend.people.access import Actor, require, scope

FIELDS: Final[dict[str, Check]] = {"text": text_field(500, needed=True), "kind": one_of(*get_args(Kind))}


async def find_address(address_id: UUID, *, actor: Actor) -> Any:
    """An address of a visible customer, locked; refuses the absent and the foreign alike (`NotVisible`)."""
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT a.id, a.text, a.kind, a.lat, a.lon, a.accuracy_m, a.grade, a.version, a.version_id,
                   c.id AS customer_id
              FROM addresses a JOIN customers c ON c.id = a.party_id
             WHERE a.id = $1 AND a.deleted_at IS NULL AND c.deleted_at IS NULL AND {predicate}
               FOR UPDATE OF a""",
        address_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return row


async def edit_address(command: Edit, *, actor: Actor) -> Edited:
    """Give an address of a visible customer other words, or another use (`kind`).

    A position a person confirmed stays where it is; any other is found anew from the words. Merged like a customer's
    fields: what somebody else changed meanwhile stands, and the other value is kept aside.
    """
    require(actor, "customer.change")
    wanted = checked(command.changes, FIELDS, FIELDS)
    row = await find_address(command.id, actor=actor)
    current, version = {field: row[field] for field in FIELDS}, row["version"]
    merged = merge(seen_by(command.base, version), current, wanted)
    if merged.changes:
        after = {**current, **merged.changes}
        saved = await addresses.save_address(
            addresses.SaveAddress(
                id=command.id, party_id=row["customer_id"], text=after["text"], kind=after["kind"], is_default=None
            ),
            actor=actor,
        )
        version = saved.version
    await keep_losers(Place("address", command.id, row["customer_id"]), merged, command.base, version, actor=actor)
    return answer(command.id, version, wanted, current, merged)
