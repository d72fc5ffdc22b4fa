"""Photos yield to data: what an office can do at a time goes to orders and visits first, and to pictures what is left.

Bytes may wait, people may not. Three rules, in every server process for itself:

* So many bodies are read at a time (`settings().upload_slots`), each with at most one block in memory. The next ones
  wait before a byte of theirs is read: the line holds them back. Whoever would have to wait too long is told to come
  again (503 with `Retry-After`).
* What an upload costs the office (a block on its way to the disk, a row, a proof) is one *turn*, and a few turns are
  taken at a time. While requests for data are being answered, a turn waits: as long as `Pace` says, or until there are
  none.
* `Pace` watches how long data takes. Slower than `SLOW`: turns wait several times longer. Quick again: shorter, bit by
  bit, down to nothing. A turn never waits longer than `LONGEST`, so photos always get on.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, Final
from weakref import WeakKeyDictionary

from backend.core.compression import ANSWERING
from backend.core.settings import settings
from sync.errors import UploadsWait

AT_WORK: Final = 2  # turns at a time
QUEUE: Final = 8  # as many bodies as this times the slots may wait for one
SLOW, SHORTEST, LONGEST = 0.1, 0.005, 0.5  # seconds
MORE, LESS = 3.0, 0.98
_NOT_DATA: Final = ("/api/v1/files", "/api/v1/attachments", "/api/v1/live")


class Pace:
    """How long a turn waits while data is being answered: `wait`, in seconds."""

    def __init__(self) -> None:
        self.wait = 0.0

    def answered(self, seconds: float) -> None:
        """A request for data took so long."""
        if seconds > SLOW:
            self.wait = min(LONGEST, max(SHORTEST, self.wait * MORE))
        else:
            self.wait = self.wait * LESS if self.wait > SHORTEST else 0.0


class Turns:
    """Slots and turns of one server process."""

    def __init__(self, slots: int) -> None:
        self.pace = Pace()
        self.answering = 0
        self.waiting = 0
        self._most_waiting = slots * QUEUE
        self._slots = asyncio.Semaphore(slots)
        self._work = asyncio.Semaphore(AT_WORK)
        self._calm = asyncio.Event()
        self._calm.set()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Room for one body. Refuses `UploadsWait` when too many wait already, or it does not come in time."""
        if self._slots.locked() and self.waiting >= self._most_waiting:
            raise UploadsWait(retry_after=_later(self.pace))
        self.waiting += 1
        try:
            async with asyncio.timeout(settings().upload_wait_s):
                await self._slots.acquire()
        except TimeoutError:
            raise UploadsWait(retry_after=_later(self.pace)) from None
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One piece of work on an upload, after the data that is being answered or its wait, whichever ends first."""
        async with self._work:
            if self.answering and self.pace.wait:
                try:
                    async with asyncio.timeout(self.pace.wait):
                        await self._calm.wait()
                except TimeoutError:
                    pass
            yield

    def begin_data(self) -> None:
        """A request for data is here."""
        self.answering += 1
        self._calm.clear()

    def end_data(self, seconds: float) -> None:
        """It has been answered."""
        self.answering -= 1
        if not self.answering:
            self._calm.set()
        self.pace.answered(seconds)


def _later(pace: Pace) -> int:
    """Seconds after which to come again."""
    return 5 if pace.wait < LONGEST else 15


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns() -> Turns:
    """Those of the running event loop, of which a server process has one."""
    loop = asyncio.get_running_loop()
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns(settings().upload_slots)
    return found


class Courtesy:
    """ASGI wrapper that notes when data is being answered and how long it takes."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith("/api/v1/") or path.startswith(_NOT_DATA):
            await self.app(scope, receive, send)
            return
        here, began = turns(), perf_counter()
        scope[ANSWERING] = lambda: here.answering
        begun = not _brings_a_body(scope)

        async def received() -> Any:
            nonlocal began, begun
            event = await receive()
            began = perf_counter()  # a slow line says nothing about the office
            if not begun and event["type"] == "http.request" and not event.get("more_body", False):
                here.begin_data()  # not sooner: a line that hangs keeps nobody at work
                begun = True
            return event

        if begun:
            here.begin_data()
        try:
            await self.app(scope, received, send)
        finally:
            if begun:
                here.end_data(perf_counter() - began)


def _brings_a_body(scope: Any) -> bool:
    """Whether there is more to come than the head of the request."""
    said = dict(scope["headers"])
    return b"transfer-encoding" in said or said.get(b"content-length", b"0") != b"0"
