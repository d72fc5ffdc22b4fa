"""What crosses the wire about conflicts."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Choice = Literal["mine", "theirs", "other"]
UNSAID = msgspec.UNSET


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    """`conflict.settle`: `theirs` leaves the office's value, `mine` writes the one that lost, `other` writes `value`.

    `seen`: the office's value as it was shown to the person who chose; left out, the one that was kept at the time.
    """

    id: UUID
    choice: Choice
    value: Any | msgspec.UnsetType = UNSAID
    seen: Any | msgspec.UnsetType = UNSAID


class Settling(msgspec.Struct, forbid_unknown_fields=True):
    """`POST /conflicts/{id}/settlement`: as `conflict.settle`, the id being in the path."""

    choice: Choice
    value: Any | msgspec.UnsetType = UNSAID
    seen: Any | msgspec.UnsetType = UNSAID


class Settled(msgspec.Struct):
    """How it was settled. `again`: the field had changed once more, so there is a new conflict to look at."""

    id: UUID
    version: int
    choice: str
    again: bool = False


class ConflictRow(msgspec.Struct):
    """A value that lost, in a list; `kept` is what the office had at the time."""

    id: UUID
    entity: str
    entity_id: UUID
    customer_id: UUID | None
    customer: str | None
    field: str
    base: Any
    kept: Any
    lost: Any
    lost_by_id: UUID
    lost_by: str
    lost_at: datetime
    choice: str | None
    settled_by: str | None
    settled_at: datetime | None
