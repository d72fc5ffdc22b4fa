"""Numbers of the price brain: exact fractions in, rounding only here. Twin: pwa/src/lib/pricing/numbers.ts.

The four rounding points are `at_digits` with the right digits: R1 the unit price, R2 the gross, R3 what remains of a
line after an adjustment, R4 tax. All round half away from zero. Amounts are integers in minor units.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from backend.core.money import NotANumber, allocate, exact, round_half_away, text_of_scaled

ZERO = Fraction(0)
ONE = Fraction(1)
HUNDRED = Fraction(100)


def dec(value: object) -> Fraction:
    """A decimal text as a fraction. Anything but a text is refused: JSON numbers are floats somewhere."""
    if not isinstance(value, str):
        raise NotANumber(value="")
    return exact(value)


def optional(value: object) -> Fraction | None:
    """`dec`, or None for what is absent."""
    return None if value is None else dec(value)


def at_digits(value: Fraction, digits: int) -> int:
    """The value in units of 10^-digits, rounded half away from zero."""
    size: int = abs(value.numerator) * 10**digits  # whole numbers: no fraction is made on the way
    part = value.denominator
    whole = (2 * size + part) // (2 * part)
    return whole if value.numerator >= 0 else -whole


def to_step(value: Fraction, step: Fraction) -> Fraction:
    """The nearest multiple of `step`, a tie away from zero, whatever the step's sign; 0 leaves the value alone."""
    return value if not step else round_half_away(value / step) * step


def text(value: Fraction) -> str:
    """The shortest decimal text of a fraction with at most 12 decimals."""
    return text_of_scaled(at_digits(value, 12), 12)


def share(total: int, weights: Sequence[int], limits: Sequence[int] | None = None) -> list[int]:
    """Share `total` over `weights` by largest remainder (`core.money.allocate`); the shares always add up.

    With `limits`, no share passes its own limit: the overflow goes to the others by the same weights. A total above the
    sum of the limits is cut to it. Source: the domain agreement, "Allocation".
    """
    if limits is None:
        return allocate(total, weights)
    left = min(total, sum(limits))
    shares = [0] * len(weights)
    open_ones = [i for i, limit in enumerate(limits) if limit > 0]
    while left and open_ones:
        parts = allocate(left, [weights[i] for i in open_ones])
        for i, part in zip(open_ones, parts, strict=True):
            taken = min(part, limits[i] - shares[i])
            shares[i] += taken
            left -= taken
        open_ones = [i for i in open_ones if shares[i] < limits[i]]
    return shares


def in_whole(numbers: Sequence[Fraction]) -> list[int]:
    """Whole numbers in the same proportions."""
    scale = lcm(*(number.denominator for number in numbers))
    return [int(number * scale) for number in numbers]
