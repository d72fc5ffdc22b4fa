"""Background jobs on pgqueuer: enqueued inside the caller's transaction, so a rollback leaves no job.

A job may run more than once (a worker can die after the effect and before the tick): every job is written to bear it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from pgqueuer import PgQueuer
from pgqueuer.models import Job as QueuedJob

from backend.core.database import execute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger("tuyen.jobs")
Work = Callable[[dict[str, Any]], Awaitable[None]]
_registry: dict[str, Work] = {}


def job(name: str) -> Callable[[Work], Work]:
    """Register the function that does the jobs of this name."""

    def register(work: Work) -> Work:
        if name in _registry:
            raise KeyError(f"two jobs are called {name}")
        _registry[name] = work
        return work

    return register


async def enqueue(name: str, payload: dict[str, Any], *, after: timedelta = timedelta(0)) -> None:
    """Ask for a job, in the current transaction. The worker is woken when that commits."""
    if name not in _registry:
        raise KeyError(f"no job is called {name}")
    await execute(
        """INSERT INTO pgqueuer (priority, execute_after, entrypoint, payload, status)
           VALUES (0, now() + $1, $2, $3, 'queued')""",
        after, name, msgspec.json.encode(payload),
    )  # fmt: skip


async def enqueue_many(name: str, payloads: Sequence[dict[str, Any]]) -> None:
    """Ask for several jobs of one name, in one statement."""
    if name not in _registry:
        raise KeyError(f"no job is called {name}")
    await execute(
        """INSERT INTO pgqueuer (priority, execute_after, entrypoint, payload, status)
           SELECT 0, now(), $1, n.payload, 'queued' FROM unnest($2::bytea[]) AS n (payload)""",
        name, [msgspec.json.encode(payload) for payload in payloads],
    )  # fmt: skip


async def run_now(name: str, payload: dict[str, Any]) -> None:
    """Do a job here and now; what the worker calls, and tests."""
    await _registry[name](payload)


def _entry(queue: PgQueuer, name: str) -> None:
    @queue.entrypoint(name)
    async def do(queued: QueuedJob) -> None:
        await run_now(name, msgspec.json.decode(queued.payload or b"{}"))


@asynccontextmanager
async def worker(dsn: str) -> "AsyncIterator[None]":
    """Work on jobs for as long as the context lasts, over connections of its own."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=3)
    queue = PgQueuer.from_asyncpg_pool(pool)
    for name in _registry:
        _entry(queue, name)
    running = asyncio.create_task(_run(queue))
    try:
        yield
    finally:
        queue.shutdown.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.wait_for(pool.close(), 10)


async def _run(queue: PgQueuer) -> None:
    """Keep the queue going: a database that went away and came back must not end the work."""
    while not queue.shutdown.is_set():
        try:
            await queue.run(dequeue_timeout=timedelta(seconds=5))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            log.warning("the job queue lost its database: %s", fault)
            await asyncio.sleep(1)
