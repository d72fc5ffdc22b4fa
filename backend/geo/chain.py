"""Asks the geocoders in order for more than the ward's centre, and believes none that contradicts the text."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderQuotaExceeded,
    GeocoderRateLimited,
    GeopyError,
)

from backend.geo import cache, limits
from backend.geo.address import Parsed, parse
from backend.geo.assigning import Method, Place, centroid
from backend.geo.distance import haversine_m
from backend.geo.locate import locate, packaged_set, problem_of
from backend.geo.providers import Answer, Provider

log = logging.getLogger("tuyen.geocoding")
NO_ADVICE = timedelta(minutes=1)  # a 429 that does not say how long
FORBIDDEN = timedelta(days=1)
AGAIN = timedelta(hours=1)
SHORT, PATIENCE = timedelta(seconds=3), 5  # how long a job waits for the bucket before it goes back to the queue
NEAR = 3.0  # a hit further from the ward's centre than so many of its radii is somewhere else


@dataclass(frozen=True, slots=True)
class Outcome:
    """`found` with its place and provider; `not-found`; `disagrees` with the text; `failed` or `limited`: try later."""

    kind: str
    place: Place | None = None
    provider: str = ""
    retry_in: timedelta = timedelta(0)
    error: str = ""


async def geocode_online(text: str, parsed: Parsed, providers: Sequence[Provider]) -> Outcome:
    """The first answer that can be believed. Never raises for what a provider does; addresses are never logged."""
    worst = Outcome("not-found")
    for provider in providers:
        outcome = await _one(text, parsed, provider)
        if outcome.kind == "found":
            return outcome
        if outcome.kind in ("failed", "limited") or worst.kind == "not-found":
            worst = outcome
    return worst


async def _one(text: str, parsed: Parsed, provider: Provider) -> Outcome:
    known, answer = await cache.remembered(text, provider)
    if not known:
        wait = await _patiently(provider)
        if wait:
            return Outcome("limited", retry_in=wait)
        try:
            answer = await _ask(text, provider)
        except (GeopyError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as fault:
            return await _refused(provider, fault)
        await limits.answered(provider)
        await cache.remember(text, provider, answer)
    if answer is None:
        return Outcome("not-found")
    if not agrees(answer, parsed) or await cache.crowded(provider, answer):
        return Outcome("disagrees", provider=provider.name)
    method: Method = "house" if answer.what == "house" else "street"
    return Outcome("found", Place(answer.lat, answer.lon, answer.precision_m, method), provider.name)


async def _patiently(provider: Provider) -> timedelta:
    """Waits for the bucket a little; zero when the provider may be asked now."""
    for _ in range(PATIENCE):
        wait = await limits.ask_leave(provider)
        if not wait or wait > SHORT:
            return wait
        await asyncio.sleep(wait.total_seconds())
    return SHORT


async def _ask(text: str, provider: Provider) -> Answer | None:
    async with provider.open() as geocoder:
        found: Answer | None = await asyncio.wait_for(
            provider.ask(geocoder, text, provider.timeout_s), provider.timeout_s + 1
        )
    return found


async def _refused(provider: Provider, fault: Exception) -> Outcome:
    """What each kind of refusal means for the next question."""
    name = type(fault).__name__
    log.warning("geocoder %s: %s", provider.name, name)
    if isinstance(fault, GeocoderRateLimited):
        advice = timedelta(seconds=float(fault.retry_after)) if fault.retry_after else NO_ADVICE
        return Outcome("failed", retry_in=await limits.pause(provider, advice), error=name)
    if isinstance(fault, GeocoderInsufficientPrivileges | GeocoderAuthenticationFailure | GeocoderQuotaExceeded):
        return Outcome("failed", retry_in=await limits.pause(provider, FORBIDDEN), error=name)
    await limits.failed(provider)
    return Outcome("failed", retry_in=AGAIN, error=name)


def agrees(answer: Answer, parsed: Parsed) -> bool:
    """Whether a hit may be believed: a house or street of this country, in the units the text names. Pure."""
    if answer.what == "area" or answer.country not in ("VN", "") or problem_of(answer.lat, answer.lon):
        return False
    hit = locate(answer.lat, answer.lon, packaged_set("VN-ADM1-34"))
    if hit is None:
        return False
    if not parsed.province_certain:
        return True
    if hit.code != parsed.province_34 and hit.distance_m == 0.0:
        return False
    said = parse(answer.text)
    if said.province_34 and said.province_34 != parsed.province_34:
        return False
    return _same_ward(answer, said, parsed)


def _same_ward(answer: Answer, said: Parsed, parsed: Parsed) -> bool:
    if parsed.ward_new is None:
        return True
    possible = {parsed.ward_new, *(one.ward_new for one in parsed.candidates)}
    if said.certain and said.ward_new not in possible:
        return False
    centre = centroid(parsed)
    if centre is None:
        return True
    return haversine_m(answer.lat, answer.lon, centre.lat, centre.lon) <= NEAR * centre.accuracy_m
