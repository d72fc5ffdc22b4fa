"""Random books and orders through both engines, compared byte for byte: `make fuzz`.

One seed again, with what was asked and both answers: `python -m tests.pricing.fuzzing --from SEED --cases 1`.
"""

import argparse
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from backend.pricing.answering import price_answer
from backend.pricing.filters import price_lines
from tests.pricing.baskets import basket
from tests.pricing.reaching import EVERYTHING, reached
from tests.pricing.spoiling import spoiled

BATCH = 500


def asked(seed: int) -> str:
    """The line of a seed; every third is spoilt."""
    return spoiled(seed) if seed % 3 == 2 else json.dumps(basket(seed), ensure_ascii=False)


def answered(seeds: Sequence[int]) -> Iterator[tuple[int, str, str, str]]:
    """(seed, line, office's answer, phone's answer) of each seed; one Node process for every 500."""
    for start in range(0, len(seeds), BATCH):
        some = seeds[start : start + BATCH]
        lines = [asked(seed) for seed in some]
        out = io.StringIO()
        price_lines(io.StringIO("".join(f"{line}\n" for line in lines)), out, engine="phone")
        yield from zip(some, lines, map(price_answer, lines), out.getvalue().split("\n")[:-1], strict=True)


def compared(seeds: Sequence[int]) -> tuple[list[int], Counter[str]]:
    """The seeds both engines answer differently, and how many orders reached each part of the price brain."""
    differing: list[int] = []
    parts: Counter[str] = Counter()
    for seed, line, office, phone in answered(seeds):
        if office != phone:
            differing.append(seed)
        parts.update(reached(line, office))
    return differing, parts


def main() -> int:
    """Print what was reached and which seeds differ; non-zero when one does, or a part was never reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.pricing.fuzzing")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    wanted = parser.parse_args()
    seeds = range(wanted.first, wanted.first + wanted.cases)
    if wanted.cases == 1:
        ((_, line, office, phone),) = answered(seeds)
        print(line, office, phone, sep="\n")
        return int(office != phone)
    differing, parts = compared(seeds)
    for name in EVERYTHING:
        print(f"{parts[name]:7d}  {100 * parts[name] / wanted.cases:5.1f} %  {name}")
    missed = [name for name in EVERYTHING if not parts[name]]
    print(f"{wanted.cases} orders, {len(differing)} answered differently, {len(missed)} parts never reached")
    for seed in differing[:20]:
        print(f"  differs: python -m tests.pricing.fuzzing --from {seed} --cases 1")
    for name in missed:
        print(f"  never reached: {name}")
    return int(bool(differing or missed))


if __name__ == "__main__":
    sys.exit(main())
