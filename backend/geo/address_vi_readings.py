"""Third step of the Vietnamese address parser: combine windows into whole readings of either style, with a score.

Pure. Old style is ward, district, province of the 63; new style is ward, province of the 34. Both are always tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend.geo.address_vi_text import DISTRICT_LABELS, TOWNLET, WARD_LABELS
from backend.geo.address_vi_windows import Scan, Window, found
from backend.geo.units import Index, Unit, Units

Hit = tuple[Window, Unit, float]
NO_DISTRICT = 1.5  # an old ward written without its district
SIBLING = 1.0  # an old district under the name of the merged province
LOOSE = 12  # most readings worth comparing when the province is missing


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the text. `news`: the new wards it may lie in, the likeliest first."""

    style: str
    score: float
    province_63: Unit | None
    province_34: str
    district: Unit | None = None
    ward: Unit | None = None
    news: tuple[str, ...] = ()
    lost: float = 0.0
    trust: float = 0.0  # how well the ward itself is spelt and placed


def apart(a: Window, b: Window) -> bool:
    return a.right <= b.left or b.right <= a.left


def order(inner: Window, outer: Window) -> float:
    """Small before large is how addresses are written; side by side is a good sign."""
    if inner.left >= outer.right:
        return -1.0
    return 0.4 if inner.right == outer.left else 0.0


def best(hits: list[Hit], most: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit[2])[:most]


def unexplained(scan: Scan, style: str, *used: Window | None) -> float:
    """What labels that no part of the reading accounts for take away."""
    lost = 0.0
    for left, kind in scan.labelled:
        if any(window is not None and window.left <= left < window.right for window in used):
            continue
        if kind in DISTRICT_LABELS:
            lost += 2.5 if style == "new" else 1.2
        elif kind in WARD_LABELS:
            lost += 2.0 if kind == TOWNLET and style == "new" else 1.0
    return lost


class Reader:
    """Reads one scanned text; `fuzzy` admits near spellings, but only inside the parent that was found."""

    def __init__(self, scan: Scan, units: Units, *, fuzzy: bool) -> None:
        self.scan, self.units, self.fuzzy = scan, units, fuzzy

    def find(self, index: Index | None, *around: Window, fuzzy: bool = True) -> list[Hit]:
        if not index:
            return []
        hits = found(self.scan, index, fuzzy=fuzzy and self.fuzzy)
        return [hit for hit in hits if all(apart(hit[0], window) for window in around)]

    def all(self) -> Iterator[Reading]:
        provinces = self.provinces()
        for window, province, score in provinces:
            lost = unexplained(self.scan, "", window)
            yield Reading("", score - lost, province, province.links[0])
            yield from self.old(window, province, score)
            yield from self.new(window, province, score)
        if not any(score >= 3.4 and window.label in ("", province.kind) for window, province, score in provinces):
            yield from self.without_province()

    def provinces(self) -> list[Hit]:
        last = len(self.scan.words)
        hits = [
            (window, unit, score + (0.5 if window.right == last else -0.3 * min(5, last - window.right)))
            for window, unit, score in self.find(self.units.provinces_by_key)
        ]
        return best([hit for hit in hits if hit[2] > 1.5], 4)

    def districts(self, window: Window, province: Unit) -> list[Hit]:
        """Districts of the named province, and of those it merged with, left of the province's name."""
        hits: list[Hit] = []
        for code, sibling in self.units.p63.items():
            if sibling.links[0] != province.links[0]:
                continue
            strange = 0.0 if code == province.code else SIBLING
            index = self.units.districts_in.get(code)
            for hit in self.find(index, window, fuzzy=not strange):
                hits.append((hit[0], hit[1], hit[2] + order(hit[0], window) - strange))
        return best(hits, 4)

    def old(self, window: Window, province: Unit, score: float) -> Iterator[Reading]:
        for hit in self.districts(window, province):
            yield from self.in_district(hit, window, score)
        for ward_window, ward, ward_score in best(self.find(self.units.old_in.get(province.code), window), 4):
            district = self.units.districts[ward.parent]
            missing = NO_DISTRICT if self.named(province) else NO_DISTRICT / 2
            lost = missing + unexplained(self.scan, "old", window, ward_window)
            total = score + ward_score + order(ward_window, window) - lost
            yield Reading("old", total, province, province.links[0], district, ward, ward.links, 0.0, ward_score)

    def in_district(self, hit: Hit, outer: Window | None, score: float) -> Iterator[Reading]:
        window, district, district_score = hit
        province = self.units.p63[district.parent]
        around = [window] if outer is None else [window, outer]
        lost = unexplained(self.scan, "old", *around)
        yield Reading("old", score + district_score - lost, province, province.links[0], district, None, district.links)
        for ward_window, ward, ward_score in best(self.find(self.units.wards_in.get(district.code), *around), 3):
            lost = unexplained(self.scan, "old", ward_window, *around)
            total = score + district_score + ward_score + order(ward_window, window) - lost
            yield Reading("old", total, province, province.links[0], district, ward, ward.links, 0.0, ward_score)

    def new(self, window: Window, province: Unit, score: float) -> Iterator[Reading]:
        merged = province.links[0]
        named = self.named(province)
        districts = self.districts(window, province)
        for ward_window, ward, ward_score in best(self.find(self.units.new_in.get(merged), window), 4):
            total = score + ward_score + order(ward_window, window)
            if not named:
                total -= 0.4 if province.code in ward.links else 1.5
            helper = self.former_district(ward, ward_window, districts)
            if helper:
                total += 1.0 if ward_window.spells(ward) else -1.5
            lost = unexplained(self.scan, "new", window, ward_window, helper)
            total -= lost
            old = province if not named and province.code in ward.links else None
            yield Reading("new", total, old, merged, None, ward, (ward.code,), lost, ward_score)

    def named(self, province: Unit) -> bool:
        """Whether one of the 34 still bears this name."""
        return self.units.p34[province.links[0]].name == province.name

    def former_district(self, ward: Unit, window: Window, districts: list[Hit]) -> Window | None:
        """A district named beside a new ward which really gave it some of its land ("Phường Sài Gòn, Quận 1")."""
        for hit, district, _ in districts:
            if apart(hit, window):
                inside = self.units.wards_in.get(district.code, {})
                if any(ward.code in old.links for entries in inside.values() for old, _ in entries):
                    return hit
        return None

    def without_province(self) -> Iterator[Reading]:
        hits = self.find(self.units.districts_by_key, fuzzy=False)
        for hit in best(hits, LOOSE):
            yield from self.in_district(hit, None, 0.0)
        wards = best(self.find(self.units.new_by_key, fuzzy=False), LOOSE)
        for window, ward, score in wards:
            lost = unexplained(self.scan, "new", window)
            yield Reading("new", score - lost, None, ward.parent, None, ward, (ward.code,), lost, score)
        lone = best([hit for hit in self.find(self.units.old_by_key, fuzzy=False) if not hit[0].key.isdigit()], LOOSE)
        for window, ward, score in lone:
            district = self.units.districts[ward.parent]
            province = self.units.p63[district.parent]
            total = score - NO_DISTRICT - unexplained(self.scan, "old", window)
            yield Reading("old", total, province, province.links[0], district, ward, ward.links, 0.0, score)
