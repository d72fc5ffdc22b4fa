"""The phones of the storm: what a rep's app and a manager's browser send, as they send it, and how long each took.

A photo goes as `pwa/src/lib/tus.ts` sends it: two at a time, the first 256 KB with the announcement, the rest in a
second request, each with its checksum; told to wait, or cut off, it waits and asks where the office stands. What costs
the phones time of their own (drawing pictures, hashes) is done beforehand.
"""

import asyncio
import base64
import contextlib
import hashlib
import io
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import aiohttp
import msgspec
from PIL import Image

from backend.core.clock import now, today
from backend.core.ids import new_id
from bench.storm_town import Town

A_SECOND = {"order": 13.3, "visit": 20.0, "photo": 40.0, "look": 2.0}
MAP = "/api/v1/insight/revenue?set=VN-ADM1-34&from={0}&to={0}"
CHUNK, AT_ONCE, LINES = 256 * 1024, 2, 10
TUS = {"Tus-Resumable": "1.0.0"}


class Photo(NamedTuple):
    """A picture to come: the comment that makes it another one, its sha256, and the checksum of each chunk."""

    attachment: UUID
    comment: bytes
    sha256: str
    sums: list[str]


class Album:
    """Pictures of about 300 KB, every one another; the bytes are put together when they are sent."""

    def __init__(self, count: int) -> None:
        noise = Image.frombytes("RGB", (776, 580), random.Random(1).randbytes(776 * 580 * 3))
        held = io.BytesIO()
        noise.save(held, "JPEG", quality=80)
        self._jpeg = held.getvalue()
        self.size = len(self.bytes_of(b"0" * 32))
        self.photos = [self._photo() for _ in range(count)]

    def _photo(self) -> Photo:
        comment = new_id().hex.encode()
        data = self.bytes_of(comment)
        chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
        sums = [base64.b64encode(hashlib.sha1(one, usedforsecurity=False).digest()).decode() for one in chunks]
        return Photo(new_id(), comment, hashlib.sha256(data).hexdigest(), sums)

    def bytes_of(self, comment: bytes) -> bytes:
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        return self._jpeg[:2] + segment + self._jpeg[2:]


