"""Our Piccolo engine: one asyncpg pool, nested transactions as savepoints, no connection lost when COMMIT fails.

Stock Piccolo treats a nested transaction as nothing at all and never gives a connection back when COMMIT or ROLLBACK
fails (docs/decisions/0003-piccolo-engine.md). Everything here joins the transaction of the calling task, whether the
statement comes from `core.database` or from a Piccolo query.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import msgspec
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

log = logging.getLogger(__name__)

Callback = Callable[[], Awaitable[None]]

# Codes of PostgreSQL that mean "not now": connection trouble (08), shutdown, crash, starting up, too many clients.
_AWAY_CODES = ("57P01", "57P02", "57P03", "53300")


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached, or went away in the middle. Repeat the request after `retry_after` seconds.

    When it is raised by COMMIT the outcome is unknown (`in_commit` is true): repeat only what is idempotent.
    """

    retry_after = 1

    def __init__(self, detail: str, *, in_commit: bool = False) -> None:
        super().__init__(detail)
        self.in_commit = in_commit


class Contended(DatabaseAway):
    """The same rows were fought over until the retries ran out (40001 or 40P01); nothing was stored."""


def is_away(error: BaseException) -> bool:
    """Whether this error means the server or the line to it is gone, rather than that a statement was wrong."""
    if isinstance(error, asyncpg.PostgresError):
        code = str(getattr(error, "sqlstate", "") or "")
        return code.startswith("08") or code in _AWAY_CODES
    if isinstance(error, asyncpg.InterfaceError):
        text = str(error)
        return "closed" in text or "closing" in text or "released back to the pool" in text
    return isinstance(error, OSError)  # refused, reset, no socket file; TimeoutError is one too


@contextmanager
def away_is_clear(*, in_commit: bool = False) -> Iterator[None]:
    """Turn every kind of lost connection into `DatabaseAway`; let all other errors through unchanged."""
    try:
        yield
    except DatabaseAway:
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if is_away(error):
            raise DatabaseAway(f"{type(error).__name__}: {error}", in_commit=in_commit) from error
        raise


def _json_text(value: object) -> str:
    """JSON for PostgreSQL; text is taken to be JSON already, as Piccolo and hand-written SQL send it."""
    if isinstance(value, str):
        return value
    return bytes(value).decode() if isinstance(value, bytes | msgspec.Raw) else msgspec.json.encode(value).decode()


