"""Writers of the state machine: statements that commit at once, transactions left open, and what has to wait for them.

Nothing here sleeps for luck: what runs is let run until it has ended, or until PostgreSQL itself says that it waits
for a lock, so that a run is the same each time it is run.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tests.sync.changes import Changes
from tests.sync.office import Change

STUCK = 5.0  # seconds after which something that waits for nobody is stuck
MOST_OPEN = 3


@dataclass
class Writer:
    """A transaction left open, and what it has done so far."""

    connection: Any
    transaction: Any
    changes: list[Change]


@dataclass
class Waiting:
    """What the office does for one request or several at once, any of which may have to wait for a writer.

    `then` gets what came of each: what it gave, or the fault it ended with.
    """

    tasks: "list[asyncio.Task[Any]]"
    customers: frozenset[UUID]
    then: Callable[[list[Any]], Awaitable[None]]

    def running(self) -> "list[asyncio.Task[Any]]":
        """Those that have not ended."""
        return [task for task in self.tasks if not task.done()]


class Writers:
    """`side` are connections for writers; `main` is for looking and for changes nobody stands in the way of."""

    def __init__(self, main: Any, side: list[Any]) -> None:
        self.main, self.free = main, list(side)
        self.draws = Changes()
        self.writers: list[Writer] = []
        self.waiting: list[Waiting] = []
        self.seen: Counter[str] = Counter()

    @property
    def quiet(self) -> bool:
        """Nobody is in the middle of anything."""
        return not self.writers and not self.waiting

    def _locked(self) -> frozenset[UUID]:
        """What writers hold, and what those who wait for them have taken already."""
        held = frozenset(one for writer in self.writers for change in writer.changes for one in change.customers)
        return held.union(*(one.customers for one in self.waiting))

    async def change(self, kind: str, n: int, m: int) -> None:
        """One change, committed at once, or as soon as the writers it meets let it."""
        change = self.draws.draw(kind, n, m)
        if change is None:
            return
        self.seen["changes"] += 1
        if change.customers.isdisjoint(self._locked()):
            await run(self.main, change)
            self.draws.keep(change)
        elif self.free:
            connection = self.free.pop()

            async def done(outcomes: list[Any]) -> None:
                [outcome] = outcomes
                self.free.append(connection)
                if isinstance(outcome, asyncpg.DeadlockDetectedError):
                    return
                if isinstance(outcome, BaseException):
                    raise outcome
                self.draws.keep(change)

            self.seen["met a writer"] += 1
            await self._wait_for([run(connection, change)], change.customers, done)

    async def open(self, kinds: list[tuple[str, int, int]]) -> None:
        """Begin a transaction and leave it open. It never waits for others itself, so that only others wait for it."""
        if len(self.writers) >= MOST_OPEN or not self.free:
            return
        taken = self._locked()
        changes = [change for change in (self.draws.draw(*kind) for kind in kinds)
                   if change and change.customers.isdisjoint(taken)]  # fmt: skip
        if not changes:
            return
        connection = self.free.pop()
        transaction = connection.transaction()
        await transaction.start()
        for change in changes:
            await run(connection, change)
        self.writers.append(Writer(connection, transaction, changes))
        self.seen["left open"] += 1
        self._heat()

    async def end(self, n: int, *, committed: bool) -> None:
        """A writer commits or rolls back; those who waited for it go on."""
        if not self.writers:
            return
        writer = self.writers.pop(n % len(self.writers))
        await (writer.transaction.commit() if committed else writer.transaction.rollback())
        self.free.append(writer.connection)
        if committed:
            for change in writer.changes:
                self.draws.keep(change)
        self._heat()
        await self._collect()

    def _heat(self) -> None:
        self.draws.hot = frozenset(one for writer in self.writers for change in writer.changes
                                   for one in change.customers)  # fmt: skip

    async def _wait_for(
        self, work: Sequence[Coroutine[Any, Any, Any]], customers: frozenset[UUID],
        then: Callable[[list[Any]], Awaitable[None]],
    ) -> None:  # fmt: skip
        """Do it; when it has to wait for a writer, come back to it later."""
        self.waiting.append(Waiting([asyncio.create_task(one) for one in work], customers, then))
        await self._collect()

    async def _collect(self) -> None:
        """Let everything run that can, and take note of what has ended."""
        loop = asyncio.get_running_loop()
        until = loop.time() + STUCK
        while self.waiting:
            if busy := [task for one in self.waiting for task in one.running()]:
                await asyncio.wait(busy, timeout=0.002, return_when=asyncio.FIRST_COMPLETED)
            for one in [one for one in self.waiting if not one.running()]:
                self.waiting.remove(one)
                await one.then([task.exception() or task.result() for task in one.tasks])
            if not self.waiting or (self.writers and await self._all_blocked()):
                return
            assert loop.time() < until, "something waits although nobody is in its way"

    async def _all_blocked(self) -> bool:
        # Who was just given the lock says that it waits until a busy machine lets it go on: nobody is in its way.
        blocked: int = await self.main.fetchval(
            """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND pg_blocking_pids(pid) <> '{}'"""
        )
        return blocked >= sum(len(one.running()) for one in self.waiting)

    async def close(self) -> None:
        """After a run that failed: leave the database and the connections as they were found."""
        for writer in self.writers:
            await writer.transaction.rollback()
        left = [task for one in self.waiting for task in one.running()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def run(connection: Any, change: Change) -> None:
    await connection.execute(change.sql, *change.args)
