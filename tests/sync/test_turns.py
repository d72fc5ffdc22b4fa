"""Photos yield to data: while uploads stall, wait or break, orders and visits are answered; every photo comes after."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import pytest

from backend.core.clock import today
from backend.core.database import fetch_value
from backend.core.ids import new_id
from backend.core.settings import Settings, settings
from sync import routes, turns, upload_routes
from sync.exchange import exchange
from tests.activities.test_pictures import picture
from tests.orders.shop import lay_shop
from tests.sync.handing import mutation, visit
from tests.sync.uploading import PART, attach, begin, place, send_cut, state

Clients = Callable[..., Any]


@pytest.fixture
def two_slots(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An office that reads two bodies at a time."""
    small = msgspec.structs.replace(settings(), upload_slots=2)
    monkeypatch.setattr(turns, "settings", lambda: small)
    monkeypatch.setattr(turns, "_turns", WeakKeyDictionary())
    return small


class Line:
    """The body of a photo on a line that stalls in the middle until it is let go."""

    def __init__(self, data: bytes) -> None:
        self.data, self.begun, self.free = data, asyncio.Event(), asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun.set()
        yield self.data[:1000]
        await self.free.wait()
        yield self.data[1000:]


async def send(client: Any, path: str, body: Any) -> Any:
    return await client.patch(path, content=body, headers={**PART, "Upload-Offset": "0"})


async def soon(happened: Callable[[], bool]) -> None:
    """Let the others run until it has happened."""
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110 -- what happens is the server's affair, and has no event
            await asyncio.sleep(0.001)


async def hold_both_slots(client: Any) -> tuple[list[Line], list[asyncio.Task[Any]]]:
    """Two photos of the demo's rep, stalled."""
    data = picture("JPEG", (160, 120))
    lines = [Line(data), Line(data)]
    paths = [place(await begin(client, new_id(), data)) for _ in lines]
    sent = [asyncio.create_task(send(client, path, line)) for path, line in zip(paths, lines, strict=True)]
    for line in lines:
        await line.begun.wait()
    return lines, sent


async def test_data_is_answered_while_photos_hold_every_slot_and_the_photos_come_after(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients
) -> None:
    shop, client = await lay_shop(), await client_for(cast.lan)
    customer, item = await shop.customer(), await shop.item()
    lines, stalled = await hold_both_slots(client)
    data = picture("JPEG")
    attachment, third = await attach(cast, data), Line(data)
    waiting = asyncio.create_task(send(client, place(await begin(client, attachment, data)), third))
    await soon(lambda: turns.turns().waiting == 1)

    def basket() -> dict[str, Any]:
        line = {"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": "2"}
        asked = {"id": str(new_id()), "customer_id": str(customer), "ordered_on": str(today()), "currency": "VND"}
        return {**asked, "lines": [line]}

    order = await client.post("/orders", json=basket())
    assert (order.status_code, order.json()["state"]) == (201, "confirmed")
    pushed = [{"id": str(one.id), "name": one.name, "args": msgspec.json.decode(one.args)}
              for one in (mutation("order.place", basket()), visit(customer))]  # fmt: skip
    synced = await client.post("/sync", json={"v": 1, "push": pushed, "pull": {"cursor": None}})
    assert [ack["st"] for ack in synced.json()["acks"]] == ["applied", "applied"]
    assert synced.json()["up"]

    assert not any(task.done() for task in (*stalled, waiting)), "all of that went through while photos waited"
    assert not third.begun.is_set(), "of a photo without a slot not a byte is read"
    third.free.set()
    lines[0].free.set()
    assert (await waiting).status_code == 204
    assert not stalled[1].done(), "one slot was enough for it"
    lines[1].free.set()
    assert [(await task).status_code for task in stalled] == [204, 204]
    assert await state(attachment) == "stored"
    assert await fetch_value("SELECT count(*) FROM attachment_files WHERE attachment_id = $1", attachment) == 1


async def test_questions_about_uploads_need_no_slot(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients
) -> None:
    client = await client_for(cast.lan)
    lines, stalled = await hold_both_slots(client)
    data = picture("JPEG")
    path = place(await begin(client, new_id(), data))
    assert (await client.head(path, headers={"Tus-Resumable": "1.0.0"})).headers["Upload-Offset"] == "0"
    assert (await client.delete(path, headers={"Tus-Resumable": "1.0.0"})).status_code == 204
    for line in lines:
        line.free.set()
    await asyncio.gather(*stalled)


