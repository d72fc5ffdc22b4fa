"""Customers made for a test, through the verbs."""

from typing import Any

from backend.core.database import execute, in_transaction
from backend.core.ids import new_id
from backend.customers.creating import create_customer
from backend.customers.schemas import CreateCustomer, Created
from backend.people.access import Actor


async def make_customer(actor: Actor, name: str = "Cửa hàng Minh", **fields: Any) -> Created:
    """A customer of the actor's own."""
    command = CreateCustomer(id=new_id(), name=name, **fields)
    return await in_transaction(lambda: create_customer(command, actor=actor))


async def make_group(name: str, parent: Any = None) -> Any:
    """A customer group; gives its id."""
    group_id = new_id()
    await execute(
        "INSERT INTO customer_groups (id, parent_id, code, name) VALUES ($1, $2, $3, $4)",
        group_id, parent, f"G{group_id.hex[-8:]}", name,
    )  # fmt: skip
    return group_id
