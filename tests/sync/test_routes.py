"""The endpoint as a phone meets it: one round trip, clear answers to nonsense, nothing half done."""

import asyncio
import gzip
import random
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import brotli
import msgspec
import pytest
import zstandard

from backend.core.compression import CODINGS, choose
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from sync import live_signal
from sync.protocol import MOST_BYTES
from tests.sync.handing import subject, visit
from tests.sync.phone import BOB, LAN, make_customer, make_visit, reassign

PULL = {"cursor": None}


def wire(*mutations: Any, **more: Any) -> dict[str, Any]:
    """A request as JSON values."""
    return {"v": 1, "push": [msgspec.json.decode(msgspec.json.encode(one)) for one in mutations], **more}


async def test_one_round_trip_hands_in_and_brings_back(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    client, one = await client_for(cast.lan), visit(await make_customer())
    answer = await client.post("/sync", json=wire(one, pull=PULL, schema=1, app="1.0.0", device=str(new_id())))
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    body = answer.json()
    (ack,) = body["acks"]
    assert (ack["id"], ack["st"], ack["rows"]) == (str(one.id), "applied", [["visit", str(subject(one)), 1]])
    assert ack.keys() == {"id", "st", "rows", "result", "at", "sig"}
    tables = {up["t"]: dict(zip(up["cols"], up["v"], strict=True)) for up in body["up"]}
    assert tables["visit"]["id"] == [str(subject(one))] and tables["visit"]["_v"] == [1]
    assert body["more"] is False and body["window"] == {"history": 180} and body["poll_s"] > 0
    quiet = await client.post("/sync", json=wire(pull={"cursor": body["cursor"]}))
    assert "up" not in quiet.json() and len(quiet.content) < 400


async def test_a_phone_of_an_old_schema_may_still_hand_in_its_work(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client, one = await client_for(cast.lan), visit(await make_customer())
    body = (await client.post("/sync", json=wire(one, pull=PULL, schema=0))).json()
    assert body["acks"][0]["st"] == "applied" and body["min_schema"] == 1 and "up" not in body


DEEP = b'{"v":1,"push":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{", 422), (b"[]", 422), (b"null", 422), (b"\xff\xfe", 422), (DEEP, 422), (b'{"v":2}', 422),
        (b'{"v":1,"surprise":1}', 422), (b'{"v":1,"push":[{}]}', 422), (b'{"v":1,"push":[{"id":"x"}]}', 422),
        (b'{"v":1,"push":[{"id":"01932c00-0000-7000-8000-000000000000","name":"x","args":{},"sudo":1}]}', 422),
        (b'{"v":1,"pull":{"cursor":"nonsense"}}', 422), (b'{"v":1,"pull":{"cursor":null,"limit":0}}', 422),
        (b'{"v":1,"pull":{"cursor":null,"limit":100000}}', 422), (b" " * (MOST_BYTES + 1), 413),
    ],
)  # fmt: skip
async def test_nonsense_gets_a_clear_problem(
    cast: SimpleNamespace, client_for: Callable[..., Any], body: bytes, status: int
) -> None:
    client = await client_for(cast.lan)
    answer = await client.post("/sync", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json") and answer.json()["title"]
    assert await fetch_value("SELECT count(*) FROM sync_mutations") == 0


async def test_more_mutations_than_a_batch_holds_are_refused_whole(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client, customer = await client_for(cast.lan), await make_customer()
    answer = await client.post("/sync", json=wire(*(visit(customer) for _ in range(51))))
    assert (answer.status_code, answer.json()["code"]) == (413, "sync-batch-too-large")
    assert await fetch_value("SELECT count(*) FROM visits") == 0


async def test_bodies_may_come_packed_but_not_as_a_bomb(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    client, one = await client_for(cast.lan), visit(await make_customer())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    packed = gzip.compress(msgspec.json.encode(wire(one)))
    assert (await client.post("/sync", content=packed, headers=headers)).json()["acks"][0]["st"] == "applied"
    bomb = await client.post("/sync", content=gzip.compress(b" " * 50_000_000), headers=headers)
    assert (bomb.status_code, bomb.json()["code"]) == (413, "sync-batch-too-large")
    for broken in (packed[:-9], b"plain", zlib.compress(b"{}")):
        answer = await client.post("/sync", content=broken, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "sync-not-gzip")
    answer = await client.post("/sync", content=packed, headers={**headers, "Content-Encoding": "br"})
    assert answer.status_code == 422


async def test_a_revoked_phone_hands_in_its_work_and_is_then_told_to_wipe_itself(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    phone, other = str(new_id()), await client_for(cast.lan)
    client = await client_for(cast.lan)
    assert (await client.post("/devices", json={"id": phone, "name": "Nokia"})).status_code == 201
    assert (await (await client_for(cast.bob)).post("/devices", json={"id": phone})).status_code == 404
    assert (await (await client_for(cast.bob)).delete(f"/devices/{phone}")).status_code == 404
    assert (await other.delete(f"/devices/{phone}")).status_code == 204
    one = visit(await make_customer())
    last = (await client.post("/sync", json=wire(one, device=phone, pull=PULL))).json()
    assert last["acks"][0]["st"] == "applied" and "cursor" not in last
    told = await client.post("/sync", json=wire(device=phone, pull=PULL))
    assert (told.status_code, told.json()["code"], told.json()["wipe"]) == (403, "device-revoked", True)


async def test_what_cannot_be_handed_in_is_kept_for_a_person_to_look_at(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client = await client_for(cast.lan)
    answer = await client.post("/outbox/report", json={"name": "visit.log", "args": "?"})
    assert answer.status_code == 201
    kept = await fetch_value("SELECT body FROM sync_reports WHERE id = $1", UUID(answer.json()["id"]))
    assert kept == {"name": "visit.log", "args": "?"}
    headers = {"Content-Type": "application/json"}
    for bad in (b"{", b'"\\u0000"', b""):
        assert (await client.post("/outbox/report", content=bad, headers=headers)).status_code == 422


async def test_older_history_is_read_online_and_only_by_those_who_see_the_customer(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    customer = await make_customer(LAN)
    visits = [await make_visit(customer, cast.lan.user_id) for _ in range(3)]
    await execute("UPDATE visits SET started_at = now() - interval '1 year' * (1 + version) WHERE id = $1", visits[0])
    client = await client_for(cast.lan)
    found = (await client.get(f"/roots/{customer}/history?before=2026-01-01")).json()
    assert [up["v"][up["cols"].index("id")] for up in found["up"]] == [[str(visits[0])]]
    foreign = await (await client_for(cast.bob)).get(f"/roots/{customer}/history?before=2026-01-01")
    unknown = await (await client_for(cast.bob)).get(f"/roots/{new_id()}/history?before=2026-01-01")
    assert foreign.status_code == unknown.status_code == 404 and foreign.content == unknown.content


async def test_visits_and_expenses_are_listed_page_by_page_within_the_own_line(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    made = {str(await make_visit(mine, cast.lan.user_id)) for _ in range(5)}
    await make_visit(theirs, cast.bob.user_id)
    client, seen, cursor = await client_for(cast.lan), [], ""
    while cursor is not None:
        page = (await client.get(f"/activities?limit=2{cursor and f'&cursor={cursor}'}")).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert len(seen) == 5 and set(seen) == made
    assert not (await client.get(f"/activities?customer={theirs}")).json()["items"]
    assert not (await client.get("/activities?to=2020-01-01")).json()["items"]
    assert (await client.get("/activities?cursor=nonsense")).status_code == 422
    assert (await client.get("/expenses")).json() == {"items": [], "next": None}
    assert (await (await client_for(cast.tuan)).get("/activities")).status_code == 403


async def heard(stream: Any, seconds: float = 3) -> str:
    return await asyncio.wait_for(anext(stream), seconds)


async def test_whoever_changes_a_row_the_phones_of_its_line_are_told_to_pull(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_signal, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(live_signal, "JITTER", 0)
    monkeypatch.setattr(live_signal, "HEARTBEAT", 0.4)
    customer = await make_customer(LAN)
    async with live_signal.watching() as watch:
        lan, bob = live_signal.signals(frozenset({0, LAN})), live_signal.signals(frozenset({0, BOB}))
        assert (await heard(lan)).startswith("retry") and (await heard(bob)).startswith("retry")
        await asyncio.sleep(0.1)
        await make_visit(customer, cast.lan.user_id)
        assert await heard(lan) == "event: pull\ndata: \n\n"
        assert await heard(bob) == ": still here\n\n", "another line hears a heartbeat and no more"
        await reassign(customer, BOB)
        assert "pull" in await heard(lan) and "pull" in await heard(bob)
        await execute("INSERT INTO customer_groups (id, code, name) VALUES ($1, 'X', 'x')", new_id())
        assert "pull" in await heard(lan) and "pull" in await heard(bob)
        await lan.aclose()
        await bob.aclose()
        assert not watch.listeners


async def test_the_watch_outlives_a_database_that_goes_away(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_signal, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(live_signal, "JITTER", 0)
    customer = await make_customer(LAN)
    async with live_signal.watching():
        lan = live_signal.signals(frozenset({LAN}))
        await heard(lan)
        await asyncio.sleep(0.1)
        await execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        await make_visit(customer, cast.lan.user_id)
        assert "pull" in await heard(lan, 15)
        await lan.aclose()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "br"), ("gzip", "gzip"), ("", None), ("identity", None),
     ("zstd;q=0, br;q=0.1", "br"), ("*", "zstd"), ("*;q=0", None), ("gzip;q=x", None)],
)  # fmt: skip
def test_the_best_coding_a_client_takes_is_chosen(accepted: str, coding: str | None) -> None:
    assert choose(accepted) == coding


@pytest.mark.parametrize("coding", list(CODINGS))
async def test_a_first_sync_travels_compressed_and_small_answers_do_not(
    cast: SimpleNamespace, client_for: Callable[..., Any], coding: str
) -> None:
    for _ in range(30):
        await make_customer(LAN)
    client = await client_for(cast.lan)
    answer = await client.post("/sync", json=wire(pull=PULL), headers={"Accept-Encoding": coding})
    assert answer.headers["content-encoding"] == coding and answer.headers["vary"] == "Accept-Encoding"
    assert len(answer.json()["up"]) == 1 and int(answer.headers.get("content-length", 0)) == 0
    quiet = await client.post("/sync", json=wire(pull={"cursor": answer.json()["cursor"]}))
    assert "content-encoding" not in quiet.headers


def test_the_codings_are_the_ones_they_say() -> None:
    from backend.core.compression import squeeze

    for data in (b"Tuy\xe1\xba\xbfn " * 1000, random.Random(8).randbytes(20_000).hex().encode()):
        assert zstandard.ZstdDecompressor().decompressobj().decompress(squeeze(data, "zstd")) == data
        assert brotli.decompress(squeeze(data, "br")) == data
        assert gzip.decompress(squeeze(data, "gzip")) == data


@pytest.mark.parametrize("coding", ["zstd", "br"])
def test_a_first_copy_is_packed_harder_unless_many_are_waiting(coding: str) -> None:
    from backend.core.compression import LARGE, squeeze

    draw = random.Random(9)
    data = "".join(f'["KH{draw.randrange(10**6):06d}","giao trước {draw.randrange(24)} giờ"],' for _ in range(20_000))
    small, large = data.encode()[: LARGE // 2], data.encode()
    assert len(large) > LARGE
    assert len(squeeze(large, coding)) < len(squeeze(large, coding, busy=True))
    assert squeeze(small, coding) == squeeze(small, coding, busy=True)


async def test_an_answer_learns_how_many_are_being_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.core import compression
    from sync.turns import Courtesy

    rush, seen, gate = compression.BUSY, [], asyncio.Event()
    monkeypatch.setattr(compression, "squeeze", lambda data, coding, *, busy: seen.append(busy) or data)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["path"].endswith("last"):
            gate.set()
        await gate.wait()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * 1000})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    server = Courtesy(compression.Compression(app))

    def scope(name: str) -> Any:
        packs = [(b"accept-encoding", b"zstd")]
        return {"type": "http", "method": "GET", "path": f"/api/v1/{name}", "headers": packs}

    await server(scope("last"), receive, send)
    gate.clear()
    await asyncio.gather(
        *(server(scope(f"{at}"), receive, send) for at in range(rush)), server(scope("last"), receive, send)
    )
    assert seen[0] is False and seen[1] is True, "alone, and in a rush"
