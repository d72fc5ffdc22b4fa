"""What crosses the wire about visits, expenses and attachments. Amounts are decimal strings, moments zoned."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Code = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,60}$")]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Lon = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Metres = Annotated[float, msgspec.Meta(ge=0, le=10_000_000)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
Mime = Literal["image/jpeg", "image/png", "image/webp", "application/pdf"]


class Fix(msgspec.Struct, forbid_unknown_fields=True):
    """A position as the phone had it, kept raw: degrees WGS 84, metres (95 % certain to lie within), and its moment."""

    lat: Lat
    lon: Lon
    accuracy_m: Metres
    at: Moment | None = None


class LogVisit(msgspec.Struct, forbid_unknown_fields=True):
    """`visit.log`. Purpose, outcome and far_reason are codes of the lists of reasons; times are the phone's claim."""

    id: UUID
    customer_id: UUID
    purpose: Code
    started_at: Moment
    ended_at: Moment | None = None
    fix: Fix | None = None
    far_reason: Code | None = None
    note: Annotated[str, msgspec.Meta(max_length=4000)] | None = None
    outcome: Code | None = None
    next_step: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    next_on: date | None = None


class Logged(msgspec.Struct):
    """The visit as stored. `asks_reason`: the fix is far or vague and nobody said why; nothing is refused for it."""

    id: UUID
    version: int
    verdict: str
    distance_m: int | None
    asks_reason: bool
    late: bool


class ClaimExpense(msgspec.Struct, forbid_unknown_fields=True):
    """`expense.claim`. `amount` includes `vat`; both in whole minor units of the currency."""

    id: UUID
    category: Code
    amount: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    spent_on: date
    customer_id: UUID | None = None
    visit_id: UUID | None = None
    vat: Annotated[str, msgspec.Meta(min_length=1, max_length=30)] | None = None
    note: Note | None = None


class Claimed(msgspec.Struct):
    """The expense as stored."""

    id: UUID
    version: int
    state: str
    late: bool


class AddAttachment(msgspec.Struct, forbid_unknown_fields=True):
    """`attachment.add`: the promise of a file. Its bytes follow by themselves and must have this size and sha256."""

    id: UUID
    owner: Literal["visit", "expense"]
    owner_id: UUID
    sha256: Sha256
    size: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    mime: Mime
    taken_at: Moment | None = None
    lat: Lat | None = None
    lon: Lon | None = None


class Attached(msgspec.Struct):
    """The attachment as stored. `seen_before`: the same picture is on another visit or expense of this person."""

    id: UUID
    version: int
    state: str
    seen_before: bool
    late: bool


class FileOut(msgspec.Struct):
    """An attachment in a list; its bytes are at `/attachments/{id}`."""

    id: UUID
    mime: str
    size: int
    state: str


class ActivityOut(msgspec.Struct):
    """A visit in a list."""

    id: UUID
    version: int
    kind: str
    customer_id: UUID
    customer: str
    user_id: UUID
    user: str
    purpose: str
    started_at: datetime
    ended_at: datetime | None
    received_at: datetime
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    distance_m: int | None
    verdict: str
    far_reason: str | None
    note: str | None
    outcome: str | None
    next_step: str | None
    next_on: date | None
    late: bool
    attachments: list[FileOut]


class ExpenseOut(msgspec.Struct):
    """An expense in a list."""

    id: UUID
    version: int
    customer_id: UUID | None
    customer: str | None
    visit_id: UUID | None
    user_id: UUID
    user: str
    category: str
    amount: str
    vat: str | None
    currency: str
    spent_on: date
    note: str | None
    state: str
    late: bool
    attachments: list[FileOut]
