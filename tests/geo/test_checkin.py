"""The check-in rule: ok, unsure, far; it asks for a reason and never blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.checkin import judge, needs_reason
from backend.geo.distance import haversine_m


@pytest.mark.parametrize(
    ("distance", "accuracy", "grade", "verdict", "reason"),
    [
        (20.0, 10.0, "pin", "ok", False),
        (100.0, 0.0, "gps", "ok", False),
        (240.0, 145.0, "pin", "ok", True),
        (250.0, 20.0, "pin", "unsure", False),
        (300.0, 20.0, "pin", "unsure", False),
        (301.0, 20.0, "pin", "far", True),
        (301.0, 250.0, "pin", "unsure", True),
        (5000.0, 60.0, "gps", "far", True),
        (5000.0, 60.0, "ward", "unsure", False),
        (5000.0, 60.0, "geocoder", "unsure", False),
        (None, 60.0, "none", "unsure", False),
        (10.0, None, "pin", "unsure", True),
        (10.0, 101.0, "pin", "ok", True),
    ],
)
def test_the_verdict_and_whether_a_reason_is_asked(
    distance: float | None, accuracy: float | None, grade: str, verdict: str, reason: bool
) -> None:
    assert (judge(distance, accuracy, grade), needs_reason(distance, accuracy, grade)) == (verdict, reason)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(["pin", "gps"]))
def test_far_always_asks_and_a_worse_fix_never_makes_it_far(distance: float, accuracy: float, grade: str) -> None:
    if judge(distance, accuracy, grade) == "far":
        assert needs_reason(distance, accuracy, grade)
        assert judge(distance, 0.0, grade) == "far"


def test_distance_is_the_great_circle() -> None:
    assert haversine_m(21.0288, 105.8525, 10.7798, 106.6990) == pytest.approx(1_142_000, rel=0.005)
    assert haversine_m(10.0, 106.0, 10.001, 106.0) == pytest.approx(111.195, rel=1e-4)
    assert haversine_m(10.0, 106.0, 10.0, 106.0) == 0
