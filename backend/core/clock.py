"""The only clock. Tests move it; nothing else may ask the machine for the time.

A test that runs a whole server moves its clock with a file: `TUYEN_CLOCK_AHEAD` names one that holds the seconds the
clock is ahead. A server refuses to start with it unless its data folder is marked as one to throw away.
"""

import os
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from backend.core.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = os.environ.get("TUYEN_CLOCK_AHEAD", "")
_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta(0))


def now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC) + _shift.get() + (_ahead() if FILE else timedelta(0))


def _ahead() -> timedelta:
    try:
        return timedelta(seconds=int(Path(FILE).read_text("utf-8")))
    except FileNotFoundError:
        return timedelta(0)


def today() -> date:
    """Today in the company's time zone."""
    return local_day(now())


def local_day(moment: datetime) -> date:
    """The day a moment falls on in the company's time zone."""
    return moment.astimezone(ZoneInfo(settings().time_zone)).date()


@contextmanager
def at(moment: datetime) -> "Iterator[None]":
    """Run with the clock set to `moment` (it goes on ticking from there). For tests."""
    token = _shift.set(moment - datetime.now(UTC))
    try:
        yield
    finally:
        _shift.reset(token)
