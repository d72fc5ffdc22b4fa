"""A small demo company, built once for the run; the tests read it."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import date

import pytest

from backend.core import database as db
from backend.demo.build import DemoSummary, build_demo
from backend.migrating import migrate
from tests.conftest import _administer, dsn_of


async def build_into(server: str, name: str, day: date | None = None) -> DemoSummary:
    """Make a database of that name with a small demo company."""
    await _administer(server, f"CREATE DATABASE {name}")
    db.bind(db.create_engine(dsn_of(server, name), pool_size=2))
    await db.open_pool()
    try:
        await migrate()
        return await build_demo(scale="small", today=day)
    finally:
        await db.close_pool()
        db.bind(None)


@pytest.fixture(scope="session")
def small(server: str) -> tuple[str, DemoSummary]:
    """The name of a database with a small demo company as of today, and what it says of itself."""
    name = f"tuyen_demo_{os.getpid()}"
    return name, asyncio.run(build_into(server, name))


@pytest.fixture
async def demo(server: str, small: tuple[str, DemoSummary]) -> AsyncIterator[DemoSummary]:
    """That database, bound. Shared by all tests, so they only read it."""
    db.bind(db.create_engine(dsn_of(server, small[0]), pool_size=4))
    await db.open_pool()
    yield small[1]
    await db.close_pool()
    db.bind(None)
