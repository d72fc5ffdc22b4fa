"""Something between a phone and the office, in the loop of a test: a port of its own, one conversation a connection."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self


class Relay(ABC):
    """`upstream` is the office's port, `port` the one phones use. What breaks on the way is the line's doing."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from a phone, from its first byte to its last."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # Only a closing line cancels; Python 3.11 would print every task that ends cancelled.
            with suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                await self.carry(reader, writer)
        finally:
            writer.close()
            self._tasks.discard(task)
