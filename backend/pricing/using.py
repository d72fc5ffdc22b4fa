"""Asks whoever uses prices which ones they used. Pricing does not know what an order is: the room that does answers.

A question nobody has registered to answer is a fault, not a no: prices in use must never be taken back unnoticed.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Sought(NamedTuple):
    """Prices by their source ("list:DL/DL-2"), and lists built on theirs, through which goods (None: any) passed on."""

    sources: list[str]
    lists: list[str]
    items: list[UUID] | None
    since: datetime


class Uses(NamedTuple):
    """The numbers of the first documents that used one of the prices, and how many there are."""

    numbers: list[str]
    total: int


Finder = Callable[[Sought], Awaitable[Uses]]
_finders: list[Finder] = []


def answers_for_uses(finder: Finder) -> Finder:
    """Register a room's answer."""
    _finders.append(finder)
    return finder


async def uses_of(sought: Sought) -> Uses:
    """Every use of these prices."""
    if not _finders:
        raise LookupError("nobody answers for the use of prices")
    found = [await finder(sought) for finder in _finders]
    return Uses([number for one in found for number in one.numbers], sum(one.total for one in found))
