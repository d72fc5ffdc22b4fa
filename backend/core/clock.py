"""The only clock. Tests move it; nothing else may ask the machine for the time."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from backend.core.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta(0))


def now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC) + _shift.get()


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
