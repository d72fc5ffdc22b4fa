"""Which database the process works on, and for how long: the embedded one or a server you run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.core import database
from backend.core.embedded import start
from backend.core.settings import settings


@asynccontextmanager
async def database_in_use() -> AsyncIterator[str]:
    """Start or attach to the database the settings name, with the pool open; gives its DSN."""
    chosen = settings()
    embedded = None if chosen.database_url else start(chosen.data_dir)
    dsn = chosen.database_url or embedded.dsn  # type: ignore[union-attr]  # one of the two is there
    database.bind(database.create_engine(dsn, pool_size=chosen.pool_size))
    await database.open_pool()
    try:
        yield dsn
    finally:
        await database.close_pool()
        if embedded is not None:
            embedded.stop()
