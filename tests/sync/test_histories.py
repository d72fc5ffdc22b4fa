"""Histories that are hard on phones, written down step by step; every promise is looked at after each of them."""

from collections.abc import Iterator

import pytest

from tests.sync.histories import HISTORIES
from tests.sync.running import Runner, running


@pytest.fixture(scope="module")
def runner(own_database: str) -> Iterator[Runner]:
    with running(own_database) as made:
        yield made


@pytest.mark.parametrize("name", HISTORIES)
def test_every_phone_comes_to_rest_with_what_its_person_may_see(runner: Runner, name: str) -> None:
    runner.tell(name)
