"""Languages: the same catalogues the phone uses, read by the office for problems, papers and messages."""

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("vi", "en")
FOLDER = Path(__file__).parents[2] / "pwa" / "locales"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every text of a language, all slices' files together."""
    texts: dict[str, str] = {}
    for file in sorted((FOLDER / language).glob("*.json")):
        texts.update(json.loads(file.read_text("utf-8")))
    return texts


def text(key: str, language: str, /, **values: object) -> str:
    """A text with its `{placeholders}` filled; the key itself where no text is known.

    Only plain placeholders are filled: plural forms belong to the phone's screens.
    """
    found = catalogue(language if language in LANGUAGES else LANGUAGES[0]).get(key, key)
    for name, value in values.items():
        found = found.replace("{" + name + "}", str(value))
    return found
