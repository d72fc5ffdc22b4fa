"""The engine that Piccolo's tables hold: it passes everything on to whichever engine is bound now.

Piccolo remembers an engine in each table for ever; the server is chosen at start and changes between tests.
"""

from typing import Any

from piccolo.engine.postgres import AsyncBatch, PostgresEngine
from piccolo.querystring import QueryString

from backend.core.database_engine import Engine
from backend.core.database_transaction import Transaction

_bound: Engine | None = None


def bind(to: Engine | None) -> None:
    """Make `to` the engine of the process; None unbinds."""
    global _bound  # noqa: PLW0603 -- one process speaks to one database; this is the one place that says which
    _bound = to


def engine() -> Engine:
    """The bound engine; refuses before `bind` was called."""
    if _bound is None:
        raise RuntimeError("no database is bound yet: call core.database.bind(create_engine(dsn)) first")
    return _bound


class LazyEngine(PostgresEngine):
    """`DB` of piccolo_conf.py."""

    def __init__(self) -> None:
        super().__init__(config={})

    async def check_version(self) -> None:
        """Nothing is bound yet."""

    async def prep_database(self) -> None:
        """Nothing is bound yet."""

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        return await engine().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        return await engine().run_ddl(ddl, in_pool)

    def transaction(self, allow_nested: bool = True, **options: Any) -> Transaction:
        return engine().transaction(allow_nested, **options)

    def transaction_exists(self) -> bool:
        return engine().transaction_exists()

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> AsyncBatch:
        return await engine().batch(query, batch_size, node)

    async def get_version(self) -> float:
        return await engine().get_version()

    async def get_new_connection(self) -> Any:
        return await engine().get_new_connection()

    async def start_connection_pool(self, **kwargs: Any) -> None:
        await engine().start_connection_pool(**kwargs)

    async def close_connection_pool(self) -> None:
        await engine().close_connection_pool()


DB = LazyEngine()
