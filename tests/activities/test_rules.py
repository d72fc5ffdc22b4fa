"""The check-in is judged against the right pin, and amounts are amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.activities.errors import AmountWrong
from backend.activities.rules import Pin, amounts, judge_fix
from backend.activities.schemas import Fix

DOOR = (10.7769, 106.7009)


def fix(north_m: float = 0, accuracy_m: float = 10) -> Fix:
    return Fix(lat=DOOR[0] + north_m / 111_195, lon=DOOR[1], accuracy_m=accuracy_m)


def test_at_the_door_is_ok_and_a_kilometre_off_is_far_and_asks_why() -> None:
    pins = [Pin(*DOOR, "pin")]
    assert judge_fix(fix(20), pins) == (20, "ok", False)
    assert judge_fix(fix(1000), pins) == (1000, "far", True)


def test_the_nearest_confirmed_place_counts_even_when_the_middle_of_the_ward_is_nearer() -> None:
    pins = [Pin(*DOOR, "ward"), Pin(DOOR[0] + 1000 / 111_195, DOOR[1], "gps")]
    assert judge_fix(fix(), pins) == (1000, "far", True)


def test_the_middle_of_a_ward_judges_nobody() -> None:
    assert judge_fix(fix(5000), [Pin(*DOOR, "ward")]).verdict == "unsure"
    assert judge_fix(fix(), []) == (None, "unsure", False)


def test_without_a_fix_there_is_no_verdict() -> None:
    assert judge_fix(None, [Pin(*DOOR, "pin")]) == (None, "none", False)


@given(st.integers(1, 10**15))
def test_whole_dong_are_read_exactly(amount: int) -> None:
    assert amounts(str(amount), None, 0) == (amount, None)


@pytest.mark.parametrize(("amount", "vat"), [("0", None), ("-1", None), ("10", "11"), ("10", "-1"), ("1" * 17, None)])
def test_impossible_amounts_are_refused(amount: str, vat: str | None) -> None:
    with pytest.raises(AmountWrong):
        amounts(amount, vat, 0)
