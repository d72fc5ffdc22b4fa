"""Where a customer is: the first address of a new one, and pinning an address to its true position."""

from uuid import UUID

from backend.core import audit
from backend.core.database import fetch_row
from backend.core.errors import NotVisible
from backend.customers.schemas import NewAddress, PinAddress, Pinned
from backend.geo import addresses
from backend.people.access import Actor, require, scope


async def save_first_address(customer_id: UUID, address: NewAddress, *, actor: Actor) -> None:
    """Give a new customer its default address, with the position the phone had, if any."""
    await addresses.save_address(
        addresses.SaveAddress(
            id=address.id,
            party_id=customer_id,
            text=address.text,
            lat=address.lat,
            lon=address.lon,
            accuracy_m=address.accuracy_m,
            method=address.method,
        ),
        actor=actor,
    )


async def pin_address(command: PinAddress, *, actor: Actor) -> Pinned:
    """Put an address of a visible customer where it truly is.

    Refuses the absent and the foreign alike (`NotVisible`), and what geography refuses.
    """
    require(actor, "customer.change")
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT a.id, c.id AS customer_id FROM addresses a JOIN customers c ON c.id = a.party_id
             WHERE a.id = $1 AND a.deleted_at IS NULL AND c.deleted_at IS NULL AND {predicate}""",
        command.id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    pinned = await addresses.pin_address(
        addresses.PinAddress(
            id=command.id, lat=command.lat, lon=command.lon, accuracy_m=command.accuracy_m, method=command.method
        ),
        actor=actor,
    )
    await audit.record(
        "customer", row["customer_id"], "address.pin", actor_id=actor.user_id,
        details={"address_id": str(command.id), "method": command.method},
    )  # fmt: skip
    return Pinned(
        id=command.id, customer_id=row["customer_id"], grade=pinned.grade, version_id=pinned.version_id, far=pinned.far
    )
