"""The memory of the geocoder chain: the same question is not asked twice while the provider's terms let us remember."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.folding import fold
from backend.geo.address import PARSER_VERSION
from backend.geo.providers import Answer, Provider

NOT_FOUND_DAYS = 30
CROWD = 5  # so many different addresses at one point: it is the point of something else
_SEPARATOR = "\x1f"


def key_of(text: str, provider: str, country: str = "VN") -> bytes:
    """sha256 of the folded text, country, provider and parser version: the question is not stored in the clear."""
    return hashlib.sha256(_SEPARATOR.join((fold(text), country, provider, PARSER_VERSION)).encode()).digest()


async def remembered(text: str, provider: Provider) -> tuple[bool, Answer | None]:
    """(whether we know, what was found); (True, None) is a remembered "nothing found"."""
    row = await fetch_row(
        "SELECT * FROM geocode_cache WHERE key = $1 AND expires_at > $2", key_of(text, provider.name), now()
    )
    if row is None:
        return False, None
    if not row["found"]:
        return True, None
    return True, Answer(row["lat"], row["lon"], row["what"], row["answer_text"], "VN")


async def remember(text: str, provider: Provider, answer: Answer | None) -> None:
    """Keeps an answer for as long as the provider allows; nothing at all where it forbids storing."""
    if not provider.may_store:
        return
    days = provider.max_age_days if answer else min(NOT_FOUND_DAYS, provider.max_age_days)
    at = now()
    await execute(
        """INSERT INTO geocode_cache (key, provider, found, lat, lon, precision_m, what, answer_text, stored_at,
                                      expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (key) DO UPDATE SET found = excluded.found, lat = excluded.lat, lon = excluded.lon,
               precision_m = excluded.precision_m, what = excluded.what, answer_text = excluded.answer_text,
               stored_at = excluded.stored_at, expires_at = excluded.expires_at""",
        key_of(text, provider.name), provider.name, answer is not None, answer.lat if answer else None,
        answer.lon if answer else None, answer.precision_m if answer else None, answer.what if answer else "",
        answer.text if answer else "", at, at + timedelta(days=days),
    )  # fmt: skip


async def crowded(provider: Provider, answer: Answer) -> bool:
    """Whether many different addresses were already answered with this very point."""
    count = await fetch_value(
        "SELECT count(*) FROM geocode_cache WHERE provider = $1 AND found AND lat = $2 AND lon = $3",
        provider.name, answer.lat, answer.lon,
    )  # fmt: skip
    return int(count) >= CROWD


async def forget_expired() -> None:
    """Drops what may no longer be kept."""
    await execute("DELETE FROM geocode_cache WHERE expires_at <= $1", now())
