"""Benchmarks of geography: parser, one point, bulk assignment. Run `python -m bench.geo`; compare ratios in one run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import shapely

from backend.geo.address import parse
from backend.geo.locate import locate, owners, packaged_set
from backend.geo.units import units
from bench.table import Row, show
from tests.geo.messy import KINDS, make

CASES = Path(__file__).parents[1] / "tests/cases/addresses.json"
JUNK = ("P1 " * 683, "phường " * 290, "a," * 1024, "Quận 1, " * 256, "xã an phú huyện châu thành tỉnh " * 62)


def timed(work: Callable[[], object]) -> float:
    """Seconds of the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def each(texts: list[str]) -> list[float]:
    """Milliseconds of each parse, sorted; one run each."""
    times = []
    for text in texts:
        start = time.perf_counter()
        parse(text)
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times)


def parser() -> list[Row]:
    """How fast addresses are read; the junk rows show that no text makes it slow."""
    random = Random("bench")
    messy = [make(random, kind).text for kind in KINDS for _ in range(200)]
    written = [case["text"] for case in json.loads(CASES.read_text("utf-8"))]
    units()
    rows = []
    for name, texts in (("corpus", written), ("generated", messy)):
        seconds = timed(lambda texts=texts: [parse(text) for text in texts])  # type: ignore[misc]  # bound
        p99 = each(texts)[int(len(texts) * 0.99)]
        rows += [
            Row("geo", f"parse {name}", f"{len(texts) / seconds:.0f}/s", ">= 2000/s", ""),
            Row("geo", f"parse {name}, p99", f"{p99:.2f} ms", "<= 5 ms", ""),
        ]
    rows.append(Row("geo", "parse 2 kB of junk, worst", f"{max(each(list(JUNK))):.1f} ms", "<= 50 ms", ""))
    return rows


def points() -> list[Row]:
    """Bulk assignment against the obvious tree query in the same run, and one point alone."""
    random = np.random.default_rng(1)
    wards = list(units().wards_new.values())
    picked = random.integers(0, len(wards), 300_000)
    ys = np.array([wards[n].lat for n in picked]) + random.normal(0, 0.02, len(picked))
    xs = np.array([wards[n].lon for n in picked]) + random.normal(0, 0.02, len(picked))
    rows = []
    for code in ("VN-ADM1-34", "VN-ADM1-63"):
        regions = packaged_set(code)
        grouped = timed(lambda regions=regions: owners(xs, ys, regions))  # type: ignore[misc]  # bound
        few = shapely.points(xs[:10_000], ys[:10_000])
        naive = timed(lambda regions=regions, few=few: regions.tree.query(few, predicate="intersects"))  # type: ignore[misc]  # bound
        one = timed(lambda regions=regions: [locate(ys[n], xs[n], regions) for n in range(2000)])  # type: ignore[misc]  # bound
        rate = len(xs) / grouped
        rows += [
            Row("geo", f"{code} bulk / tree query", f"{rate / (10_000 / naive):.0f}x", "", ""),
            Row("geo", f"{code} bulk", f"{rate / 1e6:.2f} M points/s", "", ">= 1 M/s"),
            Row("geo", f"{code} one point", f"{one / 2000 * 1e6:.0f} us", "", "<= 50 us"),
        ]
    return rows


def measure() -> list[Row]:
    """Everything of geography that is measured."""
    return parser() + points()


if __name__ == "__main__":
    show(measure())
