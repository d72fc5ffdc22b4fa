"""HTTP doors of price lists: the lists, their rows, and what a customer would pay."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import today
from backend.core.database import in_transaction
from backend.core.paging import Page
from backend.people.access import Actor, rule
from backend.pricing.lists import editing, editing_rows, explaining, preview, queries
from backend.pricing.lists.schemas import (
    Copied,
    CopyPriceList,
    Counted,
    CreatePriceList,
    CreateRule,
    Preview,
    PreviewRule,
    PriceListOut,
    RuleOut,
    Saved,
    UpdatePriceList,
    UpdateRule,
)
from backend.pricing.lists.schemas_explained import Ask, Explained

Limit = Annotated[int, Parameter(ge=1, le=200)]
Text = Annotated[str, Parameter(max_length=100)]
Version = Annotated[int, Parameter(ge=1)]
Short = Annotated[str | None, Parameter(max_length=40)]


@get("/price-lists", opt=rule("pricelist.read"))
async def lists(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    q: Text = "",
    currency: Short = None,
    on: FromQuery[date | None] = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[PriceListOut]:
    """Price lists by code."""
    return await queries.list_lists(actor=actor, q=q, currency=currency, on=on, limit=limit, cursor=cursor)


@get("/price-lists/{list_id:uuid}", opt=rule("pricelist.read"))
async def show(list_id: FromPath[UUID], actor: NamedDependency[Actor]) -> PriceListOut:
    """One price list."""
    return await queries.show_list(list_id, actor=actor)


@post("/price-lists", opt=rule("price.change"))
async def create(data: JSONBody[CreatePriceList], actor: NamedDependency[Actor]) -> Saved:
    """Make a list."""
    return await in_transaction(lambda: editing.create_list(data, actor=actor))


@patch("/price-lists/{list_id:uuid}", opt=rule("price.change"))
async def update(list_id: FromPath[UUID], data: JSONBody[UpdatePriceList], actor: NamedDependency[Actor]) -> Saved:
    """Change fields of a list."""
    return await in_transaction(lambda: editing.update_list(list_id, data, actor=actor))


@delete("/price-lists/{list_id:uuid}", opt=rule("price.change"), status_code=200)
async def remove(list_id: FromPath[UUID], expected_version: Version, actor: NamedDependency[Actor]) -> Saved:
    """Take a list away."""
    return await in_transaction(lambda: editing.delete_list(list_id, expected_version, actor=actor))


@post("/price-lists/{list_id:uuid}/restoring", opt=rule("price.change"), status_code=200)
async def restore(list_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Saved:
    """Bring a list back."""
    return await in_transaction(lambda: editing.restore_list(list_id, actor=actor))


@post("/price-lists/{list_id:uuid}/copy", opt=rule("price.change"))
async def copy(list_id: FromPath[UUID], data: JSONBody[CopyPriceList], actor: NamedDependency[Actor]) -> Copied:
    """A new list from this one, so many percent dearer."""
    return await in_transaction(lambda: editing.copy_list(list_id, data, actor=actor))


@get("/price-lists/{list_id:uuid}/rules", opt=rule("pricelist.read"))
async def rules(  # noqa: PLR0917 -- query parameters
    list_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    item: FromQuery[UUID | None] = None,
    item_group: FromQuery[UUID | None] = None,
    customer: FromQuery[UUID | None] = None,
    customer_group: FromQuery[UUID | None] = None,
    on: FromQuery[date | None] = None,
    q: Text = "",
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Counted[RuleOut]:
    """The rows of a list, narrowed, with how many there are in all."""
    filters = queries.RuleFilters(item, item_group, customer, customer_group, on, q)
    return await queries.list_rules(list_id, filters, actor=actor, limit=limit, cursor=cursor)


@post("/price-lists/{list_id:uuid}/rules", opt=rule("price.change"))
async def create_rule(list_id: FromPath[UUID], data: JSONBody[CreateRule], actor: NamedDependency[Actor]) -> Saved:
    """Write a row."""
    return await in_transaction(lambda: editing_rows.create_rule(list_id, data, actor=actor))


@post("/price-lists/{list_id:uuid}/rules/preview", opt=rule("price.change"), status_code=200)
async def preview_rule(list_id: FromPath[UUID], data: JSONBody[PreviewRule], actor: NamedDependency[Actor]) -> Preview:
    """What a row would cost, before it is saved."""
    return await preview.preview_rule(list_id, data, actor=actor)


@patch("/price-lists/{list_id:uuid}/rules/{rule_id:uuid}", opt=rule("price.change"))
async def update_rule(
    list_id: FromPath[UUID], rule_id: FromPath[UUID], data: JSONBody[UpdateRule], actor: NamedDependency[Actor]
) -> Saved:
    """Change fields of a row."""
    return await in_transaction(lambda: editing_rows.update_rule(list_id, rule_id, data, actor=actor))


@delete("/price-lists/{list_id:uuid}/rules/{rule_id:uuid}", opt=rule("price.change"), status_code=200)
async def remove_rule(
    list_id: FromPath[UUID], rule_id: FromPath[UUID], expected_version: Version, actor: NamedDependency[Actor]
) -> Saved:
    """Take a row away."""
    return await in_transaction(lambda: editing_rows.delete_rule(list_id, rule_id, expected_version, actor=actor))


@post("/price-lists/{list_id:uuid}/rules/{rule_id:uuid}/restoring", opt=rule("price.change"), status_code=200)
async def restore_rule(list_id: FromPath[UUID], rule_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Saved:
    """Bring a row back."""
    return await in_transaction(lambda: editing_rows.restore_rule(list_id, rule_id, actor=actor))


@get("/pricing/explain", opt=rule("pricelist.read"))
async def explain(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    customer: FromQuery[UUID],
    item: FromQuery[UUID],
    qty: Annotated[str, Parameter(max_length=40)] = "1",
    unit: Short = None,
    on: FromQuery[date | None] = None,
    currency: Short = None,
    price_list: Short = None,
) -> Explained:
    """What a customer would pay for so many of an item on a day, and why; today when no day is given."""
    ask = Ask(
        customer=customer, item=item, qty=qty, on=on or today(), unit=unit, currency=currency, price_list=price_list
    )
    return await explaining.explain(ask, actor=actor)


route_handlers: list[Any] = [
    lists, show, create, update, remove, restore, copy, rules, create_rule, preview_rule, update_rule, remove_rule,
    restore_rule, explain,
]  # fmt: skip
