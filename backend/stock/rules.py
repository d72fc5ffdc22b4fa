"""Pure stock arithmetic: what is free now, what may be promised by a day, and how lines share what is there.

Quantities are integers of 10^-6 base unit. Source: the domain agreement, "Stock numbers" (cumulative availability with
look-ahead: what is promised on a day must not be needed by an earlier promise for a later day).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple


class Event(NamedTuple):
    """Something expected: supply that comes in, or a demand that falls due."""

    on: date
    qty: int


def available(on_hand: int, reserved: int, safety: int) -> int:
    """What a new order may reserve now. Negative when the safety stock is eaten into."""
    return on_hand - reserved - safety


def _changes(supply: Iterable[Event], demand: Iterable[Event], today: date) -> dict[date, int]:
    """Net change per day. What is late counts today: late goods may come any moment, late demand waits already."""
    changes: dict[date, int] = {}
    for event, sign in [(event, 1) for event in supply] + [(event, -1) for event in demand]:
        day = max(event.on, today)
        changes[day] = changes.get(day, 0) + sign * event.qty
    return changes


def projected(free: int, supply: Iterable[Event], demand: Iterable[Event], *, today: date, on: date) -> int:
    """P(t): what would be free at the end of a day if nothing else were promised."""
    return free + sum(qty for day, qty in _changes(supply, demand, today).items() if day <= max(on, today))


def promisable(free: int, supply: Iterable[Event], demand: Iterable[Event], *, today: date, on: date) -> int:
    """ATP(t): the least P(u) of any day from `on` on. May be negative; nobody can be promised less than nothing."""
    on = max(on, today)
    changes = sorted(_changes(supply, demand, today).items())
    level = free + sum(qty for day, qty in changes if day <= on)
    return min(accumulate((qty for day, qty in changes if day > on), initial=level))


def earliest(
    qty: int, free: int, supply: Sequence[Event], demand: Sequence[Event], *, today: date, on: date
) -> date | None:
    """The first day from `on` on at which all of `qty` may be promised; None when no known supply suffices."""
    on = max(on, today)
    days = sorted({on, *(day for day in _changes(supply, demand, today) if day > on)})
    return next((day for day in days if promisable(free, supply, demand, today=today, on=day) >= qty), None)


def share(free: int, wants: Sequence[int]) -> list[int]:
    """What each line gets of `free`, first come first served; a line may get a part. The database does the same."""
    shares = []
    for want in wants:
        got = max(0, min(want, free))
        shares.append(got)
        free -= got
    return shares
