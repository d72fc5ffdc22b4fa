"""Do the tests bite? Bugs are sown on purpose, one at a time, and the history made for each must fail."""

from collections.abc import Iterator

import pytest

from tests.sync.histories import KILLERS
from tests.sync.running import Runner, running
from tests.sync.seeded import BUGS, sown


@pytest.fixture(scope="module")
def runner(own_database: str) -> Iterator[Runner]:
    with running(own_database) as made:
        yield made


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_sown_on_purpose_is_found_by_the_history_made_for_it(runner: Runner, bug: str) -> None:
    runner.tell(KILLERS[bug])
    with sown(bug, runner), pytest.raises(AssertionError):
        runner.tell(KILLERS[bug])
    runner.tell(KILLERS[bug])
