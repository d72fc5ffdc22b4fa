"""Answers made smaller on the way out: zstd where it is understood, else brotli, else gzip.

The framework's own choice (gzip 9 in the event loop) costs ten times the time for the same bytes. Never touched: small
answers, what is compressed already, streams of events, and parts of files.
"""

import asyncio
import threading
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import brotli
import zstandard

SMALLEST = 600  # bytes; below it the headers cost more than is saved
LITTLE = 32 * 1024  # bytes; up to it a size told beforehand saves most of the time
LARGE = 512 * 1024  # bytes; a first copy: what it saves on a slow line is worth 18 ms of processor a megabyte,
BUSY = 4  # unless so many are being answered at once: then everybody's wait is worth more than a tenth of the bytes
IN_A_THREAD = 256 * 1024  # bytes; above it the event loop is not kept waiting
ANSWERING = "tuyen.answering"  # in the scope: a function that says how many requests for data are being answered now
_TEXTUAL = ("text/", "application/json", "application/problem+json", "application/javascript", "application/xml",
            "application/manifest+json", "image/svg+xml", "application/geo+json", "application/vnd.tuyen")  # fmt: skip


class Squeezer(Protocol):
    """A running compression: `feed` what comes, then `finish`."""

    def feed(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


_own = threading.local()


def _quick() -> zstandard.ZstdCompressor:
    """This thread's own, kept: making one costs more than a small answer (megabytes of tables, touched anew)."""
    if not hasattr(_own, "packer"):
        _own.packer = zstandard.ZstdCompressor(level=3)
    packer: zstandard.ZstdCompressor = _own.packer
    return packer


class _Zstd:
    """Level 10 takes a tenth off the bytes of level 3; for what many ask for at once it would cost too much time."""

    def __init__(self, size: int | None = None, *, hard: bool = False) -> None:
        if size is None:  # a stream may meet others on its way
            self._running = zstandard.ZstdCompressor(level=3).compressobj()
        elif hard:
            self._running = zstandard.ZstdCompressor(level=10).compressobj()
        else:
            self._running = _quick().compressobj(size=size) if size <= LITTLE else _quick().compressobj()

    def feed(self, data: bytes) -> bytes:
        return self._running.compress(data)

    def finish(self) -> bytes:
        return self._running.flush()


class _Brotli:
    def __init__(self, size: int | None = None, *, hard: bool = False) -> None:
        self._running = brotli.Compressor(quality=5 if hard else 4)

    def feed(self, data: bytes) -> bytes:
        return bytes(self._running.process(data))

    def finish(self) -> bytes:
        return bytes(self._running.finish())


class _Gzip:
    def __init__(self, size: int | None = None, *, hard: bool = False) -> None:
        self._running = zlib.compressobj(4, zlib.DEFLATED, 31)

    def feed(self, data: bytes) -> bytes:
        return self._running.compress(data)

    def finish(self) -> bytes:
        return self._running.flush()


CODINGS: dict[str, Callable[..., Squeezer]] = {"zstd": _Zstd, "br": _Brotli, "gzip": _Gzip}


def choose(accepted: str) -> str | None:
    """The best coding a client accepts (`q=0` refuses; `*` takes anything not named), or None."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.strip().partition(";")
        try:
            weights[name.strip()] = float(parameters.strip().removeprefix("q=")) if parameters.strip() else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return next((coding for coding in CODINGS if weights.get(coding, weights.get("*", 0.0)) > 0), None)


def squeeze(data: bytes, coding: str, *, busy: bool = False) -> bytes:
    """A whole body at once, in one go in one thread."""
    running = CODINGS[coding](len(data), hard=len(data) > LARGE and not busy)
    return running.feed(data) + running.finish()


def _may(start: Any) -> bool:
    """Whether an answer with this start may be compressed at all."""
    headers = {name.lower(): value for name, value in start["headers"]}
    kind = headers.get(b"content-type", b"").decode("latin-1").lower()
    closed = (b"content-encoding", b"content-range", b"x-accel-buffering")
    return (
        start["status"] in range(200, 600)
        and start["status"] not in (204, 206, 304)
        and kind.startswith(_TEXTUAL)
        and not kind.startswith("text/event-stream")
        and not any(name in headers for name in closed)
    )


class Compression:
    """ASGI wrapper that compresses answers of textual types."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self.app(scope, receive, send)
            return
        accepted = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding")
        coding = choose(accepted.decode("latin-1"))
        await self.app(scope, receive, _Sender(send, coding, scope.get(ANSWERING, lambda: 0)))


class _Sender:
    """Holds the start of an answer back until its first bytes tell whether compressing is worth it."""

    def __init__(self, send: Any, coding: str | None, answering: Callable[[], int]) -> None:
        self.send = send
        self.coding = coding
        self.answering = answering
        self.start: Any = None
        self.running: Squeezer | None = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and _may(message):
            self.start = message
            return
        if message["type"] != "http.response.body" or (self.start is None and self.running is None):
            await self.send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self.start is not None:
            body = await self._begin(body, more)
        elif self.running is not None:
            body = await self._go_on(self.running, body, more)
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def _begin(self, body: bytes, more: bool) -> bytes:
        """Send the start; gives the first bytes (most often all) as they travel."""
        start, self.start = self.start, None
        headers = [*start["headers"], (b"vary", b"Accept-Encoding")]
        if self.coding is None or not (more or len(body) >= SMALLEST):
            await self.send({**start, "headers": headers})
            return body
        headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
        await self.send({**start, "headers": [*headers, (b"content-encoding", self.coding.encode())]})
        if not more:
            return await self._whole(body, self.coding)
        self.running = CODINGS[self.coding]()
        return await self._go_on(self.running, body, more)

    async def _whole(self, body: bytes, coding: str) -> bytes:
        busy = self.answering() >= BUSY
        if len(body) <= IN_A_THREAD or (busy and coding == "zstd"):  # a megabyte takes as long as going to a thread
            return squeeze(body, coding, busy=busy)
        return await asyncio.to_thread(squeeze, body, coding, busy=busy)

    async def _go_on(self, running: Squeezer, body: bytes, more: bool) -> bytes:
        def work() -> bytes:
            return running.feed(body) + (b"" if more else running.finish())

        return await asyncio.to_thread(work) if len(body) > IN_A_THREAD else work()
