"""A line as slow as a phone's: so many bits a second down and up, and a round trip that takes its time.

Stands between Chromium and the server, so that page, worker and service worker all go through it (the browser's own
throttle does not reach workers). The figures are those of Chromium's "Fast 3G".
"""

import asyncio
import contextlib
import time

from tests.browser.proxy import Line

DOWN, UP, ROUND_TRIP = 1_600_000 / 8, 750_000 / 8, 0.5625  # bytes a second, seconds
PIECE = 4_096


class SlowLine(Line):
    """All connections share the line; `down` and `up` count bytes."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self.down = self.up = 0
        self._free = {True: 0.0, False: 0.0}

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection costs a round trip before it says anything."""
        await asyncio.sleep(ROUND_TRIP)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        await asyncio.gather(
            self._one_way(reader, far_writer, downwards=False), self._one_way(far_reader, writer, downwards=True)
        )

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, downwards: bool) -> None:
        """Piece by piece, in order: each waits for the line, takes its time, and arrives half a trip later."""
        arriving: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)
        delivering = asyncio.create_task(self._deliver(arriving, writer))
        rate = DOWN if downwards else UP
        try:
            while piece := await reader.read(PIECE):
                start = max(time.monotonic(), self._free[downwards])
                self._free[downwards] = start + len(piece) / rate
                if downwards:
                    self.down += len(piece)
                else:
                    self.up += len(piece)
                await asyncio.sleep(self._free[downwards] - time.monotonic())
                await arriving.put((time.monotonic() + ROUND_TRIP / 2, piece))
        except OSError:
            pass
        await arriving.put((0.0, b""))
        await delivering

    @staticmethod
    async def _deliver(arriving: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while (due := await arriving.get())[1]:
                await asyncio.sleep(due[0] - time.monotonic())
                writer.write(due[1])
                await writer.drain()
            writer.close()
