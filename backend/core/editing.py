"""Edits made on an older copy: what the editor saw, which fields may be changed, and how two edits are merged."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from backend.core.errors import Malformed, StaleVersion

NOTE_LIMIT: Final = 4000
APPENDED: Final = frozenset({"note"})
Check = Callable[[str, object], object]


class FieldUnknown(Malformed):
    """A change names a field that is not there or is not the actor's to change."""

    code = "field-unknown"


class FieldWrong(Malformed):
    """A field's value has the wrong kind or length; `limit` says how long it may be."""

    code = "field-wrong"


class Base(msgspec.Struct, forbid_unknown_fields=True):
    """What the editor saw: the version, and the old values of the fields changed."""

    ver: int
    values: dict[str, Any] = {}


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    """New values by field name, and the copy they were made on."""

    id: UUID
    changes: dict[str, Any]
    base: Base | None = None


class LostValue(msgspec.Struct):
    """A value that lost against a newer one; it is kept and can be chosen again."""

    field: str
    base: Any
    kept: Any
    lost: Any


class Edited(msgspec.Struct):
    """What an edit wrote and what it kept aside; `current`: the fields named as they are now, where something lost."""

    id: UUID
    version: int
    written: list[str] = []
    conflicts: list[LostValue] = []
    current: dict[str, Any] = {}


class Lost(NamedTuple):
    """A value that lost against a newer one of the same field."""

    field: str
    base: object
    kept: object
    lost: object


class Merge(NamedTuple):
    """What to write, and what is kept aside for a person."""

    changes: dict[str, Any]
    lost: list[Lost]


def merge(
    base: Mapping[str, object] | None,
    current: Mapping[str, object],
    wanted: Mapping[str, object],
    *,
    note_limit: int = NOTE_LIMIT,
) -> Merge:
    """Merge an edit made on an older copy, field by field.

    A field nobody else changed takes the new value; a field that already has it, or that the editor left as it was, is
    left alone; a field changed on both sides keeps the office's value and the other one is kept aside. Notes are never
    thrown away: both are written.

    Args:
        base: the values the editor saw; None means the editor saw the present ones. A changed field missing from it
            counts as seen differently, so it loses unless it agrees.
        current: the values now, of at least every wanted field.
        wanted: the new values.
        note_limit: characters a note may have; two that do not fit together are a conflict like any other.

    Source: the sync agreement, conflict policy of customers, contacts, addresses, visits and expenses.
    """
    changes: dict[str, Any] = {}
    lost: list[Lost] = []
    for field, value in wanted.items():
        now = current[field]
        if value == now or (base is not None and field in base and base[field] == value):
            continue  # there already, or never changed by the editor
        if base is None or (field in base and base[field] == now):
            changes[field] = value
            continue
        joined = _joined(base.get(field), now, value, note_limit) if field in APPENDED else None
        if joined is None:
            lost.append(Lost(field, base.get(field), now, value))
        elif joined != now:
            changes[field] = joined
    return Merge(changes, lost)


def _joined(base: object, now: object, value: object, limit: int) -> str | None:
    """Both notes, the office's first; None when they do not fit together or one of them erases."""
    if not isinstance(now, str) or not isinstance(value, str) or not now or not value:
        return None
    seen = base if isinstance(base, str) else ""
    added = value[len(seen) :].strip() if seen and value.startswith(seen) else value.strip()
    if added in now:
        return now
    joined = f"{now}\n{added}"
    return joined if len(joined) <= limit else None


def seen_by(base: Base | None, version: int) -> dict[str, Any] | None:
    """The values the editor worked on; None when they are the present ones.

    Refuses a version that is no longer the present one and comes without old values (`StaleVersion`).
    """
    if base is None or base.ver == version:
        return None
    if not base.values:
        raise StaleVersion(current=version)
    return dict(base.values)


def checked(changes: Mapping[str, object], fields: Mapping[str, Check], allowed: Collection[str]) -> dict[str, Any]:
    """The new values as they are stored. Refuses no change at all, fields that are not `allowed`, and wrong values."""
    if not changes:
        raise Malformed(pointer="/changes")
    wanted: dict[str, Any] = {}
    for field, value in changes.items():
        if field not in fields or field not in allowed:
            raise FieldUnknown(pointer=f"/changes/{field[:60]}", field=field[:60])
        wanted[field] = fields[field](field, value)
    return wanted


def answer(edited: UUID, version: int, wanted: Mapping[str, Any], current: Mapping[str, Any], merged: Merge) -> Edited:
    """What the editor is told."""
    return Edited(
        id=edited,
        version=version,
        written=sorted(merged.changes),
        conflicts=[LostValue(one.field, one.base, one.kept, one.lost) for one in merged.lost],
        current={field: merged.changes.get(field, current[field]) for field in wanted} if merged.lost else {},
    )


def wrong(field: str, limit: int) -> FieldWrong:
    """The refusal of a value, with the place in the changes."""
    return FieldWrong(pointer=f"/changes/{field}", field=field, limit=limit)


def text_field(limit: int, *, needed: bool = False) -> Check:
    """Words of at most `limit` characters, trimmed; nothing is null, unless something is `needed`."""

    def check(field: str, value: object) -> object:
        if value is None and not needed:
            return None
        if not isinstance(value, str) or len(value) > limit or (needed and not value.strip()) or "\x00" in value:
            raise wrong(field, limit)
        return value.strip() or None

    return check


def code_field(*, needed: bool = False) -> Check:
    """A code of one of the lists of reasons: 1 to 60 visible ASCII characters."""

    def check(field: str, value: object) -> object:
        if value is None and not needed:
            return None
        if not isinstance(value, str) or not 1 <= len(value) <= 60 or not all("!" <= one <= "~" for one in value):
            raise wrong(field, 60)
        return value

    return check


def day_field(*, needed: bool = False) -> Check:
    """A day as YYYY-MM-DD; kept as that text, so that it compares with what a phone saw."""

    def check(field: str, value: object) -> object:
        if value is None and not needed:
            return None
        try:
            if not isinstance(value, str) or date.fromisoformat(value).isoformat() != value:
                raise wrong(field, 10)
        except ValueError as fault:
            raise wrong(field, 10) from fault
        return value

    return check


def one_of(*allowed: object) -> Check:
    """One of these values."""

    def check(field: str, value: object) -> object:
        if isinstance(value, bool) or value not in allowed:
            raise wrong(field, len(allowed))
        return value

    return check
