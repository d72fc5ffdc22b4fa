"""What the phone's exact fractions must give, by Python's: `python -m tests.pricing.fractions` writes it anew.

Each row is two fractions and what comes of them: sum, difference, product, quotient (null over 0), order, size, the
whole number not above, the first rounded to 0, 2, 6 and 12 decimals and to the nearest multiple of the second.
"""

import json
import operator
from fractions import Fraction
from itertools import product
from math import floor
from pathlib import Path
from random import Random
from typing import Any

from backend.pricing.numbers import at_digits, to_step

FILE = Path(__file__).parents[1] / "cases" / "fractions.json"
# Zero, wholes, halves (the ties of rounding) on both sides of zero, thirds, what prices and factors end at.
EDGES = tuple(
    Fraction(text)
    for text in (
        "0", "1", "-1", "1/2", "-1/2", "3/2", "-3/2", "5/2", "-5/2", "1/3", "-2/3", "100", "12", "-48", "5/1000",
        "-5/1000", "999999999999999999999999999999/1000000000000", "-1/1000000000000",
    )
)  # fmt: skip


def vectors() -> list[list[Any]]:
    """Every two of the edges, then random fractions of every size."""
    random = Random("fractions")

    def any_size() -> Fraction:
        most = 10 ** random.randint(1, 40)
        return Fraction(random.randint(-most, most), random.randint(1, 10 ** random.randint(0, 20)))

    return [_row(a, b) for a, b in [*product(EDGES, EDGES), *((any_size(), any_size()) for _ in range(300))]]


def _row(a: Fraction, b: Fraction) -> list[Any]:
    worked = [str(work(a, b)) for work in (operator.add, operator.sub, operator.mul)]
    quotient = str(a / b) if b else None
    rounded = [*(at_digits(a, digits) for digits in (0, 2, 6, 12)), to_step(a, b)]
    return [str(a), str(b), *worked, quotient, (a > b) - (a < b), str(abs(a)), str(floor(a)), *map(str, rounded)]


def written() -> str:
    """The file: a row a line."""
    rows = ",\n".join(json.dumps(row) for row in vectors())
    about = json.dumps(" ".join(str(__doc__).split()))
    return f'{{"about": {about}, "rows": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
