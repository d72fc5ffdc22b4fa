"""Ids: UUIDv7, made by whoever creates the row, so that a phone needs no server to name things."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7: sorts by the moment of its making, which keeps index inserts at the right-hand edge."""
    return uuid7()
