"""What geography can be asked: the region sets, the map shapes, and how well addresses are located."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache

from backend.core.database import fetch
from backend.geo.address import PARSER_VERSION
from backend.geo.errors import RegionSetUnknown, UnitTablesGone
from backend.geo.locate import DATA, PACKAGED
from backend.geo.schemas import RegionSetOut, UnitTablesOut
from backend.people.access import Actor, require


@cache
def shapes(code: str) -> tuple[bytes, str]:
    """(gzipped TopoJSON, first 16 hex digits of its sha256) of a packaged set; `RegionSetUnknown` for any other."""
    if code not in PACKAGED:
        raise RegionSetUnknown
    content = (DATA / f"{PACKAGED[code]}.topojson.gz").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def shapes_url(code: str) -> str | None:
    """Where the map of a set is; the hash in it lets every cache keep it for ever."""
    return f"/api/v1/geo/sets/{code}/shapes?v={shapes(code)[1]}" if code in PACKAGED else None


async def region_sets(*, actor: Actor) -> list[RegionSetOut]:
    """All divisions of the country, the newest first. They are the same for everybody."""
    require(actor, "geo.read")
    rows = await fetch(
        """SELECT s.id AS code, s.name_vi, s.name_en, s.valid_from, s.valid_to, s.source, s.licence, s.approximate,
                  count(r.id)::int AS regions
             FROM region_sets s LEFT JOIN regions r ON r.set_id = s.id GROUP BY s.id
            ORDER BY s.valid_from DESC, s.id"""
    )
    return [RegionSetOut(**dict(row), shapes=shapes_url(row["code"])) for row in rows]


@cache
def _packed_units() -> tuple[dict[str, bytes], str, int]:
    """(the packaged tables by content coding, first 16 hex digits of their sha256, bytes once unpacked)."""
    packed = {"br": (DATA / "units.json.br").read_bytes(), "gzip": (DATA / "units.json.gz").read_bytes()}
    plain = gzip.decompress(packed["gzip"])
    return packed, hashlib.sha256(plain).hexdigest()[:16], len(plain)


def unit_tables() -> UnitTablesOut:
    """Which unit tables phones should hold, and where they are; the hash in the address makes them immutable."""
    packed, version, plain = _packed_units()
    url = f"/api/v1/geo/units/{version}"
    return UnitTablesOut(version=version, url=url, parser=PARSER_VERSION, bytes=plain, sent=len(packed["br"]))


def unit_bytes(version: str, accept_encoding: str) -> tuple[bytes, str | None]:
    """(the tables as the client takes them, its content coding or None); `UnitTablesGone` for any other version."""
    packed, current, _ = _packed_units()
    if version != current:
        raise UnitTablesGone
    offered = {part.partition(";")[0].strip().lower() for part in accept_encoding.split(",") if "q=0" not in part}
    for coding, content in packed.items():
        if coding in offered:
            return content, coding
    return gzip.decompress(packed["gzip"]), None
