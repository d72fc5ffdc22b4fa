"""HTTP doors of insight."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, BinaryIO, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter
from litestar.response import Stream

from backend.customers.schemas import HandOver
from backend.insight import exporting, queries, queries_account, queries_handover, queries_search, queries_today
from backend.insight.filters import Choice
from backend.insight.hints import Hints, hints
from backend.insight.schemas import Found, Overview, RegionCustomer, Revenue, Today
from backend.insight.schemas_handover import Preview
from backend.orders.queries import Filters
from backend.people.access import Actor, rule

SetCode = Annotated[str, QueryParameter(name="set", max_length=40)]
First = Annotated[str, QueryParameter(name="from", max_length=7)]
FromDay = Annotated[date | None, QueryParameter(name="from")]
ToDay = Annotated[date | None, QueryParameter(name="to")]
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF: Final = "application/pdf"
Last = Annotated[str, QueryParameter(name="to", max_length=7)]


@get("/insight/revenue", opt=rule("insight.read"))
async def show_revenue(
    actor: NamedDependency[Actor],
    first: First,
    last: Last,
    set_code: SetCode = "VN-ADM1-34",
    position: FromQuery[int | None] = None,
) -> Revenue:
    """Revenue by region, month and position; every list adds up to the total."""
    return await queries.revenue(Choice(set=set_code, first=first, last=last, position=position), actor=actor)


@get("/insight/revenue/customers", opt=rule("insight.read"))
async def show_region_customers(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    first: First,
    last: Last,
    region: Annotated[str, Parameter(max_length=40)],
    set_code: SetCode = "VN-ADM1-34",
    position: FromQuery[int | None] = None,
) -> list[RegionCustomer]:
    """The customers behind one row of the report."""
    choice = Choice(set=set_code, first=first, last=last, position=position)
    return await queries.region_customers(choice, region, actor=actor)


@get("/hints", opt=rule("hints.read"))
async def show_hints(actor: NamedDependency[Actor]) -> Hints:
    """Stock and credit as they are now, for a phone to show with their age."""
    return await hints(actor=actor)


def _paper(content: bytes, name: str) -> Response[bytes]:
    """A document to keep: named, never shown inside our own pages, never cached."""
    media = XLSX if name.endswith("xlsx") else PDF
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media, headers=headers)


@get("/insight/revenue.xlsx", opt=rule("export"))
async def revenue_xlsx(
    actor: NamedDependency[Actor],
    first: First,
    last: Last,
    set_code: SetCode = "VN-ADM1-34",
    position: FromQuery[int | None] = None,
) -> Response[bytes]:
    """The report as a workbook."""
    choice = Choice(set=set_code, first=first, last=last, position=position)
    return _paper(await exporting.revenue_paper(choice, "xlsx", actor=actor), f"revenue-{first}-{last}.xlsx")


@get("/insight/revenue.pdf", opt=rule("export"))
async def revenue_pdf(
    actor: NamedDependency[Actor],
    first: First,
    last: Last,
    set_code: SetCode = "VN-ADM1-34",
    position: FromQuery[int | None] = None,
) -> Response[bytes]:
    """The report as pages."""
    choice = Choice(set=set_code, first=first, last=last, position=position)
    return _paper(await exporting.revenue_paper(choice, "pdf", actor=actor), f"revenue-{first}-{last}.pdf")


@get("/orders.xlsx", opt=rule("order.export"))
async def orders_xlsx(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    from_on: FromDay = None,
    to_on: ToDay = None,
    in_state: Annotated[str | None, QueryParameter(name="state")] = None,
    customer: FromQuery[UUID | None] = None,
    position: FromQuery[int | None] = None,
) -> Stream:
    """The list of orders as a workbook, any number of rows."""
    filters = Filters(state=in_state, customer=customer, from_on=from_on, to_on=to_on, position=position)
    book = await exporting.orders_workbook(filters, actor=actor)
    headers = {"Content-Disposition": 'attachment; filename="orders.xlsx"', "Cache-Control": "no-store"}
    return Stream(_pieces(book), media_type=XLSX, headers=headers)


async def _pieces(book: BinaryIO) -> AsyncIterator[bytes]:
    with book:
        while piece := book.read(64 * 1024):
            yield piece


@get("/orders.pdf", opt=rule("order.export"))
async def orders_pdf(  # noqa: PLR0917 -- query parameters
    actor: NamedDependency[Actor],
    from_on: FromDay = None,
    to_on: ToDay = None,
    in_state: Annotated[str | None, QueryParameter(name="state")] = None,
    customer: FromQuery[UUID | None] = None,
    position: FromQuery[int | None] = None,
) -> Response[bytes]:
    """The list of orders as pages."""
    filters = Filters(state=in_state, customer=customer, from_on=from_on, to_on=to_on, position=position)
    return _paper(await exporting.orders_pdf(filters, actor=actor), "orders.pdf")


@get("/insight/today", opt=rule("today.read"))
async def show_today(actor: NamedDependency[Actor]) -> Today:
    """The day so far."""
    return await queries_today.today_so_far(actor=actor)


@get("/customers/{customer_id:uuid}/overview", opt=rule("customer.read"))
async def show_overview(customer_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Overview:
    """A customer's account at a glance."""
    return await queries_account.overview(customer_id, actor=actor)


@post("/customers/reassignment/preview", opt=rule("customer.reassign"), status_code=200)
async def preview_handover(data: JSONBody[HandOver], actor: NamedDependency[Actor]) -> Preview:
    """What is open among customers before they change hands; nothing is stored."""
    return await queries_handover.preview(data, actor=actor)


@get("/search", opt=rule("search.read"))
async def search_all(
    actor: NamedDependency[Actor],
    q: Annotated[str, Parameter(max_length=100)],
    limit: Annotated[int, Parameter(ge=1, le=50)] = 10,
) -> Found:
    """Customers, items and orders a typed text means, grouped by type."""
    return await queries_search.search_all(q, actor=actor, limit=limit)


route_handlers: list[Any] = [
    show_revenue, show_region_customers, revenue_xlsx, revenue_pdf, orders_xlsx, orders_pdf, show_today, show_overview,
    search_all, show_hints, preview_handover,
]  # fmt: skip
