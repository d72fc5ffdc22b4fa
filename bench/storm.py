"""The morning after a day without a line: 200 phones hand in at once, managers look on: `python -m bench storm`.

Rates are those of 200 reps whose day comes in within five minutes: 13.3 orders, 20 visits and 40 photos of 300 KB a
second, and two looks a second at the revenue map. Every piece of work has its moment, whether or not the one before
is done; its wait counts from that moment. Runs for a minute (`TUYEN_STORM=300` for the whole storm).
"""

import asyncio
import base64
import hashlib
import io
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
from PIL import Image

from backend.core import database as db
from backend.core import settings as settings_room
from backend.core.clock import now, today
from backend.core.embedded import remove, start
from backend.core.ids import new_id
from bench.orders import Place, cpu_seconds, lay, log_in, parent_of, server
from bench.table import Row
from tests.orders.shop import healthy

SECONDS = int(os.environ.get("TUYEN_STORM", "60"))
PHONES, WORKERS, PHOTO = 200, 2, 300_000
A_SECOND = {"order": 13.3, "visit": 20.0, "photo": 40.0, "look": 2.0}
MAP = "/api/v1/insight/revenue?set=VN-ADM1-34&from={0}&to={0}"


def picture() -> bytes:
    """A JPEG of about 300 KB, as a phone makes it after making it smaller."""
    noise = Image.frombytes("RGB", (640, 480), random.Random(1).randbytes(640 * 480 * 3))
    held = io.BytesIO()
    noise.save(held, "JPEG", quality=80)
    return held.getvalue()[:PHOTO] if held.tell() < PHOTO else held.getvalue()


class Storm:
    """The phones, what they sent, and how long each piece took in milliseconds."""

    def __init__(self, origin: str, place: Place) -> None:
        self.origin, self.place = origin, place
        self.waits: dict[str, list[float]] = {kind: [] for kind in (*A_SECOND, "pull")}
        self.photos: asyncio.Queue[tuple[UUID, bytes, str]] = asyncio.Queue()
        self.refused: list[str] = []
        self.busy = 0
        self.phones: list[aiohttp.ClientSession] = []
        self.cursors: dict[int, str] = {}
        self._draw = random.Random(7)
        self._jpeg = picture()

    def connect(self, headers: dict[str, str]) -> aiohttp.ClientSession:
        """A phone (or, last of all, Hùng's desk) with connections of its own."""
        return aiohttp.ClientSession(
            headers=headers, connector=aiohttp.TCPConnector(limit=3), timeout=aiohttp.ClientTimeout(total=300)
        )

    async def sync(self, phone: int, body: dict[str, Any]) -> Any:
        """One round trip of a phone."""
        status, text = await self.patiently(phone, "/sync", json={"v": 1, **body})
        said = msgspec.json.decode(text)
        assert status == 200, said
        return said

    async def patiently(self, phone: int, path: str, **more: Any) -> tuple[int, bytes]:
        """A request as phones make it: sent again, the very same, while the office is busy."""
        for _ in range(60):
            async with self.phones[phone].post(f"{self.origin}/api/v1{path}", **more) as answer:
                text = await answer.read()
                if answer.status != 503:
                    return answer.status, text
                self.busy += 1
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        raise TimeoutError(path)

    async def push(self, phone: int, *mutations: dict[str, Any]) -> None:
        said = await self.sync(phone, {"push": list(mutations)})
        self.refused += [str(ack) for ack in said["acks"] if ack["st"] != "applied"]

    async def pull(self, phone: int) -> None:
        """What is new to this phone, first all of it."""
        began, more = time.perf_counter(), True
        while more:
            said = await self.sync(phone, {"pull": {"cursor": self.cursors.get(phone), "limit": 2000}})
            self.cursors[phone], more = said["cursor"], said.get("more", False)
        self.waits["pull"].append(1000 * (time.perf_counter() - began))

    async def order(self, phone: int) -> None:
        customer = str(self._draw.choice(self.place.customers))
        lines = [
            {"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": "1"}
            for item in self._draw.sample(self.place.items, 10)
        ]
        args = {"id": str(new_id()), "customer_id": customer, "ordered_on": str(today()), "currency": "VND"}
        await self.push(phone, mutation("order.place", customer, {**args, "lines": lines}))

    async def visit(self, phone: int) -> None:
        """A visit with two promised photos, then what is new."""
        customer, visit = str(self._draw.choice(self.place.customers)), str(new_id())
        said = {"customer_id": customer, "purpose": "sale", "started_at": now().isoformat(), "note": "kệ còn trống"}
        promised = []
        for _ in range(2):
            attachment, data = new_id(), self.photo()
            sha = hashlib.sha256(data).hexdigest()
            self.photos.put_nowait((attachment, data, sha))
            args = {"id": str(attachment), "owner": "visit", "owner_id": visit, "sha256": sha, "size": len(data)}
            promised.append(mutation("attachment.add", customer, {**args, "mime": "image/jpeg"}))
        await self.push(phone, mutation("visit.log", customer, {"id": visit, **said}), *promised)
        await self.pull(phone)

    def photo(self) -> bytes:
        """The picture with a comment of its own, so that every file is another."""
        text = new_id().hex.encode()
        return self._jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + self._jpeg[2:]

    async def upload(self, phone: int) -> None:
        attachment, data, sha = await self.photos.get()
        named = {"att_id": str(attachment), "sha256": sha}
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Length": str(len(data)),
            "Upload-Metadata": ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in named.items()),
        }
        status, text = await self.patiently(phone, "/files", data=data, headers=headers)
        if status != 201:
            self.refused.append(text.decode()[:200])

    async def look(self, phone: int) -> None:
        async with self.phones[PHONES].get(self.origin + MAP.format(f"{today():%Y-%m}")) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()

    async def blow(self, kind: str, work: Callable[[int], Awaitable[None]]) -> None:
        """One kind of work at its rate; whoever is still at it at the end is waited for."""
        began, running = time.perf_counter(), []

        async def one(n: int) -> None:
            due = began + n / A_SECOND[kind]
            await asyncio.sleep(due - time.perf_counter())
            await work(n % PHONES)
            self.waits[kind].append(1000 * (time.perf_counter() - due))

        for n in range(int(SECONDS * A_SECOND[kind])):
            running.append(asyncio.create_task(one(n)))
        await asyncio.gather(*running)


