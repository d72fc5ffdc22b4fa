"""Manners towards geocoders, one row per provider shared by all workers: rate, quota, pauses, circuit breaker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from backend.core.clock import now
from backend.core.database import execute, fetch_row, transaction
from backend.geo.providers import Provider

FAILURES = 5  # in a row, before the breaker opens
OPEN_FOR = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class State:
    """The bucket of one provider. `paused_until`: asked for by the provider, or the breaker is open."""

    tokens: float
    filled_at: datetime
    paused_until: datetime | None
    failures: int
    day: date
    used_today: int


def take(state: State, provider: Provider, at: datetime) -> tuple[State, timedelta]:
    """(the state after asking once, zero) when one question is allowed now, else (the state, how long to wait). Pure.

    The bucket fills with `per_second` up to `burst`; the quota of a day (UTC) starts anew at midnight.
    """
    if state.paused_until is not None and state.paused_until > at:
        return state, state.paused_until - at
    used = state.used_today if state.day == at.date() else 0
    if used >= provider.per_day:
        midnight = datetime.combine(at.date() + timedelta(days=1), datetime.min.time(), at.tzinfo)
        return state, midnight - at
    passed = max(0.0, (at - state.filled_at).total_seconds())
    tokens = min(provider.burst, state.tokens + passed * provider.per_second)
    filled = replace(state, tokens=tokens, filled_at=at, day=at.date(), used_today=used)
    if tokens < 1:
        return filled, timedelta(seconds=(1 - tokens) / provider.per_second)
    return replace(filled, tokens=tokens - 1, used_today=used + 1), timedelta(0)


async def ask_leave(provider: Provider) -> timedelta:
    """Zero when the provider may be asked now (and counts it as asked), else how long to wait."""
    async with transaction():
        state = await _state(provider)
        after, wait = take(state, provider, now())
        await execute(
            "UPDATE geocode_limits SET tokens = $2, filled_at = $3, day = $4, used_today = $5 WHERE provider = $1",
            provider.name, after.tokens, after.filled_at, after.day, after.used_today,
        )  # fmt: skip
    return wait


async def pause(provider: Provider, wait: timedelta) -> timedelta:
    """Leaves the provider alone for that long (a day at most); gives the time really set."""
    held = min(max(wait, timedelta(seconds=1)), LONGEST_PAUSE)
    await execute(
        "UPDATE geocode_limits SET paused_until = greatest(paused_until, $2), failures = 0 WHERE provider = $1",
        provider.name, now() + held,
    )  # fmt: skip
    return held


async def failed(provider: Provider) -> None:
    """Counts a failure; after five in a row the breaker opens for ten minutes."""
    await execute(
        """UPDATE geocode_limits SET failures = failures + 1,
                  paused_until = CASE WHEN failures + 1 >= $2 THEN $3 ELSE paused_until END WHERE provider = $1""",
        provider.name, FAILURES, now() + OPEN_FOR,
    )  # fmt: skip


async def answered(provider: Provider) -> None:
    """Closes the breaker."""
    await execute("UPDATE geocode_limits SET failures = 0 WHERE provider = $1 AND failures > 0", provider.name)


async def _state(provider: Provider) -> State:
    at = now()
    await execute(
        """INSERT INTO geocode_limits (provider, tokens, filled_at, day) VALUES ($1, $2, $3, $4)
           ON CONFLICT (provider) DO NOTHING""",
        provider.name, provider.burst, at, at.date(),
    )  # fmt: skip
    row = await fetch_row("SELECT * FROM geocode_limits WHERE provider = $1 FOR UPDATE", provider.name)
    return State(
        row["tokens"], row["filled_at"], row["paused_until"], row["failures"], row["day"], row["used_today"]
    )  # fmt: skip
