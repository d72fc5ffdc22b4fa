"""PostgreSQL dies again and again while eight phones hand in: its postmaster and single backends, at any moment.

The cluster is the embedded one as a company has it (fsync on), with its keeper, which starts it again.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from backend.core import database as db
from backend.core.embedded import Embedded, remove, start
from backend.demo.cast import build_cast
from backend.migrating import migrate
from tests.core.keeping import postmaster, replaced
from tests.makers import an_item
from tests.sync.mortal import Mortal, mortal
from tests.sync.rep import PATIENCE, Rep, rep_of, whole

PHONES = 8
WAYS = ("postmaster", "backend", "terminated", "app")


@asynccontextmanager
async def company() -> AsyncIterator[Embedded]:
    """A PostgreSQL that keeps what it has answered, with the cast in it, bound; thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="tuyen-storm-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # noqa: ASYNC240 -- PostgreSQL's own user must be able to pass
        held = await asyncio.to_thread(start, folder / "data")
        db.bind(db.create_engine(held.dsn, pool_size=2))
        try:
            await db.open_pool()
            await migrate()
            await build_cast()
            yield held
        finally:
            await db.close_pool()
            db.bind(None)
            await asyncio.to_thread(held.stop)
            remove(folder / "data")


def backends(server: int) -> list[int]:
    """The processes that serve clients."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    serving = []
    for child in children:
        try:
            if b"[local]" in Path(f"/proc/{child}/cmdline").read_bytes():
                serving.append(int(child))
        except OSError:
            continue
    return serving


class Storm:
    """The phones, and the one that kills. `dark`: seconds from each kill to the next request that was answered;
    `late`: of those after a postmaster's death, how many passed when PostgreSQL answered again."""

    def __init__(self, held: Embedded, server: Mortal, reps: list[Rep], seed: int) -> None:
        self.held, self.server, self.reps, self.dice = held, server, reps, random.Random(seed)
        self.over = asyncio.Event()
        self.days = 0
        self.counts: Counter[str] = Counter()
        self.dark: dict[str, list[float]] = {way: [] for way in WAYS}
        self.late: list[float] = []

    async def work(self, rep: Rep) -> None:
        """Day after day, every third with a photograph, until the storm is over; the last one is finished."""
        while not self.over.is_set():
            day = rep.day()
            await rep.hand_in(day)
            self.days += 1
            if self.days % 3 == 0:
                await rep.send_photo()

    async def kill(self, way: str) -> None:
        """One death, and the wait for the first request begun after it that was answered."""
        victim, struck = postmaster(self.held.home), time.monotonic()
        up = 0.0
        if way == "app":
            self.server.kill()
            await asyncio.to_thread(self.server.life)
        elif way == "postmaster":
            os.kill(victim, signal.SIGKILL)
            while not replaced(self.held.home, victim):
                await self._wait(struck)
            up = time.monotonic()
        else:
            os.kill(self.dice.choice(backends(victim)), signal.SIGKILL if way == "backend" else signal.SIGTERM)
        self.counts[f"{way} killed"] += 1
        while max(rep.served_at for rep in self.reps) <= struck:
            await self._wait(struck)
        self.dark[way].append(time.monotonic() - struck)
        if up:
            self.late.append(time.monotonic() - up)

    async def _wait(self, since: float) -> None:
        assert not self.over.is_set() and time.monotonic() - since < PATIENCE, "nobody is served any more"
        await asyncio.sleep(0.01)

    async def rage(self, kills: int) -> None:
        """So many deaths at random moments, each way among the first of them."""
        try:
            for n in range(kills):
                await asyncio.sleep(self.dice.uniform(0.05, 0.5))
                await self.kill(WAYS[n] if n < len(WAYS) else self.dice.choice(WAYS))
        finally:
            self.over.set()

    async def check(self) -> None:
        """What was answered is there, once; what was not was handed in again until it was."""
        for rep in self.reps:
            self.counts += rep.counts
        self.counts["days"] = self.days
        await whole(self.days, self.counts["photographs"])

    def report(self) -> str:
        """What was done, and a line for each way to die."""
        lines = [str(dict(self.counts))]
        for way, seconds in self.dark.items():
            if seconds:
                worst, middle = max(seconds), sorted(seconds)[len(seconds) // 2]
                lines.append(f"{way}: {len(seconds)} kills, served again after {middle:.2f} s (worst {worst:.2f} s)")
        if self.late:
            lines.append(f"after PostgreSQL was up again: at most {max(self.late):.2f} s")
        return "\n".join(lines)


async def storm(folder: Path, kills: int, seed: int) -> Storm:
    """So many kills while eight phones hand in; everything is looked at in the end."""
    async with company() as held, AsyncExitStack() as stack:
        server = stack.enter_context(mortal(held.dsn, folder, TUYEN_POOL_SIZE="10"))
        wanted = await an_item("CHUNG", on_hand=100_000)
        reps = [
            await stack.enter_async_context(rep_of(server.url, wanted, "lan" if n % 2 else "bob"))
            for n in range(PHONES)
        ]
        told = Storm(held, server, reps, seed)
        async with asyncio.timeout(60 + 10 * kills):
            await asyncio.gather(told.rage(kills), *(told.work(rep) for rep in reps))
        await told.check()
        return told
