"""A bad line between browser and server: passes requests on, or dies before the server sees them, or after it answered.

One request per connection (it asks both sides to close), so that every cut falls exactly on a request's boundary.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Self

Fate = Literal["pass", "cut_before", "cut_after"]
Judge = Callable[[str, str], Fate]


class Line(ABC):
    """Something between a phone and the office: listens on a port of its own, in a thread of its own."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.port = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from the phone, from its first byte to its last; a line that breaks may be let through."""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self.loop.run_forever()
        server.close()
        self.loop.run_until_complete(self._end())
        self.loop.close()

    async def _end(self) -> None:
        """Let every open conversation come to its end before the loop closes."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in list(self.open):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            # Cancelled only when the line is taken away: nobody waits for this conversation any more.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                await self.carry(reader, writer)
        finally:
            self.open.discard(writer)
            writer.close()


class BadLine(Line):
    """`judge(method, path)` decides each request's fate; `seen` is what it decided."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self.down = False
        self.judge: Judge = lambda method, path: "pass"
        self.seen: list[tuple[str, str, Fate]] = []

    def cut(self) -> None:
        """The network is gone: open connections die too."""
        self.down = True

        def close_all() -> None:
            for writer in list(self.open):
                writer.transport.abort()

        self.loop.call_soon_threadsafe(close_all)

    def mend(self) -> None:
        """The network is back."""
        self.down = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; on a line that is down not even that."""
        if self.down:
            writer.transport.abort()
        else:
            await self._one_request(reader, writer)

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = [line for line in lines[1:] if line]
        length = next((int(h.split(":", 1)[1]) for h in headers if h.lower().startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        fate = self.judge(method, path)
        self.seen.append((method, path, fate))
        if fate == "cut_before":
            writer.transport.abort()
            return
        kept = [h for h in headers if not h.lower().startswith("connection:")]
        request = "\r\n".join([lines[0], *kept, "Connection: close", "", ""]).encode("latin-1") + body
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        self.open.add(upstream)
        try:
            upstream.write(request)
            await upstream.drain()
            if fate == "cut_after":
                await upstream_reader.read()  # the server has committed and answered; the answer is lost
                writer.transport.abort()
                return
            while chunk := await upstream_reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        finally:
            self.open.discard(upstream)
            upstream.close()
