"""The dry run of a price list: what each row of a file would do to the rows that are there. Pure.

A row is the same price as a stored one when list, item, customer, unit, quantity break and first day are the same. It
is new, changed, the same, or in error; rows whose days overlap are in error together, each naming the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.pricing.imports.names import Item, Known, item_of, named, unit_of
from backend.pricing.imports.rows import Fault, Place, Source, SourceRow, micro, plain
from backend.pricing.storing import RuleFields

_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)
MOST_QTY = 10**9
_NAMING: Final = ("item_code", "item_name", "item_group")


class PriceRow(RuleFields, frozen=True, kw_only=True, omit_defaults=True):
    """What a row of a file says, as it is stored."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What two rules must not share on the same day."""
        return (
            self.item_id, self.item_group_id, self.customer_id, self.customer_group_id, self.unit or "",
            self.min_qty_micro or 0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """A rule that is there."""

    id: UUID
    code: str
    version: int
    row: PriceRow


@dataclass
class Planned:
    """What one price of the file would do. `closes`: the stored rule it ends, and its last day then."""

    place: Place
    column: str
    label: dict[str, str]
    row: PriceRow | None
    faults: list[Fault] = field(default_factory=list)
    target: Stored | None = None
    closes: tuple[Stored, date] | None = None

    @property
    def outcome(self) -> str:
        if self.faults or self.row is None:
            return "error"
        if self.target is None:
            return "new"
        return "same" if self.target.row == self.row and self.closes is None else "changed"


def plan_prices(
    source: Source,
    known: Known,
    stored: Iterable[Stored],
    *,
    starts_on: date | None = None,
    close_earlier: bool = False,
) -> list[Planned]:
    """Every price of the file with what it would do."""
    planned = [one for row in source.rows for one in _of_row(row, known, starts_on)]
    groups: dict[tuple[Any, ...], list[Planned]] = defaultdict(list)
    for one in planned:
        if one.row is not None and not one.faults:
            groups[one.row.key].append(one)
    there: dict[tuple[Any, ...], list[Stored]] = defaultdict(list)
    for rule in stored:
        there[rule.row.key].append(rule)
    for key, drafts in groups.items():
        _settle(drafts, there.get(key, []), close_earlier=close_earlier)
    return planned


def _of_row(row: SourceRow, known: Known, starts_on: date | None) -> list[Planned]:
    item = item_of(row, known)
    group = None if item is not None else named(row, "item_group", known.item_groups)
    customer = named(row, "customer", known.customers)
    customers = None if customer is not None else named(row, "customer_group", known.customer_groups)
    first, last = row.days.get("valid_from", starts_on), row.days.get("valid_to")
    least, most = row.numbers.get("min_qty"), row.numbers.get("max_qty")
    prices = _prices(row)
    _check(row, first, last, prices)
    label = _label(row, item, group, customer, customers)
    planned: list[Planned] = []
    for column, unit, price in prices or [("", "", {})]:
        text = unit or row.texts.get("unit", "")
        made = PriceRow(
            price=price,
            item_id=item.id if item else None,
            item_group_id=group.id if group else None,
            customer_id=customer.id if customer else None,
            customer_group_id=customers.id if customers else None,
            unit=unit_of(row, item, text, column if unit else ""),
            min_qty_micro=micro(least) if least else None,
            max_qty_micro=micro(most) if most else None,
            valid_from=first,
            valid_to=last,
        )
        shown = text or (item.base_unit if item else "")
        planned.append(Planned(row.place, column, {**label, "unit": shown}, made if price else None))
    for one in planned:  # a fault of the row is a fault of each of its prices
        one.faults = list(row.faults)
    return planned


def _prices(row: SourceRow) -> list[tuple[str, str, dict[str, str]]]:
    """Column, unit and price of each price a row holds: plain amounts, or so much off the item's own price."""
    share = row.numbers.get("percent")
    if share is None:
        return [(column, unit, {"kind": "fixed", "amount": plain(value)}) for column, unit, value in row.prices]
    if row.prices:
        row.fault("import-price-and-percent", "percent")
    return [(row.columns.get("percent", ""), "", {"kind": "off", "base": "list", "percent": plain(share)})]


def _check(row: SourceRow, first: date | None, last: date | None, prices: Sequence[object]) -> None:
    least, most = row.numbers.get("min_qty"), row.numbers.get("max_qty")
    if not any(row.texts.get(role) for role in _NAMING):
        row.fault("import-item-missing", "item_code")
    if first is not None and last is not None and last < first:
        row.fault("import-days-reversed", "valid_to", first=first.isoformat(), last=last.isoformat())
    if most is not None and most < (least or 0):
        row.fault("import-quantities-reversed", "max_qty")
    for role, quantity in (("min_qty", least), ("max_qty", most)):
        if quantity is not None and quantity >= MOST_QTY:
            row.fault("number-large", role)
    money = {name for role in ("price", "percent") if (name := row.columns.get(role))}
    if not prices and not any(one.get("column") in money for one in row.faults):
        row.fault("import-price-missing", "price")


def _label(row: SourceRow, item: Item | None, group: Any, customer: Any, customers: Any) -> dict[str, str]:
    return {
        "code": item.code if item else group.code if group else row.texts.get("item_code", ""),
        "name": item.name if item else group.name if group else row.texts.get("item_name", ""),
        "customer": customer.name if customer else customers.name if customers else row.texts.get("customer", ""),
    }


def _settle(drafts: list[Planned], stored: list[Stored], *, close_earlier: bool) -> None:
    """Find each draft's stored twin and the overlaps, until what is left goes in without any."""
    by_first = {rule.row.valid_from: rule for rule in stored}
    while True:
        good = [one for one in drafts if not one.faults]
        for one in good:
            one.target = by_first.get(one.row.valid_from) if one.row else None
            one.closes = None
        taken = {one.target.id for one in good if one.target is not None}
        free = [rule for rule in stored if rule.id not in taken]
        ends = _close(good, free) if close_earlier else {}
        if not _mark_overlaps(good, free, ends):
            return


def _close(drafts: list[Planned], stored: list[Stored]) -> dict[UUID, date]:
    """End each stored rule that runs into a newer price of the file, the day before that one begins."""
    ends: dict[UUID, date] = {}
    for one in sorted(drafts, key=lambda draft: _days(draft.row)[0]):
        first = _days(one.row)[0]
        for rule in stored:
            start, end = _days(rule.row)
            if start < first <= end and rule.id not in ends:
                ends[rule.id] = first - timedelta(days=1)
                one.closes = (rule, ends[rule.id])
    return ends


def _mark_overlaps(drafts: list[Planned], stored: list[Stored], ends: dict[UUID, date]) -> bool:
    """Note overlapping days on every draft they touch; whether there were any."""
    spans: list[tuple[date, date, Planned | Stored]] = [(*_days(one.row), one) for one in drafts]
    for rule in stored:
        start, end = _days(rule.row)
        spans.append((start, min(end, ends.get(rule.id, end)), rule))
    spans.sort(key=lambda span: (span[0], span[1]))
    met = False
    longest: tuple[date, date, Planned | Stored] | None = None
    for span in spans:
        if longest is not None and span[0] <= longest[1]:
            met = _note(span[2], longest[2]) or met
            met = _note(longest[2], span[2]) or met
        if longest is None or span[1] > longest[1]:
            longest = span
    return met


def _note(one: Planned | Stored, other: Planned | Stored) -> bool:
    if isinstance(one, Stored):
        return False
    if isinstance(other, Planned):
        numbers: dict[str, Any] = {"code": "import-overlap-file", "other": msgspec.to_builtins(vars(other.place))}
    else:
        days = [one and one.isoformat() for one in (other.row.valid_from, other.row.valid_to)]
        numbers = {"code": "import-overlap-stored", "rule": other.code, "first": days[0], "last": days[1]}
    one.faults.append({name: value for name, value in numbers.items() if value is not None})
    return True


def _days(row: PriceRow | None) -> tuple[date, date]:
    if row is None:
        return _FIRST, _LAST
    return row.valid_from or _FIRST, row.valid_to or _LAST
