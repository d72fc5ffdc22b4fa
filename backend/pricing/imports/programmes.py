"""The dry run of discount programmes: rows of one code become one promotion in the price book's own format. Pure.

Rows that differ in their threshold are the steps of one ladder; rows that differ in their goods share it. What a
programme is called, when it runs and for whom must be said once, or the same every time.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.core.errors import Refusal
from backend.core.folding import fold
from backend.pricing.imports.names import Item, Known, item_of, named
from backend.pricing.imports.rows import Fault, Place, Source, SourceRow, plain
from backend.pricing.promotions.rules import read_rule

Raw = dict[str, Any]
_CODE: Final = re.compile(r"[\x21-\x7d]{1,40}")
_GIFT: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:x|×|\*)?\s*(.+)", re.IGNORECASE)
_SPLIT: Final = re.compile(r"\s*[,;\n]\s*")
_YES: Final = frozenset({"x", "co", "yes", "y", "1", "true", "doc quyen", "exclusive"})
_NO: Final = frozenset({"", "khong", "no", "n", "0", "false", "-"})
_EFFECTS: Final = ("percent", "amount_unit", "amount_order", "gift")


@dataclass(frozen=True, slots=True)
class StoredPromotion:
    """A promotion that is there; only a draft may be changed by a file."""

    id: UUID
    code: str
    version: int
    draft: bool
    rule: Raw


@dataclass
class PlannedPromotion:
    """What the rows of one code would do; `places` are all of them, the first stands for it."""

    code: str
    places: list[Place]
    rule: Raw | None
    label: dict[str, str]
    faults: list[Fault] = field(default_factory=list)
    target: StoredPromotion | None = None

    @property
    def outcome(self) -> str:
        if self.faults or self.rule is None:
            return "error"
        if self.target is None:
            return "new"
        return "same" if self.target.rule == self.rule else "changed"


@dataclass(frozen=True)
class _Step:
    """One row, read: its threshold, what it gives, and the goods it is about."""

    row: SourceRow
    minimum: tuple[tuple[str, str], ...]
    effect: tuple[tuple[str, str], ...]
    goods: tuple[str, str]  # kind and id


def plan_promotions(
    source: Source, known: Known, stored: Mapping[str, StoredPromotion], *, starts_on: date | None = None
) -> list[PlannedPromotion]:
    """Every programme of the file with what it would do, in the order of the file."""
    groups: dict[str, list[SourceRow]] = defaultdict(list)
    for n, row in enumerate(source.rows):
        groups[row.texts.get("promo_code", "") or f"\0{n}"].append(row)
    return [_of_rows(code, rows, known, stored, starts_on) for code, rows in groups.items()]


def _of_rows(
    code: str, rows: list[SourceRow], known: Known, stored: Mapping[str, StoredPromotion], starts_on: date | None
) -> PlannedPromotion:
    first = rows[0]
    if code.startswith("\0"):
        first.fault("import-code-missing", "promo_code")
        code = ""
    elif not _CODE.fullmatch(code):
        first.fault("import-code-wrong", "promo_code", value=code[:60])
    steps = [step for row in rows for step in _steps(row, known)]
    rule = _frame(rows, known, starts_on)
    if not any(row.faults for row in rows):
        rule |= _body(steps, first)
    target = stored.get(code)
    if target is not None and not target.draft:
        first.fault("import-promotion-running", "promo_code", value=code)
    made: Raw | None = None
    if not any(row.faults for row in rows):
        try:
            made = read_rule(rule)
        except Refusal as refusal:
            first.fault(
                "import-promotion-unsound", "promo_code", pointer=refusal.pointer or "",
                reason=str(refusal.numbers.get("reason", "")),
            )  # fmt: skip
    if made is not None and target is not None:
        made = {**{name: target.rule[name] for name in ("campaign", "when", "priority") if name in target.rule}, **made}
    label = {"code": code, "name": rule.get("name", {}).get("vi", "")}
    faults = [{"sheet": row.place.table, "row": row.place.row, **fault} for row in rows for fault in row.faults]
    return PlannedPromotion(code, [row.place for row in rows], made, label, faults, target)


def _frame(rows: list[SourceRow], known: Known, starts_on: date | None) -> Raw:
    """Name, days, customers and how it goes with others: said the same on every row that says it."""
    rule: Raw = {}
    name = _agreed(rows, "promo_name")
    rule["name"] = {"vi": (name or _agreed(rows, "promo_code") or "?")[:200]}
    for role in ("valid_from", "valid_to"):
        day = _agreed_day(rows, role) or (starts_on if role == "valid_from" else None)
        if day is not None:
            rule[role] = day.isoformat()
    scope: Raw = {}
    for role, names, part in (
        ("customer_group", known.customer_groups, "customer_groups"), ("customer", known.customers, "customers")
    ):  # fmt: skip
        found = _many(rows, role, names)
        if found:
            scope[part] = sorted({one.code if part == "customer_groups" else str(one.id) for one in found})
    if scope:
        rule["scope"] = scope
    group = _agreed(rows, "group")
    if group:
        rule["group"] = re.sub(r"[^\x21-\x7e]+", "-", fold(group))[:40]
    if fold(_agreed(rows, "exclusive")) in _YES:
        rule["exclusive"] = True
    elif fold(_agreed(rows, "exclusive")) not in _NO:
        rows[0].fault("import-yes-or-no", "exclusive", value=_agreed(rows, "exclusive")[:60])
    return rule


def _agreed(rows: list[SourceRow], role: str) -> str:
    """The one text rows of a programme have in a column; notes the fault where two differ, naming both rows."""
    said = [row for row in rows if row.texts.get(role)]
    for row in said[1:]:
        if fold(row.texts[role]) != fold(said[0].texts[role]):
            row.fault("import-rows-differ", role, other=vars(said[0].place))
    return said[0].texts[role] if said else ""


def _agreed_day(rows: list[SourceRow], role: str) -> date | None:
    said = [row for row in rows if role in row.days]
    for row in said[1:]:
        if row.days[role] != said[0].days[role]:
            row.fault("import-rows-differ", role, other=vars(said[0].place))
    return said[0].days[role] if said else None


def _many(rows: list[SourceRow], role: str, names: Any) -> list[Any]:
    """Everything a column names over all rows; a cell may hold several, parted by commas."""
    found: list[Any] = []
    for row in rows:
        text = row.texts.get(role, "")
        if not text:
            continue
        whole = names.find(text)
        if whole is not None:
            found.append(whole)
            continue
        for one in [part for part in _SPLIT.split(text) if part]:
            part = names.find(one)
            if part is None:
                row.fault(f"import-{role.replace('_', '-')}-unknown", role, value=one[:60])
            else:
                found.append(part)
    return found


def _steps(row: SourceRow, known: Known) -> list[_Step]:
    goods = _goods(row, known)
    minimum = tuple(
        (name, plain(row.numbers[role]))
        for name, role in (("qty", "min_qty"), ("amount", "min_amount"))
        if row.numbers.get(role)
    )
    given = [role for role in _EFFECTS if role in row.numbers or (role == "gift" and row.texts.get("gift_item"))]
    given += ["gift"] if "gift_qty" in row.numbers and "gift" not in given else []
    if not given and not row.faults:
        row.fault("import-effect-missing")
    if len(given) > 1:
        row.fault("import-effects-many", given[1] if given[1] != "gift" else "gift_item")
    effect = _effect(row, given[0], goods, known) if given else ()
    return [_Step(row, minimum, effect, one) for one in goods]


def _goods(row: SourceRow, known: Known) -> list[tuple[str, str]]:
    """Kind and id of what a row is about: items, an item group, or everything."""
    code = row.texts.get("item_code", "")
    parts = [part for part in _SPLIT.split(code) if part]
    if len(parts) > 1 and known.items.find(code) is None:
        found = [known.items.by_code.get(fold(part)) for part in parts]
        for part, item in zip(parts, found, strict=True):
            if item is None:
                row.fault("import-item-unknown", "item_code", value=part[:60])
        return [("items", str(item.id)) for item in found if item is not None]
    item = item_of(row, known)
    if item is not None:
        return [("items", str(item.id))]
    group = named(row, "item_group", known.item_groups)
    return [("item_groups", group.code)] if group is not None else [("all", "")]


def _effect(row: SourceRow, kind: str, goods: list[tuple[str, str]], known: Known) -> tuple[tuple[str, str], ...]:
    if kind == "percent":
        return (("kind", "percent"), ("value", plain(row.numbers["percent"])))
    if kind == "amount_unit":
        return (("kind", "amount"), ("value", plain(row.numbers["amount_unit"])), ("per", "unit"))
    if kind == "amount_order":
        return (("kind", "amount"), ("value", plain(row.numbers["amount_order"])), ("per", "order"))
    return _gift(row, goods, known)


def _gift(row: SourceRow, goods: list[tuple[str, str]], known: Known) -> tuple[tuple[str, str], ...]:
    """A gift: "1 LY", a name beside its number, or only a number: the goods themselves."""
    text, qty = row.texts.get("gift_item", ""), row.numbers.get("gift_qty")
    item: Item | None = known.items.find(text) if text else None
    if item is None and text:
        found = _GIFT.fullmatch(text)
        if found is not None and qty is None:
            qty, item = Decimal(found[1].replace(",", ".")), known.items.find(found[2])
        if item is None:
            row.fault("import-gift-unknown", "gift_item", value=text[:60])
            return ()
    if item is None and len(goods) == 1 and goods[0][0] == "items":
        return (("kind", "gift"), ("item", goods[0][1]), ("qty", plain(qty or Decimal(1))))
    if item is None:
        row.fault("import-gift-unknown", "gift_qty")
        return ()
    return (("kind", "gift"), ("item", str(item.id)), ("qty", plain(qty or Decimal(1))))


def _body(steps: list[_Step], first: SourceRow) -> Raw:
    """What is matched and what it gives: one effect, or a ladder that every one of the goods has alike."""
    ladders: dict[tuple[str, str], dict[Any, _Step]] = defaultdict(dict)
    for step in steps:
        ladder = ladders[step.goods]
        other = ladder.setdefault(step.minimum, step)
        if other is not step:
            step.row.fault("import-step-twice", "min_qty", other=vars(other.row.place))
    shapes = {goods: tuple((low, step.effect) for low, step in ladder.items()) for goods, ladder in ladders.items()}
    if len({kind for kind, _ in ladders}) > 1:
        first.fault("import-goods-mixed", "item_code")
    if len(set(map(_sorted, shapes.values()))) > 1:
        first.fault("import-ladders-differ", "min_qty")
    if first.faults:
        return {}
    kind = next(iter(ladders))[0]
    match = {} if kind == "all" else {"match": {kind: sorted(name for _, name in ladders)}}
    shape = sorted(next(iter(shapes.values())), key=lambda step: [Decimal(value) for _, value in step[0]])
    stage = {"stage": "order"} if kind == "all" and dict(shape[0][1]).get("kind") != "gift" else {}
    if len(shape) == 1:
        minimum, effect = dict(shape[0][0]), dict(shape[0][1])
        if effect.get("kind") == "gift" and "qty" in minimum:
            effect["every"] = minimum["qty"]  # "buy 10 get 1" means each ten
        return {**match, **stage, **({"min": minimum} if minimum else {}), "effect": effect}
    return {**match, **stage, "tiers": [{"min": dict(low), "effect": dict(effect)} for low, effect in shape]}


def _sorted(shape: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(shape, key=str))
