"""Nonsense at every door: a clear problem each time, never a fault of ours, and nothing half done."""

import re
from types import SimpleNamespace
from typing import Any, get_args

import msgspec
import pytest
from litestar.routes import HTTPRoute

from backend.core.database import fetch
from backend.core.ids import new_id
from sync.mutations import CATALOGUE

pytestmark = pytest.mark.anyio
CHANGING = {"POST", "PATCH", "PUT", "DELETE"}
# Logging in counts its failures, which is a row; uploads are no JSON (tests/sync/test_uploads_refused.py).
ELSEWHERE = ("/api/v1/session", "/api/v1/files")
RAW = (
    b"", b"{", b"[]", b"null", b'"x"', b"7", b"\xff\xfe", b"[" * 20_000, b'{"a":' * 5_000, b"{'a': 1}", b"NaN",
    b'{"unknown_field": 1}', b'{"qty": NaN}', b'{"id": 1e999}',
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, -1, 0, 1e308, 10**40, "", "NaN", "-1", "0", "1e9", "9" * 30, "Infinity", "\x00", "x" * 5_000,
    "' OR 1=1--", True, [], [None], {}, "2026-02-31", "00000000-0000-0000-0000-00000000000",
)  # fmt: skip


async def everything() -> dict[str, int]:
    """How many rows every table holds."""
    tables = await fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    counts = " UNION ALL ".join(
        f"SELECT '{row['relname']}' AS name, count(*)::int AS n FROM {row['relname']}" for row in tables
    )
    return {row["name"]: row["n"] for row in await fetch(counts)}


def doors(app: Any) -> list[tuple[str, str, Any]]:
    """Every door that changes something: method, path of somebody unknown, the struct it takes."""
    found: list[tuple[str, str, Any]] = []
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path_format.startswith("/api/v1"):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            if method not in CHANGING or route.path_format.startswith(ELSEWHERE):
                continue
            path = re.sub(r"\{\w+\}", lambda _: str(new_id()), route.path_format)
            data = handler.parsed_fn_signature.parameters.get("data")
            found.append((method, path.removeprefix("/api/v1"), data and struct_of(data.annotation)))
    return found


def struct_of(annotation: Any) -> Any:
    """The struct inside a handler's annotation, or None."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next((found for inner in get_args(annotation) if (found := struct_of(inner))), None)


async def test_nonsense_over_http_is_a_clear_problem_and_leaves_no_row(
    cast: SimpleNamespace, client_for: Any, app: Any
) -> None:
    admin = await client_for(cast.an)
    before = await everything()
    knocked = doors(app)
    assert len(knocked) >= 12 and sum(struct is not None for *_, struct in knocked) >= 8
    for method, path, struct in knocked:
        bodies = list(RAW) if struct else [b"{"]
        for value in VALUES if struct else ():
            members = {field.encode_name: value for field in msgspec.structs.fields(struct)}
            bodies.append(msgspec.json.encode(members))
        for body in bodies:
            answer = await admin.request(method, path, content=body, headers={"Content-Type": "application/json"})
            told = (method, path, body[:60], answer.status_code, answer.text[:200])
            assert answer.status_code < 500, told
            if struct is not None:
                assert answer.status_code >= 400, told
            if answer.status_code >= 400:
                assert answer.headers["content-type"].startswith("application/problem+json"), told
                assert answer.json()["code"] and "{" not in answer.json()["title"], told
    assert await everything() == before


@pytest.mark.parametrize("name", sorted(CATALOGUE))
async def test_nonsense_from_a_phone_is_refused_one_by_one_and_leaves_no_row(
    cast: SimpleNamespace, client_for: Any, name: str
) -> None:
    lan = await client_for(cast.lan)
    before = await everything()
    fields = [field.encode_name for field in msgspec.structs.fields(CATALOGUE[name].command)]
    tried = [dict.fromkeys(fields, value) for value in VALUES]
    tried += [{**one, "id": str(new_id())} for one in tried] + [{}, {"unknown_field": 1}]
    push = [
        {"id": str(new_id()), "n": n, "name": name, "lane": f"lane-{n}", "at": "2026-11-22T01:00:00Z", "args": args}
        for n, args in enumerate(tried, 1)
    ]
    answer = await lan.post("/sync", json={"v": 1, "push": push})
    assert answer.status_code == 200, answer.text
    told = answer.json()["acks"]
    assert len(told) == len(tried) and {one["st"] for one in told} == {"rejected"}, told
    assert all(one["problem"]["code"] and "{" not in one["problem"]["title"] for one in told), told
    after = await everything()
    assert {table for table in after if after[table] != before[table]} <= {"sync_mutations", "sync_devices"}
