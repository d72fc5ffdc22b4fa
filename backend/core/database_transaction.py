"""Our Piccolo transaction: nested ones are savepoints, and the connection always goes back to the pool.

Stock Piccolo treats a nested transaction as nothing at all and never gives a connection back when COMMIT or ROLLBACK
fails (docs/decisions/0003-piccolo-engine.md).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from piccolo.engine.postgres import PostgresTransaction

from backend.core.database_faults import ALL_FAULTS, away_is_clear

if TYPE_CHECKING:
    from backend.core.database_engine import Engine

log = logging.getLogger(__name__)

Callback = Callable[[], Awaitable[None]]

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
        except ALL_FAULTS as error:
            # The first error is the one to tell; a connection that cannot roll back is closed when given back.
            log.info("rollback failed: %s", error)

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
