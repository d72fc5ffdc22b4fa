"""Where the demo company's chance comes from: one seed, one stream per subject, ids that are the same in every run."""

from datetime import UTC, date, datetime
from random import Random
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

SEED: Final = "tuyen-2026"
ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_SPREAD: Final = 0x1E3779B97F4A7C15  # odd, so that n -> n * _SPREAD is one to one on 62 bits
_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62


def chance(subject: str) -> Random:
    """The stream of one subject: what is drawn for names does not move what is drawn for prices."""
    return Random(f"{SEED}:{subject}")  # noqa: S311 -- a made-up company, kept the same on purpose


def id_at(ms: int, kind: int, n: int) -> UUID:
    """A UUIDv7 made at a moment (milliseconds since 1970), the n-th of its kind (0 to 4095)."""
    return UUID(int=number_at(ms, kind, n))


def number_at(ms: int, kind: int, n: int) -> int:
    """The same id as a 128-bit number, for rows made by the million."""
    return (ms << 80) | _VERSION | (kind << 64) | _VARIANT | (n * _SPREAD & (1 << 62) - 1)


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def moment_at(day: date, seconds: int = 0) -> datetime:
    """So many seconds after midnight of a day in the company's time zone, in UTC."""
    return datetime.fromtimestamp(midnight(day) + seconds, UTC)


def midnight(day: date) -> int:
    """Seconds since 1970 at which a day begins in the company's time zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


# First day of the lunar year.
TET: Final = {
    2022: date(2022, 2, 1), 2023: date(2023, 1, 22), 2024: date(2024, 2, 10), 2025: date(2025, 1, 29),
    2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26), 2029: date(2029, 2, 13),
    2030: date(2030, 2, 3), 2031: date(2031, 1, 23), 2032: date(2032, 2, 11),
}  # fmt: skip
