"""Nothing leaks, not even existence: every route, export, search and pull, as every one of the cast.

Lan and Bob each have a whole world of their own, every text of which carries a word nobody else uses. The reporting
line says who may meet which word; the walk calls every route of the application with the ids of both worlds and an id
nobody has, and looks for words that must not be there.
"""

import io
import subprocess
import zipfile
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from backend.core.clock import today
from backend.core.ids import new_id
from tests.makers import World, a_world, an_item, pull

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("leaks")]

LAN, BOB = "Zuylanqx", "Wotbobvk"
MAY_MEET = {
    "an": {LAN, BOB}, "hung": {LAN}, "ngoc": {BOB}, "lan": {LAN}, "bob": {BOB},
    "mai": {LAN, BOB}, "tuan": {LAN, BOB}, "sau": {LAN, BOB},
}  # fmt: skip
MONEY_FIELDS = ("unit_price", "gross", "discount", "net", "tax", "total", "limit", "exposure", "receivable")


def readable(answer: httpx.Response) -> str:
    """Everything a person could read in an answer, also inside a workbook or a PDF."""
    body = answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    if body[:5] == b"%PDF-":
        return subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True).stdout.decode()
    return body.decode("utf-8", "replace")


def readings(app: Any) -> list[str]:
    """The path of every GET route of the API."""
    return sorted(
        route.path_format
        for route in app.routes
        if isinstance(route, HTTPRoute) and "GET" in route.methods and route.path_format.startswith("/api/v1")
        and not route.path_format.endswith("/live")
    )  # fmt: skip


def queries_for(path: str, worlds: list[World]) -> list[str]:
    """Query strings worth trying on a list."""
    word = [f"?q={world.word}" for world in worlds]
    ids = [f"?customer={world.customer}" for world in worlds]
    period = f"?set=VN-ADM1-34&from={today():%Y-%m}&to={today():%Y-%m}"
    return ["", *word, *ids, period, "?position=5", "?position=3", "?limit=200"] if "{" not in path else [""]


@pytest.fixture
async def worlds(client_for: Any, cast: SimpleNamespace) -> list[World]:
    item = await an_item()
    lan, bob = await client_for(cast.lan), await client_for(cast.bob)
    return [await a_world(lan, LAN, item, "0901234789"), await a_world(bob, BOB, item, "0912345678")]


@pytest.mark.parametrize("login", sorted(MAY_MEET))
async def test_no_reading_shows_what_is_not_on_the_readers_line(
    login: str, client_for: Any, app: Any, worlds: list[World]
) -> None:
    client = await client_for(login)
    forbidden = [world for world in worlds if world.word not in MAY_MEET[login]]
    met: set[str] = set()
    for path in readings(app):
        for suffix in _fillings(path, worlds):
            answer = await client.get(suffix.removeprefix("/api/v1"))
            assert answer.status_code < 500, f"{suffix}: {answer.text[:300]}"
            text = readable(answer)
            met |= {world.word for world in worlds if world.word in text and answer.status_code == 200}
            for world in forbidden:
                echo = suffix.count(world.word) + sum(suffix.count(one) for one in world.ids)
                if not echo:
                    assert world.word not in text, f"{login} met {world.word} at {suffix}"
                assert not any(one in text for one in world.ids if one not in suffix), f"{login} met an id at {suffix}"
                assert not (world.number and world.number in text), f"{login} met a number at {suffix}"
    if login not in ("tuan", "sau"):  # their screens show work and goods, not customers' words
        assert met == MAY_MEET[login]


def _fillings(path: str, worlds: list[World]) -> list[str]:
    if "{" not in path:
        return [path + query for query in queries_for(path, worlds)]
    start, _, rest = path.partition("{")
    tail = rest.partition("}")[2]
    if "{" in tail:
        return []
    return [f"{start}{one}{tail}" for world in worlds for one in sorted(world.ids)] + [f"{start}{new_id()}{tail}"]


async def test_somebody_elses_and_nobodys_look_the_same(client_for: Any, app: Any, worlds: list[World]) -> None:
    bob = await client_for("bob")
    lans = worlds[0]
    for path in readings(app):
        if "{" not in path or path.count("{") > 1 or "geo" in path:
            continue
        start, _, rest = path.removeprefix("/api/v1").partition("{")
        tail = rest.partition("}")[2]
        nobody = await bob.get(f"{start}{new_id()}{tail}")
        for one in sorted(lans.ids):
            answer = await bob.get(f"{start}{one}{tail}")
            assert (answer.status_code, answer.text) == (nobody.status_code, nobody.text), path


@pytest.mark.parametrize("login", ["lan", "bob", "hung", "ngoc", "tuan", "sau"])
async def test_a_pull_holds_the_readers_line_and_nothing_else(login: str, client_for: Any, worlds: list[World]) -> None:
    held = await pull(await client_for(login))
    text = str(held)
    for world in worlds:
        expected = world.word in MAY_MEET[login] and login not in ("tuan", "sau")
        assert (world.word in text) is expected
        assert (world.customer in held.get("customer", {})) is expected


@pytest.mark.parametrize("login", ["tuan", "sau"])
async def test_warehouse_and_guard_never_see_money(login: str, client_for: Any, worlds: list[World]) -> None:
    client = await client_for(login)
    for path in ("/orders", f"/orders/{worlds[0].order}", "/dispatches/queue"):
        answer = await client.get(path)
        if answer.status_code == 200:
            assert not [field for field in MONEY_FIELDS if f'"{field}":' in answer.text], path


@pytest.mark.parametrize("login", ["bob", "ngoc"])
async def test_no_change_reaches_another_line(login: str, client_for: Any, worlds: list[World]) -> None:
    client, lans = await client_for(login), worlds[0]
    unknown = await client.post(f"/orders/{new_id()}/cancellation", json={"reason": "changed-mind"})
    theirs = await client.post(f"/orders/{lans.order}/cancellation", json={"reason": "changed-mind"})
    assert (theirs.status_code, theirs.text) == (unknown.status_code, unknown.text) and theirs.status_code == 404
    changed = await client.patch(f"/customers/{lans.customer}", json={"changes": {"note": "mine now"}})
    assert changed.status_code in (404, 422)
    line = {"item_id": str(new_id()), "unit": "hộp", "qty": "1"}
    check = await client.post("/orders/check", json={"customer_id": lans.customer, "currency": "VND", "lines": [line]})
    nobody = await client.post("/orders/check", json={"customer_id": str(new_id()), "currency": "VND", "lines": [line]})
    assert (check.status_code, check.text) == (nobody.status_code, nobody.text)
