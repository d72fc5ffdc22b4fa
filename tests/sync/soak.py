"""`make soak`: the state machine for as long as wanted. `python -m tests.sync.soak [SEEDS] [--steps N] [--from SEED]`.

Runs go in batches of a hundred, each with a seed of its own that is printed when it fails; then the exit is not zero.
The batches are shared among `--processes` (as many as there are cores), each with a PostgreSQL of its own.
"""

import argparse
import asyncio
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from backend.core import database as db
from backend.demo.cast import build_cast
from backend.migrating import migrate
from bench.place import place
from tests.sync.running import Runner, machine, running

BATCH = 100


def how(runs: int, steps: int, *, shrink: bool = False) -> settings:
    """Hypothesis as the machine wants it: no file of examples, and no shrinking unless a person waits for it."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    return settings(max_examples=runs, stateful_step_count=steps, deadline=None, database=None, phases=phases,
                    suppress_health_check=list(HealthCheck), verbosity=Verbosity.normal, print_blob=True)  # fmt: skip


def histories(runner: Runner, runs: int, steps: int, first: int) -> None:
    """That many random histories from one seed; raises with the first that breaks a promise."""
    found = machine(runner)
    found.TestCase.settings = how(runs, steps)
    run_state_machine_as_test(seed(first)(found), settings=how(runs, steps))


@contextmanager
def database() -> Iterator[str]:
    """A PostgreSQL of its own with the cast in it, thrown away afterwards."""
    with place(fast=True) as here:

        async def build() -> None:
            db.bind(db.create_engine(here.dsn, pool_size=2))
            await db.open_pool()
            await migrate()
            await build_cast()
            await db.close_pool()
            db.bind(None)

        asyncio.run(build())
        yield here.dsn


class Asked(NamedTuple):
    """What one process is to run: every `stride`th batch from `start` on."""

    seeds: int
    steps: int
    first: int
    minutes: float
    start: int
    stride: int


def share(asked: Asked) -> tuple[Counter[str], int]:
    """One process's batches, in a database of its own: what was done, and how many batches failed."""
    began, failed = time.monotonic(), 0
    with database() as dsn, running(dsn) as runner:
        for batch in range(asked.start, (asked.seeds + BATCH - 1) // BATCH, asked.stride):
            first = asked.first + batch
            try:
                histories(runner, min(BATCH, asked.seeds - batch * BATCH), asked.steps, first)
            except Exception as fault:
                failed += 1
                print(f"seed {first} ({BATCH} runs of {asked.steps} steps)")
                traceback.print_exception(fault, file=sys.stdout)
            spent = time.monotonic() - began
            print(f"{spent:.0f} s, process {asked.start + 1}: {said(runner.total)}; failed {failed}", flush=True)
            if asked.minutes and spent > asked.minutes * 60:
                break
        return Counter(runner.total), failed


def said(total: Mapping[str, int]) -> str:
    """What was done, in words."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(total.items()))


def main() -> int:
    """Run on every core, and print what was done."""
    asking = argparse.ArgumentParser()
    asking.add_argument("seeds", type=int, nargs="?", default=10_000)
    asking.add_argument("--steps", type=int, default=50)
    asking.add_argument("--from", type=int, default=0, dest="first")
    asking.add_argument("--minutes", type=float, default=0)
    asking.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = asking.parse_args()
    shares = [
        Asked(asked.seeds, asked.steps, asked.first, asked.minutes, start, asked.processes)
        for start in range(asked.processes)
    ]
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as processes:
        done = list(processes.map(share, shares))
    failed = sum(broken for _, broken in done)
    print(f"all: {said(sum((total for total, _ in done), Counter()))}; failed {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
