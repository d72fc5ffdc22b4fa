"""What crosses the wire about notices."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec


class PushKeys(msgspec.Struct, forbid_unknown_fields=True):
    """The browser's public key and shared secret, base64url."""

    p256dh: Annotated[str, msgspec.Meta(max_length=200)]
    auth: Annotated[str, msgspec.Meta(max_length=100)]


class Subscribe(msgspec.Struct, forbid_unknown_fields=True):
    """A browser that wants to be told."""

    endpoint: Annotated[str, msgspec.Meta(max_length=1000)]
    keys: PushKeys


class Subscribed(msgspec.Struct):
    """The subscription stored, by which it can be ended."""

    id: UUID


class NoticeOut(msgspec.Struct):
    """A notice in its reader's language."""

    id: UUID
    kind: str
    title: str
    body: str
    numbers: dict[str, Any]
    link: str | None
    created_at: datetime
    read_at: datetime | None


class Inbox(msgspec.Struct):
    """A page of the inbox, newest first, and how many are unread in all."""

    items: list[NoticeOut]
    unread: int
    next: str | None = None


class PushKey(msgspec.Struct):
    """The office's public key for subscribing."""

    key: str
