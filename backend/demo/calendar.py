"""When people order: growth, the rush before Tết, the quiet after it, the week's rhythm, exact counts a day."""

from datetime import date, timedelta

from backend.core.money import allocate
from backend.demo.seeds import TET

_WEEK = (110, 100, 100, 104, 116, 82, 8)  # Monday .. Sunday
_MONTH = (100, 92, 96, 102, 108, 110, 106, 100, 98, 100, 103, 108)
_YEARLY_GROWTH = 14


def weight_of(day: date, start: date) -> int:
    """How many orders a day draws compared with others, as an integer."""
    growth = 100 * 365 + _YEARLY_GROWTH * (day - start).days
    return growth * _WEEK[day.weekday()] * _MONTH[day.month - 1] * _tet(day) // 10_000


def _tet(day: date) -> int:
    """Percent of an ordinary day: 220 two weeks before Tết, almost nothing in the holiday, half the week after."""
    nearest = min(TET.values(), key=lambda first: abs((first - day).days))
    left = (nearest - day).days
    if left > 40 or left < -16:
        return 100
    if left > 14:
        return 100 + (40 - left) * 120 // 26
    if left > 3:
        return 220 - (14 - left) * 6
    if left > -6:
        return 3
    return 45 + (-left - 6) * 5


def orders_by_day(count: int, start: date, last: date) -> list[tuple[date, int]]:
    """Each day from `start` to `last` with its number of orders; they add up to `count`."""
    days = [start + timedelta(days=n) for n in range((last - start).days + 1)]
    return list(zip(days, allocate(count, [weight_of(day, start) for day in days]), strict=True))


def years_before(today: date, years: int) -> date:
    """The same day so many years ago; 29 February counts as the 28th."""
    day = min(today.day, 28) if today.month == 2 else today.day
    return date(today.year - years, today.month, day)