def mutation(name: str, lane: str, args: dict[str, Any]) -> dict[str, Any]:
    """What a phone puts on the wire."""
    return {"id": str(new_id()), "name": name, "lane": lane, "args": args}


def resident(root: int) -> float:
    """Megabytes of a process and its children that are in memory and their own."""
    total, page = 0, os.sysconf("SC_PAGE_SIZE")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (int(entry.name) == root or parent_or_zero(entry) == root):
            numbers = (entry / "statm").read_text().split()
            total += (int(numbers[1]) - int(numbers[2])) * page
    return total / 1e6


def parent_or_zero(entry: Path) -> int:
    """The parent of a process that may be gone by now."""
    try:
        return parent_of(int(entry.name))
    except OSError:
        return 0


async def run(dsn: str, data_dir: Path) -> list[Row]:
    """Lay a company, let it storm, count what arrived."""
    place = await lay(dsn)
    async with server(data_dir, dsn, workers=WORKERS) as (port, pid):
        storm = Storm(f"http://127.0.0.1:{port}", place)
        for number in range(PHONES + 1):
            wire = await log_in(port, "lan" if number < PHONES else "hung")
            headers = dict(line.split(": ", 1) for line in wire.headers.splitlines())
            wire.writer.close()
            storm.phones.append(storm.connect(headers))
        for phone in range(PHONES):
            await storm.pull(phone)
        storm.waits["pull"].clear()
        backend = await db.fetch_value("SELECT pg_backend_pid()")
        before, began = cpu_seconds([pid, parent_of(backend)]), time.perf_counter()
        works = {"order": storm.order, "visit": storm.visit, "photo": storm.upload, "look": storm.look}
        await asyncio.gather(*(storm.blow(kind, work) for kind, work in works.items()))
        spent = time.perf_counter() - began
        cpu = (cpu_seconds([pid, parent_of(backend)]) - before) / spent / (os.cpu_count() or 1)
        memory = resident(pid)
        for session in storm.phones:
            await session.close()
    arrived = await db.fetch_row(
        """SELECT (SELECT count(*) FROM orders) AS order, (SELECT count(*) FROM visits) AS visit,
                  (SELECT count(*) FROM attachments WHERE state = 'stored') AS photo"""
    )
    lost = {kind: int(SECONDS * A_SECOND[kind]) - arrived[kind] for kind in ("order", "visit", "photo")}
    await healthy()
    await db.close_pool()
    db.bind(None)
    sent = ", ".join(f"{len(storm.waits[kind]):,} {kind}s" for kind in A_SECOND)
    bounds = {"order": 250, "pull": 500, "visit": None, "photo": None, "look": 500}
    rows = [Row("storm", f"{SECONDS} s of {PHONES} phones ({sent}): done after", f"{spent:.0f} s", "", f"{SECONDS} s")]
    for kind, bound in bounds.items():
        waits = sorted(storm.waits[kind])
        figures = f"p50 {statistics.median(waits):.0f}, p95 {waits[len(waits) * 95 // 100]:.0f} ms"
        rows.append(Row("storm", f"{kind}", figures, "" if bound is None else f"p95 <= {bound} ms", ""))
    rows.append(Row("storm", "CPU of server and PostgreSQL, of all cores", f"{100 * cpu:.0f} %", "<= 60 %", ""))
    rows.append(Row("storm", f"memory of the server, {WORKERS} workers", f"{memory:.0f} MB", "<= 600 MB", ""))
    rows.append(Row("storm", "lost or doubled: orders, visits, photos", f"{lost}", "0", "0"))
    rows.append(Row("storm", "asked to come again (503)", str(storm.busy), "", "0"))
    rows.append(Row("storm", "refused", f"{len(storm.refused)} {storm.refused[:1] or ''}", "0", "0"))
    return rows


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        settings_room.choose(settings_room.Settings(data_dir=data_dir))
        embedded = start(data_dir / "postgres")
        try:
            return asyncio.run(run(embedded.dsn, data_dir))
        finally:
            embedded.stop()
            remove(data_dir / "postgres")
