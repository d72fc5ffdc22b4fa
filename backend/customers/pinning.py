"""Where a customer is: the first address of a new one, and pinning an address to its true position."""

from typing import Any
from uuid import UUID

from backend.core import audit
from backend.core.editing import Base, Lost, LostValue, Merge
from backend.customers.addressing import find_address
from backend.customers.conflict_log import Place, keep_losers
from backend.customers.schemas import NewAddress, PinAddress, Pinned
from backend.geo import addresses
from backend.people.access import Actor, require


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

    With a base, a position that somebody else confirmed since then stands; the other one is kept aside as the field
    `position` and the answer names it. Refuses the absent and the foreign alike (`NotVisible`), and what geography
    refuses.
    """
    require(actor, "customer.change")
    row = await find_address(command.id, actor=actor)
    here = {"lat": command.lat, "lon": command.lon, "accuracy_m": command.accuracy_m, "method": command.method}
    place = Place("address", command.id, row["customer_id"])
    if _overtaken(command.base, row):
        kept = {name: row[name] for name in ("lat", "lon", "accuracy_m", "grade")}
        merged = Merge({}, [Lost("position", command.base and command.base.values, kept, here)])
        await keep_losers(place, merged, command.base, row["version"], actor=actor)
        return Pinned(
            id=command.id, customer_id=row["customer_id"], grade=row["grade"], version_id=row["version_id"], far=False,
            conflicts=[LostValue(*merged.lost[0])],
        )  # fmt: skip
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
    await keep_losers(place, Merge({"position": here}, []), command.base, pinned.version, actor=actor)
    return Pinned(
        id=command.id, customer_id=row["customer_id"], grade=pinned.grade, version_id=pinned.version_id, far=pinned.far
    )


def _overtaken(base: Base | None, row: Any) -> bool:
    """Whether somebody confirmed another position than the one the phone showed, after it showed it."""
    if base is None or not {"lat", "lon"} <= base.values.keys() or row["grade"] not in addresses.CONFIRMED:
        return False
    return (base.values["lat"], base.values["lon"]) != (row["lat"], row["lon"])
