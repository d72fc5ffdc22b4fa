"""tus 1.0 under `/api/v1/files`: creation (with the first bytes too), resuming, checksums, termination, expiry."""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import HttpMethod, Request, Response, delete, head, patch, post, route
from litestar.params import FromPath

from backend.core.errors import Refusal
from backend.core.problems import document
from backend.core.settings import settings
from backend.people.access import Actor, rule
from sync import parts, uploads
from sync.errors import LengthWrong, MetadataWrong, TusVersionWrong, UploadsWait, UploadTypeWrong
from sync.turns import turns

VERSION = "1.0.0"
PART = "application/offset+octet-stream"
PLACE = "/api/v1/files"
SILENCE = 60  # seconds without a byte: the line is dead, and the next try may write
MOST_DISCARDED = 2**20  # bytes of a body nobody will keep that are read all the same, so that the answer gets through
_OPT = {**rule("file.upload"), "body": "any"}
Answer = Response[Any]


class _Cut(Exception):
    """The phone is gone in the middle of a body."""


def _headers(upload: uploads.Upload, offset: int) -> dict[str, str]:
    made = {"Upload-Offset": str(offset), "Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    if not upload.finished:
        made["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    return made


async def _answering(request: Request[Actor, Any, Any], work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Refusals too must carry `Tus-Resumable`; a phone that is gone gets an answer it will not read."""
    try:
        if request.headers.get("tus-resumable") != VERSION:
            raise TusVersionWrong
        return await work()
    except _Cut:
        return Response(b"", status_code=400, headers={"Tus-Resumable": VERSION, "Connection": "close"})
    except Refusal as refusal:
        headers = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
        if isinstance(refusal, TusVersionWrong):
            headers["Tus-Version"] = VERSION
        if wait := refusal.numbers.get("retry_after"):
            headers["Retry-After"] = str(wait)
        if isinstance(refusal, UploadsWait):
            await _discard(request)
        problem = msgspec.json.encode(document(refusal, request.user.language))
        body = b"" if request.method == "HEAD" else problem
        return Response(body, status_code=refusal.status, headers=headers, media_type="application/problem+json")


async def _body(request: Request[Actor, Any, Any]) -> AsyncIterator[bytes]:
    """The bytes as they arrive."""
    while True:
        try:
            async with asyncio.timeout(SILENCE):
                event: Any = await request.receive()
        except TimeoutError:
            raise _Cut from None
        if event["type"] == "http.disconnect":
            raise _Cut
        if event.get("body"):
            yield event["body"]
        if not event.get("more_body", False):
            return


async def _discard(request: Request[Actor, Any, Any]) -> None:
    """Let a short body run out: a connection closed in the middle of one loses the answer that says to come again."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) <= MOST_DISCARDED:
        with contextlib.suppress(_Cut, Refusal):
            async for _ in _body(request):
                pass


def _number(request: Request[Actor, Any, Any], name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise LengthWrong(field=name)
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: pairs of a name and base64, comma separated."""
    found: dict[str, str] = {}
    for pair in header[:4096].split(","):
        name, _, encoded = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise MetadataWrong(field=name[:40]) from None
    return found


def _described(header: str) -> tuple[UUID, str | None]:
    """Which attachment the bytes are for, and the sha256 they must have, if the phone says it here."""
    named = _metadata(header)
    try:
        attachment_id = UUID(named.get("att_id", ""))
    except ValueError:
        raise MetadataWrong(field="att_id") from None
    sha256 = named.get("sha256") or None
    if sha256 is not None and not (len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")):
        raise MetadataWrong(field="sha256")
    return attachment_id, sha256


def _checksum(request: Request[Actor, Any, Any]) -> parts.Checksum | None:
    header = request.headers.get("upload-checksum")
    return parts.Checksum(header) if header else None


def _brings_bytes(request: Request[Actor, Any, Any]) -> bool:
    return request.headers.get("content-type", "").startswith(PART)


async def _in_a_slot(request: Request[Actor, Any, Any], work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Bytes wait for one of the slots; questions do not."""
    if not _brings_bytes(request):
        return await work()
    async with turns().slot():
        return await work()


async def _take(request: Request[Actor, Any, Any], upload: uploads.Upload, offset: int) -> int:
    return await uploads.receive(upload, offset, _body(request), _checksum(request), actor=request.user)


@route("/files", http_method=[HttpMethod.OPTIONS], opt=_OPT, include_in_schema=False)
async def describe_uploads() -> Response[None]:
    """What this server can do."""
    return Response(
        None,
        status_code=204,
        headers={
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,creation-with-upload,checksum,termination,expiration",
            "Tus-Checksum-Algorithm": ",".join(parts.ALGORITHMS),
            "Tus-Max-Size": str(settings().upload_limit_mb * 2**20),
        },
    )


@post("/files", opt=_OPT, request_max_body_size=None, status_code=201)
async def begin_upload(request: Request[Actor, Any, Any]) -> Answer:
    """Announce a file, with its first bytes if wanted. The same `att_id` again finds the upload begun before."""

    async def work() -> Answer:
        attachment_id, sha256 = _described(request.headers.get("upload-metadata", ""))
        length = _number(request, "Upload-Length")
        async with turns().turn():
            upload = await uploads.announce(attachment_id, length, sha256, actor=request.user)
        upload = await uploads.settle(upload, actor=request.user)
        offset = upload.offset
        if _brings_bytes(request) and offset == 0:
            offset = await _take(request, upload, 0)
        headers = {**_headers(upload, offset), "Location": f"{PLACE}/{upload.id}"}
        return Response(b"", status_code=201, headers=headers)

    return await _answering(request, lambda: _in_a_slot(request, work))


@head("/files/{upload_id:uuid}", opt=_OPT)
async def ask_upload(request: Request[Actor, Any, Any], upload_id: FromPath[UUID]) -> Response[None]:
    """How far it is."""

    async def work() -> Answer:
        upload = await uploads.settle(await uploads.find(upload_id, actor=request.user), actor=request.user)
        headers = {**_headers(upload, upload.offset), "Upload-Length": str(upload.length)}
        return Response(b"", status_code=200, headers=headers)

    return await _answering(request, work)


@patch("/files/{upload_id:uuid}", opt=_OPT, request_max_body_size=None)
async def continue_upload(request: Request[Actor, Any, Any], upload_id: FromPath[UUID]) -> Answer:
    """More bytes from `Upload-Offset` on. What arrives before a cut is kept."""

    async def work() -> Answer:
        if not _brings_bytes(request):
            raise UploadTypeWrong
        offset = _number(request, "Upload-Offset")
        upload = await uploads.find(upload_id, actor=request.user)
        reached = await _take(request, upload, offset)
        return Response(b"", status_code=204, headers=_headers(upload, reached))

    return await _answering(request, lambda: _in_a_slot(request, work))


@delete("/files/{upload_id:uuid}", opt=_OPT, status_code=204)
async def end_upload(request: Request[Actor, Any, Any], upload_id: FromPath[UUID]) -> Response[None]:
    """Throw it away."""

    async def work() -> Answer:
        await uploads.forget(await uploads.find(upload_id, actor=request.user), actor=request.user)
        return Response(b"", status_code=204, headers={"Tus-Resumable": VERSION})

    return await _answering(request, work)


route_handlers: list[Any] = [describe_uploads, begin_upload, ask_upload, continue_upload, end_upload]
