"""The live signal: "pull now", and nothing else. A phone that missed one loses time, never data.

The office looks every moment at the stamps of sync itself (docs/decisions/0040-sync-protocol.md): whatever changed a
row, a form, an import, a job or another server process, its keys are seen, and no writer has to remember to tell.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from backend.core.database import DatabaseAway, fetch_row
from sync.cursor import xmin
from sync.tables import EVERYONE

log = logging.getLogger("tuyen.live")

LOOK_EVERY = 0.5  # seconds between two looks while somebody listens
HEARTBEAT = 25.0  # seconds
LONGEST = 600.0  # seconds; then the phone connects again, and its session is checked anew
JITTER = 0.3  # seconds; phones of one line do not all pull in the same instant

_LOOK = """
    SELECT pg_current_snapshot()::text AS snapshot,
           ARRAY(SELECT DISTINCT key FROM sync_rows WHERE seq >= $1 AND sync_unseen(seq, $2::text::pg_snapshot)
                 UNION SELECT unnest(ARRAY[frm, dst]) FROM sync_moves
                        WHERE seq >= $1 AND sync_unseen(seq, $2::text::pg_snapshot)) AS keys
"""


@dataclass(eq=False)
class Listener:
    """One open connection of one phone."""

    keys: frozenset[int]
    due: asyncio.Event = field(default_factory=asyncio.Event)


class Watch:
    """Looks for changed keys and wakes the listeners whose keys they are."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._somebody = asyncio.Event()
        self._snapshot: str | None = None

    def add(self, listener: Listener) -> None:
        if not self.listeners:
            self._snapshot = None  # what happened while nobody listened is old news: phones pull when they connect
        self.listeners.add(listener)
        self._somebody.set()

    def remove(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        if not self.listeners:
            self._somebody.clear()

    async def look(self) -> frozenset[int]:
        """The keys changed since the last look; wakes whom they concern."""
        if self._snapshot is None:
            row = await fetch_row("SELECT pg_current_snapshot()::text AS snapshot, '{}'::int[] AS keys")
        else:
            row = await fetch_row(_LOOK, xmin(self._snapshot), self._snapshot)
        self._snapshot = row["snapshot"]
        changed = frozenset(row["keys"])
        for listener in self.listeners:
            if EVERYONE in changed or not changed.isdisjoint(listener.keys):
                listener.due.set()
        return changed

    async def run(self) -> None:
        """Look for as long as the task lives; a database that is away is waited for."""
        while True:
            await self._somebody.wait()
            try:
                await self.look()
            except DatabaseAway:
                await asyncio.sleep(1)
            except Exception:
                log.exception("a look for changes failed")
                await asyncio.sleep(5)
            await asyncio.sleep(LOOK_EVERY)


watch_in_use: list[Watch] = []


@asynccontextmanager
async def watching() -> AsyncIterator[Watch]:
    """Watch for as long as the context lasts."""
    watch = Watch()
    watch_in_use.append(watch)
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        watch_in_use.remove(watch)


async def signals(keys: frozenset[int]) -> AsyncIterator[str]:
    """What one connection is sent: a `pull` whenever its keys changed, a comment as a heartbeat in between."""
    if not watch_in_use:
        return
    watch, listener = watch_in_use[-1], Listener(keys)
    watch.add(listener)
    try:
        yield "retry: 5000\n: hello\n\n"
        ends = asyncio.get_running_loop().time() + LONGEST
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.wait_for(listener.due.wait(), min(HEARTBEAT, left))
            except TimeoutError:
                yield ": still here\n\n"
                continue
            await asyncio.sleep(random.uniform(0, JITTER))  # noqa: S311 -- spreads phones, keeps no secret
            listener.due.clear()
            yield "event: pull\ndata: \n\n"
    finally:
        watch.remove(listener)
