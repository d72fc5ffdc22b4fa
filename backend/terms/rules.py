"""Pure: what a term's text on the wire means as a column's value, and back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from backend.core.money import NotANumber, micro, minor, text_of_micro, text_of_minor
from backend.customers.term_rules import COLUMNS, Field
from backend.terms.errors import TermUnknown
from backend.terms.schemas import TermChanges

LARGEST = 10**15
HUNDRED = 100_000_000  # percent, 10^-6
# Terms the company sets elsewhere: its currency is a setting, its price list the default one.
NOT_OF_COMPANY = ("price_list", "currency")


class Named(msgspec.Struct, frozen=True):
    """A value one may choose, as a column stores it and as people read it."""

    key: str
    value: str
    name_vi: str
    name_en: str
    dormant: bool = False
    retired: bool = False


Known = Mapping[str, Mapping[str, Named]]


def as_columns(changes: TermChanges, known: Known, digits: int, before: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by column. Refuses `TermUnknown`, with a pointer, what is not among `known` or out of range.

    Args:
        known: of each term chosen from a list, its values by the text on the wire.
        digits: decimals of the currency of the credit limit.
        before: the owner's own values by column: a retired word may stay where it is, and go nowhere else.
    """
    found: dict[str, Any] = {}
    for term, column in COLUMNS.items():
        value = getattr(changes, term)
        if value is not msgspec.UNSET:
            found[column] = None if value is None else _stored(term, value, known, digits, before.get(column))
    return found


def _stored(term: Field, value: str, known: Known, digits: int, before: object) -> Any:
    try:
        if term == "discount":
            number, most = micro(value), HUNDRED
        elif term == "credit_limit":
            number, most = minor(value, digits), LARGEST
        else:
            chosen = known[term][value]
            if chosen.retired and before != chosen.key:
                raise KeyError(value)
            key = chosen.key
            return UUID(key) if COLUMNS[term].endswith("_id") else key
    except (KeyError, NotANumber) as fault:
        raise TermUnknown(term=term, pointer=f"/changes/{term}") from fault
    if not 0 <= number <= most:
        raise TermUnknown(term=term, pointer=f"/changes/{term}")
    return number


def as_text(term: Field, stored: Any, digits: int) -> str | None:
    """A stored value as the wire writes it (ids and codes as they are); None stays None."""
    if stored is None:
        return None
    if term == "discount":
        return text_of_micro(stored)
    return text_of_minor(stored, digits) if term == "credit_limit" else str(stored)
