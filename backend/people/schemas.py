"""What crosses the wire about people."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

Language = Literal["vi", "en"]


class Device(msgspec.Struct, forbid_unknown_fields=True):
    """One install of the app; its id is made by the phone."""

    id: UUID
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """What opens a session."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    device: Device | None = None


class ChangeMe(msgspec.Struct, forbid_unknown_fields=True):
    """What people may change about themselves."""

    language: Language


class Company(msgspec.Struct):
    """The company's own choices a client needs."""

    name: str
    currency: str
    time_zone: str
    language: str


class Me(msgspec.Struct):
    """Who is logged in, and the token state-changing calls must carry."""

    id: UUID
    login: str
    name: str
    language: str
    roles: list[str]
    csrf: str
    positions: list[int]
    company: Company


class PositionOut(msgspec.Struct):
    """A position, its superior and who holds it today."""

    id: int
    name: str
    kind: str
    parent_id: int | None
    holders: list[str]


class UserOut(msgspec.Struct):
    """A person as their superiors see them."""

    id: UUID
    login: str
    name: str
    language: str
    active: bool
    roles: list[str]
