"""Administrative units of Vietnam in both regimes, from the packaged tables: lookups by code and by spoken name.

A unit is known by (level, code): codes are re-used across the reform of 2025-07-01 and 2,145 of them mean another ward.
Keys are names as people may type them: folded, blanks removed, i for y ("Mỹ Tho" and "Mĩ Tho" -> "mitho").
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backend.geo.address_vi_text import key_of, tone_of

DATA = Path(__file__).parent / "data"

PROVINCE_ALIASES = {
    "01": ["hn", "hanoicity", "thudohanoi"],
    "79": ["hcm", "tphcm", "hcmc", "tphochiminh", "sg", "saigon", "tpsg", "hochiminhcity", "hcmcity", "tpsaigon"],
    "46": ["thuathienhue", "tthue", "tphue"],
    "48": ["tpdanang", "danangcity"],
    "31": ["tphaiphong"],
    "92": ["tpcantho"],
    "77": ["bariavungtau", "brvt", "vungtaubaria"],
    "66": ["daclac", "daklak"],
    "67": ["dacnong", "daknong"],
    "06": ["baccan"],
    "62": ["contum"],
}
DISTRICT_ALIASES = {"769": ["tpthuduc"], "760": ["quannhat"]}


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One unit: `level` p63 district ward_old p34 ward_new; `parent` and `links` are codes.

    `links`: p63 -> its province of the 34; ward_old (and an island district without wards) -> the new wards it went to,
    the main one first; ward_new -> the provinces of the 63 it came from, the main one first.
    """

    level: str
    code: str
    name: str
    kind: str
    parent: str
    links: tuple[str, ...]
    tone: str
    lat: float = 0.0
    lon: float = 0.0
    area_km2: float = 0.0

    @property
    def full_name(self) -> str:
        return f"{self.kind} {self.name}".strip()


Entry = tuple[Unit, bool]  # the unit, and whether the key is only a former or unofficial name of it
Index = dict[str, list[Entry]]


@dataclass(frozen=True, slots=True)
class Units:
    """All tables, and the indexes the parser walks from the province down."""

    p63: dict[str, Unit]
    p34: dict[str, Unit]
    districts: dict[str, Unit]
    wards_old: dict[str, Unit]
    wards_new: dict[str, Unit]
    provinces_by_key: Index = field(default_factory=dict)
    districts_by_key: Index = field(default_factory=dict)
    new_by_key: Index = field(default_factory=dict)
    old_by_key: Index = field(default_factory=dict)
    districts_in: dict[str, Index] = field(default_factory=dict)
    wards_in: dict[str, Index] = field(default_factory=dict)
    old_in: dict[str, Index] = field(default_factory=dict)
    new_in: dict[str, Index] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


def _add(index: Index, key: str, unit: Unit, alias: bool) -> None:
    entries = index.setdefault(key, [])
    if all(known is not unit for known, _ in entries):
        entries.append((unit, alias))


def _unit(  # noqa: PLR0917 - one row of a table
    level: str, code: str, name: str, kind: str, parent: str, links: list[str], *place: float
) -> Unit:
    return Unit(level, code, name, kind or "", parent, tuple(links), tone_of(name), *place)


def _index(units: Units, aliases: dict[tuple[str, str], list[str]]) -> None:
    names = (
        (units.p63, units.provinces_by_key, None),
        (units.districts, units.districts_by_key, units.districts_in),
        (units.wards_old, units.old_by_key, units.wards_in),
        (units.wards_new, units.new_by_key, units.new_in),
    )
    for table, everywhere, inside in names:
        for official in (True, False):
            for unit in table.values():
                keys = [key_of(unit.name)] if official else aliases.get((unit.level, unit.code), [])
                for key in keys:
                    _add(everywhere, key, unit, not official)
                    if inside is not None:
                        _add(inside.setdefault(unit.parent, {}), key, unit, not official)
                    if unit.level == "ward_old":
                        province = units.districts[unit.parent].parent
                        _add(units.old_in.setdefault(province, {}), key, unit, not official)


@cache
def units() -> Units:
    """The packaged tables, read once per process (about 0.3 s, 25 MB)."""
    data: dict[str, list[list[Any]]] = json.loads(gzip.decompress((DATA / "units.json.gz").read_bytes()))
    tables = Units(
        p63={row[0]: _unit("p63", row[0], row[1], row[2], "", [row[3]]) for row in data["provinces_63"]},
        p34={row[0]: _unit("p34", row[0], row[1], row[2], "", []) for row in data["provinces_34"]},
        districts={row[0]: _unit("district", row[0], row[3], row[2], row[1], row[5]) for row in data["districts"]},
        wards_old={row[0]: _unit("ward_old", row[0], row[3], row[2], row[1], row[5]) for row in data["wards_old"]},
        wards_new={
            row[0]: _unit("ward_new", row[0], row[3], row[2], row[1], row[7], row[4], row[5], row[6])
            for row in data["wards_new"]
        },
    )
    aliases = {("p63", code): [key_of(key) for key in keys] for code, keys in PROVINCE_ALIASES.items()}
    for row in data["districts"]:
        aliases["district", row[0]] = [key_of(key) for key in [*row[4], *DISTRICT_ALIASES.get(row[0], [])]]
    for row in data["wards_old"]:
        aliases["ward_old", row[0]] = [key_of(key) for key in row[4]]
    _index(tables, aliases)
    for index in (tables.provinces_by_key, tables.districts_by_key, tables.old_by_key, tables.new_by_key):
        tables.keys.update(index)
    return tables
