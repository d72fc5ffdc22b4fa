"""HTTP doors for phones: hand in and fetch, the live signal, devices, what could not be handed in, older history."""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.response import Stream

from backend.core import crashing
from backend.core.clock import now
from backend.core.database import execute, fetch_value, transaction
from backend.core.errors import Malformed, TooMany
from backend.core.ids import new_id
from backend.people.access import Actor, rule
from sync import devices, ledger_routes, live_signal, upload_routes
from sync.errors import BatchTooLarge, NotGzip
from sync.exchange import exchange
from sync.history import read_history
from sync.housekeeping import keeping_house
from sync.protocol import MOST_BYTES, MOST_MUTATIONS, read_ask
from sync.pull import keys_of
from sync.tables import MIN_SCHEMA

REPORTS_A_DAY = 200


class NewDevice(msgspec.Struct, forbid_unknown_fields=True):
    """A phone that introduces itself; the id is its own making."""

    id: UUID
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""


async def plain_body(request: Request[Actor, Any, Any]) -> bytes:
    """The body, unpacked if it is gzip; never more than the limit, however small it was packed."""
    body = await request.body()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip"):
        raise NotGzip
    if coding == "gzip":
        unpacking = zlib.decompressobj(31)
        try:
            body = unpacking.decompress(body, MOST_BYTES + 1)
        except zlib.error:
            raise NotGzip from None
        if not unpacking.eof and len(body) <= MOST_BYTES:
            raise NotGzip
    if len(body) > MOST_BYTES:
        raise BatchTooLarge(limit_bytes=MOST_BYTES, limit_mutations=MOST_MUTATIONS)
    return body


@post("/sync", opt=rule("sync"), status_code=200, request_max_body_size=MOST_BYTES)
async def sync(request: Request[Actor, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Hand in, then fetch, in one round trip (docs/sync.md)."""
    answer = await exchange(read_ask(await plain_body(request)), actor=actor)
    return Response(msgspec.json.encode(answer), media_type="application/json")


@get("/live", opt=rule("sync"), media_type="text/event-stream")
async def listen(actor: NamedDependency[Actor]) -> Stream:
    """Server-sent events that only ever say `pull`."""
    keys = frozenset(await keys_of(actor))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(live_signal.signals(keys), media_type="text/event-stream", headers=headers)


@post("/devices", opt=rule("sync"), status_code=201)
async def register_device(data: JSONBody[NewDevice], actor: NamedDependency[Actor]) -> NewDevice:
    """Make a phone known under the id it gave itself."""
    await devices.register(data.id, data.name, actor=actor)
    return data


@get("/devices/{device_id:uuid}", opt=rule("sync"))
async def show_device(device_id: FromPath[UUID], actor: NamedDependency[Actor]) -> devices.Known:
    """What the office knows of one of the actor's phones: a phone that lost its store learns what it had handed in."""
    return await devices.known(device_id, actor=actor)


@delete("/devices/{device_id:uuid}", opt=rule("sync"), status_code=204)
async def revoke_device(device_id: FromPath[UUID], actor: NamedDependency[Actor]) -> None:
    """Shut out one of the actor's own phones; it is told to wipe itself at its next contact."""
    async with transaction():
        await devices.revoke(device_id, actor=actor)


@post("/outbox/report", opt=rule("sync"), status_code=201, request_max_body_size=MOST_BYTES)
async def report(request: Request[Actor, Any, Any], actor: NamedDependency[Actor]) -> dict[str, str]:
    """Keep, as it is, what a phone failed to hand in, so that a person can look at it."""
    try:
        body = msgspec.json.decode(await plain_body(request))
        text = msgspec.json.encode(body).decode()
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as fault:
        raise Malformed(str(fault)[:200]) from fault
    if "\\u0000" in text:
        raise Malformed("text cannot hold the character NUL")
    sent = await fetch_value(
        "SELECT count(*) FROM sync_reports WHERE user_id = $1 AND at > $2::timestamptz - interval '1 day'",
        actor.user_id,
        now(),
    )
    if sent >= REPORTS_A_DAY:
        raise TooMany(retry_after=3600)
    made = new_id()
    await execute(
        "INSERT INTO sync_reports (id, user_id, device_id, at, body) VALUES ($1, $2, $3, $4, $5::jsonb)",
        made, actor.user_id, actor.device_id, now(), text,
    )  # fmt: skip
    return {"id": str(made)}


@get("/roots/{root:uuid}/history", opt=rule("customer.read"))
async def show_history(
    actor: NamedDependency[Actor],
    root: FromPath[UUID],
    before: FromQuery[date],
    limit: Annotated[int, Parameter(ge=1, le=500)] = 200,
    schema: Annotated[int, Parameter(ge=1, le=100_000)] = MIN_SCHEMA,
) -> Response[bytes]:
    """History of one customer older than what phones hold, as a pull of that schema; online only, not stored."""
    found = await read_history(root, before, limit, actor=actor, schema=schema)
    return Response(msgspec.json.encode(found), media_type="application/json")


@asynccontextmanager
async def live(dsn: str) -> AsyncIterator[None]:
    """Watch for changes and keep house for as long as the server runs, through the pool; `dsn` is not needed."""
    crashing.refuse_outside_tests()
    async with live_signal.watching(), keeping_house():
        yield


route_handlers: list[Any] = [
    sync, listen, register_device, show_device, revoke_device, report, show_history, *upload_routes.route_handlers,
    *ledger_routes.route_handlers,
]  # fmt: skip
