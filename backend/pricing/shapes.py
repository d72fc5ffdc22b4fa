"""Reading untyped JSON: the right shape, or `BookMalformed`. Twin: pwa/src/lib/pricing/shapes.ts."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from backend.pricing.errors import BookMalformed
from backend.pricing.numbers import dec

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"[\x21-\x7e]+")


def object_of(value: object) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):  # what JSON gives; asking for any mapping costs ten times as much
        raise BookMalformed
    return value


def object_or_empty(value: object) -> Mapping[str, Any]:
    """A JSON object; absent is empty."""
    return {} if value is None else object_of(value)


def only(raw: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """The object, when it has only these members: a rule that is not understood whole is not applied in part."""
    if any(name not in names for name in raw):
        raise BookMalformed
    return raw


def list_of(value: object) -> list[Any]:
    """A JSON array; absent is empty."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise BookMalformed
    return list(value)


def text_of(value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise BookMalformed
    return value


def text_or_none(value: object) -> str | None:
    """A text, or None where there is none."""
    return None if value is None else text_of(value)


def code_of(value: object) -> str:
    """A text of visible ASCII, so that both languages sort it alike."""
    code = text_of(value)
    if not _CODE.fullmatch(code):
        raise BookMalformed
    return code


def day_of(value: object) -> str:
    """A day, YYYY-MM-DD: as texts such days compare like the days themselves."""
    day = text_of(value)
    if not _DAY.fullmatch(day):
        raise BookMalformed
    return day


def day_or_none(value: object) -> str | None:
    """A day, or None where there is none."""
    return None if value is None else day_of(value)


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; absent is empty."""
    return tuple(text_of(one) for one in list_of(value))


def names_or_none(value: object) -> frozenset[str] | None:
    """At least one name, or None where there is no list."""
    if value is None:
        return None
    found = frozenset(texts(value))
    if not found:
        raise BookMalformed
    return found


def word(value: object, known: Sequence[str]) -> str:
    """One of the known words; absent is the first of them."""
    found = known[0] if value is None else text_of(value)
    if found not in known:
        raise BookMalformed
    return found


def flag(value: object) -> bool:
    """True or false; absent is false."""
    if value is not None and not isinstance(value, bool):
        raise BookMalformed
    return bool(value)


def positive(value: object) -> Fraction:
    """A decimal text, 0 or more."""
    number = dec(value)
    if number < 0:
        raise BookMalformed
    return number


def positive_or_none(value: object) -> Fraction | None:
    """A decimal text, 0 or more; None where there is none."""
    return None if value is None else positive(value)


def number(value: object, least: int, most: int) -> int:
    """A small JSON integer within bounds (digits, priorities: never money); absent is 0."""
    if value is None:
        return 0
    found = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise BookMalformed
    return found
