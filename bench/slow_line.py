"""A line as slow as a phone's: so many bits a second down and up, and a round trip that takes its time.

Stands between Chromium and the server, so that page, worker and service worker all go through it (the browser's own
throttle does not reach workers). The figures are those of Chromium's "Fast 3G".
"""

import asyncio
import contextlib
import threading
import time

DOWN, UP, ROUND_TRIP = 1_600_000 / 8, 750_000 / 8, 0.5625  # bytes a second, seconds
PIECE = 4_096


class SlowLine:
    """A TCP proxy on a port of its own, in a thread. All connections share the line; `down` and `up` count bytes."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port, self.port = upstream_port, 0
        self.down = self.up = 0
        self._free = {True: 0.0, False: 0.0}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "SlowLine":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP)  # a connection costs a round trip before it says anything
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            await asyncio.gather(
                self._carry(reader, far_writer, downwards=False), self._carry(far_reader, writer, downwards=True)
            )

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, downwards: bool) -> None:
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
