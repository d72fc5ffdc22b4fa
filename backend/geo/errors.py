"""What geography refuses."""

from __future__ import annotations

from backend.core.errors import Malformed, NotVisible, Refusal


class AddressEmpty(Malformed):
    """An address needs words."""

    code = "address-empty"


class PositionInvalid(Malformed):
    """These numbers are no place; `problem` is invalid, swapped or null-island."""

    code = "position-invalid"


class FixTooVague(Refusal):
    """A confirmed pin is not replaced by a fix this inaccurate: `accuracy_m` against at most `limit_m`."""

    code = "fix-too-vague"


class AddressTaken(Refusal):
    """This id is the address of somebody else."""

    code = "address-taken"


class RegionSetUnknown(NotVisible):
    """No map of that name."""


class UnitTablesGone(NotVisible):
    """No unit tables of that version: ask for today's."""
