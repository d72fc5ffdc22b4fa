"""HTTP doors of insight."""

from typing import Annotated, Any

from litestar import get
from litestar.params import Parameter

from backend.insight import queries
from backend.insight.filters import Choice
from backend.insight.hints import Hints, hints
from backend.insight.schemas import RegionCustomer, Revenue
from backend.people.access import Actor, rule

SetCode = Annotated[str, Parameter(query="set", max_length=40)]
First = Annotated[str, Parameter(query="from", max_length=7)]
Last = Annotated[str, Parameter(query="to", max_length=7)]


@get("/insight/revenue", opt=rule("insight.read"))
async def show_revenue(
    actor: Actor, first: First, last: Last, set_code: SetCode = "VN-ADM1-34", position: int | None = None
) -> Revenue:
    """Revenue by region, month and position; every list adds up to the total."""
    return await queries.revenue(Choice(set=set_code, first=first, last=last, position=position), actor=actor)


@get("/insight/revenue/customers", opt=rule("insight.read"))
async def show_region_customers(  # noqa: PLR0917 -- query parameters
    actor: Actor,
    first: First,
    last: Last,
    region: Annotated[str, Parameter(max_length=40)],
    set_code: SetCode = "VN-ADM1-34",
    position: int | None = None,
) -> list[RegionCustomer]:
    """The customers behind one row of the report."""
    choice = Choice(set=set_code, first=first, last=last, position=position)
    return await queries.region_customers(choice, region, actor=actor)



@get("/hints", opt=rule("hints.read"))
async def show_hints(actor: Actor) -> Hints:
    """Stock and credit as they are now, for a phone to show with their age."""
    return await hints(actor=actor)


route_handlers: list[Any] = [show_hints, show_revenue, show_region_customers]
