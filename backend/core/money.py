"""Money arithmetic: integers and exact fractions, rounded half away from zero, shared by largest remainder.

Source of the rules: the domain agreement, "Money" (rounding, allocation).
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from backend.core.errors import Malformed

MICRO = 1_000_000
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)


class NotANumber(Malformed):
    """A text that should be a decimal number is not, or has more digits than the field holds."""

    code = "not-a-number"


def exact(text: str) -> Fraction:
    """A decimal text as an exact fraction. Refuses exponents, NaN, infinity, blanks and thousands separators."""
    if not _DECIMAL.fullmatch(text):
        raise NotANumber(value=text[:40])
    return Fraction(text)


def round_half_away(value: Fraction) -> int:
    """The nearest integer; a tie goes away from zero (2.5 -> 3, -2.5 -> -3)."""
    doubled = abs(value) * 2 + 1
    whole = doubled.numerator // (doubled.denominator * 2)
    return whole if value >= 0 else -whole


def scaled(text: str, digits: int) -> int:
    """A decimal text in units of 10^-digits. Refuses text with more decimals than that."""
    value = exact(text) * Fraction(10**digits)
    if value.denominator != 1:
        raise NotANumber(value=text[:40], digits=digits)
    return value.numerator


def text_of_scaled(value: int, digits: int) -> str:
    """The shortest decimal text of an integer in units of 10^-digits: (7200000000, 6) -> "7200"."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**digits)
    decimals = f"{part:0{digits}d}".rstrip("0") if digits and part else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def micro(text: str) -> int:
    """A decimal text as an integer of 10^-6 (unit prices and quantities)."""
    return scaled(text, 6)


def text_of_micro(value: int) -> str:
    """The decimal text of an integer of 10^-6."""
    return text_of_scaled(value, 6)


def minor(text: str, digits: int) -> int:
    """A decimal text as minor units of a currency with `digits` decimals (VND 0, USD 2)."""
    return scaled(text, digits)


def text_of_minor(value: int, digits: int) -> str:
    """The decimal text of an amount in minor units, with all its decimals: (1000, 2) -> "10.00"."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` over `weights` by largest remainder; the shares always add up to `total`.

    Ties go to the earlier share; all weights 0 counts as equal weights; no weights gives no shares. A negative total
    is shared like its opposite. Weights must not be negative.
    """
    if not weights:
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    used = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(used)
    size = abs(total)
    shares = [size * weight // whole for weight in used]
    rest = size - sum(shares)
    order = sorted(range(len(used)), key=lambda i: (-(size * used[i] % whole), i))
    for index in order[:rest]:
        shares[index] += 1
    return shares if total >= 0 else [-share for share in shares]
