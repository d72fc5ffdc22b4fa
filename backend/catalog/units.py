"""Units of an item: exact conversion between packagings. Pure; the phone's twin is pwa/src/lib/pricing/units.ts.

A packaging holds num/den base units. Nothing is ever rounded: a quantity that is no whole number of 10^-6 in the unit
asked for is refused, so 1/12 is never stored as 0.0833.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from backend.catalog.errors import PackagingMalformed, QuantityFraction, QuantityInexact, UnitUnknown
from backend.core.money import MICRO, NotANumber, exact

ONE = Fraction(1)
_SAFE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Packaging:
    """How many base units one of it holds, and whether it is only sold whole."""

    factor: Fraction
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """All units of one item. `base_unit` None: any unit that is not a packaging is taken for the base unit."""

    base_unit: str | None
    whole: bool
    packagings: Mapping[str, Packaging]

    def of(self, unit: str) -> Packaging:
        """The packaging of a unit; the base unit is a packaging of one. Refuses `UnitUnknown`."""
        found = self.packagings.get(unit)
        if found is not None and unit != self.base_unit:
            return found
        if self.base_unit not in (None, unit):
            raise UnitUnknown(unit=unit)
        return Packaging(ONE, self.whole)


def in_base(units: Units, unit: str, qty: Fraction) -> Fraction:
    """A quantity of `unit` in base units.

    Refuses `UnitUnknown`, `QuantityFraction` (half a carton, half a piece) and `QuantityInexact`.
    """
    return _storable(_emptied(units, unit, qty), whole=units.whole, unit=units.base_unit or "")


def convert(units: Units, qty: Fraction, source: str, target: str) -> Fraction:
    """A quantity of `source` in `target`, exactly.

    Refuses `UnitUnknown`, `QuantityFraction` for a part of a unit that is only sold whole, on either side, and
    `QuantityInexact` where the answer is no whole number of 10^-6.
    """
    if (
        units.base_unit is None
        and source != target
        and source not in units.packagings
        and target not in units.packagings
    ):
        raise UnitUnknown(unit=source)
    into = units.of(target)
    return _storable(_emptied(units, source, qty) / into.factor, whole=into.whole, unit=target)


def _emptied(units: Units, unit: str, qty: Fraction) -> Fraction:
    packaging = units.of(unit)
    if packaging.whole and qty.denominator != 1:
        raise QuantityFraction(unit=unit)
    return qty * packaging.factor


def _storable(qty: Fraction, *, whole: bool, unit: str) -> Fraction:
    if (qty * MICRO).denominator != 1:
        raise QuantityInexact(unit=unit)
    if whole and qty.denominator != 1:
        raise QuantityFraction(unit=unit)
    return qty


def read_units(item: object, packagings: object = None) -> Units:
    """The units of an item as the wire writes them.

    Args:
        item: an object with `base_unit`, `whole_units` and perhaps `packagings`; anything else states no base unit.
        packagings: a list of `{"unit", "num", "den", "whole_units"?}`, or an object of them by unit; a factor may
            also be a plain decimal string. Used instead of the item's own when not None.
    """
    facts = item if isinstance(item, Mapping) else {}
    base = facts.get("base_unit")
    raw = facts.get("packagings") if packagings is None else packagings
    if isinstance(raw, list):
        pairs = [(one.get("unit"), one) for one in raw if isinstance(one, Mapping)]
        if len(pairs) != len(raw) or not all(isinstance(unit, str) for unit, _ in pairs):
            raise PackagingMalformed
    elif isinstance(raw, Mapping):
        pairs = list(raw.items())
    elif raw is None:
        pairs = []
    else:
        raise PackagingMalformed
    read: dict[str, Packaging] = {}
    unreadable: NotANumber | None = None
    for unit, one in pairs:
        try:
            read[str(unit)] = _packaging(one)
        except NotANumber as refusal:  # told last: the phone walks an object's members in another order
            unreadable = refusal
    if unreadable is not None:
        raise unreadable
    return Units(base if isinstance(base, str) else None, facts.get("whole_units") is True, read)


def _packaging(raw: object) -> Packaging:
    if isinstance(raw, str):
        factor, whole = exact(raw), False
    elif isinstance(raw, Mapping):
        den = ONE if raw.get("den") is None else _number(raw["den"])
        if den <= 0:
            raise PackagingMalformed
        factor, whole = _number(raw.get("num")) / den, raw.get("whole_units") is True
    else:
        raise PackagingMalformed
    if factor <= 0:
        raise PackagingMalformed
    return Packaging(factor, whole)


def _number(raw: object) -> Fraction:
    if isinstance(raw, str):
        return exact(raw)
    whole = int(raw) if isinstance(raw, float) and raw.is_integer() else raw  # 48.0 is the phone's 48
    if isinstance(whole, int) and not isinstance(whole, bool) and abs(whole) <= _SAFE:
        return Fraction(whole)
    raise PackagingMalformed
