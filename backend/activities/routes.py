"""HTTP doors of activities: lists of visits and expenses, and the bytes of attachments."""

import asyncio
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, Parameter, QueryParameter

from backend.activities import files, queries
from backend.activities.schemas import ActivityOut, ExpenseOut
from backend.core.paging import Page
from backend.people.access import Actor, rule

Limit = Annotated[int, Parameter(ge=1, le=200)]
From = Annotated[date | None, QueryParameter(name="from")]
To = Annotated[date | None, QueryParameter(name="to")]
# Whatever the bytes are, opened by themselves they may run nothing and reach nothing.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


@get("/activities", opt=rule("activity.read"))
async def list_activities(
    actor: NamedDependency[Actor],
    *,
    customer: FromQuery[UUID | None] = None,
    user: FromQuery[UUID | None] = None,
    since: From = None,
    until: To = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[ActivityOut]:
    """Visits of the actor's own line, the newest first."""
    filters = queries.Filters(customer, user, since, until)
    return await queries.list_activities(filters, actor=actor, limit=limit, cursor=cursor)


@get("/expenses", opt=rule("expense.read"))
async def list_expenses(
    actor: NamedDependency[Actor],
    *,
    customer: FromQuery[UUID | None] = None,
    user: FromQuery[UUID | None] = None,
    since: From = None,
    until: To = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[ExpenseOut]:
    """Expenses of the actor's own line, the latest day first."""
    filters = queries.Filters(customer, user, since, until)
    return await queries.list_expenses(filters, actor=actor, limit=limit, cursor=cursor)


@get("/attachments/{attachment_id:uuid}", opt=rule("attachment.read"), media_type="application/octet-stream")
async def show_attachment(
    request: Request[Actor, Any, Any],
    actor: NamedDependency[Actor],
    attachment_id: FromPath[UUID],
    size: FromQuery[Literal["full", "thumb"]] = "full",
) -> Response[bytes]:
    """The bytes of an attachment without what they tell about place and camera; `size=thumb` for a small picture."""
    found = await queries.find_file(attachment_id, actor=actor)
    etag = f'"{found.sha256[:32]}-{size}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",  # kept by the browser, but the right to see it is asked for each time
        "Content-Security-Policy": SANDBOX,
    }
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    if size == "thumb":
        data, mime = await asyncio.to_thread(files.thumb, found.sha256, found.mime)
    else:
        data, mime = await asyncio.to_thread(files.served, found.sha256, found.mime), found.mime
    shown = "attachment" if mime == "application/pdf" else "inline"
    headers["Content-Disposition"] = f'{shown}; filename="{found.id}.{_ENDINGS[mime]}"'
    return Response(data, media_type=mime, headers=headers)


route_handlers: list[Any] = [list_activities, list_expenses, show_attachment]