class Phones:
    """Two hundred phones and ten managers. `waits`: milliseconds from the moment each piece of work was due."""

    def __init__(self, origin: str, town: Town) -> None:
        self.origin, self.town = origin, town
        self.sessions: list[aiohttp.ClientSession] = []
        self.devices = [str(new_id()) for _ in town.phones]
        self.cursors: dict[int, str] = {}
        self.refused: list[str] = []
        self.begin(0, 1.0)

    def begin(self, seconds: int, factor: float) -> None:
        """Another storm of the same phones: `factor` of the full rates."""
        self.seconds, self.rates = seconds, {kind: rate * factor for kind, rate in A_SECOND.items()}
        self.waits: dict[str, list[float]] = {kind: [] for kind in ("order", "visit", "pull", "look", "photo")}
        self.album = Album(2 * self.count("visit"))
        self.promised: list[asyncio.Queue[Photo]] = [asyncio.Queue() for _ in self.town.phones]
        self.told_to_wait = self.cut_off = self.busy = 0
        self.arrived_in_time = 0
        self._draw = random.Random(7)
        self._unsent = list(self.album.photos)

    def count(self, kind: str) -> int:
        return int(self.seconds * self.rates[kind])

    def connect(self, headers: dict[str, str]) -> None:
        """A phone, or a manager's desk, with connections of its own."""
        self.sessions.append(
            aiohttp.ClientSession(
                headers=headers, connector=aiohttp.TCPConnector(limit=4), timeout=aiohttp.ClientTimeout(total=300)
            )
        )

    async def close(self) -> None:
        for session in self.sessions:
            await session.close()

    async def sync(self, phone: int, *mutations: dict[str, Any]) -> None:
        """Round trips until there is no more: hand in, and fetch what is new."""
        push, more = list(mutations), True
        while more:
            body = {"v": 1, "device": self.devices[phone], "schema": 1, "app": "1.4.0", "push": push,
                    "pull": {"cursor": self.cursors.get(phone), "limit": 2000}}  # fmt: skip
            said = msgspec.json.decode(await self._patiently(phone, "POST", "/api/v1/sync", json=body))
            self.refused += [str(ack) for ack in said.get("acks", ()) if ack["st"] != "applied"]
            self.cursors[phone], more, push = said["cursor"], said.get("more", False), []

    async def _patiently(self, number: int, method: str, path: str, **more: Any) -> bytes:
        """The very same again while the office is busy, as phones do."""
        for _ in range(60):
            async with self.sessions[number].request(method, self.origin + path, **more) as answer:
                text = await answer.read()
                if answer.status == 200:
                    return text
                assert answer.status == 503, text
                self.busy += 1
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        raise TimeoutError

    async def order(self, phone: int) -> None:
        customer = str(self._draw.choice(self.town.phones[phone].customers))
        lines = [
            {"id": str(new_id()), "item_id": str(item), "unit": unit, "qty": "1"}
            for item, unit in self._draw.sample(self.town.goods, LINES)
        ]
        args = {"id": str(new_id()), "customer_id": customer, "ordered_on": str(today()), "currency": "VND"}
        await self.sync(phone, mutation("order.place", customer, {**args, "lines": lines}))

    async def visit(self, phone: int) -> None:
        """A visit with two promised photos, and a little later the pull that the live signal asks for."""
        customer, visit = str(self._draw.choice(self.town.phones[phone].customers)), str(new_id())
        said = {"customer_id": customer, "purpose": "sale", "started_at": now().isoformat(), "note": "kệ còn trống"}
        photos = [self._unsent.pop() for _ in range(2)]
        promises = [
            mutation("attachment.add", customer, {
                "id": str(photo.attachment), "owner": "visit", "owner_id": visit, "sha256": photo.sha256,
                "size": self.album.size, "mime": "image/jpeg",
            })
            for photo in photos
        ]  # fmt: skip
        await self.sync(phone, mutation("visit.log", customer, {"id": visit, **said}), *promises)
        for photo in photos:
            self.promised[phone].put_nowait(photo)
        began = time.perf_counter()
        await self.sync(phone)
        self.waits["pull"].append(1000 * (time.perf_counter() - began))

    async def look(self, number: int) -> None:
        desk = len(self.town.phones) + number % len(self.town.managers)
        await self._patiently(desk, "GET", MAP.format(f"{today():%Y-%m}"))

    async def send_photos(self, phone: int) -> None:
        """One of the lanes in which a phone sends its pictures, until the storm is over."""
        while True:
            photo = await self.promised[phone].get()
            began = time.perf_counter()
            await self._upload(phone, photo)
            self.waits["photo"].append(1000 * (time.perf_counter() - began))
            self.promised[phone].task_done()

    async def _upload(self, phone: int, photo: Photo) -> None:
        data, place, offset, tries = self.album.bytes_of(photo.comment), None, 0, 0
        while place is None or offset < len(data):
            first = place is None
            chunk = b"" if first and tries else data[offset : offset + CHUNK]
            headers = dict(TUS)
            if chunk:
                headers["Content-Type"] = "application/offset+octet-stream"
                headers["Upload-Checksum"] = f"sha1 {photo.sums[offset // CHUNK]}"
            if first:
                named = {"att_id": str(photo.attachment), "sha256": photo.sha256}
                headers["Upload-Length"] = str(len(data))
                headers["Upload-Metadata"] = ",".join(
                    f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items()
                )
            else:
                headers["Upload-Offset"] = str(offset)
            wait = 0.0
            try:
                async with self.sessions[phone].request(
                    "POST" if first else "PATCH", self.origin + (place or "/api/v1/files"), data=chunk, headers=headers
                ) as answer:
                    if answer.status in (201, 204):
                        place = place or answer.headers["Location"]
                        offset = int(answer.headers["Upload-Offset"])
                        continue
                    if answer.status != 503:
                        self.refused.append(f"{answer.status} {(await answer.text())[:200]}")
                        return
                    self.told_to_wait += 1
                    wait = float(answer.headers.get("Retry-After", "1"))
            except aiohttp.ClientConnectionError:
                self.cut_off += 1
                wait = 2.0
            tries += 1
            await asyncio.sleep(wait * self._draw.uniform(1, 1.25))
            if place is not None:
                with contextlib.suppress(aiohttp.ClientError):
                    offset = await self._where(phone, place)

    async def _where(self, phone: int, place: str) -> int:
        async with self.sessions[phone].head(self.origin + place, headers=TUS, raise_for_status=True) as answer:
            return int(answer.headers["Upload-Offset"])

    async def blow(self, kind: str, work: Callable[[int], Awaitable[None]]) -> None:
        """One kind of work at its rate; whoever is still at it at the end is waited for."""
        began, running = time.perf_counter(), []

        async def one(n: int) -> None:
            due = began + n / self.rates[kind]
            await asyncio.sleep(due - time.perf_counter())
            await work(n % len(self.town.phones))
            self.waits[kind].append(1000 * (time.perf_counter() - due))

        for n in range(self.count(kind)):
            running.append(asyncio.create_task(one(n)))
        await asyncio.gather(*running)

    async def storm(self) -> tuple[float, float]:
        """All of it; seconds until the last piece of data was in, and until the last photo was."""
        began = time.perf_counter()
        lanes = [asyncio.create_task(self.send_photos(n)) for n in range(len(self.town.phones)) for _ in range(AT_ONCE)]
        works = {"order": self.order, "visit": self.visit, "look": self.look}
        try:
            await asyncio.gather(*(self.blow(kind, work) for kind, work in works.items()))
            data, self.arrived_in_time = time.perf_counter() - began, len(self.waits["photo"])
            await asyncio.gather(*(queue.join() for queue in self.promised))
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        return data, time.perf_counter() - began


def mutation(name: str, lane: str, args: dict[str, Any]) -> dict[str, Any]:
    """What a phone puts on the wire."""
    return {"id": str(new_id()), "name": name, "lane": lane, "args": args}
