"""Folding: how a text is written when only its letters matter ("Cửa hàng Đông" -> "cua hang dong").

The phone folds the same way (pwa/src/lib/folding); shared cases in tests/cases/search keep the two alike.
"""

import re
import unicodedata

_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower case, without accents, đ as d, runs of blanks as one."""
    lowered = text.lower().replace("đ", "d")
    bare = "".join(mark for mark in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(mark))
    return _SPACES.sub(" ", bare).strip()


def digits(text: str) -> str:
    """The digits of a phone number in national form: +84 and 0084 become 0."""
    only = re.sub(r"[^0-9+]", "", text)
    for prefix in ("+84", "0084"):
        if only.startswith(prefix):
            only = "0" + only[len(prefix) :].lstrip("0")
    return only.replace("+", "")
