"""Money arithmetic: exact, rounded half away from zero, shared without losing a đồng."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Malformed
from backend.core.money import (
    allocate,
    exact,
    micro,
    round_half_away,
    scaled,
    text_of_micro,
    text_of_minor,
    text_of_scaled,
)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.5", 1), ("-0.5", -1), ("2.5", 3), ("-2.5", -3), ("2.4999", 2), ("-2.4999", -2), ("0", 0)],
)
def test_a_tie_goes_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_away(Fraction(value)) == rounded


@given(st.fractions())
def test_rounding_is_odd_and_never_off_by_more_than_a_half(value: Fraction) -> None:
    rounded = round_half_away(value)
    assert abs(rounded - value) <= Fraction(1, 2)
    assert round_half_away(-value) == -rounded


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1e3", "1,5", " 1", "١", "--1", "1.", "0x1", "1" * 30])
def test_what_is_not_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        exact(text)


@given(st.integers(-(10**17), 10**17), st.integers(0, 6))
def test_text_and_integer_are_the_same_number(value: int, digits: int) -> None:
    assert scaled(text_of_scaled(value, digits), digits) == value
    assert scaled(text_of_minor(value, digits), digits) == value


def test_decimals_beyond_the_field_are_refused_and_not_rounded_away() -> None:
    with pytest.raises(Malformed):
        micro("0.0000001")
    assert micro("0.000001") == 1 and text_of_micro(7_200_000_000) == "7200" and text_of_minor(1000, 2) == "10.00"


def test_the_examples_of_the_domain_page() -> None:
    assert allocate(100_000, [333_333, 333_333, 333_334]) == [33_333, 33_333, 33_334]
    assert allocate(1_000, [1, 1, 1]) == [334, 333, 333]
    assert allocate(5, [50, 50]) == [3, 2]
    assert allocate(-5, [50, 50]) == [-3, -2]
    assert allocate(7, [0, 0]) == [4, 3] and allocate(7, []) == []


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_shares_add_up_and_stay_within_one_of_their_due(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    whole = sum(weights) or len(weights)
    for share, weight in zip(shares, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(share - Fraction(total * weight, whole)) < 1


def test_a_negative_weight_is_a_programming_fault() -> None:
    with pytest.raises(ValueError, match="negative"):
        allocate(1, [1, -1])
