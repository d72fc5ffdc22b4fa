"""HTTP doors of commercial terms and of the customer group trees."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.database import in_transaction
from backend.core.paging import Page
from backend.customers.queries import Filters
from backend.people.access import Actor, rule
from backend.terms import changing, grouping, queries, routes_choices
from backend.terms.schemas import ChangeGroup, ChangeTerms, Choices, CreateGroup, GroupNode, GroupSaved, TermsOut

Limit = Annotated[int, Parameter(ge=1, le=200)]


@get("/customers/{customer_id:uuid}/terms", opt=rule("terms.read"))
async def customer_terms(customer_id: FromPath[UUID], actor: NamedDependency[Actor]) -> TermsOut:
    """What holds for one customer, and where each value comes from."""
    return await queries.customer_terms(customer_id, actor=actor)


@patch("/customers/{customer_id:uuid}/terms", opt=rule("terms.change"))
async def change_customer_terms(
    customer_id: FromPath[UUID], data: JSONBody[ChangeTerms], actor: NamedDependency[Actor]
) -> TermsOut:
    """Override or clear; answers what holds now."""
    await in_transaction(lambda: changing.change_customer_terms(customer_id, data, actor=actor))
    return await queries.customer_terms(customer_id, actor=actor)


@get("/customers/terms", opt=rule("terms.read"))
async def list_customer_terms(
    actor: NamedDependency[Actor],
    group: FromQuery[UUID | None] = None,
    position: FromQuery[int | None] = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[TermsOut]:
    """What holds for customers of a group, a page at a time."""
    filters = Filters(group=group, position=position)
    return await queries.list_customer_terms(filters, actor=actor, limit=limit, cursor=cursor)


@get("/customer-groups", opt=rule("group.read"))
async def group_tree(actor: NamedDependency[Actor]) -> list[GroupNode]:
    """The group trees with their terms."""
    return await queries.group_tree(actor=actor)


@post("/customer-groups", opt=rule("group.change"))
async def create_group(data: JSONBody[CreateGroup], actor: NamedDependency[Actor]) -> GroupSaved:
    """Make a group."""
    return await in_transaction(lambda: grouping.create_group(data, actor=actor))


@patch("/customer-groups/{group_id:uuid}", opt=rule("group.change"))
async def change_group(
    group_id: FromPath[UUID], data: JSONBody[ChangeGroup], actor: NamedDependency[Actor]
) -> GroupSaved:
    """Rename a group or move it."""
    return await in_transaction(lambda: grouping.change_group(group_id, data, actor=actor))


@get("/customer-groups/{group_id:uuid}/terms", opt=rule("group.read"))
async def group_terms(group_id: FromPath[UUID], actor: NamedDependency[Actor]) -> TermsOut:
    """The terms of one group."""
    return await queries.group_terms(group_id, actor=actor)


@patch("/customer-groups/{group_id:uuid}/terms", opt=rule("terms.change"))
async def change_group_terms(
    group_id: FromPath[UUID], data: JSONBody[ChangeTerms], actor: NamedDependency[Actor]
) -> TermsOut:
    """Set or clear terms of a group."""
    await in_transaction(lambda: changing.change_group_terms(group_id, data, actor=actor))
    return await queries.group_terms(group_id, actor=actor)


@get("/company/terms", opt=rule("group.read"))
async def company_terms(actor: NamedDependency[Actor]) -> TermsOut:
    """What holds where nobody nearer sets anything."""
    return await queries.company_terms(actor=actor)


@patch("/company/terms", opt=rule("terms.change"))
async def change_company_terms(data: JSONBody[ChangeTerms], actor: NamedDependency[Actor]) -> TermsOut:
    """Set or clear terms of the company."""
    await in_transaction(lambda: changing.change_company_terms(data, actor=actor))
    return await queries.company_terms(actor=actor)


@get("/terms/choices", opt=rule("group.read"))
async def choices(actor: NamedDependency[Actor]) -> Choices:
    """What terms may be chosen from."""
    return await queries.choices(actor=actor)


route_handlers: list[Any] = [
    customer_terms, change_customer_terms, list_customer_terms, group_tree, create_group, change_group, group_terms,
    change_group_terms, company_terms, change_company_terms, choices,
    *routes_choices.route_handlers,
]  # fmt: skip
