"""Once a day: forget tombstones, moves, answers and price books old enough, throw away uploads nobody finished."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.orders.forgetting import forget_unused_books
from sync.epoch import compact
from sync.uploads import sweep

log = logging.getLogger("tuyen.sync")

FIRST_AFTER = 600.0  # seconds after the start, when nobody is waiting for it any more
EVERY = 86_400.0  # seconds; several server processes may all do it, twice changes nothing


async def tidy() -> None:
    """One round."""
    tombstones, uploads, books = await compact(), await sweep(), await forget_unused_books()
    log.info(
        "%d tombstones forgotten, %d unfinished uploads and %d price books thrown away", tombstones, uploads, books
    )


async def _daily() -> None:
    await asyncio.sleep(FIRST_AFTER)
    while True:
        try:
            await tidy()
        except Exception:
            log.exception("the daily round of sync failed; tomorrow again")
        await asyncio.sleep(EVERY)


@asynccontextmanager
async def keeping_house() -> AsyncIterator[None]:
    """Do it every day for as long as the context lasts."""
    task = asyncio.create_task(_daily())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
