"""Many addresses at once, ready to be stored: parsed, positioned and assigned to every region set. Pure, offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.geo.address import Parsed, Style, parse
from backend.geo.assigning import Assigned, Method, Place, assign_all, centroid
from backend.geo.locate import problem_of

Point = tuple[float, float] | tuple[float, float, float]
PIN_ACCURACY_M = 30.0  # a point without an accuracy: what a confirmed pin is worth


@dataclass(frozen=True, slots=True)
class PreparedAddress:
    """One address, read and placed. `place` None: not located at all; `regions` has one answer for every set."""

    text: str
    parsed: Parsed
    place: Place | None
    regions: tuple[Assigned, ...]

    @property
    def grade(self) -> str:
        return self.place.grade if self.place else "none"


def prepare_addresses(
    texts: Sequence[str],
    points: Sequence[Point | None],
    *,
    methods: Sequence[Method] | Method = "rep_fix",
    styles: Sequence[Style | None] | None = None,
) -> list[PreparedAddress]:
    """Reads `texts`; `points[i]` is (lat, lon) or (lat, lon, accuracy in metres) of the i-th, or None.

    A point beats the centre of the parsed ward as position; one that cannot be a place (null island, swapped, out of
    range) counts as None. `methods`: how the points were taken, one for all or one each.
    """
    known: dict[tuple[str, Style | None], Parsed] = {}
    parsed: list[Parsed] = []
    for n, text in enumerate(texts):
        key = (text, styles[n] if styles else None)
        if key not in known:
            known[key] = parse(text, style=key[1])
        parsed.append(known[key])
    places = [
        _place(point, methods if isinstance(methods, str) else methods[n]) or centroid(parsed[n])
        for n, point in enumerate(points)
    ]
    regions = assign_all(parsed, places)
    return [PreparedAddress(*row) for row in zip(texts, parsed, places, regions, strict=True)]


def _place(point: Point | None, method: Method) -> Place | None:
    if point is None or problem_of(point[0], point[1]):
        return None
    return Place(point[0], point[1], point[2] if len(point) > 2 else PIN_ACCURACY_M, method)


def place_again(text: str, parsed: Parsed, place: Place) -> PreparedAddress:
    """An address already read, at a position somebody gave."""
    [regions] = assign_all([parsed], [place])
    return PreparedAddress(text, parsed, place, regions)
