"""HTTP doors of imports: a file in, how it is read, what it would do, do it, undo it."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, Parameter, QueryParameter

from backend.core.database import in_transaction
from backend.core.paging import Page
from backend.papers.packages import MOST_BYTES
from backend.people.access import Actor, rule
from backend.pricing.imports import applying, importing, queries, returning, undoing
from backend.pricing.imports.schemas import (
    Apply,
    Imported,
    ImportOut,
    ImportRow,
    Outcome,
    Recheck,
    Remap,
    RowOut,
    Undo,
)
from backend.pricing.imports.words import Kind

Limit = Annotated[int, Parameter(ge=1, le=200)]
List = Annotated[UUID | None, QueryParameter(name="list")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ENVELOPE = 16_384  # what a form adds around its file


async def whole_form(request: Request[Any, Any, Any]) -> None:
    """Take a form in before it is taken apart: one that is cut off leaves no half-written file to anybody."""
    await request.body()


@post(
    "/price-imports",
    opt={**rule("price.change"), "body": "any"},
    request_max_body_size=MOST_BYTES + _ENVELOPE,
    multipart_form_part_limit=5,
    before_request=whole_form,
)
async def begin_import(
    data: MultipartBody[UploadFile], actor: NamedDependency[Actor], kind: FromQuery[Kind], list_id: List = None
) -> Imported:
    """Take in an .xlsx or .docx file (form field `file`); it is read and checked in the background."""
    content = await data.read()
    await data.close()
    return await importing.begin_import(content, data.filename, kind, list_id, actor=actor)


@get("/price-imports", opt=rule("price.change"))
async def list_imports(
    actor: NamedDependency[Actor], limit: Limit = 50, cursor: FromQuery[str | None] = None
) -> Page[ImportRow]:
    """Imports, the newest first."""
    return await queries.list_imports(actor=actor, limit=limit, cursor=cursor)


@get("/price-imports/{import_id:uuid}", opt=rule("price.change"))
async def show_import(import_id: FromPath[UUID], actor: NamedDependency[Actor]) -> ImportOut:
    """One import: how far it is, how the file is read, what was counted."""
    return await queries.show_import(import_id, actor=actor)


@get("/price-imports/{import_id:uuid}/rows", opt=rule("price.change"))
async def list_rows(
    import_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    outcome: FromQuery[Outcome | None] = None,
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> Page[RowOut]:
    """What each row would do."""
    return await queries.list_rows(import_id, actor=actor, outcome=outcome, limit=limit, cursor=cursor)


@get("/price-imports/{import_id:uuid}/errors.xlsx", opt=rule("price.change"))
async def error_file(import_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Response[bytes]:
    """The rows that could not be taken, with the reason, to mend and hand in again."""
    headers = {"Content-Disposition": 'attachment; filename="errors.xlsx"', "Cache-Control": "no-store"}
    content = await returning.error_file(import_id, actor=actor)
    return Response(content, media_type=XLSX, headers=headers)


@patch("/price-imports/{import_id:uuid}", opt=rule("price.change"))
async def remap(import_id: FromPath[UUID], data: JSONBody[Remap], actor: NamedDependency[Actor]) -> Imported:
    """Correct how the file is read; its rows are checked anew."""
    return await in_transaction(lambda: importing.remap(import_id, data, actor=actor))


@post("/price-imports/{import_id:uuid}/check", opt=rule("price.change"), status_code=200)
async def recheck(import_id: FromPath[UUID], data: JSONBody[Recheck], actor: NamedDependency[Actor]) -> Imported:
    """Check the rows again, against the prices of now."""
    return await in_transaction(lambda: importing.recheck(import_id, data, actor=actor))


@post("/price-imports/{import_id:uuid}/commit", opt=rule("price.change"), status_code=200)
async def apply_import(import_id: FromPath[UUID], data: JSONBody[Apply], actor: NamedDependency[Actor]) -> Imported:
    """Store every good row at once."""
    return await in_transaction(lambda: applying.apply_import(import_id, data, actor=actor))


@post("/price-imports/{import_id:uuid}/undo", opt=rule("price.change"), status_code=200)
async def undo_import(import_id: FromPath[UUID], data: JSONBody[Undo], actor: NamedDependency[Actor]) -> Imported:
    """Take the whole import back."""
    return await in_transaction(lambda: undoing.undo_import(import_id, data, actor=actor))


route_handlers: list[Any] = [
    begin_import, list_imports, show_import, list_rows, error_file, remap, recheck, apply_import, undo_import,
]  # fmt: skip
