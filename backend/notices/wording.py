"""The words of a notice, in its reader's language."""

from collections.abc import Mapping
from typing import Any

from backend.core.languages import text


def title_of(kind: str, language: str, numbers: Mapping[str, Any]) -> str:
    """The title of a notice; a general one for a kind without texts."""
    key = f"notice.{kind}.title"
    found = text(key, language, **numbers)
    return found if found != key else text("notice.other.title", language)


def body_of(kind: str, language: str, numbers: Mapping[str, Any], *, part: str = "body") -> str:
    """The text of a notice for the inbox (`body`) or the lock screen (`push`)."""
    key = f"notice.{kind}.{part}"
    found = text(key, language, **numbers)
    return found if found != key else text(f"notice.other.{part}", language)
