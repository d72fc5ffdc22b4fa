"""Pure decisions about customers: numbers that identify them, and how two edits of one customer are merged."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from backend.core.folding import digits

_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NOTE_LIMIT: Final = 4000
APPENDED: Final = frozenset({"note"})


def phone_digits(text: str) -> str:
    """A telephone number as people compare it: +84 901.234.567, 84901234567 and 0901 234 567 are one number.

    The database derives the same (`customers_phone_digits` in 30_customers.sql).
    """
    found = digits(text)
    return "0" + found[2:] if re.fullmatch(r"84[1-9][0-9]{8}", found) else found


def tax_check_digit(nine: str) -> int | None:
    """The tenth digit of a Vietnamese tax number, or None where the nine digits can have none.

    Source: the check-digit rule of the Vietnamese tax code (weights 31 29 23 19 17 13 7 5 3, 10 - sum mod 11).
    """
    check = 10 - sum(int(digit) * weight for digit, weight in zip(nine, _TAX_WEIGHTS, strict=True)) % 11
    return check if check < 10 else None


def tax_number_fits(text: str) -> bool:
    """Whether a tax number may be true.

    Ten digits, or ten and a three-digit branch, must pass the Vietnamese check digit. Twelve digits (a citizen's
    number) and anything with letters (other countries) are taken as they are.
    """
    bare = re.sub(r"[ .-]", "", text)
    if not bare or len(bare) > 20:
        return False
    if bare.isascii() and bare.isdigit() and len(bare) in (10, 13):
        return tax_check_digit(bare[:9]) == int(bare[9])
    return bare.isalnum()


def code_of(customer_id: UUID, length: int = 6) -> str:
    """A short customer code made from the random end of its id: no counter, so no lock, and a phone can say it too."""
    value = customer_id.int
    letters = []
    for _ in range(length):
        value, rest = divmod(value, 32)
        letters.append(_BASE32[rest])
    return "KH-" + "".join(letters)


class Lost(NamedTuple):
    """A value that lost against a newer one of the same field."""

    field: str
    base: object
    kept: object
    lost: object


class Merge(NamedTuple):
    """What to write, and what is kept aside for a person."""

    changes: dict[str, object]
    lost: list[Lost]


def merge(base: Mapping[str, object] | None, current: Mapping[str, object], wanted: Mapping[str, object]) -> Merge:
    """Merge an edit made on an older copy, field by field.

    A field nobody else changed takes the new value; a field that already has it is left alone; a field changed on both
    sides keeps the office's value and the other one is kept aside. Notes are never thrown away: both are written.

    Args:
        base: the values the editor saw; None means the editor saw the present ones. A changed field missing from it
        counts as
            seen differently, so it loses unless it agrees.
        current: the values now, of at least every wanted field.
        wanted: the new values.

    Source: the sync agreement, conflict policy of customers, contacts and addresses.
    """
    changes: dict[str, object] = {}
    lost: list[Lost] = []
    for field, value in wanted.items():
        now = current[field]
        if value == now:
            continue
        if base is None or (field in base and base[field] == now):
            changes[field] = value
            continue
        joined = _joined(base.get(field), now, value) if field in APPENDED else None
        if joined is not None:
            changes[field] = joined
        else:
            lost.append(Lost(field, base.get(field), now, value))
    return Merge(changes, lost)


def _joined(base: object, now: object, value: object) -> str | None:
    """Both notes, the office's first; None when they do not fit together or one of them erases."""
    if not isinstance(now, str) or not isinstance(value, str) or not now or not value:
        return None
    seen = base if isinstance(base, str) else ""
    added = value[len(seen) :].strip() if seen and value.startswith(seen) else value.strip()
    if added in now:
        return now
    joined = f"{now}\n{added}"
    return joined if len(joined) <= NOTE_LIMIT else None
