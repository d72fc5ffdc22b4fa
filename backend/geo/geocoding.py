"""The job that asks an online geocoder for more than the ward's centre. Off until settings name a provider."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.core.jobs import enqueue, job
from backend.core.settings import settings


async def ask(version_id: UUID) -> None:
    """Queues the version for geocoding, in the current transaction; does nothing when no provider is set."""
    if settings().geocoders:
        await enqueue("geocode", {"address_version_id": str(version_id)})


@job("geocode")
async def geocode(payload: dict[str, Any]) -> None:
    """Looks one address version up through the provider chain."""