@pytest.mark.parametrize("limit", ["room", "time"])
async def test_a_photo_that_would_wait_too_long_is_told_to_come_again_and_then_arrives_once(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    client = await client_for(cast.lan)
    if limit == "room":
        monkeypatch.setattr(turns, "QUEUE", 0)
    else:
        hasty = msgspec.structs.replace(two_slots, upload_wait_s=0)
        monkeypatch.setattr(turns, "settings", lambda: hasty)
    lines, stalled = await hold_both_slots(client)
    data = picture("JPEG")
    attachment = await attach(cast, data)
    told = await begin(client, attachment, data, first=data)
    assert (told.status_code, told.json()["code"]) == (503, "uploads-wait")
    assert int(told.headers["Retry-After"]) > 0 and told.headers["Tus-Resumable"] == "1.0.0"
    assert await fetch_value("SELECT count(*) FROM sync_uploads WHERE attachment_id = $1", attachment) == 0
    for line in lines:
        line.free.set()
    await asyncio.gather(*stalled)
    done = await begin(client, attachment, data, first=data)
    assert done.headers["Upload-Offset"] == str(len(data)) and await state(attachment) == "stored"


async def test_lines_that_hang_or_break_give_their_slots_to_the_next(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as many hang, and then break, as there are slots; a slot that was lost would keep the last one waiting."""
    monkeypatch.setattr(upload_routes, "SILENCE", 0.05)
    client, data = await client_for(cast.lan), picture("JPEG", (160, 120))
    for _ in range(2):
        _, stalled = await hold_both_slots(client)
        assert [(await task).status_code for task in stalled] == [400, 400]
    for _ in range(4):
        path = place(await begin(client, new_id(), data))
        await send_cut(app, client, path, 0, data[:500])
        assert (await client.head(path, headers=PART)).headers["Upload-Offset"] == "500"
    attachment = await attach(cast, data)
    await begin(client, attachment, data, first=data)
    assert await state(attachment) == "stored"


async def test_a_turn_waits_for_data_that_is_being_answered_but_never_for_ever(two_slots: Settings) -> None:
    here, done = turns.Turns(1), asyncio.Event()

    async def work() -> None:
        async with here.turn():
            done.set()

    here.pace.wait = 600.0
    here.begin_data()
    working = asyncio.create_task(work())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not done.is_set()
    here.end_data(0.0)
    await working
    here.pace.wait = 0.001
    here.begin_data()
    async with asyncio.timeout(30):
        await work()
    assert here.answering == 1, "the data is still being answered"


async def test_without_trouble_a_turn_waits_for_nothing(two_slots: Settings) -> None:
    here = turns.Turns(1)
    here.begin_data()
    async with here.turn():
        pass
    assert here.answering == 1


def test_the_wait_grows_with_slow_data_up_to_its_bound_and_goes_away_with_quick() -> None:
    pace = turns.Pace()
    pace.answered(turns.SLOW)
    assert pace.wait == 0
    seen = [pace.wait]
    for _ in range(20):
        pace.answered(turns.SLOW * 1.01)
        seen.append(pace.wait)
    assert seen == sorted(seen) and seen[-1] == seen[-2] == turns.LONGEST
    for _ in range(300):
        pace.answered(0.01)
    assert pace.wait == 0


@pytest.mark.parametrize("slow", ["line", "office"])
async def test_a_slow_line_is_no_sign_of_a_busy_office(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    """A minute goes by, either while the request arrives or while it is answered."""
    client, clock = await client_for(cast.lan), [0.0]
    monkeypatch.setattr(turns, "perf_counter", lambda: clock[0])

    async def body() -> AsyncIterator[bytes]:
        yield b'{"v": '
        clock[0] += 60 * (slow == "line")
        yield b"1}"

    async def answered(*args: Any, **more: Any) -> Any:
        clock[0] += 60 * (slow == "office")
        return await exchange(*args, **more)

    monkeypatch.setattr(routes, "exchange", answered)
    turns.turns().pace.wait = 0  # whatever logging in took
    answer = await client.post("/sync", content=body(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert turns.turns().pace.wait == (turns.SHORTEST if slow == "office" else 0)


async def test_photos_do_not_wait_for_data_that_has_not_arrived(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients
) -> None:
    client, line = await client_for(cast.lan), Line(b'{"v": 1}' + b" " * 2000)
    asked = asyncio.create_task(client.post("/sync", content=line, headers={"Content-Type": "application/json"}))
    await line.begun.wait()
    for _ in range(100):
        await asyncio.sleep(0)
    assert turns.turns().answering == 0, "there is nothing to be answered yet"
    line.free.set()
    assert (await asked).status_code == 200
    assert turns.turns().answering == 0


async def test_data_is_what_answers_people_not_files_and_not_lines_that_only_listen(
    two_slots: Settings, cast: SimpleNamespace, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, seen = await client_for(cast.lan), []

    async def watched(*args: Any, **more: Any) -> Any:
        seen.append(turns.turns().answering)
        return await exchange(*args, **more)

    monkeypatch.setattr(routes, "exchange", watched)
    await client.post("/sync", json={"v": 1})
    assert seen == [1] and turns.turns().answering == 0
    lines, stalled = await hold_both_slots(client)
    assert turns.turns().answering == 0
    await client.get("/live")
    await client.get(f"/attachments/{UUID(int=1)}")
    turns.turns().pace.wait = 0.25
    await client.get(f"/attachments/{UUID(int=1)}")
    assert turns.turns().pace.wait == 0.25, "how long a picture takes says nothing about data"
    for line in lines:
        line.free.set()
    await asyncio.gather(*stalled)
