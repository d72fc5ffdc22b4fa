"""What crosses the wire about customers. Input refuses unknown fields; output shows a role what its task needs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from backend.core.editing import Base, LostValue

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Phone = Annotated[str, msgspec.Meta(max_length=40)]
TaxNo = Annotated[str, msgspec.Meta(max_length=20)]
Note = Annotated[str, msgspec.Meta(max_length=4000)]
Email = Annotated[str, msgspec.Meta(max_length=200)]
Role = Annotated[str, msgspec.Meta(max_length=80)]
Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Lon = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Metres = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Stage = Literal["lead", "account"]


class NewAddress(msgspec.Struct, forbid_unknown_fields=True):
    """Where the new customer is. Degrees WGS 84; accuracy in metres.

    `method`: how the position was found, `rep_fix` by the phone on the spot, `manual` by a pin set by hand. A position
    is only what somebody stood at or pointed to: the centre of the ward is the office's own reckoning from the text.
    """

    id: UUID
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    lat: Lat | None = None
    lon: Lon | None = None
    accuracy_m: Metres | None = None
    method: Literal["manual", "rep_fix"] = "rep_fix"


class NewContact(msgspec.Struct, forbid_unknown_fields=True):
    """A person at the customer's."""

    id: UUID
    name: Name
    phone: Phone | None = None
    email: Email | None = None
    role: Role | None = None


class CreateCustomer(msgspec.Struct, forbid_unknown_fields=True):
    """`customer.create`. `position_id` says who looks after the customer; left out, the maker does."""

    id: UUID
    name: Name
    stage: Stage = "lead"
    phone: Phone | None = None
    tax_no: TaxNo | None = None
    group_id: UUID | None = None
    note: Note | None = None
    address: NewAddress | None = None
    contact: NewContact | None = None
    position_id: int | None = None


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """New values by field name and the copy they were made on; what they are of is in the path."""

    changes: dict[str, Any]
    base: Base | None = None


class PinAddress(msgspec.Struct, forbid_unknown_fields=True):
    """`address.pin`: the true position of an address. `rep_fix` is the phone's own position, `manual` a dragged pin.

    `base`: the position the phone showed (`lat`, `lon`); one that somebody confirmed meanwhile stands against it.
    """

    id: UUID
    lat: Lat
    lon: Lon
    accuracy_m: Metres
    method: Literal["manual", "rep_fix"]
    base: Base | None = None


class SaveContact(msgspec.Struct, forbid_unknown_fields=True):
    """`contact.save`: a new contact of a customer or a known one, whole; `base`: what the editor saw of it."""

    id: UUID
    customer_id: UUID
    name: Name
    phone: Phone | None = None
    email: Email | None = None
    role: Role | None = None
    base: Base | None = None


class AllOf(msgspec.Struct, forbid_unknown_fields=True):
    """Every customer a filter finds; a position or group counts with everything below it, `ward` is a code of today."""

    position: int | None = None
    group: UUID | None = None
    ward: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$")] | None = None
    q: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class HandOver(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which customers go to which position from which day on (company time zone; today when none is given).

    Either `customer_ids`, or `all_of` a filter but for the customers in `but`.
    """

    to_position: int
    customer_ids: Annotated[list[UUID], msgspec.Meta(max_length=5000)] = []
    all_of: AllOf | None = None
    but: Annotated[list[UUID], msgspec.Meta(max_length=5000)] = []
    on: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


class Reassign(HandOver, forbid_unknown_fields=True, kw_only=True):
    """Hand customers over. `stamp`: what the preview showed; another choice by now is refused, not done."""

    reason: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    stamp: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class CloseCustomer(msgspec.Struct, forbid_unknown_fields=True):
    """Stop care of a customer: a reason of the kind `lead_close` and an explanation."""

    id: UUID
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Alike(msgspec.Struct):
    """A visible customer that may be the same one."""

    id: UUID
    code: str
    name: str


class Created(msgspec.Struct):
    """The customer made, and the ones that look like it (a warning, not a refusal)."""

    id: UUID
    version: int
    code: str
    alike: list[Alike] = []


class Pinned(msgspec.Struct):
    """The address after pinning. `far`: it moved more than 1 km or into another province; a manager should look."""

    id: UUID
    customer_id: UUID
    grade: str
    version_id: UUID
    far: bool
    conflicts: list[LostValue] = []


class Saved(msgspec.Struct):
    """A row written, with its version."""

    id: UUID
    version: int


class Reassigned(msgspec.Struct):
    """How many customers change hands, and whether they did so now or will on the day; `handover` is this act's id."""

    moved: int
    on: str
    now: bool
    handover: UUID | None = None


class CustomerOut(msgspec.Struct, omit_defaults=True):
    """A customer in a list. Notes and visit plans are left out for those whose task does not need them."""

    id: UUID
    version: int
    code: str
    name: str
    stage: str
    status: str
    phone: str | None
    tax_no: str | None
    group_ids: list[UUID]
    position_id: int
    position: str
    currency: str
    note: str | None = None
    planned_weekday: int | None = None
    last_visit_at: datetime | None = None
    last_order_at: datetime | None = None


class AddressOut(msgspec.Struct):
    """One place of a customer."""

    id: UUID
    kind: str
    text: str
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    grade: str
    is_default: bool
    version_id: UUID | None


class ContactOut(msgspec.Struct):
    """One person at a customer's."""

    id: UUID
    version: int
    name: str
    phone: str | None
    email: str | None
    role: str | None


class GroupOut(msgspec.Struct):
    """A group, its place in the tree and how many visible customers are in it or below."""

    id: UUID
    parent_id: UUID | None
    code: str
    name: str
    depth: int
    customers: int = 0


class ConflictOut(msgspec.Struct):
    """A value that lost a merge. `choice`: what a person made of it (`mine theirs other superseded`); None: open."""

    id: UUID
    entity: str
    field: str
    kept: Any
    lost: Any
    lost_by: str | None
    lost_at: datetime
    choice: str | None = None


class CustomerDetail(msgspec.Struct):
    """One customer, whole. Money, orders and visits are in `/customers/{id}/overview`."""

    customer: CustomerOut
    addresses: list[AddressOut]
    contacts: list[ContactOut]
    groups: list[GroupOut]
    conflicts: list[ConflictOut]
