"""Refusals: what a verb raises when the answer is no.

A refusal carries a code (its text in both languages is `problem.<code>` in the locale files), the numbers a person
needs, and where in the input the fault lies. `core/problems.py` turns it into RFC 9457.
"""

from typing import TypeVar

T = TypeVar("T")


class Refusal(Exception):
    """The trade says no. Subclass it with a `code`; raise it with the numbers: `CreditExceeded(limit="1000")`."""

    code = "refused"
    status = 409

    def __init__(self, detail: str = "", /, *, pointer: str | None = None, **numbers: object) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.pointer = pointer
        self.numbers = numbers


class NotVisible(Refusal):
    """Absent, or not yours: the same answer for both, so that nobody learns that a thing exists."""

    code = "not-found"
    status = 404


class NotAllowed(Refusal):
    """You can see it, but your role may not do this."""

    code = "not-allowed"
    status = 403


class Malformed(Refusal):
    """The input itself is wrong; `pointer` (RFC 6901) names the place."""

    code = "malformed"
    status = 422


class StaleVersion(Refusal):
    """Somebody changed it since you read it; `current` is the version now."""

    code = "stale-version"
    status = 412


class TooMany(Refusal):
    """Too many tries; `retry_after` is in seconds."""

    code = "too-many"
    status = 429


class TooLarge(Refusal):
    """More bytes, rows or pixels than the door accepts; subclasses say with their numbers how many it does."""

    code = "too-large"
    status = 413


class WrongType(Refusal):
    """The bytes are of a kind this door does not take."""

    code = "wrong-content-type"
    status = 415


class Damaged(Refusal):
    """The bytes that came are not the ones that were announced (460 Checksum Mismatch, as tus says it)."""

    status = 460


class Unauthenticated(Refusal):
    """Nobody is logged in, or the session has ended."""

    code = "not-logged-in"
    status = 401


def granted(answer: T | Refusal) -> T:
    """One answer of a verb for many, where a single one was asked: raises what was refused."""
    if isinstance(answer, Refusal):
        raise answer
    return answer