async def prepare_connection(connection: Any) -> None:
    """Make json and jsonb arrive as Python values."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=_json_text, decoder=msgspec.json.decode)


_finishing: set[asyncio.Task[None]] = set()


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end even when the caller is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    _finishing.add(task)
    task.add_done_callback(_finishing.discard)
    await asyncio.shield(task)


class Transaction(PostgresTransaction):
    """A transaction, or a savepoint when one is already open in this task."""

    engine: "Engine"
    _parent: "Transaction | None"

    def __init__(
        self, engine: "Engine", allow_nested: bool = True, *, isolation: str | None = None, readonly: bool = False
    ) -> None:
        super().__init__(engine, allow_nested)
        self._parent = engine.current()  # the base class would also count one that has ended
        if self._parent is not None and (isolation or readonly):
            raise ValueError("isolation and readonly belong to the outermost transaction")
        self.options = {"isolation": isolation, "readonly": readonly}
        self.callbacks: list[Callback] = []
        self.open = False

    async def __aenter__(self) -> "Transaction":
        if self._parent is not None:
            self.connection = self._parent.connection
            self.transaction = self.connection.transaction()  # asyncpg makes this one a SAVEPOINT
            with away_is_clear():
                await self.transaction.start()
        else:
            self.connection = await self.engine.take()
            try:
                self.transaction = self.connection.transaction(**self.options)
                with away_is_clear():
                    await self.transaction.start()
            except BaseException:
                await self.engine.give_back(self.connection)
                raise
        self.open = True
        self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: object, exception: object, traceback: object) -> bool:
        self.open = False
        self.engine.current_transaction.set(self._parent)
        if self._parent is not None:
            await self._end(failed=exception is not None)
            if self._committed:
                self._parent.callbacks += self.callbacks
        else:
            await _to_the_end(self._finish(failed=exception is not None))
        return False

    async def _end(self, *, failed: bool) -> None:
        if self._committed or self._rolled_back:  # by hand, as Piccolo allows
            return
        if not failed:
            with away_is_clear(in_commit=self._parent is None):
                await self.transaction.commit()
            self._committed = True
            return
        try:
            await self.transaction.rollback()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            # The first error is the one to tell; a connection that cannot roll back is closed when given back.
            log.warning("rollback failed: %s", error)

    async def _finish(self, *, failed: bool) -> None:
        try:
            await self._end(failed=failed)
        finally:
            await self.engine.give_back(self.connection)
        if self._committed:
            for callback in self.callbacks:
                try:
                    await callback()
                except Exception:
                    log.exception("a callback after commit failed; the commit stands")


class Engine(PostgresEngine):
    """Piccolo's engine with our transactions and our pool. Made by `core.database.create_engine`."""

    def __init__(self, dsn: str, *, pool_size: int = 10, acquire_timeout: float = 10.0, **config: Any) -> None:
        super().__init__(config={"dsn": dsn, **config})
        self.dsn = dsn
        self.pool_size = pool_size
        self.acquire_timeout = acquire_timeout
        self.loop: asyncio.AbstractEventLoop | None = None

    async def check_version(self) -> None:
        """Connect to nothing while being made: the server may not run yet."""

    async def prep_database(self) -> None:
        """Create no extensions."""

    def current(self) -> Transaction | None:
        """The open transaction of this task. A task started inside one no longer sees it once it has ended."""
        found = self.current_transaction.get()
        return found if isinstance(found, Transaction) and found.open else None

    def transaction_exists(self) -> bool:
        return self.current() is not None

    def transaction(self, allow_nested: bool = True, **options: Any) -> Transaction:
        return Transaction(self, allow_nested, **options)

    async def start_connection_pool(self, **kwargs: Any) -> None:
        if self.pool is not None:
            return
        with away_is_clear():
            self.pool = await asyncpg.create_pool(
                **{"min_size": 1, "max_size": self.pool_size, "init": prepare_connection, **self.config, **kwargs}
            )
        self.loop = asyncio.get_running_loop()

    async def close_connection_pool(self) -> None:
        if self.pool is not None:
            pool = self.pool
            try:
                await pool.close()
            finally:
                self.pool = self.loop = None

    async def get_new_connection(self) -> Any:
        """A connection outside the pool, for listeners and for tools without a pool. The caller closes it."""
        with away_is_clear():
            connection = await asyncpg.connect(**self.config)
            await prepare_connection(connection)
        return connection

    async def take(self) -> Any:
        """A connection of the pool, or a new one when no pool runs in this event loop. Refuses with DatabaseAway."""
        if self.pool is not None and self.loop is asyncio.get_running_loop():
            with away_is_clear():
                return await self.pool.acquire(timeout=self.acquire_timeout)
        return await self.get_new_connection()

    async def give_back(self, connection: Any) -> None:
        """Return what `take` gave."""
        if isinstance(connection, asyncpg.pool.PoolConnectionProxy):
            try:
                if self.pool is not None:
                    await self.pool.release(connection)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("a connection could not be reset and was closed: %s", error)
        else:
            await connection.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """The connection of the open transaction, or one for this block only."""
        inside = self.current()
        with away_is_clear():
            if inside is not None:
                yield inside.connection
                return
            connection = await self.take()
            try:
                yield connection
            finally:
                await self.give_back(connection)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        query, args = querystring.compile_string(engine_type=self.engine_type)
        return await self._fetch(query, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        return await self._fetch(ddl)

    async def _fetch(self, sql: str, args: Sequence[Any] = ()) -> Any:
        async with self.connection() as connection:
            return await connection.fetch(sql, *args)
