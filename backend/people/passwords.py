"""Passwords: argon2id, 19 MiB, t=2, p=1 (the OWASP minimum by memory), rehashed at login when parameters change."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from backend.people.errors import WeakPassword

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
SHORTEST = 10


def check_strength(password: str) -> None:
    """Refuse a password shorter than 10 characters."""
    if len(password) < SHORTEST:
        raise WeakPassword(pointer="/password", shortest=SHORTEST)


async def hash_password(password: str) -> str:
    """The argon2id hash, computed off the event loop (about 20 ms)."""
    return await asyncio.to_thread(_hasher.hash, password)


def hash_now(password: str) -> str:
    """The same, at once; for seeds and the command line."""
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _matches(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether it matches; an unknown user (`None`) costs the same time and never matches."""
    return await asyncio.to_thread(_matches, stored, password)


def outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)
