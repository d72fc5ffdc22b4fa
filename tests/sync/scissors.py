"""A line that is cut at a byte: passes requests on to a server until so many bytes of uploads went through, then dies.

It counts the bytes of the bodies of `POST` and `PATCH` under `/api/v1/files` alone. One request a connection.
"""

import asyncio

from tests.sync.relay import Relay

PIECE = 8192


class Scissors(Relay):
    """`cut_at`: the number of uploaded bytes after which the line dies; None never. `sent`: how many went through."""

    def __init__(self, port: int, cut_at: int | None = None) -> None:
        super().__init__(port)
        self.cut_at = cut_at
        self.sent = 0
        self.requests: list[str] = []

    @property
    def dead(self) -> bool:
        return self.cut_at is not None and self.sent >= self.cut_at

    def mend(self) -> None:
        """Another line: counts from nothing and is not cut."""
        self.cut_at, self.sent, self.requests = None, 0, []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and its answer, or what of them goes through."""
        upstream: asyncio.StreamWriter | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, path, _ = lines[0].split(" ", 2)
            headers = [line for line in lines[1:] if line and not line.lower().startswith("connection:")]
            length = next((int(one[15:]) for one in headers if one.lower().startswith("content-length:")), 0)
            counts = method in ("POST", "PATCH") and path.startswith("/api/v1/files")
            if self.dead:
                return
            self.requests.append(method)
            back, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
            upstream.write("\r\n".join([lines[0], *headers, "Connection: close", "", ""]).encode("latin-1"))
            answering = asyncio.create_task(self._answer(back, writer))
            try:
                await self._pass_on(reader, upstream, length, counts=counts)
                if not (counts and self.dead):
                    await answering
            finally:
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
        finally:
            if upstream is not None:
                upstream.transport.abort() if self.dead else upstream.close()
            if self.dead:
                writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, length: int, *, counts: bool
    ) -> None:
        left = length
        while left:
            room = PIECE if not counts or self.cut_at is None else min(PIECE, self.cut_at - self.sent)
            piece = await reader.read(min(left, room))
            if not piece:
                return
            upstream.write(piece)
            await upstream.drain()
            left -= len(piece)
            if counts:
                self.sent += len(piece)
                if self.dead:
                    await asyncio.sleep(0.15)  # what was sent has time to arrive: a line is cut, not a cable's content
                    return

    async def _answer(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await back.read(65536):
            writer.write(piece)
            await writer.drain()
