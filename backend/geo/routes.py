"""HTTP doors of geography: the region sets and their maps."""

from __future__ import annotations

import gzip
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from backend.geo import queries
from backend.geo.schemas import RegionSetOut, UnitTablesOut
from backend.people.access import Actor, rule

FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"


@get("/geo/sets", opt=rule("geo.read"))
async def sets(actor: NamedDependency[Actor]) -> list[RegionSetOut]:
    """The divisions of the country reports can be drawn in, the newest first."""
    return await queries.region_sets(actor=actor)


@get("/geo/sets/{code:str}/shapes", opt=rule("geo.read"), media_type="application/json")
async def shapes(
    code: FromPath[str], request: Request[Actor, Any, Any], v: FromQuery[str | None] = None
) -> Response[bytes]:
    """The map of a set as TopoJSON (object `regions`, properties code, name, kind), compressed once and for all.

    With the current hash as `v` the answer may be kept for ever; a stale `v` is answered with today's shapes, briefly.
    """
    content, digest = queries.shapes(code)
    headers = {
        "Cache-Control": FOREVER if v == digest else A_WHILE, "ETag": f'"{digest}"', "Vary": "Accept-Encoding",
    }  # fmt: skip
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, media_type="application/json", headers=headers)


@get("/geo/units", opt=rule("geo.read"), sync_to_thread=False)
def unit_tables() -> Response[UnitTablesOut]:
    """Which tables of administrative units a phone should hold to read addresses without a network."""
    return Response(queries.unit_tables(), headers={"Cache-Control": A_WHILE})


@get("/geo/units/{version:str}", opt=rule("geo.read"), media_type="application/json", sync_to_thread=False)
def unit_table_bytes(version: FromPath[str], request: Request[Actor, Any, Any]) -> Response[bytes]:
    """The tables themselves, compressed once and for all; they never change under their hash."""
    content, coding = queries.unit_bytes(version, request.headers.get("accept-encoding", ""))
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if coding:
        headers["Content-Encoding"] = coding
    return Response(content, media_type="application/json", headers=headers)


route_handlers = [sets, shapes, unit_tables, unit_table_bytes]
