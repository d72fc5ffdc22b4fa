"""The numbers both price brains compute with: what rounding means, and vectors the phone's fractions must give."""

from decimal import ROUND_HALF_UP, Context
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from backend.pricing.numbers import at_digits, in_whole, text, to_step
from tests.pricing.fractions import FILE, written

EXACT = Context(prec=120, rounding=ROUND_HALF_UP)  # decimal's "half up" is away from zero
DECIMALS = st.decimals(min_value=-(10**18), max_value=10**18, allow_nan=False, places=12)
FRACTIONS = st.fractions(max_denominator=10**9)


def test_the_vectors_of_the_phone_are_what_exact_fractions_come_to() -> None:
    assert FILE.read_text("utf-8") == written()


@given(DECIMALS, st.integers(min_value=0, max_value=12))
def test_rounding_is_half_away_from_zero(value: Fraction, digits: int) -> None:
    exact = EXACT.create_decimal(str(value))
    assert at_digits(Fraction(exact), digits) == int(exact.scaleb(digits, EXACT).quantize(1, context=EXACT))


@given(FRACTIONS, FRACTIONS)
def test_a_step_is_never_further_than_half_of_it(value: Fraction, step: Fraction) -> None:
    found = to_step(value, step)
    assert found == value if not step else (found / step).denominator == 1
    assert 2 * abs(found - value) <= abs(step)


@given(st.lists(st.fractions(min_value=0, max_denominator=1000), max_size=6))
def test_whole_numbers_keep_the_proportions(values: list[Fraction]) -> None:
    found = in_whole(values)
    assert all(found[i] * values[j] == found[j] * values[i] for i in range(len(values)) for j in range(len(values)))


@given(DECIMALS)
def test_a_text_reads_back_as_the_number_it_was_written_from(value: Fraction) -> None:
    assert Fraction(text(Fraction(value))) == Fraction(value)
    assert "." not in text(Fraction(value)) or not text(Fraction(value)).endswith("0")
