"""How every slice talks to PostgreSQL: statements, transactions with savepoints and retries, callbacks after commit.

All functions join the transaction that is open in the calling task, together with Piccolo's own queries.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from backend.core.database_engine import Engine
from backend.core.database_faults import Contended, DatabaseAway, away_is_clear, is_away
from backend.core.database_lazy import DB, LazyEngine, bind, engine
from backend.core.database_transaction import Callback, Transaction

__all__ = [
    "DB",
    "Contended",
    "DatabaseAway",
    "Engine",
    "LazyEngine",
    "Transaction",
    "after_commit",
    "away_is_clear",
    "bind",
    "close_pool",
    "create_engine",
    "engine",
    "execute",
    "execute_many",
    "fetch",
    "fetch_row",
    "fetch_value",
    "in_transaction",
    "is_away",
    "meanwhile",
    "open_pool",
    "transaction",
]

T = TypeVar("T")
log = logging.getLogger(__name__)

RETRIES = 3
_RETRIED_CODES = ("40001", "40P01")  # serialization_failure, deadlock_detected
_background: set[asyncio.Task[None]] = set()


def create_engine(dsn: str, *, pool_size: int = 10) -> Engine:
    """An engine for a libpq connection string; connects to nothing yet. It opens at most `pool_size` connections."""
    return Engine(dsn, pool_size=pool_size)


async def open_pool(to: Engine | None = None) -> None:
    """Open the pool of the bound engine (or of `to`). Raises DatabaseAway when the server cannot be reached."""
    await (to or engine()).start_connection_pool()


async def close_pool(of: Engine | None = None) -> None:
    """Wait for the connections in use and close them all."""
    await (of or engine()).close_connection_pool()


async def fetch(sql: str, *args: Any) -> list[Any]:
    """All rows of a statement with `$1` placeholders."""
    async with engine().connection() as connection:
        rows: list[Any] = await connection.fetch(sql, *args)
        return rows


async def fetch_row(sql: str, *args: Any) -> Any:
    """The first row, or None."""
    async with engine().connection() as connection:
        return await connection.fetchrow(sql, *args)


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first row, or None."""
    async with engine().connection() as connection:
        return await connection.fetchval(sql, *args)


async def execute(sql: str, *args: Any) -> str:
    """Run a statement (or, without arguments, a whole script) and give PostgreSQL's command tag, like `UPDATE 3`."""
    async with engine().connection() as connection:
        return str(await connection.execute(sql, *args))


async def execute_many(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run one statement for many rows, all or none."""
    async with engine().connection() as connection:
        await connection.executemany(sql, rows)


@asynccontextmanager
async def transaction(*, isolation: str | None = None, readonly: bool = False) -> AsyncIterator[Transaction]:
    """Everything inside is stored or nothing is; inside another one it is a savepoint.

    `isolation` ("repeatable_read", "serializable") and `readonly` are for the outermost one only. Do not let two tasks
    speak inside the same transaction at once: asyncpg refuses it.
    """
    async with engine().transaction(isolation=isolation, readonly=readonly) as opened:
        yield opened


async def in_transaction(work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` in a transaction; repeat it up to 3 times when PostgreSQL breaks a deadlock or a serialization knot.

    Only the outermost call repeats (an inner one is a savepoint of a transaction that is already doomed). `work` must
    have no effect but on the database; what else is to happen goes into `after_commit`, which forgets failed attempts.
    Raises `Contended` when the retries ran out.
    """
    if engine().current() is not None:
        async with transaction():
            return await work()
    attempt = 0
    while True:
        try:
            async with transaction():
                return await work()
        except asyncpg.PostgresError as error:
            if error.sqlstate not in _RETRIED_CODES:
                raise
            if attempt == RETRIES:
                raise Contended(f"gave up after {RETRIES} retries: {error}") from error
            attempt += 1
            log.info("attempt %d met %s and is repeated", attempt, error.sqlstate)
        await asyncio.sleep(random.uniform(0.005, 0.02 * 2**attempt))  # noqa: S311 -- spreads rivals, keeps no secret


async def meanwhile(statements: Coroutine[Any, Any, None], steps: Iterable[object]) -> None:
    """Run `statements` and, while the database is at them, go through `steps`: computing that asks it nothing.

    Both have ended when this returns; a step that fails, or being cancelled, ends the statements too.
    """
    asked = asyncio.ensure_future(statements)
    try:
        await asyncio.sleep(0)  # the first statement is on its way
        for _ in steps:
            await asyncio.sleep(0)
    except BaseException:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        raise
    await asked


def after_commit(callback: Callback) -> None:
    """Call `callback` right after the outermost COMMIT, never after a rollback of it or of an enclosing savepoint.

    Outside a transaction it is called soon. An error in it is logged: the commit stands.
    """
    opened = engine().current()
    if opened is not None:
        opened.callbacks.append(callback)
        return

    async def soon() -> None:
        try:
            await callback()
        except Exception:
            log.exception("a callback outside a transaction failed")

    task = asyncio.ensure_future(soon())
    _background.add(task)
    task.add_done_callback(_background.discard)
