"""The map over HTTP: small, kept for ever under its hash, with the archipelagos drawn."""

import gzip
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from backend.geo.address import PARSER_VERSION
from backend.geo.locate import DATA

pytestmark = pytest.mark.anyio


async def test_the_sets_say_where_their_maps_are(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    client = await client_for(cast.lan)
    sets = {item["code"]: item for item in (await client.get("/geo/sets")).json()}
    assert {"VN-ADM1-34", "VN-ADM1-63"} <= set(sets)
    assert (sets["VN-ADM1-34"]["regions"], sets["VN-ADM1-63"]["regions"]) == (34, 63)
    assert sets["VN-ADM1-34"]["approximate"]
    assert sets["VN-WARD-2025"]["shapes"] is None


async def test_a_map_is_small_immutable_under_its_hash_and_draws_the_archipelagos(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client = await client_for(cast.lan)
    sets = {item["code"]: item for item in (await client.get("/geo/sets")).json()}
    for code, count in (("VN-ADM1-34", 34), ("VN-ADM1-63", 63)):
        answer = await client.get(sets[code]["shapes"].removeprefix("/api/v1"))
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) <= 40_000
        topology = json.loads(answer.content)
        assert len(topology["objects"]["regions"]["geometries"]) == count
        assert topology["bbox"][2] > 114
        again = await client.get(
            sets[code]["shapes"].removeprefix("/api/v1"), headers={"if-none-match": answer.headers["etag"]}
        )
        assert again.status_code == 304


async def test_a_stale_hash_is_not_kept_and_an_unknown_set_is_not_found(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client = await client_for(cast.lan)
    stale = await client.get("/geo/sets/VN-ADM1-34/shapes?v=0000", headers={"accept-encoding": "identity"})
    assert "immutable" not in stale.headers["cache-control"]
    assert stale.json()["type"] == "Topology"
    assert (await client.get("/geo/sets/MOON/shapes")).status_code == 404


async def test_phones_are_told_which_unit_tables_to_hold_and_get_them_packed(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client = await client_for(cast.lan)
    told = (await client.get("/geo/units")).json()
    assert told["parser"] == PARSER_VERSION and told["version"] in told["url"]
    url = told["url"].removeprefix("/api/v1")
    plain = gzip.decompress((DATA / "units.json.gz").read_bytes())
    sizes = {}
    for coding in ("br", "gzip", "identity"):
        answer = await client.get(url, headers={"accept-encoding": coding})
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers.get("content-encoding", "identity") == coding
        sizes[coding] = int(answer.headers["content-length"])
        assert answer.content == plain
    assert sizes["br"] == told["sent"] < 150_000 < sizes["gzip"] < sizes["identity"] == told["bytes"]


async def test_unit_tables_of_another_version_are_not_found_and_nobody_gets_them_unasked(
    cast: SimpleNamespace, client_for: Callable[..., Any], anonymous: Any
) -> None:
    client = await client_for(cast.lan)
    assert (await client.get("/geo/units/0000000000000000")).status_code == 404
    assert (await anonymous.get("/geo/units")).status_code == 401
