"""The cursor: what a phone holds, as the phone itself carries it. Opaque to the phone; the office keeps nothing of it.

It grants nothing (rights are read anew at every pull), so it needs no signature; only its shape and size are checked.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import msgspec

from backend.core.paging import CursorMalformed

Key = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Snapshot = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}:[0-9]{1,18}:([0-9]{1,18}(,[0-9]{1,18})*)?$")]
NIL = UUID(int=0)
FIRST, HISTORY, DELTA = 0, 1, 2  # the phases a walk can be in


class Position(msgspec.Struct, array_like=True):
    """The last row sent of a walk that needs several pages."""

    phase: Annotated[int, msgspec.Meta(ge=FIRST, le=DELTA)]
    key: Key = 0
    root: UUID = NIL
    tbl: Annotated[int, msgspec.Meta(ge=0, le=32_767)] = 0
    id: UUID = NIL


class Cursor(msgspec.Struct, omit_defaults=True):
    """Attributes:
    e: epoch, the life of the database it was made in.
    s: every transaction visible in this snapshot is on the phone, for the keys `k`.
    k: keys the phone holds completely (written as differences, ascending).
    b: keys on their way (first sync, or newly granted). t: tables to send again after a new client schema.
    p: where the walk stands. n: the snapshot its first page saw, while a long delta is walked.
    x: keys lost in the middle of a walk: partly sent, to be dropped.
    f: rows may have slipped between pages; the next delta sends roots that changed hands whole.
    sc: the client schema it was made for. w: history window in days. g: rows sent and rows in all of a first sync.
    """

    e: str
    s: Snapshot
    k: list[Key] = []
    b: list[Key] = []
    t: list[Key] = []
    p: Position | None = None
    n: Snapshot | None = None
    x: list[Key] = []
    f: bool = False
    sc: int = 1
    w: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0
    g: tuple[int, int] | None = None

    def keys(self) -> set[int]:
        """The keys the phone holds completely."""
        found, at = set(), 0
        for step in self.k:
            at += step
            found.add(at)
        return found

    def hold(self, keys: Iterable[int]) -> None:
        """Set them."""
        ordered = sorted(keys)
        self.k = [key - before for before, key in zip([0, *ordered], ordered, strict=False)]


_decoder = msgspec.json.Decoder(Cursor)


def write(cursor: Cursor) -> str:
    """The text a phone carries."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read(text: str) -> Cursor:
    """The cursor of a text; refuses with `CursorMalformed` what this server cannot have made."""
    try:
        cursor = _decoder.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        for snapshot in filter(None, (cursor.s, cursor.n)):
            _check(snapshot)
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError) as fault:
        raise CursorMalformed(pointer="/pull/cursor") from fault
    return cursor


def xmin(snapshot: str) -> int:
    """Every transaction before this one had ended when the snapshot was taken."""
    return int(snapshot.partition(":")[0])


def _check(snapshot: str) -> None:
    low, high, running = snapshot.split(":")
    open_ones = [int(one) for one in running.split(",") if one]
    if not 0 < int(low) <= int(high) or open_ones != sorted(set(open_ones)):
        raise ValueError("not a snapshot")
    if open_ones and not int(low) <= open_ones[0] <= open_ones[-1] < int(high):
        raise ValueError("not a snapshot")
