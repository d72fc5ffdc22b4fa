"""One scratch database per test file, emptied for every test: much cheaper than a database each."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from backend.core import database as db


async def _administer(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def scratch_database(server: str) -> Iterator[str]:
    """A database of its own on the server; gives its connection string."""
    name = f"scratch_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    asyncio.run(_administer(server, f"CREATE DATABASE {name}"))
    start, _, query = server.partition("?")
    yield start.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
    asyncio.run(_administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@asynccontextmanager
async def bound(dsn: str, tables: str, *, pool_size: int) -> AsyncIterator[str]:
    """The scratch database with nothing but `tables`, bound, with a pool that refuses after two seconds.

    Closing fails loudly when a test kept a connection of the pool.
    """
    await _administer(dsn, "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;" + tables)
    engine = db.create_engine(dsn, pool_size=pool_size)
    engine.acquire_timeout = 2
    db.bind(engine)
    await db.open_pool()
    yield dsn
    await asyncio.wait_for(db.close_pool(), 10)
    db.bind(None)
