"""Telling a database that is away from a statement that is wrong, whatever asyncpg happens to raise."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

# Everything asyncpg may raise for a broken line; `is_away` decides.
ALL_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)

# Codes of PostgreSQL that mean "not now": connection trouble (08), shutdown, crash, starting up, idle too long (also in
# a transaction), too many clients.
_AWAY_CODES = ("57P01", "57P02", "57P03", "57P05", "25P03", "53300")


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached, or went away in the middle. Repeat the request after `retry_after` seconds.

    When it is raised by COMMIT the outcome is unknown (`in_commit` is true): repeat only what is idempotent.
    """

    retry_after = 1

    def __init__(self, detail: str, *, in_commit: bool = False) -> None:
        super().__init__(detail)
        self.in_commit = in_commit


class Contended(DatabaseAway):
    """The same rows were fought over until the retries ran out (40001 or 40P01); nothing was stored."""


def is_away(error: BaseException) -> bool:
    """Whether this error means the server or the line to it is gone, rather than that a statement was wrong."""
    if isinstance(error, asyncpg.PostgresError):
        code = str(getattr(error, "sqlstate", "") or "")
        return code.startswith("08") or code in _AWAY_CODES
    if isinstance(error, asyncpg.InterfaceError):
        text = str(error)
        return "closed" in text or "closing" in text or "released back to the pool" in text
    if isinstance(error, asyncpg.InternalClientError):
        # The server said good-bye while the line was idle, and asyncpg has not seen it closed yet.
        return "cannot switch to state" in str(error)
    return isinstance(error, OSError)  # refused, reset, no socket file; TimeoutError is one too


@contextmanager
def away_is_clear(*, in_commit: bool = False) -> Iterator[None]:
    """Turn every kind of lost connection into `DatabaseAway`; let all other errors through unchanged."""
    try:
        yield
    except DatabaseAway:
        raise
    except ALL_FAULTS as error:
        if is_away(error):
            raise DatabaseAway(f"{type(error).__name__}: {error}", in_commit=in_commit) from error
        raise
