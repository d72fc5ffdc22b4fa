"""From what a file calls things to the things themselves: items, customers, groups, units. Pure.

A code is looked for first, then a name, both without accents and capitals; a name two things share names neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.core.folding import fold
from backend.pricing.imports.rows import SourceRow

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Item:
    """An item as far as an import needs it: `units` are the base unit and the packagings, by their folded name."""

    id: UUID
    code: str
    name: str
    base_unit: str
    units: dict[str, str]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """A customer or a group."""

    id: UUID
    code: str
    name: str


@dataclass
class Names:
    """Things by their folded code, and by their folded name where only one is called so."""

    by_code: dict[str, Any] = field(default_factory=dict)
    by_name: dict[str, Any] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, things: Iterable[Any], more: dict[UUID, list[str]] | None = None) -> "Names":
        """Index things; `more` are further names of some, such as the English one."""
        names = cls()
        for thing in things:
            names.by_code[fold(thing.code)] = thing
            for name in {fold(one) for one in [thing.name, *(more or {}).get(thing.id, [])] if one}:
                if names.by_name.setdefault(name, thing) is not thing:
                    names.shared.add(name)
        return names

    def find(self, text: str) -> Any:
        """The thing a text names, None when nothing or more than one thing is called so."""
        folded = fold(text)
        found = self.by_code.get(folded)
        if found is None and folded not in self.shared:
            found = self.by_name.get(folded)
        return found

    def is_shared(self, text: str) -> bool:
        """Whether more than one thing is called so."""
        return fold(text) in self.shared


@dataclass
class Known:
    """Everything a file may name."""

    items: Names
    item_groups: Names
    customers: Names
    customer_groups: Names


def item_of(row: SourceRow, known: Known) -> Item | None:
    """The item a row is about, by its code, else by its name; notes the fault when it names none."""
    code, name = row.texts.get("item_code", ""), row.texts.get("item_name", "")
    if code:
        found = known.items.by_code.get(fold(code))
        role, text = "item_code", code
    elif name:
        found, role, text = known.items.find(name), "item_name", name
        if found is None and known.items.is_shared(name):
            row.fault("import-item-shared", role, value=text)
            return None
    else:
        return None
    if found is None:
        row.fault("import-item-unknown", role, value=text)
        return None
    item: Item = found
    if not item.active:
        row.fault("import-item-inactive", role, value=text)
        return None
    return item


def named(row: SourceRow, role: str, names: Names) -> Any:
    """The customer or group a cell names; notes the fault when it names none."""
    text = row.texts.get(role, "")
    if not text:
        return None
    found = names.find(text)
    if found is None:
        row.fault("import-name-shared" if names.is_shared(text) else f"import-{role.replace('_', '-')}-unknown", role,
                  value=text)  # fmt: skip
    return found


def unit_of(row: SourceRow, item: Item | None, text: str, column: str = "") -> str | None:
    """The unit a price is for: None is the base unit, in which prices are per piece whatever is ordered.

    Notes the fault for a unit the item does not have.
    """
    if not text:
        return None
    if item is None:
        return text[:40]
    found = item.units.get(fold(text))
    if found is None:
        known = ", ".join(item.units.values())
        place = column or row.columns.get("unit", "")
        row.faults.append({"code": "import-unit-unknown", "column": place, "value": text, "known": known})
        return None
    return None if found == item.base_unit else found
