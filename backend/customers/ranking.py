"""How well a customer answers a typed text. Pure; the phone ranks by the same rules (tests/cases/search).

A hit has a rank, 0 best:

0. the whole code, tax number or telephone number
1. the text as typed, accents included, at the start of a word of the name
2. the same without accents (đ = d)
3. every typed word starts a word of the name, or is the tail (3 digits or more) of the telephone number
4. the initials: "chm" for "Cửa hàng Minh"
5. the tail of the telephone number, the start of the tax number, or a part of the code (3 signs or more)
6. a part of the name (3 signs or more)
7. every typed word of 4 letters or more is one slip (a wrong, missing, extra or swapped letter) away from a word of
   the name; shorter words and numbers must fit

Equal ranks: a name that starts with the typed text first, then the name without accents, then the code.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol, TypeVar

from backend.core.folding import fold
from backend.customers.rules import phone_digits

SLIP: Final = 7
NO_HIT: Final = 9
_NOT_WORD = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\+?[0-9][0-9 .()-]*")


class Searchable(Protocol):
    """What a customer is found by."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def tax_no(self) -> str | None: ...


S = TypeVar("S", bound=Searchable)


class Query(NamedTuple):
    """A typed text, prepared once."""

    typed: str
    folded: str
    words: tuple[str, ...]
    number: str


def words_of(folded: str) -> list[str]:
    """The words of a folded text: runs of letters and digits."""
    return [word for word in _NOT_WORD.split(folded) if word]


def prepare(text: str) -> Query:
    """A typed text as the ranking wants it. At most 100 signs and 8 words count."""
    typed = " ".join(unicodedata.normalize("NFC", text[:100].replace("\x00", "")).lower().split())
    folded = fold(typed)
    number = phone_digits(typed) if _NUMBER.fullmatch(typed) else ""
    return Query(typed, folded, tuple(words_of(folded)[:8]), number)


def one_slip(left: str, right: str) -> bool:
    """Whether one wrong, missing, extra or swapped letter at most lies between two words."""
    if left == right:
        return True
    if len(left) > len(right):
        left, right = right, left
    if len(right) - len(left) > 1:
        return False
    start = next((i for i, letter in enumerate(left) if letter != right[i]), len(left))
    if len(left) < len(right):
        return left[start:] == right[start + 1 :]
    swapped = left[start + 1 : start + 2] + left[start : start + 1]
    return left[start + 1 :] == right[start + 1 :] or (
        swapped == right[start : start + 2] and left[start + 2 :] == right[start + 2 :]
    )


def rank(query: Query, customer: Searchable) -> int:  # noqa: PLR0911 -- one return per rank, in their order
    """The rank of a customer for a query, or `NO_HIT`."""
    if not query.folded:
        return NO_HIT
    folded, code, phone = fold(customer.name), fold(customer.code), phone_digits(customer.phone or "")
    tax = "".join(sign for sign in customer.tax_no or "" if sign in "0123456789")
    number = query.number
    if query.folded == code or (number and number in (phone, tax)):
        return 0
    if _starts_word(" ".join(unicodedata.normalize("NFC", customer.name).lower().split()), query.typed):
        return 1
    if _starts_word(folded, query.folded):
        return 2
    words = words_of(folded)
    if query.words and all(_fits(word, words, phone) for word in query.words):
        return 3
    if len(query.folded) >= 2 and "".join(word[0] for word in words).startswith(query.folded):
        return 4
    if len(number) >= 3 and (phone.endswith(number) or tax.startswith(number)):
        return 5
    if len(query.folded) >= 3 and query.folded in code:
        return 5
    if len(query.folded) >= 3 and query.folded in folded:
        return 6
    if any(len(word) >= 4 for word in query.words) and all(_slips(word, words, phone) for word in query.words):
        return SLIP
    return NO_HIT


def order(query: Query, customers: Iterable[S], limit: int = 20) -> list[S]:
    """The best hits, best first. Slips (rank 7) count only when nothing fits better."""
    found = []
    for customer in customers:
        if (at := rank(query, customer)) != NO_HIT:
            name = fold(customer.name)
            found.append(((at, not name.startswith(query.folded), name, fold(customer.code)), customer))
    found.sort(key=lambda pair: pair[0])
    if found and found[0][0][0] < SLIP:
        found = [pair for pair in found if pair[0][0] < SLIP]
    return [customer for _, customer in found[:limit]]


def _starts_word(text: str, typed: str) -> bool:
    at = text.find(typed)
    while at >= 0:
        if at == 0 or not text[at - 1].isalnum():
            return True
        at = text.find(typed, at + 1)
    return False


def _fits(word: str, words: list[str], phone: str) -> bool:
    if any(known.startswith(word) for known in words):
        return True
    return len(word) >= 3 and word.isdigit() and phone.endswith(word)


def _slips(word: str, words: list[str], phone: str) -> bool:
    if _fits(word, words, phone):
        return True
    return len(word) >= 4 and not word.isdigit() and any(one_slip(word, known) for known in words)
