"""Reading untyped JSON: the right shape, or `BookMalformed`. Twin: pwa/src/lib/pricing/shapes.ts."""

from collections.abc import Mapping
from typing import Any

from backend.pricing.errors import BookMalformed


def object_of(value: object) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise BookMalformed
    return value


def object_or_empty(value: object) -> Mapping[str, Any]:
    """A JSON object; absent is empty."""
    return {} if value is None else object_of(value)


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


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; absent is empty."""
    return tuple(text_of(one) for one in list_of(value))


def number(value: object, least: int, most: int) -> int:
    """A small JSON integer within bounds (digits, priorities: never money); absent is 0."""
    if value is None:
        return 0
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(whole, int) or isinstance(whole, bool) or not least <= whole <= most:
        raise BookMalformed
    return whole
