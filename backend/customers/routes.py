"""HTTP doors of customers."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.database import in_transaction
from backend.core.editing import Edit, Edited
from backend.core.errors import Malformed
from backend.core.paging import Page
from backend.customers import (
    addressing,
    closing,
    contacting,
    creating,
    pinning,
    queries,
    routes_handovers,
    search,
    updating,
)
from backend.customers.schemas import (
    Changes,
    CloseCustomer,
    CreateCustomer,
    Created,
    CustomerDetail,
    CustomerOut,
    GroupOut,
    PinAddress,
    Pinned,
    SaveContact,
    Saved,
    Stage,
)
from backend.people.access import Actor, rule

Limit = Annotated[int, Parameter(ge=1, le=200)]
Text = Annotated[str | None, Parameter(max_length=100)]


class Closing(msgspec.Struct, forbid_unknown_fields=True):
    """Why care stops."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Reopening(msgspec.Struct, forbid_unknown_fields=True):
    """Why care is taken up again."""

    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


@get("/customers", opt=rule("customer.read"))
async def list_customers(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    q: Text = None,
    group: FromQuery[UUID | None] = None,
    position: FromQuery[int | None] = None,
    stage: FromQuery[Stage | None] = None,
    status: FromQuery[Literal["active", "locked", "closed"] | None] = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[CustomerOut]:
    """Customers by name; with `q`, the best hits on one page instead."""
    filters = queries.Filters(group=group, position=position, stage=stage, status=status)
    if q and q.strip():
        return Page(items=await search.search_customers(q, actor=actor, limit=limit, filters=filters))
    return await queries.list_customers(filters, actor=actor, limit=limit, cursor=cursor)


@get("/customers/groups", opt=rule("customer.read"))
async def list_groups(actor: NamedDependency[Actor]) -> list[GroupOut]:
    """The group trees, with how many of one's own customers each holds."""
    return await queries.list_groups(actor=actor)


@get("/customers/{customer_id:uuid}", opt=rule("customer.read"))
async def show_customer(customer_id: FromPath[UUID], actor: NamedDependency[Actor]) -> CustomerDetail:
    """One customer, whole."""
    return await queries.show_customer(customer_id, actor=actor)


@post("/customers", opt=rule("customer.change"))
async def create_customer(data: JSONBody[CreateCustomer], actor: NamedDependency[Actor]) -> Created:
    """Make a customer."""
    return await in_transaction(lambda: creating.create_customer(data, actor=actor))


@patch("/customers/{customer_id:uuid}", opt=rule("customer.change"))
async def update_customer(
    customer_id: FromPath[UUID], data: JSONBody[Changes], actor: NamedDependency[Actor]
) -> Edited:
    """Change fields of a customer; merged by field when the editor's copy was old."""
    command = Edit(id=customer_id, changes=data.changes, base=data.base)
    return await in_transaction(lambda: updating.update_customer(command, actor=actor))


@put("/customers/{customer_id:uuid}/contacts/{contact_id:uuid}", opt=rule("customer.change"))
async def save_contact(
    customer_id: FromPath[UUID], contact_id: FromPath[UUID], data: JSONBody[SaveContact], actor: NamedDependency[Actor]
) -> Edited:
    """Add or change a contact."""
    if (data.customer_id, data.id) != (customer_id, contact_id):
        raise Malformed(pointer="/id")
    return await in_transaction(lambda: contacting.save_contact(data, actor=actor))


@patch("/customers/addresses/{address_id:uuid}", opt=rule("customer.change"))
async def edit_address(address_id: FromPath[UUID], data: JSONBody[Changes], actor: NamedDependency[Actor]) -> Edited:
    """Change the words of an address; merged by field when the editor's copy was old."""
    command = Edit(id=address_id, changes=data.changes, base=data.base)
    return await in_transaction(lambda: addressing.edit_address(command, actor=actor))


@post("/customers/addresses/pin", opt=rule("customer.change"), status_code=200)
async def pin_address(data: JSONBody[PinAddress], actor: NamedDependency[Actor]) -> Pinned:
    """Put an address where it truly is."""
    return await in_transaction(lambda: pinning.pin_address(data, actor=actor))


@post("/customers/{customer_id:uuid}/closing", opt=rule("customer.change"), status_code=200)
async def close_customer(customer_id: FromPath[UUID], data: JSONBody[Closing], actor: NamedDependency[Actor]) -> Saved:
    """Stop care, with a reason."""
    command = CloseCustomer(id=customer_id, reason=data.reason, note=data.note)
    return await in_transaction(lambda: closing.close_customer(command, actor=actor))


@post("/customers/{customer_id:uuid}/reopening", opt=rule("customer.reassign"), status_code=200)
async def reopen_customer(
    customer_id: FromPath[UUID], data: JSONBody[Reopening], actor: NamedDependency[Actor]
) -> Saved:
    """Take care up again."""
    return await in_transaction(lambda: closing.reopen_customer(customer_id, data.note, actor=actor))


route_handlers: list[Any] = [
    list_customers, list_groups, show_customer, create_customer, update_customer, save_contact, edit_address,
    pin_address, close_customer, reopen_customer, *routes_handovers.route_handlers,
]  # fmt: skip
