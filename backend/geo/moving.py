"""Gives an address a new version and position, keeping the old ones: nothing about a place is ever overwritten."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.core.clock import now
from backend.core.database import execute
from backend.core.ids import new_id
from backend.geo.assigning import Method, Place
from backend.geo.distance import haversine_m
from backend.geo.preparing import PreparedAddress
from backend.geo.schemas import SavedAddress
from backend.geo.storing import VersionRow, insert_versions

FAR_M = 1000.0


class Current:
    """An address row with its current version and position, locked by the caller."""

    def __init__(self, row: Any) -> None:
        self.id: UUID = row["id"]
        self.party_id: UUID = row["party_id"]
        self.text: str = row["text"]
        self.kind: str = row["kind"]
        self.is_default: bool = row["is_default"]
        self.lat: float | None = row["lat"]
        self.lon: float | None = row["lon"]
        self.accuracy_m: float | None = row["accuracy_m"]
        self.grade: str = row["grade"]
        self.version: int = row["version"]
        self.version_id: UUID = row["version_id"]
        self.province_34: str | None = row["province_34"]
        self.certain: bool = bool(row["parsed"].get("certain"))
        self.location_id: UUID | None = row["location_id"]
        self.method: Method | None = row["method"]

    @property
    def place(self) -> Place | None:
        if self.lat is None or self.lon is None or self.method is None:
            return None
        return Place(self.lat, self.lon, self.accuracy_m or 0.0, self.method)

    def metres_to(self, place: Place) -> float | None:
        """Distance from the current position, None without one."""
        if self.lat is None or self.lon is None:
            return None
        return round(haversine_m(self.lat, self.lon, place.lat, place.lon), 1)

    def saved(self) -> SavedAddress:
        return SavedAddress(
            id=self.id, party_id=self.party_id, version=self.version, version_id=self.version_id, grade=self.grade,
            lat=self.lat, lon=self.lon, accuracy_m=self.accuracy_m, certain=self.certain,
        )  # fmt: skip


async def move(
    current: Current, prepared: PreparedAddress, *, corrects: UUID | None, by: UUID | None, provider: str = ""
) -> SavedAddress:
    """Stores the new version, its regions and position, and points the address at them, in the caller's transaction."""
    at = now()
    version = VersionRow(new_id(), current.id, prepared, at, by, corrects)
    await insert_versions([version])
    place = prepared.place
    far = place is not None and _is_far(current, prepared, place)
    if place is not None and place != current.place:
        await _replace_location(current, version, place, provider, far=far)
    grade = prepared.grade
    row = (place.lat, place.lon, place.accuracy_m) if place else (None, None, None)
    await execute(
        """UPDATE addresses SET text = $2, lat = $3, lon = $4, accuracy_m = $5, grade = $6, version_id = $7,
                                version = version + 1, changed_at = $8 WHERE id = $1""",
        current.id, prepared.text, *row, grade, version.id, at,
    )  # fmt: skip
    return SavedAddress(
        id=current.id, party_id=current.party_id, version=current.version + 1, version_id=version.id, grade=grade,
        lat=row[0], lon=row[1], accuracy_m=row[2], certain=prepared.parsed.certain, far=far,
    )  # fmt: skip


def _is_far(current: Current, prepared: PreparedAddress, place: Place) -> bool:
    moved = current.metres_to(place)
    if current.grade in ("gps", "pin", "geocoder") and moved is not None and moved > FAR_M:
        return True
    written = prepared.parsed.province_34 if prepared.parsed.province_certain else None
    placed = next((answer.code for answer in prepared.regions if answer.set_id == "VN-ADM1-34"), None)
    return written is not None and placed != written


async def _replace_location(current: Current, version: VersionRow, place: Place, provider: str, *, far: bool) -> None:
    location_id = new_id()
    if current.location_id is not None:
        await execute("UPDATE locations SET superseded_by = $2 WHERE id = $1", current.location_id, location_id)
    await execute(
        """INSERT INTO locations (id, address_id, address_version_id, lat, lon, accuracy_m, method, provider, moved_m,
                                  far, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        location_id, current.id, version.id, place.lat, place.lon, place.accuracy_m, place.method, provider,
        current.metres_to(place), far, version.at, version.by,
    )  # fmt: skip
