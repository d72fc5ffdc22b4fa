"""The job that asks online geocoders for more than the ward's centre. Off until settings name a provider.

Runs in the worker, never in a request or the sync path. A failed question gets a time for the next try, and an end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.jobs import enqueue, job
from backend.core.settings import settings
from backend.geo.address import Parsed
from backend.geo.cache import forget_expired
from backend.geo.chain import Outcome, geocode_online
from backend.geo.moving import Current, move
from backend.geo.preparing import place_again
from backend.geo.providers import configured
from backend.geo.reading import CURRENT

MOST_TRIES = 5
MACHINE = frozenset(("ward", "none", "geocoder"))


async def ask(version_id: UUID) -> None:
    """Queues the version for geocoding, in the current transaction; does nothing when no provider is set."""
    if settings().geocoders:
        await enqueue("geocode", {"address_version_id": str(version_id)})


@job("geocode")
async def geocode(payload: dict[str, Any]) -> None:
    """Looks one address version up through the chain; a version that is no longer the current one is left alone."""
    version_id = UUID(payload["address_version_id"])
    address_id = await fetch_value("SELECT id FROM addresses WHERE version_id = $1 AND deleted_at IS NULL", version_id)
    row = None if address_id is None else await fetch_row(CURRENT, address_id)
    if row is None or row["grade"] not in MACHINE:
        return
    await forget_expired()
    parsed = msgspec.convert(row["parsed"], Parsed)
    outcome = await geocode_online(row["text"], parsed, configured())
    async with transaction():
        if outcome.place is not None:
            await _accept(address_id, version_id, outcome)
        await _note(version_id, outcome)


async def _accept(address_id: UUID, version_id: UUID, outcome: Outcome) -> None:
    """Moves the address, unless a person was quicker."""
    row = await fetch_row(CURRENT + " FOR UPDATE OF a", address_id)
    if row is None or row["version_id"] != version_id or row["grade"] not in MACHINE or outcome.place is None:
        return
    prepared = place_again(row["text"], msgspec.convert(row["parsed"], Parsed), outcome.place)
    await move(Current(row), prepared, corrects=version_id, by=None, provider=outcome.provider)


async def _note(version_id: UUID, outcome: Outcome) -> None:
    """Writes down how it went, and queues the next try of a failed one: later each time, five times at most."""
    if outcome.kind == "limited":  # our own manners, not a failure: it costs no try
        spread = outcome.retry_in + timedelta(seconds=1 + version_id.int % 60)
        await enqueue("geocode", {"address_version_id": str(version_id)}, after=spread)
        return
    tries = await fetch_value(
        """INSERT INTO geocode_tries (address_version_id, tries, outcome, last_error, changed_at)
           VALUES ($1, 1, $2, $3, $4)
           ON CONFLICT (address_version_id) DO UPDATE SET tries = geocode_tries.tries + 1, outcome = $2,
               last_error = $3, next_try_at = NULL, changed_at = $4
           RETURNING tries""",
        version_id, outcome.kind, outcome.error, now(),
    )  # fmt: skip
    if outcome.kind != "failed" or tries >= MOST_TRIES:
        return
    wait = max(outcome.retry_in, timedelta(minutes=2 ** (2 * tries)))
    await execute("UPDATE geocode_tries SET next_try_at = $2 WHERE address_version_id = $1", version_id, now() + wait)
    await enqueue("geocode", {"address_version_id": str(version_id)}, after=wait)
