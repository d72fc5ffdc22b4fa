"""HTTP doors of the catalog."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from backend.catalog import queries
from backend.catalog import routes_rates as rates
from backend.catalog.schemas import GroupOut, ItemDetail, ItemOut
from backend.core.paging import Page
from backend.people.access import Actor, rule


@get("/items", opt=rule("catalog.read"))
async def items(
    actor: NamedDependency[Actor],
    q: FromQuery[str] = "",
    group: FromQuery[UUID | None] = None,
    limit: FromQuery[int] = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[ItemOut]:
    """Items on sale, found by words of their code and names."""
    return await queries.list_items(actor=actor, q=q, group=group, limit=limit, cursor=cursor)


@get("/items/groups", opt=rule("catalog.read"))
async def groups(actor: NamedDependency[Actor]) -> list[GroupOut]:
    """The tree of item groups."""
    return await queries.list_groups(actor=actor)


@get("/items/{item_id:uuid}", opt=rule("catalog.read"))
async def item(actor: NamedDependency[Actor], item_id: FromPath[UUID]) -> ItemDetail:
    """One item with its packagings."""
    return await queries.item_detail(item_id, actor=actor)


route_handlers = [items, groups, item, *rates.route_handlers]
