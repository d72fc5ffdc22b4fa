"""Kills a real server at named points and at random ones, and looks whether everything handed in happened once.

`python -m tests.sync.killing [KILLS]` does it many times and prints what came of it (part of `make soak`).
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from backend.core.clock import now, today
from backend.core.crashing import MARK
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from backend.demo.cast import PASSWORD
from backend.doctoring import all_faults
from tests.makers import a_credit_line, an_item, an_order, photo, upload_headers
from tests.sync.uploading import sha

PUSH_POINTS = ("push.claimed", "push.done", "push.before-commit", "push.after-commit")
UPLOAD_POINTS = ("upload.written", "upload.kept", "upload.before-commit", "upload.after-commit")
PATIENCE = 60.0  # seconds for a server to be back, on a machine that does other things too


class Mortal:
    """A server process in a folder of its own, and how to end it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
        self.order = folder / "die-at"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/api/v1"
        settings = {"TUYEN_DATABASE_URL": dsn, "TUYEN_DATA_DIR": str(folder), "TUYEN_CRASH_AT": str(self.order),
                    "TUYEN_LOGIN_PER_ADDRESS": "1000", "TUYEN_POOL_SIZE": "4"}  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.mortal", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **settings},
            cwd=Path(__file__).parents[2],
        )
        try:
            self.life()
        except Exception:
            self.end()
            raise

    def life(self) -> int:
        """The process id of the next life, once it has begun."""
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline().split()[1])
        return self.pid

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@contextmanager
def mortal(dsn: str, folder: Path) -> Iterator[Mortal]:
    server = Mortal(dsn, folder)
    try:
        yield server
    finally:
        server.end()


class Rep:
    """Lan with her telephone: what gets no answer is sent again, and what was answered is remembered."""

    def __init__(self, server: Mortal, client: httpx.AsyncClient, customer: UUID, item: UUID) -> None:
        self.server, self.client, self.customer, self.item = server, client, customer, item
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request, repeated as phones do until there is an answer that is one."""
        until = time.monotonic() + PATIENCE
        died = 0.0
        while True:
            try:
                answer = await self.client.request(method, path, **more)
            except httpx.TransportError:
                died = died or time.monotonic()
                assert time.monotonic() < until, f"{path}: no server"
                self.counts["no answer"] += 1
                await asyncio.sleep(0.02)
                continue
            if answer.status_code in (423, 503) and time.monotonic() < until:
                await asyncio.sleep(0.02)
                continue
            self.slowest = max(self.slowest, time.monotonic() - died if died else 0.0)
            return answer

    async def log_in(self) -> None:
        answer = await self.ask("POST", "/session", json={"login": "lan", "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.client.headers["X-Tuyen-CSRF"] = answer.json()["csrf"]

    def day(self) -> list[dict[str, Any]]:
        """A visit, an expense, an order and a promised photograph, as they wait in the outbox."""
        visit, expense, order, at = new_id(), new_id(), new_id(), now().isoformat()
        self.photo, self.attachment = photo(str(visit)), new_id()
        doings: list[tuple[str, dict[str, Any]]] = [
            ("visit.log", {"id": str(visit), "customer_id": str(self.customer), "purpose": "sale", "started_at": at}),
            ("expense.claim", {"id": str(expense), "customer_id": str(self.customer), "category": "parking",
                               "amount": "20000", "currency": "VND", "spent_on": str(today())}),
            ("order.place", an_order(str(order), str(self.customer), [(self.item, "2")])),
            ("attachment.add", {"id": str(self.attachment), "owner": "visit", "owner_id": str(visit),
                                "sha256": sha(self.photo), "size": len(self.photo), "mime": "image/jpeg"}),
        ]  # fmt: skip
        return [
            {"id": str(new_id()), "n": n, "name": name, "args": args, "at": at, "lane": str(self.customer)}
            for n, (name, args) in enumerate(doings)
        ]

    async def hand_in(self, day: list[dict[str, Any]]) -> None:
        """Push until answered, then once more: the answers are the same."""
        first = (await self.ask("POST", "/sync", json={"v": 1, "push": day})).json()["acks"]
        assert [ack["st"] for ack in first] == ["applied"] * len(day), first
        again = (await self.ask("POST", "/sync", json={"v": 1, "push": day})).json()["acks"]
        assert all(ack["dup"] for ack in again)
        assert [{**ack, "dup": True} for ack in first] == again
        self.counts["handed in"] += len(day)

    async def send_photo(self) -> None:
        """tus as a phone speaks it: announce, ask how far it is, go on from there."""
        body, headers = self.photo, upload_headers(str(self.attachment), self.photo)
        del headers["Content-Type"]
        begun = await self.ask("POST", "/files", headers=headers)
        assert begun.status_code == 201, begun.text
        place = begun.headers["Location"].removeprefix("/api/v1")
        for _ in range(20):
            asked = await self.ask("HEAD", place, headers={"Tus-Resumable": "1.0.0"})
            offset = int(asked.headers["Upload-Offset"])
            if offset == len(body):
                break
            part = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream"}  # fmt: skip
            await self.ask("PATCH", place, content=body[offset:], headers=part)
        state = await fetch_value("SELECT state FROM attachments WHERE id = $1", self.attachment)
        assert state == "stored", "the promise of the photograph is fulfilled"
        served = await self.ask("GET", f"/attachments/{self.attachment}")
        assert served.status_code == 200 and served.content[:3] == b"\xff\xd8\xff"
        self.counts["photographs"] += 1

    async def die_at(self, point: str) -> None:
        """A day during which the server is killed at that point."""
        self.server.order.write_text(point)
        day = self.day()
        await self.hand_in(day)
        await self.send_photo()
        assert not self.server.order.exists(), f"{point} was never reached"
        self.server.life()
        self.counts["kills"] += 1

    async def die_any_time(self, dice: random.Random) -> None:
        """A day during which the server is killed at some moment."""
        loop = asyncio.get_running_loop()
        killing = loop.call_later(dice.uniform(0, 0.12), self.server.kill)
        day = self.day()
        await self.hand_in(day)
        await self.send_photo()
        if not killing.cancelled() and killing.when() > loop.time():
            killing.cancel()
            return
        self.server.life()
        self.counts["kills"] += 1

    async def check(self) -> None:
        """Everything once, and the office's own examiner finds nothing."""
        days = self.counts["photographs"]
        for table in ("visits", "expenses", "orders", "attachments", "attachment_files"):
            assert await fetch_value(f"SELECT count(*) FROM {table}") == days, table
        assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'mutation'") == 4 * days
        assert await fetch_value("SELECT count(*) FROM sync_mutations WHERE st = 'applied'") == 4 * days
        assert await fetch_value("SELECT sum(held) FROM reservations") == 2_000_000 * days, "stock is reserved once"
        assert await fetch_value("SELECT count(*) FROM sync_uploads WHERE finished_at IS NULL") == 0
        assert await all_faults() == []


