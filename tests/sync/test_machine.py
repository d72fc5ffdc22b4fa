"""Whatever phones, people, line and database do, in whatever order: the promises of docs/sync.md hold.

Two hundred random histories with every run of the tests; `make soak` tells ten thousand.
"""

from collections.abc import Iterator

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.running import Runner, machine, running
from tests.sync.soak import how

RUNS, STEPS = 100, 30


@pytest.fixture(scope="module")
def runner(own_database: str) -> Iterator[Runner]:
    with running(own_database) as made:
        yield made


@pytest.mark.parametrize("half", [1, 2])
def test_a_hundred_random_histories_keep_every_promise(runner: Runner, half: int) -> None:
    """Not the same ones each time: a failure prints the steps, which then become a history written down."""
    run_state_machine_as_test(machine(runner), settings=how(RUNS, STEPS, shrink=True))
    assert runner.total["runs"] >= RUNS and runner.total["whole"] > RUNS and runner.total["met a writer"] > 0
