"""`make seeded`: every bug of seeded.py against the tests: which of them kills it, and how fast the machine does.

`python -m tests.sync.seeding [BUG ...] [--runs N]`. Exits with 1 when a bug survives the histories written down.
"""

import argparse
import sys
import time

from tests.sync.histories import HISTORIES
from tests.sync.running import Runner, running
from tests.sync.seeded import BUGS, sown
from tests.sync.soak import database, histories


def killed_by_histories(runner: Runner, bug: str) -> list[str]:
    """The histories written down that fail while the bug is sown."""
    found = []
    for name in HISTORIES:
        with sown(bug, runner):
            try:
                runner.tell(name)
            except Exception:
                found.append(name)
    return found


def killed_by_machine(runner: Runner, bug: str, runs: int) -> str:
    """How many random histories it takes, and how long."""
    before, began = runner.total["runs"], time.monotonic()
    with sown(bug, runner):
        try:
            histories(runner, runs, 40, 1)
        except Exception as fault:
            words = str(fault).split(":")[0][:20]
            return f"after {runner.total['runs'] - before} random histories, {time.monotonic() - began:.0f} s ({words})"
    return f"survived {runs} random histories"


def main() -> int:
    """Print the table."""
    asking = argparse.ArgumentParser()
    asking.add_argument("bugs", nargs="*", default=list(BUGS))
    asking.add_argument("--runs", type=int, default=150)
    asked = asking.parse_args()
    alive = 0
    with database() as dsn, running(dsn) as runner:
        for bug in asked.bugs or BUGS:
            histories_that_fail = killed_by_histories(runner, bug)
            alive += not histories_that_fail
            print(f"{bug}: {killed_by_machine(runner, bug, asked.runs)}")
            print(f"    written down: {', '.join(histories_that_fail) or 'NONE'}", flush=True)
    print(f"{len(asked.bugs or BUGS)} bugs sown, {alive} alive")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
