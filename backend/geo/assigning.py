"""Which region of a set an address belongs to, from what its text says and where its pin is. Pure.

The written unit wins over the pin (boundaries are approximate, one shop in seven lies within 100 m of another ward),
unless the pin was set by hand or lies further than its accuracy + 100 m outside the written unit. Every set gets an
answer: what has no region says `unlocated` or `outside`, so that totals by region always equal the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import shapely
from shapely.geometry import Point

from backend.geo.address import Parsed
from backend.geo.distance import haversine_m
from backend.geo.locate import Hit, RegionSet, assign, packaged_set
from backend.geo.units import units

SETS = ("VN-ADM1-34", "VN-ADM1-63")
SLACK_M = 100.0
Method = Literal["manual", "rep_fix", "house", "street", "unit_centroid"]
GRADES: dict[Method, str] = {
    "manual": "pin", "rep_fix": "gps", "house": "geocoder", "street": "geocoder", "unit_centroid": "ward",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A position: degrees WGS 84, `accuracy_m` the radius that holds the truth nine times out of ten."""

    lat: float
    lon: float
    accuracy_m: float
    method: Method

    @property
    def grade(self) -> str:
        return GRADES[self.method]


@dataclass(frozen=True, slots=True)
class Assigned:
    """The answer for one set; `code` is None when the method is `unlocated` or `outside`."""

    set_id: str
    code: str | None
    method: str
    distance_m: float = 0.0

    @property
    def region_id(self) -> str | None:
        return None if self.code is None else f"{self.set_id}/{self.code}"


def centroid(parsed: Parsed) -> Place | None:
    """The ward's centre as a position; its accuracy is 1.3 radii of a circle with the ward's area, at least 300 m."""
    if parsed.ward_new is None or not parsed.province_certain:
        return None
    ward = units().wards_new[parsed.ward_new]
    spread = max(300.0, 1300.0 * math.sqrt(ward.area_km2 / math.pi))
    return Place(ward.lat, ward.lon, float(round(spread)), "unit_centroid")


def text_code(parsed: Parsed, set_id: str) -> tuple[str, str] | None:
    """(code, method) the text gives for a set: `text`, or `derived` where a new ward joins two of the 63 provinces."""
    if not parsed.province_certain:
        return None
    if set_id == "VN-ADM1-34":
        return (parsed.province_34, "text") if parsed.province_34 else None
    if parsed.province_63:
        return parsed.province_63, "text"
    if parsed.ward_new and parsed.certain:
        return units().wards_new[parsed.ward_new].links[0], "derived"
    return None


def assign_all(parsed: Sequence[Parsed], places: Sequence[Place | None]) -> list[tuple[Assigned, ...]]:
    """One answer per set for each address; a place of the ward's centre counts as text, not as a pin."""
    pinned = [n for n, place in enumerate(places) if place is not None and place.method != "unit_centroid"]
    answers: list[list[Assigned]] = [[] for _ in parsed]
    for set_id in SETS:
        regions = packaged_set(set_id)
        points = [places[n] for n in pinned]
        lats = [place.lat for place in points if place is not None]
        lons = [place.lon for place in points if place is not None]
        hits = dict(zip(pinned, assign(lats, lons, regions) if pinned else [], strict=True))
        for n, one in enumerate(parsed):
            place = places[n] if n in hits else None
            answers[n].append(_decide(set_id, text_code(one, set_id), place, hits.get(n), regions, abroad=one.abroad))
    return [_nested(answer[0], answer[1], place) for answer, place in zip(answers, places, strict=True)]


def _nested(new: Assigned, old: Assigned, place: Place | None) -> tuple[Assigned, ...]:
    """The two answers made to agree: an old province lies in the new one it merged into, so that one report rolls up
    into the other. The written one decides, else the new one."""
    if new.code is None or old.code is None:
        return new, old
    merged = units().p63[old.code].links[0]
    if merged == new.code:
        return new, old
    if old.method == "text" or place is None:
        return Assigned(new.set_id, merged, "link"), old
    regions = packaged_set(old.set_id)
    inside = [code for code in regions.codes if units().p63[code].links[0] == new.code]
    far = {code: _metres_to(place, code, regions) for code in inside}
    nearest = min(inside, key=lambda code: (far[code], code))
    return new, Assigned(old.set_id, nearest, "nearest", round(far[nearest], 1))


def _decide(
    set_id: str,
    written: tuple[str, str] | None,
    place: Place | None,
    hit: Hit | None,
    regions: RegionSet,
    *,
    abroad: bool,
) -> Assigned:
    if place is None:
        if written:
            return Assigned(set_id, *written)
        return Assigned(set_id, None, "outside" if abroad else "unlocated")
    if written and _agrees(place, written[0], hit, regions):
        return Assigned(set_id, *written)
    if hit is None:
        return Assigned(set_id, None, "outside")
    method = "manual" if place.method == "manual" and hit.method == "polygon" else hit.method
    return Assigned(set_id, hit.code, method, hit.distance_m)


def _agrees(place: Place, code: str, hit: Hit | None, regions: RegionSet) -> bool:
    """Whether the pin does not contradict the written unit."""
    if hit is not None and hit.code == code:
        return True
    if place.method == "manual":
        return False
    return _metres_to(place, code, regions) <= place.accuracy_m + SLACK_M


def _metres_to(place: Place, code: str, regions: RegionSet) -> float:
    """How far a place lies outside a region, 0 inside."""
    polygon = regions.polygons[regions.codes.index(code)]
    near = shapely.shortest_line(Point(place.lon, place.lat), polygon).coords[1]
    return haversine_m(place.lat, place.lon, near[1], near[0])