@asynccontextmanager
async def rep_of(server: Mortal) -> AsyncIterator[Rep]:
    """Lan logged in, with a customer who has credit and an item that is there."""
    customer, item = new_id(), await an_item(on_hand=100_000)
    await execute(
        "INSERT INTO customers (id, code, name, position_id, currency) VALUES ($1, 'KH1', 'Minh', 3, 'VND')", customer
    )
    await a_credit_line(customer, None)
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        rep = Rep(server, client, customer, item)
        await rep.log_in()
        yield rep


async def many(dsn: str, folder: Path, kills: int) -> Counter[str]:
    """That many kills, half of them at named points."""
    from backend.core import database as db

    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    dice, points = random.Random(kills), [*PUSH_POINTS, *UPLOAD_POINTS]
    try:
        with mortal(dsn, folder) as server:
            async with rep_of(server) as rep:
                while rep.counts["kills"] < kills:
                    if rep.counts["kills"] % 2:
                        await rep.die_any_time(dice)
                    else:
                        await rep.die_at(dice.choice(points))
                    if rep.counts["kills"] % 25 == 0:
                        print(dict(rep.counts), flush=True)
                await rep.check()
                rep.counts["slowest answer after a kill, ms"] = round(rep.slowest * 1000)
                return rep.counts
    finally:
        await db.close_pool()
        db.bind(None)


def main() -> int:
    """Print what was done; an assertion that fails ends it."""
    from tests.sync.soak import database

    began, kills = time.monotonic(), int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with database() as dsn, tempfile.TemporaryDirectory() as folder:
        counts = asyncio.run(many(dsn, Path(folder), kills))
    print(f"{time.monotonic() - began:.0f} s: {dict(counts)}; lost 0, doubled 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
