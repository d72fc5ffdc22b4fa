"""`make soak`: the state machine for as long as wanted. `python -m tests.sync.soak [SEEDS] [--steps N] [--from SEED]`.

Runs go in batches of a hundred, each with a seed of its own that is printed when it fails; then the exit is not zero.
"""

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

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


def main() -> int:
    """Run, and print what was done."""
    asking = argparse.ArgumentParser()
    asking.add_argument("seeds", type=int, nargs="?", default=10_000)
    asking.add_argument("--steps", type=int, default=50)
    asking.add_argument("--from", type=int, default=0, dest="first")
    asking.add_argument("--minutes", type=float, default=0)
    asked = asking.parse_args()
    began, failed = time.monotonic(), 0
    with database() as dsn, running(dsn) as runner:
        for batch in range((asked.seeds + BATCH - 1) // BATCH):
            first = asked.first + batch
            try:
                histories(runner, min(BATCH, asked.seeds - batch * BATCH), asked.steps, first)
            except Exception as fault:
                failed += 1
                print(f"seed {first} ({BATCH} runs of {asked.steps} steps)")
                traceback.print_exception(fault, file=sys.stdout)
            spent = time.monotonic() - began
            counts = ", ".join(f"{name} {count:,}" for name, count in sorted(runner.total.items()))
            print(f"{spent:.0f} s: {counts}; failed {failed}", flush=True)
            if asked.minutes and spent > asked.minutes * 60:
                break
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
