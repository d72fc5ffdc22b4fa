"""Loads the packaged units below the provinces into `regions` and `region_links`: districts and wards, old and new."""

from __future__ import annotations

from collections.abc import Iterable

from backend.core.database import execute, transaction
from backend.core.folding import fold
from backend.geo.units import Unit, Units, units

SET_OF = {
    "p63": "VN-ADM1-63", "p34": "VN-ADM1-34", "district": "VN-DISTRICT-OLD", "ward_old": "VN-WARD-OLD",
    "ward_new": "VN-WARD-2025",
}  # fmt: skip
PARENT_OF = {"district": "VN-ADM1-63", "ward_old": "VN-DISTRICT-OLD", "ward_new": "VN-ADM1-34"}


def region_id(unit: Unit) -> str:
    """`set/code`, the key of a region everywhere."""
    return f"{SET_OF[unit.level]}/{unit.code}"


async def seed_regions() -> int:
    """Loads districts and wards (14,052 regions); what is there already stays. Gives the number of rows added."""
    tables = units()
    added = 0
    async with transaction():
        for table in (tables.districts, tables.wards_old, tables.wards_new):
            added += await _insert_regions(table.values())
        await _insert_links(tables)
    return added


async def _insert_regions(rows: Iterable[Unit]) -> int:
    found = list(rows)
    tag = await execute(
        """INSERT INTO regions (id, set_id, code, name, name_en, kind, level, parent_id, lat, lon)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                                $8::text[], $9::float8[], $10::float8[])
           ON CONFLICT (id) DO NOTHING""",
        [region_id(unit) for unit in found], [SET_OF[unit.level] for unit in found], [unit.code for unit in found],
        [unit.name for unit in found], [fold(unit.name).title() for unit in found], [unit.kind for unit in found],
        ["district" if unit.level == "district" else "ward" for unit in found],
        [f"{PARENT_OF[unit.level]}/{unit.parent}" for unit in found],
        [unit.lat or None for unit in found], [unit.lon or None for unit in found],
    )  # fmt: skip
    return int(tag.rsplit(" ", 1)[1])


async def _insert_links(tables: Units) -> None:
    links: list[tuple[str, str, str, bool]] = []
    for old in [*tables.wards_old.values(), *(unit for unit in tables.districts.values() if unit.links)]:
        kind = "split" if len(old.links) > 1 else "merged"
        for place, code in enumerate(old.links):
            links.append((region_id(old), region_id(tables.wards_new[code]), kind, place == 0))
    await execute(
        """INSERT INTO region_links (from_region, to_region, kind, main)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[]) ON CONFLICT DO NOTHING""",
        [link[0] for link in links], [link[1] for link in links], [link[2] for link in links],
        [link[3] for link in links],
    )  # fmt: skip
