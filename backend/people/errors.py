"""What people's verbs refuse with."""

from backend.core.errors import Malformed, NotAllowed, Refusal, TooMany, Unauthenticated


class WrongLogin(Unauthenticated):
    """Login or password is wrong; the same answer for an unknown login."""

    code = "wrong-login"


class TooManyLogins(TooMany):
    """Too many failed tries for this account or from this address."""

    code = "too-many-logins"


class DeviceRevoked(NotAllowed):
    """This phone was shut out by the office; `wipe` says whether its data must go now."""

    code = "device-revoked"


class CsrfMissing(NotAllowed):
    """A state-changing call without the session's own `X-Tuyen-CSRF`."""

    code = "csrf-missing"


class ReportingCycle(Refusal):
    """A position cannot report to itself or to somebody below it."""

    code = "reporting-cycle"


class WeakPassword(Malformed):
    """Passwords have at least 10 characters."""

    code = "weak-password"


class LoginTaken(Refusal):
    """Another user already has this login."""

    code = "login-taken"


class SeatHeld(Refusal):
    """The person sits in that position already at some time of the one asked for."""

    code = "seat-held"


class SeatOver(Refusal):
    """The person no longer sits in that position."""

    code = "seat-over"
