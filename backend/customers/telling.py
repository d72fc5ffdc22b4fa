"""Telling people that customers change hands: how many, to or from whom, from when, and the first few by name.

Whoever takes over learns names only once the customers are theirs; a lock screen shows nothing but number and day.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from backend.core.clock import today
from backend.notices import notifying
from backend.notices.notifying import Notice
from backend.people.access import Actor
from backend.people.queries_seats import holders

NAMED: Final = 3


class Move(NamedTuple):
    """One customer going from a position to another."""

    name: str
    was: int
    is_now: int


class _Holders(NamedTuple):
    """Who sits where today."""

    seats: dict[UUID, set[int]]
    names: dict[int, str]


async def planned(moves: Sequence[Move], day: date, *, actor: Actor) -> None:
    """Both sides learn of a hand-over just made, except who made it."""
    here = day == today()
    await _tell(moves, day, "customers.reassigned", "customers.received" if here else "customers.coming", actor)


async def begun(moves: Sequence[Move]) -> None:
    """Both sides learn that a planned hand-over has taken effect."""
    await _tell(moves, today(), "customers.left", "customers.received", None)


async def called_off(moves: Sequence[Move], day: date, *, actor: Actor) -> None:
    """Both sides learn that everything stays as it is."""
    await _tell(moves, day, "customers.kept", "customers.not-coming", actor)


async def _tell(moves: Sequence[Move], day: date, gives: str, takes: str, actor: Actor | None) -> None:
    if not moves:
        return
    told = await _holders({one.was for one in moves} | {one.is_now for one in moves})
    notices: list[Notice] = []
    for user, seats in sorted(told.seats.items()):
        if actor is not None and user == actor.user_id:
            continue
        lost = [one for one in moves if one.was in seats and one.is_now not in seats]
        won = [one for one in moves if one.is_now in seats and one.was not in seats]
        if lost:
            to = ", ".join(sorted({told.names[one.is_now] for one in lost}))
            notices.append(Notice(user, gives, _numbers(lost, day, to), "/customers"))
        if won:
            giver = ", ".join(sorted({told.names[one.was] for one in won}))
            known = takes == "customers.received"
            notices.append(Notice(user, takes, _numbers(won, day, giver, known=known), "/customers"))
    await notifying.notify_many(notices)


def _numbers(moves: Sequence[Move], day: date, other: str, *, known: bool = True) -> dict[str, Any]:
    numbers: dict[str, Any] = {"count": len(moves), "on": f"{day:%d/%m/%Y}", "other": other}
    if known:
        numbers["names"] = listed(one.name for one in moves)
    return numbers


def listed(names: Iterable[str]) -> str:
    """The first few names, and three dots where there are more."""
    every = sorted(names)
    return ", ".join(every[:NAMED]) + ("…" if len(every) > NAMED else "")


async def _holders(positions: set[int]) -> _Holders:
    """Of those who still work here: nobody else is told or named."""
    seats: dict[UUID, set[int]] = defaultdict(set)
    names: dict[int, str] = {}
    for position, held in (await holders(positions)).items():
        here = [one for one in held.people if one.active]
        names[position] = ", ".join(one.name for one in here) or held.name
        for one in here:
            seats[one.id].add(position)
    return _Holders(seats, names)
