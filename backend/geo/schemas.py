"""What crosses the wire of geography."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Kind = Literal["bill", "ship", "visit"]


class SaveAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address to make, or (same id) to change. Position in degrees WGS 84, accuracy a radius in metres.

    `is_default` None: the first of its kind becomes the default. `method`: a fix taken on the spot, or a pin by hand.
    """

    id: UUID
    party_id: UUID
    text: Annotated[str, msgspec.Meta(max_length=500)]
    kind: Kind = "ship"
    is_default: bool | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    method: Literal["manual", "rep_fix"] = "rep_fix"
    style: Literal["old", "new"] | None = None


class PinAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The true position of an address: the pin dragged by hand, or "I am here"."""

    id: UUID
    lat: float
    lon: float
    accuracy_m: float | None = None
    method: Literal["manual", "rep_fix"] = "manual"


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The address as it now stands. `far`: it moved more than 1 km or into another province; a manager should look."""

    id: UUID
    party_id: UUID
    version: int
    version_id: UUID
    grade: str
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    certain: bool
    far: bool = False


class RegionSetOut(msgspec.Struct, frozen=True, kw_only=True):
    """One division of the country. `shapes`: where its map is, with the hash of its bytes; None when it has none."""

    code: str
    name_vi: str
    name_en: str
    valid_from: date
    valid_to: date | None
    source: str
    licence: str
    approximate: bool
    regions: int
    shapes: str | None


class UnitTablesOut(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of administrative units a phone reads addresses with. `bytes`: unpacked; `sent`: over the wire.

    `version`: first 16 hex digits of the sha256 of the unpacked tables; `parser`: the parser they are made for.
    """

    version: str
    url: str
    parser: str
    bytes: int
    sent: int
