"""What crosses the wire about the words terms are chosen from, and about how long old prices are honoured."""

from typing import Annotated, Literal

import msgspec

from backend.terms.choosing import Kind

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
DueDays = Annotated[int, msgspec.Meta(ge=0, le=3650)]
Place = Annotated[int, msgspec.Meta(ge=0, le=9999)]
Seller = Literal["admin", "manager", "rep"]


class AddChoice(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A new word. `due_days`, of payment terms only: days from the invoice to when it is paid, 0 = on delivery."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,39}$(?!\n)")]
    name_vi: Name
    name_en: Name | None = None
    due_days: DueDays | None = None


class ChangeChoice(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Other names, days or another place in the list; what is left out stays, and so does the code for good."""

    expected_version: int
    name_vi: Name | msgspec.UnsetType = msgspec.UNSET
    name_en: Name | msgspec.UnsetType = msgspec.UNSET
    due_days: DueDays | msgspec.UnsetType = msgspec.UNSET
    seq: Place | msgspec.UnsetType = msgspec.UNSET


class MoveChoice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Retire or restore the version that was read."""

    expected_version: int


class ChoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A word as administrators see it. `used`: how many customers, groups, promotions (and the company) have it."""

    kind: Kind
    code: str
    name_vi: str
    name_en: str
    due_days: int | None
    seq: int
    used: int
    retired: bool
    version: int


class ChoiceSaved(msgspec.Struct, frozen=True, kw_only=True):
    """A word after a change; `removed`: nothing had it, and it is gone altogether."""

    kind: Kind
    code: str
    version: int
    retired: bool = False
    removed: bool = False


class SetHonourHours(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """For how many hours prices told by people of a role stand; null is the company's default, 0 never."""

    expected_version: int
    hours: Annotated[int, msgspec.Meta(ge=0, le=720)] | None


class HonourRow(msgspec.Struct, frozen=True):
    """What is set for a role; `hours` null where the default holds."""

    role: Seller
    hours: int | None
    version: int


class HonourHours(msgspec.Struct, frozen=True):
    """The windows of all roles who sell. Who has several roles has the widest of their windows."""

    default: int
    roles: list[HonourRow]
