"""From a plan to rows as they are kept and as people read them: what was, what would be, what is wrong. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from backend.core.money import text_of_micro
from backend.papers.grids import column_of, letter
from backend.papers.headers import Heading
from backend.pricing.imports.mapping import Mapping as FileMapping
from backend.pricing.imports.mapping import Part, Reading
from backend.pricing.imports.prices import Planned, PriceRow, Stored
from backend.pricing.imports.programmes import PlannedPromotion

Kept = dict[str, Any]


def price_rows(planned: list[Planned]) -> list[Kept]:
    """The rows of a price list's dry run."""
    rows: list[Kept] = []
    for n, one in enumerate(planned, 1):
        plan: Kept | None = None
        if one.row is not None and not one.faults:
            plan = {"row": msgspec.to_builtins(one.row)}
            if one.target is not None:
                plan["before"] = msgspec.to_builtins(one.target.row)
            if one.closes is not None:
                rule, last = one.closes
                plan["closes"] = {**_held(rule), "valid_to": last.isoformat()}
        rows.append(
            {
                "n": n, "sheet": one.place.table, "row": one.place.row, "outcome": one.outcome,
                "label": {**one.label, "column": one.column}, "faults": one.faults,
                "before": None if one.target is None or one.faults else shown(one.target.row),
                "after": None if one.row is None else _with_closing(shown(one.row), one),
                "plan": plan,
                "target_id": None if one.target is None else str(one.target.id),
                "target_version": None if one.target is None else one.target.version,
            }
        )  # fmt: skip
    return rows


def _held(rule: Stored) -> Kept:
    return {"id": str(rule.id), "code": rule.code, "version": rule.version, "before": msgspec.to_builtins(rule.row)}


def _with_closing(after: Kept, one: Planned) -> Kept:
    if one.closes is not None and not one.faults:
        after["closes"] = {"code": one.closes[0].code, "valid_to": one.closes[1].isoformat()}
    return after


def shown(row: PriceRow) -> Kept:
    """A price as a person compares it."""
    return {
        "price": row.price,
        "min_qty": None if row.min_qty_micro is None else text_of_micro(row.min_qty_micro),
        "max_qty": None if row.max_qty_micro is None else text_of_micro(row.max_qty_micro),
        "valid_from": None if row.valid_from is None else row.valid_from.isoformat(),
        "valid_to": None if row.valid_to is None else row.valid_to.isoformat(),
    }


def promotion_rows(planned: list[PlannedPromotion], met: list[list[Kept]]) -> list[Kept]:
    """The rows of a discount programme's dry run: one for each programme, with those it meets."""
    return [
        {
            "n": n, "sheet": one.places[0].table, "row": one.places[0].row, "outcome": one.outcome,
            "label": {**one.label, "rows": ", ".join(str(place.row) for place in one.places[:20])},
            "faults": one.faults,
            "meetings": others,
            "before": None if one.target is None or one.faults else one.target.rule,
            "after": one.rule,
            "plan": None if one.rule is None or one.faults else {"code": one.code, "rule": one.rule,
                                                                 "before": one.target and one.target.rule},
            "target_id": None if one.target is None else str(one.target.id),
            "target_version": None if one.target is None else one.target.version,
        }
        for n, (one, others) in enumerate(zip(planned, met, strict=True), 1)
    ]  # fmt: skip


def columns_out(
    mapping: FileMapping,
    heading: Heading,
    parts: list[Part],
    readings: Mapping[str, Reading],
    samples: Callable[[list[Part], str], list[str]],
) -> list[Kept]:
    """The columns of a table as a person checks them, those that hold anything."""
    found: list[Kept] = []
    for n, title in enumerate(heading.titles):
        name = letter(n)
        column, values = mapping.columns.get(name), samples(parts, name)
        if column is None or not (title or values):
            continue
        read = readings.get(name)
        found.append(
            {
                "column": name, "title": title[:120], "samples": values, "role": column.role, "unit": column.unit,
                "mark": column.mark, "parts": column.parts,
                "question": "" if read is None else read.question,
            }
        )  # fmt: skip
    return sorted(found, key=lambda one: column_of(one["column"]))
