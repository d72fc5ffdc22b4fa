"""Writes prepared addresses: four statements for any number of rows. Only geo's own verbs and the seed come here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import execute, transaction
from backend.core.ids import new_id
from backend.geo.address import PARSER_VERSION
from backend.geo.preparing import PreparedAddress


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A new address to store. `created_at` None: now."""

    id: UUID
    party_id: UUID
    prepared: PreparedAddress
    kind: str = "ship"
    is_default: bool = True
    created_by: UUID | None = None
    created_at: datetime | None = None
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of an address to store; `corrects` names the one that was wrong."""

    id: UUID
    address_id: UUID
    prepared: PreparedAddress
    at: datetime
    by: UUID | None
    corrects: UUID | None = None


async def insert_addresses(rows: Sequence[AddressRow]) -> list[UUID]:
    """Stores new addresses with their first version, position and regions; gives the version ids in order."""
    if not rows:
        return []
    versions = [
        VersionRow(row.version_id or new_id(), row.id, row.prepared, row.created_at or now(), row.created_by)
        for row in rows
    ]
    places = [row.prepared.place for row in rows]
    async with transaction():
        await execute(
            """INSERT INTO addresses (id, party_id, kind, text, is_default, lat, lon, accuracy_m, grade, version_id,
                                      created_at, changed_at, created_by)
               SELECT id, party, kind, text, is_default, lat, lon, accuracy, grade, version_id, at, at, by
                 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bool[], $6::float8[], $7::float8[],
                             $8::float8[], $9::text[], $10::uuid[], $11::timestamptz[], $12::uuid[])
                   AS row (id, party, kind, text, is_default, lat, lon, accuracy, grade, version_id, at, by)""",
            [row.id for row in rows], [row.party_id for row in rows], [row.kind for row in rows],
            [row.prepared.text for row in rows], [row.is_default for row in rows],
            [place.lat if place else None for place in places], [place.lon if place else None for place in places],
            [place.accuracy_m if place else None for place in places], [row.prepared.grade for row in rows],
            [version.id for version in versions], [version.at for version in versions],
            [row.created_by for row in rows],
        )  # fmt: skip
        await insert_versions(versions)
        await insert_locations(versions)
    return [version.id for version in versions]


async def insert_versions(rows: Sequence[VersionRow]) -> None:
    """Stores versions together with their region in every set."""
    read = [row.prepared.parsed for row in rows]
    await execute(
        """INSERT INTO address_versions (id, address_id, text, parsed, parser_version, style, ward_old, ward_new,
                                         province_63, province_34, certain, corrects, created_at, created_by)
           SELECT id, address_id, text, parsed, $4, style, ward_old, ward_new, p63, p34, certain, corrects, at, by
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $5::jsonb[], $6::text[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::bool[], $12::uuid[], $13::timestamptz[], $14::uuid[])
               AS row (id, address_id, text, parsed, style, ward_old, ward_new, p63, p34, certain, corrects, at, by)""",
        [row.id for row in rows], [row.address_id for row in rows], [row.prepared.text for row in rows], PARSER_VERSION,
        [msgspec.json.encode(parsed).decode() for parsed in read], [parsed.style for parsed in read],
        [parsed.ward_old for parsed in read], [parsed.ward_new for parsed in read],
        [parsed.province_63 for parsed in read], [parsed.province_34 for parsed in read],
        [parsed.certain for parsed in read], [row.corrects for row in rows], [row.at for row in rows],
        [row.by for row in rows],
    )  # fmt: skip
    answers = [(row.id, answer) for row in rows for answer in row.prepared.regions]
    await execute(
        """INSERT INTO address_regions (set_id, address_version_id, region_id, method, distance_m)
           SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::float8[])""",
        [answer.set_id for _, answer in answers], [version for version, _ in answers],
        [answer.region_id for _, answer in answers], [answer.method for _, answer in answers],
        [answer.distance_m for _, answer in answers],
    )  # fmt: skip


async def insert_locations(rows: Sequence[VersionRow]) -> None:
    """Stores the first position of new addresses, where there is one."""
    placed = [(row, row.prepared.place) for row in rows if row.prepared.place is not None]
    await execute(
        """INSERT INTO locations (id, address_id, address_version_id, lat, lon, accuracy_m, method, created_at,
                                  created_by)
           SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::float8[], $5::float8[], $6::float8[],
                                $7::text[], $8::timestamptz[], $9::uuid[])""",
        [new_id() for _ in placed], [row.address_id for row, _ in placed], [row.id for row, _ in placed],
        [place.lat for _, place in placed if place], [place.lon for _, place in placed if place],
        [place.accuracy_m for _, place in placed if place], [place.method for _, place in placed if place],
        [row.at for row, _ in placed], [row.by for row, _ in placed],
    )  # fmt: skip
