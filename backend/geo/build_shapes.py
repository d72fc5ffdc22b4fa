"""Build-time tool: Voronoi cells of the new wards, cut by the outline of the country, dissolved to 63 and 34 provinces.

Assignment polygons are GeoJSON with 5 decimals (about 1 m); display polygons are simplified TopoJSON. The archipelagos
Hoàng Sa and Trường Sa are drawn as discs around their best known islands: the outline source has no province for them.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import shapely
from shapely.affinity import scale
from shapely.geometry import MultiPolygon, Point, Polygon, box, mapping, shape
from shapely.geometry.base import BaseGeometry
from topojson.core.topology import Topology

KM = 1 / 111.32
STRETCH = math.cos(math.radians(16))
ISLANDS = {
    "20333": [(16.57, 112.13), (16.53, 111.61), (16.83, 112.34), (15.78, 111.20), (16.67, 112.73), (16.05, 111.77)],
    "22736": [
        (8.64, 111.92), (11.43, 114.33), (9.89, 114.33), (10.18, 114.36), (10.37, 114.48), (8.97, 113.70),
        (7.89, 112.92), (10.90, 114.08), (8.86, 112.83), (8.10, 113.31), (9.71, 114.45), (10.66, 114.42),
    ],
}  # fmt: skip
ISLAND_KM = 12.0
NEIGHBOURS = ("CN", "LA", "KH")


def disc(lat: float, lon: float, km: float) -> Polygon:
    """A circle of that radius in kilometres, 24 corners, in degrees."""
    circle = Point(lon, lat).buffer(km * KM, quad_segs=6)
    return scale(circle, xfact=1 / math.cos(math.radians(lat)), origin=(lon, lat))


def read_outlines(path: Path) -> tuple[BaseGeometry, BaseGeometry]:
    """(land of Vietnam, land of its neighbours) from the admin-1 file."""
    ours: list[BaseGeometry] = []
    theirs: list[BaseGeometry] = []
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        country = feature["properties"].get("iso_a2")
        if country == "VN" and feature["properties"]["name"] != "Spratly Islands":
            ours.append(shapely.make_valid(shape(feature["geometry"])))
        elif country in NEIGHBOURS:
            theirs.append(shapely.make_valid(shape(feature["geometry"])))
    near = box(100, 7, 112, 25)
    return shapely.union_all(ours), shapely.intersection(shapely.union_all(theirs), near)


def cells(wards: list[list[Any]]) -> list[BaseGeometry]:
    """Voronoi cell of each ward centroid, in the order of `wards`."""
    points = shapely.MultiPoint([(row[5] * STRETCH, row[4]) for row in wards])
    frame = box(95, 3, 125, 30)
    diagram = shapely.voronoi_polygons(points, extend_to=frame, ordered=True)
    return [scale(cell, xfact=1 / STRETCH, origin=(0, 0)) for cell in diagram.geoms]


def coast_discs(wards: list[list[Any]], land: BaseGeometry, abroad: BaseGeometry) -> BaseGeometry:
    """Discs of the ward's own area where the outline leaves its centre in the water (small islands, new quays)."""
    shapely.prepare(land)
    discs = [
        disc(row[4], row[5], min(15.0, max(2.0, 1.3 * math.sqrt(row[6] / math.pi))))
        for row in wards
        if row[0] not in ISLANDS and not land.intersects(Point(row[5], row[4]))
    ]
    return shapely.difference(shapely.union_all(discs), abroad)


def polygons_only(geometry: BaseGeometry) -> MultiPolygon:
    parts = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon) and part.area > 1e-7]
    return MultiPolygon(parts)


def dissolve(units: dict[str, list[list[Any]]], admin1: Path) -> dict[str, MultiPolygon]:
    """Old province code -> polygon: the cells of the new wards which mostly came from it."""
    wards = units["wards_new"]
    land, abroad = read_outlines(admin1)
    country = shapely.union(land, coast_discs(wards, land, abroad))
    members: dict[str, list[BaseGeometry]] = defaultdict(list)
    archipelagos = {
        code: shapely.union_all([disc(lat, lon, ISLAND_KM) for lat, lon in points]) for code, points in ISLANDS.items()
    }
    for row, cell in zip(wards, cells(wards), strict=True):
        members[row[7][0]].append(archipelagos.get(row[0], cell))
    result: dict[str, MultiPolygon] = {}
    for code in sorted(members):
        owned = [archipelagos[row[0]] for row in wards if row[0] in ISLANDS and row[7][0] == code]
        mainland = shapely.intersection(shapely.union_all(members[code]), country)
        result[code] = polygons_only(shapely.set_precision(shapely.union_all([mainland, *owned]), 1e-5))
    return result


def merge(units: dict[str, list[list[Any]]], old: dict[str, MultiPolygon]) -> dict[str, MultiPolygon]:
    """The 34 provinces as unions of the 63: the province level merged cleanly."""
    parts: dict[str, list[MultiPolygon]] = defaultdict(list)
    for row in units["provinces_63"]:
        parts[row[3]].append(old[row[0]])
    return {code: polygons_only(shapely.union_all(group)) for code, group in sorted(parts.items())}


def features(shapes: dict[str, MultiPolygon], names: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": code,
                "properties": {"code": code, "name": names[code][1], "kind": names[code][2]},
                "geometry": mapping(polygon),
            }
            for code, polygon in shapes.items()
        ],
    }


def display(collection: dict[str, Any]) -> bytes:
    """TopoJSON at about 500 m, quantised; discs of the archipelagos and island zones survive."""
    topology = Topology(
        collection, prequantize=1e5, topology=True, toposimplify=0.006, prevent_oversimplify=True, object_name="regions"
    )
    return str(topology.to_json()).encode()


def rounded(collection: dict[str, Any]) -> bytes:
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(
        json.loads(text, parse_float=lambda number: round(float(number), 5)), ensure_ascii=False, separators=(",", ":")
    ).encode()


def build_shapes(units: dict[str, list[list[Any]]], admin1: Path) -> dict[str, bytes]:
    """File name -> content of the four polygon files."""
    old = dissolve(units, admin1)
    new = merge(units, old)
    files: dict[str, bytes] = {}
    for name, shapes, table in (("vn-adm1-63", old, "provinces_63"), ("vn-adm1-34", new, "provinces_34")):
        collection = features(shapes, {row[0]: row for row in units[table]})
        files[f"{name}.geojson.gz"] = rounded(collection)
        files[f"{name}.topojson.gz"] = display(collection)
    return files
