"""Points to provinces: known places, wrong numbers, borders, the islands, and bulk answers equal to single ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from backend.geo.locate import DATA, Hit, assign, locate, packaged_set, problem_of, region_set
from backend.geo.units import units

NEW, OLD = "VN-ADM1-34", "VN-ADM1-63"
# Well-known places, their coordinates from common knowledge; provinces by the codes of the National Statistics Office.
PLACES = [
    ("Hồ Gươm, Hà Nội", 21.0288, 105.8525, "01", "01"),
    ("Nhà thờ Đức Bà, Sài Gòn", 10.7798, 106.6990, "79", "79"),
    ("Thủ Dầu Một, Bình Dương", 10.9804, 106.6519, "79", "74"),
    ("Bãi Sau, Vũng Tàu", 10.3390, 107.0930, "79", "77"),
    ("Cầu Rồng, Đà Nẵng", 16.0611, 108.2270, "48", "48"),
    ("Chùa Cầu, Hội An", 15.8771, 108.3260, "48", "49"),
    ("Đại Nội, Huế", 16.4698, 107.5786, "46", "46"),
    ("Ga Vinh, Nghệ An", 18.6880, 105.6620, "40", "40"),
    ("Sa Pa, Lào Cai", 22.3364, 103.8438, "15", "10"),
    ("Hạ Long, Quảng Ninh", 20.9505, 107.0734, "22", "22"),
    ("Lũng Cú, Hà Giang", 23.3630, 105.3160, "08", "02"),
    ("Buôn Ma Thuột, Đắk Lắk", 12.6797, 108.0378, "66", "66"),
    ("Tuy Hòa, Phú Yên", 13.0955, 109.3209, "66", "54"),
    ("Đà Lạt, Lâm Đồng", 11.9404, 108.4583, "68", "68"),
    ("Phan Thiết, Bình Thuận", 10.9289, 108.1021, "68", "60"),
    ("Bến Ninh Kiều, Cần Thơ", 10.0336, 105.7882, "92", "92"),
    ("Sóc Trăng", 9.6037, 105.9739, "92", "94"),
    ("Dương Đông, Phú Quốc", 10.2172, 103.9593, "91", "91"),
    ("Rạch Giá, Kiên Giang", 10.0125, 105.0809, "91", "91"),
    ("Long Xuyên, An Giang", 10.3864, 105.4352, "91", "89"),
    ("Mũi Cà Mau", 8.6080, 104.7250, "96", "96"),
    ("Côn Đảo", 8.6836, 106.6080, "79", "77"),
    ("Đảo Phú Lâm, Hoàng Sa", 16.8340, 112.3390, "48", "48"),
    ("Đảo Trường Sa Lớn", 8.6450, 111.9200, "56", "56"),
]


@pytest.mark.parametrize(("name", "lat", "lon", "new", "old"), PLACES, ids=[place[0] for place in PLACES])
def test_well_known_places_lie_in_their_provinces_of_both_regimes(
    name: str, lat: float, lon: float, new: str, old: str
) -> None:
    assert [
        hit.code if hit else None for hit in (locate(lat, lon, packaged_set(NEW)), locate(lat, lon, packaged_set(OLD)))
    ] == [new, old], name


def test_every_ward_centre_lies_in_its_own_province_or_within_two_kilometres_of_it() -> None:
    wards = list(units().wards_new.values())
    hits = assign([ward.lat for ward in wards], [ward.lon for ward in wards], packaged_set(NEW))
    astray = [ward.full_name for ward, hit in zip(wards, hits, strict=True) if hit is None or hit.code != ward.parent]
    assert astray == []
    assert max(hit.distance_m for hit in hits if hit) < 2000
    assert sum(hit.method == "nearest" for hit in hits if hit) <= 10


def test_the_34_are_the_63_merged() -> None:
    tables = units()
    wards = list(tables.wards_new.values())[::5]
    lats, lons = [ward.lat for ward in wards], [ward.lon for ward in wards]
    for new, old in zip(assign(lats, lons, packaged_set(NEW)), assign(lats, lons, packaged_set(OLD)), strict=True):
        assert new is not None
        assert old is not None
        assert tables.p63[old.code].links == (new.code,)


@pytest.mark.parametrize(
    ("lat", "lon", "problem"),
    [
        (105.85, 21.03, "swapped"), (0, 0, "null-island"), (0.0, -0.0, "null-island"), (91, 181, "invalid"),
        (float("nan"), 105.0, "invalid"), (21.0, float("inf"), "invalid"), ("21", 105.0, "invalid"),
        (None, None, "invalid"),
        (True, 105.0, "invalid"), (21.03, 105.85, None), (11.55, 104.92, None), (21.0, 180.5, "invalid"),
    ],
)  # fmt: skip
def test_numbers_that_are_no_place_are_named(lat: object, lon: object, problem: str | None) -> None:
    assert problem_of(lat, lon) == problem


def test_abroad_is_outside_and_just_over_the_water_is_the_nearest_with_its_distance() -> None:
    regions = packaged_set(NEW)
    assert locate(11.5564, 104.9282, regions) is None  # Phnom Penh
    assert locate(13.7563, 100.5018, regions) is None  # Bangkok
    bay = locate(10.32, 107.10, regions)  # the sea off Vũng Tàu
    assert bay is not None
    assert (bay.code, bay.method) == ("79", "nearest")
    assert 0 < bay.distance_m <= 5000


def squares() -> dict[str, tuple[str, object]]:
    return {"02": ("right", box(1, 0, 2, 1)), "01": ("left", box(0, 0, 1, 1))}


def test_a_point_on_a_shared_edge_belongs_to_the_lowest_code() -> None:
    regions = region_set("TEST", squares())
    assert locate(0.5, 1.0, regions) == Hit("01", "left", "edge", 0.0)
    assert locate(0.5, 1.5, regions) == Hit("02", "right", "polygon", 0.0)
    assert assign([0.5, 0.5], [1.0, 1.5], regions) == [
        Hit("01", "left", "edge", 0.0),
        Hit("02", "right", "polygon", 0.0),
    ]


def test_five_kilometres_is_the_reach_of_the_nearest() -> None:
    regions = region_set("TEST", squares())
    near, far = locate(0.5, 2.0449, regions), locate(0.5, 2.0451, regions)
    assert near is not None
    assert near.method == "nearest"
    assert 4990 < near.distance_m <= 5000
    assert far is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(7, 24), st.floats(101, 116)), max_size=40), st.randoms())
def test_bulk_answers_equal_single_ones_in_any_order(points: list[tuple[float, float]], random: object) -> None:
    regions = packaged_set(OLD)
    single = {point: locate(*point, regions) for point in points}
    random.shuffle(points)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert assign([p[0] for p in points], [p[1] for p in points], regions) == [single[point] for point in points]


def test_the_packaged_files_are_those_of_the_manifest_and_stay_small() -> None:
    sums = json.loads((DATA / "manifest.json").read_text("utf-8"))
    for name, digest in sums.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest
    assert set(sums) == {path.name for path in DATA.iterdir()} - {"manifest.json", "NOTICE"}
    assert sum(path.stat().st_size for path in Path(DATA).iterdir()) < 6_000_000
    assert (DATA / "vn-adm1-34.topojson.gz").stat().st_size <= 40_000
    assert sum((DATA / f"vn-adm1-{n}.topojson.gz").stat().st_size for n in (34, 63)) <= 80_000
