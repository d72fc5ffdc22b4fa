"""Rows of the database as the price book writes them. Pure."""

from collections.abc import Mapping
from typing import Any

from backend.core.money import text_of_micro

Rows = list[dict[str, Any]]


def lineages(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Of each group in a tree: its own code and its ancestors', nearest first."""
    by_id = {row["id"]: row for row in rows}
    found: dict[str, tuple[str, ...]] = {}
    for start in rows:
        codes: list[str] = []
        row: dict[str, Any] | None = start
        while row is not None:
            codes.append(row["code"])
            row = by_id.get(row["parent_id"])
        found[start["id"]] = tuple(codes)
    return found


def currency_of_row(row: dict[str, Any], rates: Rows) -> dict[str, Any]:
    """A currency with its own rates; `rate` is company currency for one unit."""
    own = [
        {"from": one["from_on"], "num": one["num"], "den": one["den"]}
        for one in rates
        if one["currency"] == row["code"]
    ]
    return {"minor": row["minor_digits"], "price_digits": row["price_digits"], **({"rates": own} if own else {})}


def item_of_row(row: dict[str, Any], groups: Mapping[str, tuple[str, ...]], taxes: Mapping[str, str]) -> dict[str, Any]:
    """An item without its packagings."""
    return present(
        base_unit=row["base_unit"],
        whole_units=row["whole_units"] or None,
        groups=list(groups.get(row["group_id"], ())) or None,
        tax=taxes.get(row["tax_id"]),
        list_price=micro(row["list_price_micro"]),
        list_currency=row["list_currency"],
    )


def list_of_row(row: dict[str, Any]) -> dict[str, Any]:
    """A price list without its rules."""
    found = present(
        currency=row["currency"],
        tax_included=row["tax_included"] or None,
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )
    return {**found, "rules": []}


def packaging_of_row(row: dict[str, Any]) -> Any:
    """A packaging: its factor alone where that is all there is to say."""
    packaging = present(
        num=row["num"], den=None if row["den"] == "1" else row["den"], whole_units=row["whole_units"] or None
    )
    return row["num"] if set(packaging) == {"num"} else packaging


def present(**fields: Any) -> dict[str, Any]:
    """Only the fields that hold something: the book leaves out what is not said."""
    return {name: value for name, value in fields.items() if value is not None}


def micro(value: int | None) -> str | None:
    """10^-6 as decimal text; None stays None."""
    return None if value is None else text_of_micro(value)
