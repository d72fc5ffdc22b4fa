"""The people at a customer's: add one or change one."""

from backend.core import audit
from backend.core.clock import now
from backend.core.database import fetch_row
from backend.customers.errors import CustomerIdTaken
from backend.customers.queries import find_customer
from backend.customers.schemas import SaveContact, Saved
from backend.people.access import Actor, require


async def save_contact(command: SaveContact, *, actor: Actor) -> Saved:
    """Write a contact of a visible customer, new or known. Refuses an id that belongs to another customer's contact."""
    require(actor, "customer.change")
    await find_customer(command.customer_id, actor=actor)
    row = await fetch_row(
        """INSERT INTO contacts (id, customer_id, name, phone, email, role, created_at, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
           ON CONFLICT (id) DO UPDATE SET name = $3, phone = $4, email = $5, role = $6, changed_at = $7,
                                          version = contacts.version + 1
            WHERE contacts.customer_id = $2 AND contacts.deleted_at IS NULL
           RETURNING id, version""",
        command.id, command.customer_id, command.name, command.phone, command.email, command.role, now(), actor.user_id,
    )  # fmt: skip
    if row is None:
        raise CustomerIdTaken(pointer="/id")
    await audit.record(
        "customer", command.customer_id, "contact.save", actor_id=actor.user_id, details={"contact_id": str(command.id)}
    )
    return Saved(id=row["id"], version=row["version"])
