"""One act, one transaction: the caller's when one is open, else its own, repeated when PostgreSQL breaks a deadlock."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from backend.core.database import engine, in_transaction

T = TypeVar("T")


async def whole(work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` so that all of it is stored or nothing is."""
    if engine().current() is not None:
        return await work()
    return await in_transaction(work)
