"""A long dry run's sums on several processors: processes of their own, each with the books, fed page by page.

The server keeps its own processor for the people at their screens. A helper knows no database and no network address:
it gets the books and facts once, then baskets, and answers what they come to. What is limited (a budget, so many orders
a customer) is taken from in the order of the past, and stays with one hand.
"""

import asyncio
import contextlib
import os
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import msgspec

from backend.pricing.promotions.tally import Raw, Tally
from backend.pricing.promotions.tally_limits import Limits
from backend.pricing.promotions.tally_rows import Basket, Cost, Part
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import read_promotions

SMALL: Final = 2_000  # orders: below it, starting helpers takes longer than they save
MOST_HELPERS: Final = 4
_ROOT: Final = Path(__file__).parents[3]
_SIZE: Final = struct.Struct(">I")
GoesOn = Callable[[int], Awaitable[bool]]


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a helper needs to sum baskets: the book without promotions, those of both sides, customers and costs."""

    book: Raw
    ours: list[Raw]
    plain: list[Raw]
    coupon: str | None
    choices: list[str]
    facts: dict[UUID, Raw]
    costs: dict[str, Cost]

    def tally(self, book: Book, limits: Limits | None = None) -> Tally:
        """An empty sum over a book that holds the same."""
        sides = read_promotions(self.ours), read_promotions(self.plain)
        return Tally(book, sides, self.coupon, self.facts, self.costs, choices=self.choices, limits=limits)


class HelperDied(RuntimeError):
    """A helper ended before its work did."""


async def sum_up(tally: Tally, setup: Setup, pages: AsyncIterator[list[Basket]], total: int, goes_on: GoesOn) -> bool:
    """Add every page of baskets to the tally; False when `goes_on`, told how far it is, said to stop."""
    if total < SMALL or tally.limits is not None:
        return await _alone(tally, pages, goes_on)
    return await _together(tally, setup, pages, goes_on)


async def _alone(tally: Tally, pages: AsyncIterator[list[Basket]], goes_on: GoesOn) -> bool:
    async for page in pages:
        await asyncio.to_thread(tally.add, page)
        if not await goes_on(tally.looked_at):
            return False
    return True


async def _together(tally: Tally, setup: Setup, pages: AsyncIterator[list[Basket]], goes_on: GoesOn) -> bool:
    packed = await asyncio.to_thread(msgspec.msgpack.encode, setup)
    turn = asyncio.Lock()  # pages are read, and progress told, one after the other
    stopped = False

    async def work() -> None:
        nonlocal stopped
        async with _helper(packed) as ask:
            while True:
                async with turn:
                    page = None if stopped else await anext(pages, None)
                if page is None:
                    return
                part = await ask(page)
                async with turn:
                    tally.take(part)
                    stopped = stopped or not await goes_on(tally.looked_at)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(MOST_HELPERS, os.cpu_count() or 1)):
            group.create_task(work())
    return not stopped


@contextlib.asynccontextmanager
async def _helper(setup: bytes) -> AsyncIterator[Callable[[list[Basket]], Awaitable[Part]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend.pricing.promotions.tally_crew",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_ROOT, env=_surroundings(),
    )  # fmt: skip
    writing, reading = process.stdin, process.stdout
    if writing is None or reading is None:
        raise HelperDied

    async def say(content: bytes) -> None:
        writing.write(_SIZE.pack(len(content)) + content)
        await writing.drain()

    async def ask(page: list[Basket]) -> Part:
        try:
            await say(msgspec.msgpack.encode(page))
            (size,) = _SIZE.unpack(await reading.readexactly(_SIZE.size))
            return msgspec.msgpack.decode(await reading.readexactly(size), type=Part)
        except (asyncio.IncompleteReadError, ConnectionError) as fault:
            raise HelperDied from fault

    try:
        with contextlib.suppress(ConnectionError):  # a helper that died says so when it is asked
            await say(setup)
        yield ask
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _surroundings() -> dict[str, str]:
    """Nothing of the server's own: no database address, no keys."""
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV", "LANG") if name in os.environ}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> None:
    """`python -m backend.pricing.promotions.tally_crew`: the books, then pages of baskets, each after its length."""
    taking, giving = sys.stdin.buffer, sys.stdout.buffer
    setup = msgspec.msgpack.decode(_taken(taking), type=Setup)
    tally = setup.tally(Book(setup.book))
    while content := _taken(taking):
        tally.add(msgspec.msgpack.decode(content, type=list[Basket]))
        answer = msgspec.msgpack.encode(tally.give())
        giving.write(_SIZE.pack(len(answer)) + answer)
        giving.flush()


def _taken(stream: BinaryIO) -> bytes:
    head = stream.read(_SIZE.size)
    return stream.read(_SIZE.unpack(head)[0]) if len(head) == _SIZE.size else b""


if __name__ == "__main__":
    main()
