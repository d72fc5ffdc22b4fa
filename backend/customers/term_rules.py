"""Commercial terms: which level's value holds. Pure.

A term may be set on the customer, on any of its groups and for the company. The first level that sets it wins, in the
order customer, groups (the primary group and what is above it, nearest first, then the same of the other groups by
code), company. None is "not set here"; 0 is a value like any other: a limit of 0 is cash only, a discount of 0 is none.
Prices, credit and screens all resolve in this order; `customers_lines` in SQL gives the same one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

Level = TypeVar("Level", bound=Mapping[str, Any])
Field = Literal[
    "price_list", "discount", "sales_method", "payment_method", "payment_term", "currency", "tax", "credit_limit"
]
# Term -> the column that holds it in `customers`, `customer_groups` and `company_terms`.
COLUMNS: Final[dict[Field, str]] = {
    "price_list": "price_list_id",
    "discount": "discount_micro",
    "sales_method": "sales_method",
    "payment_method": "payment_method",
    "payment_term": "payment_term",
    "currency": "currency",
    "tax": "tax_id",
    "credit_limit": "credit_limit_minor",
}


def holder(column: str, levels: Iterable[Level]) -> Level | None:
    """The first level that sets this column; None when none does."""
    return next((level for level in levels if level.get(column) is not None), None)


def nearest(column: str, levels: Iterable[Mapping[str, Any]]) -> Any:
    """The value that holds; None when no level sets one."""
    found = holder(column, levels)
    return None if found is None else found[column]


def lineage(parents: Mapping[str, str | None], links: Sequence[str]) -> list[str]:
    """The groups of a customer in the order their terms are asked, each once.

    Args:
        parents: of every living group: the one above it; a group that is not there ends the line.
        links: the customer's own groups, the primary one first, then by code.
    """
    found: dict[str, None] = {}
    for link in links:
        group: str | None = link
        while group is not None and group in parents:
            found.setdefault(group)
            group = parents[group]
    return list(found)
