"""For how long a price told offline stands, by role: set by administrators, asked by the room that takes orders.

Source: the domain agreement, "Offline orders": default 72 hours, by role; who has several roles has the widest window.
"""

from typing import Final

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch, fetch_row, fetch_value
from backend.core.errors import NotVisible, StaleVersion
from backend.core.settings import settings
from backend.people.access import Actor, require
from backend.terms.changing import COMPANY
from backend.terms.schemas_choices import HonourHours, HonourRow, Seller, SetHonourHours

SELLERS: Final = ["rep", "manager", "admin"]


async def hours_of(*, actor: Actor) -> int:
    """The widest window of the actor's roles, in hours."""
    default = settings().honour_hours
    widest = await fetch_value(
        "SELECT max(coalesce(hours, $2)) FROM honour_hours WHERE role = ANY($1::text[])", sorted(actor.roles), default
    )
    return default if widest is None else int(widest)


async def honour_hours(*, actor: Actor) -> HonourHours:
    """What is set for each role, and what holds where nothing is."""
    rows = await fetch("SELECT role, hours, version FROM honour_hours ORDER BY array_position($1, role)", SELLERS)
    return HonourHours(settings().honour_hours, [HonourRow(**dict(row)) for row in rows])


async def set_honour_hours(role: Seller, command: SetHonourHours, *, actor: Actor) -> None:
    """Set a role's window. It counts for orders that arrive from now on. Refuses `NotVisible`, `StaleVersion`."""
    require(actor, "choice.change")
    row = await fetch_row("SELECT hours, version FROM honour_hours WHERE role = $1 FOR NO KEY UPDATE", role)
    if row is None:
        raise NotVisible
    if row["version"] != command.expected_version:
        raise StaleVersion(current=row["version"])
    await execute(
        "UPDATE honour_hours SET hours = $2, version = version + 1, changed_at = $3 WHERE role = $1",
        role, command.hours, now(),
    )  # fmt: skip
    await audit.record(
        "company", COMPANY, "honour.change", actor_id=actor.user_id,
        details={"role": role, "hours": {"from": row["hours"], "to": command.hours}},
    )  # fmt: skip
