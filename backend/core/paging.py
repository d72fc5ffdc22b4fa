"""Keyset paging: a page starts after the last row of the one before, however large the list is."""

import base64
import binascii
from typing import Generic, TypeVar

import msgspec

from backend.core.errors import Malformed

T = TypeVar("T")
MOST = 200


class Page(msgspec.Struct, Generic[T]):
    """One page: its items and the cursor of the next, or None at the end."""

    items: list[T]
    next: str | None = None


class CursorMalformed(Malformed):
    """The cursor was not made by this server."""

    code = "cursor-malformed"


def encode_cursor(*values: object) -> str:
    """An opaque cursor out of the last row's sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[object, ...] | None:
    """The sort values of a cursor, each as its kind (str, int, UUID, datetime, date); None for the first page."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = msgspec.json.decode(raw, type=tuple[kinds])  # type: ignore[valid-type]  # built from the caller's kinds
    except (ValueError, binascii.Error, msgspec.MsgspecError) as fault:
        raise CursorMalformed(pointer="/cursor") from fault
    return tuple(values)
