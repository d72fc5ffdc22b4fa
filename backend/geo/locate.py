"""Point in region: a pure shapely engine over packaged or imported polygons. No I/O beyond reading the packaged files.

Rules, in this order: not a number or beyond +-90/+-180 -> `invalid`, or `swapped` when exchanging the two helps; (0, 0)
-> `null-island`; inside; on the edge of several -> the lowest code; else the nearest region within `NEAREST_KM`, with
the distance.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from backend.geo.distance import haversine_m

DATA = Path(__file__).parent / "data"
PACKAGED = {"VN-ADM1-34": "vn-adm1-34", "VN-ADM1-63": "vn-adm1-63"}
NEAREST_KM = 5.0
KM_PER_DEGREE = 111.195
Problem = Literal["swapped", "null-island", "outside", "invalid"]
OUTSIDE: Problem = "outside"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a point lies: `method` polygon (inside), edge (on a border, lowest code) or nearest; distance in metres."""

    code: str
    name: str
    method: str
    distance_m: float


@dataclass(frozen=True, slots=True, eq=False)
class RegionSet:
    """Polygons of one set in ascending order of code, prepared for many questions."""

    code: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    polygons: tuple[BaseGeometry, ...]
    tree: shapely.STRtree
    reach: BaseGeometry


def region_set(code: str, regions: Mapping[str, tuple[str, BaseGeometry]]) -> RegionSet:
    """A set from code -> (name, polygon); polygons are prepared in place."""
    ordered = sorted(regions)
    polygons = tuple(regions[key][1] for key in ordered)
    shapely.prepare(polygons)
    names = tuple(regions[key][0] for key in ordered)
    return RegionSet(code, tuple(ordered), names, polygons, shapely.STRtree(polygons), _reach(polygons))


def _reach(polygons: Sequence[BaseGeometry]) -> BaseGeometry:
    """A rough cover of everything within `NEAREST_KM` of the set (never too small), to dismiss far points at once."""
    slack = 0.01
    far = max((abs(bound) for bound in shapely.total_bounds(polygons)[1::2]), default=0.0)
    margin = NEAREST_KM / KM_PER_DEGREE / max(0.02, math.cos(math.radians(min(89.0, far)))) * 1.05 + slack
    cover = shapely.union_all(
        [polygon.simplify(slack).buffer(margin, quad_segs=3, join_style="mitre") for polygon in polygons]
    )
    shapely.prepare(cover)
    return cover


@cache
def packaged_set(code: str) -> RegionSet:
    """One of the sets shipped with the app; KeyError when there is none of that code."""
    content = gzip.decompress((DATA / f"{PACKAGED[code]}.geojson.gz").read_bytes())
    features = json.loads(content)["features"]
    return region_set(
        code, {item["properties"]["code"]: (item["properties"]["name"], shape(item["geometry"])) for item in features}
    )


def problem_of(lat: object, lon: object) -> Problem | None:
    """Why these two values cannot be a place, or None. `swapped`: exchanged they would be one (latitude beyond 90)."""
    if isinstance(lat, bool) or isinstance(lon, bool):
        return "invalid"
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return "invalid"
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return "invalid"
    if lat == 0 and lon == 0:
        return "null-island"
    if abs(lat) > 90 >= abs(lon) and abs(lat) <= 180:
        return "swapped"
    return "invalid" if abs(lat) > 90 or abs(lon) > 180 else None


def locate(lat: float, lon: float, regions: RegionSet) -> Hit | None:
    """The region of one valid point, or None when it lies more than 5 km from every region."""
    if not shapely.intersects_xy(regions.reach, lon, lat):
        return None
    point = Point(lon, lat)
    touching = sorted(
        index for index in regions.tree.query(point).tolist() if regions.polygons[index].intersects(point)
    )
    if touching:
        index = touching[0]
        return Hit(regions.codes[index], regions.names[index], "polygon" if len(touching) == 1 else "edge", 0.0)
    return _nearest(lat, lon, point, regions)


def _nearest(lat: float, lon: float, point: Point, regions: RegionSet) -> Hit | None:
    reach = NEAREST_KM / KM_PER_DEGREE / max(0.02, math.cos(math.radians(lat)))
    best: tuple[float, int] | None = None
    for index in sorted(int(found) for found in regions.tree.query(point.buffer(reach))):
        near = shapely.shortest_line(point, regions.polygons[index]).coords[1]
        distance = haversine_m(lat, lon, near[1], near[0])
        if distance <= NEAREST_KM * 1000 and (best is None or distance < best[0] - 0.01):
            best = (distance, index)
    if best is None:
        return None
    return Hit(regions.codes[best[1]], regions.names[best[1]], "nearest", round(best[0], 1))


def owners(
    xs: np.ndarray[tuple[int], np.dtype[np.float64]],
    ys: np.ndarray[tuple[int], np.dtype[np.float64]],
    regions: RegionSet,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """(index of the lowest polygon that holds each point or -1, how many hold it); xs are longitudes.

    Candidates are grouped by polygon and tested against prepared polygons: 40-100 times faster than asking a tree point
    by point.
    """
    owner = np.full(len(xs), -1, dtype=np.int64)
    holders = np.zeros(len(xs), dtype=np.int64)
    order = np.argsort(xs, kind="stable")
    sorted_xs, sorted_ys = xs[order], ys[order]
    for index in range(len(regions.polygons) - 1, -1, -1):
        polygon = regions.polygons[index]
        west, south, east, north = polygon.bounds
        first, last = np.searchsorted(sorted_xs, west, "left"), np.searchsorted(sorted_xs, east, "right")
        near = np.flatnonzero((sorted_ys[first:last] >= south) & (sorted_ys[first:last] <= north)) + first
        inside = order[near[shapely.intersects_xy(polygon, sorted_xs[near], sorted_ys[near])]]
        owner[inside] = index
        holders[inside] += 1
    return owner, holders


def assign(lats: Sequence[float], lons: Sequence[float], regions: RegionSet) -> list[Hit | None]:
    """`locate` for many valid points at once: same answers as point by point, whatever the order of the input."""
    xs, ys = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    owner, holders = owners(xs, ys, regions)
    inner: list[Hit | None] = [
        Hit(code, name, "polygon", 0.0) for code, name in zip(regions.codes, regions.names, strict=True)
    ]
    hits = [*inner, None]
    result = [hits[index] for index in owner.tolist()]
    for position in np.flatnonzero((holders != 1) & shapely.intersects_xy(regions.reach, xs, ys)).tolist():
        result[position] = locate(float(ys[position]), float(xs[position]), regions)
    return result
