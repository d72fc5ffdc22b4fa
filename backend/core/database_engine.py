"""Our Piccolo engine: one asyncpg pool under Piccolo's queries and the functions of `core.database` alike.

Every statement joins the transaction of the calling task; JSON columns arrive as Python values.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from backend.core.database_faults import ALL_FAULTS, away_is_clear
from backend.core.database_transaction import Transaction

log = logging.getLogger(__name__)


def _json_text(value: object) -> str:
    """JSON for PostgreSQL; text is taken to be JSON already, as Piccolo and hand-written SQL send it."""
    if isinstance(value, str):
        return value
    return bytes(value).decode() if isinstance(value, bytes | msgspec.Raw) else msgspec.json.encode(value).decode()


async def prepare_connection(connection: Any) -> None:
    """Make json and jsonb arrive as Python values."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=_json_text, decoder=msgspec.json.decode)


async def _nothing_to_reset(connection: Any) -> None:
    """Replaces asyncpg's RESET ALL, a whole round trip, at every return to the pool.

    asyncpg itself still rolls back a transaction left open. Session state (SET without LOCAL, LISTEN, session advisory
    locks, temporary tables) is therefore not for pooled connections: take one with `get_new_connection`.
    """


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
                min_size=1,
                max_size=self.pool_size,
                init=prepare_connection,
                reset=_nothing_to_reset,
                **{**self.config, **kwargs},
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
            except ALL_FAULTS as error:
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
