"""A database that a whole module of tests shares, for those that empty it themselves; and the money all work is in."""

import asyncio
import itertools
import os
from collections.abc import Iterator

import pytest

from tests import makers
from tests.conftest import _administer, _strategy, dsn_of

_names = itertools.count(1)


@pytest.fixture(scope="module")
def own_database(server: str, template: str) -> Iterator[str]:
    """A fresh copy for the module, not bound; gives its DSN."""
    name = f"tuyen_own_{os.getpid()}_{next(_names)}"

    async def make() -> None:
        await _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} {await _strategy(server)}")

    asyncio.run(make())
    yield dsn_of(server, name)
    asyncio.run(_administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def currencies(database: str) -> None:
    """The đồng and the dollar, for modules whose phones hand in money."""
    await makers.currencies()
