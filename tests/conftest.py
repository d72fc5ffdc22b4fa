"""What every test stands on: a real PostgreSQL, a fresh copy of a migrated database each, the cast, and a client."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core import database as db
from backend.core import settings as settings_room
from backend.core.embedded import remove, start
from backend.demo.cast import PASSWORD, build_cast
from backend.migrating import migrate
from backend.people.access import Actor
from backend.people.queries_actor import load_actor

CAST = ("an", "hung", "ngoc", "lan", "bob", "mai", "tuan", "sau")
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3
_names = itertools.count(1)
_strategies: dict[str, str] = {}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio everywhere: what the server runs on."""
    return "asyncio"


def _in_memory() -> Path | None:
    """A folder in memory, where one with room is at hand; what a killed run left there goes first."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        return None
    for old in MEMORY.glob("tuyen-tests-*"):
        if not Path("/proc", old.name.rsplit("-", 1)[1]).exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = MEMORY / f"tuyen-tests-{os.getpid()}"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The process's data folder. A copy of a database is 900 small files: a disk takes ten times as long over them."""
    memory = _in_memory()
    yield memory or tmp_path_factory.mktemp("data")
    if memory:
        shutil.rmtree(memory, ignore_errors=True)


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[str]:
    """One PostgreSQL for the run (no fsync: tests may lose power), or the server `TUYEN_TEST_DATABASE_URL` names."""
    chosen = msgspec.structs.replace(settings_room.settings(), data_dir=data_dir, login_per_address=10_000)
    settings_room.choose(chosen)
    outside = os.environ.get("TUYEN_TEST_DATABASE_URL")
    if outside:
        yield outside
        return
    embedded = start(data_dir, fast=True)
    yield embedded.dsn
    embedded.stop()
    remove(data_dir)


def dsn_of(server_dsn: str, name: str) -> str:
    """The DSN of another database on the same server."""
    return server_dsn.rsplit("/", 1)[0] + f"/{name}" + ("?" + server_dsn.split("?", 1)[1] if "?" in server_dsn else "")


async def _administer(server_dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(server_dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _strategy(server_dsn: str) -> str:
    """Copying files is far cheaper than writing every page to the log, where nothing waits for the disk (fsync off)."""
    if server_dsn not in _strategies:
        connection = await asyncpg.connect(server_dsn)
        try:
            waits = await connection.fetchval("SHOW fsync") == "on"
            known = int(await connection.fetchval("SHOW server_version_num")) >= 150_000
        finally:
            await connection.close()
        _strategies[server_dsn] = "STRATEGY FILE_COPY" if known and not waits else ""
    return _strategies[server_dsn]


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """A database with today's tables and the cast; tests copy it."""
    name = f"tuyen_template_{os.getpid()}"

    async def build() -> None:
        await _administer(server, f"CREATE DATABASE {name}")
        db.bind(db.create_engine(dsn_of(server, name), pool_size=2))
        await db.open_pool()
        await migrate()
        await build_cast()
        await db.close_pool()
        db.bind(None)

    asyncio.run(build())
    return name


@pytest.fixture
async def database(server: str, template: str) -> AsyncIterator[str]:
    """A fresh copy, bound; gives its DSN."""
    name = f"tuyen_test_{os.getpid()}_{next(_names)}"
    await _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} {await _strategy(server)}")
    dsn = dsn_of(server, name)
    db.bind(db.create_engine(dsn, pool_size=12))
    await db.open_pool()
    yield dsn
    await db.close_pool()
    db.bind(None)
    await _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def cast(database: str) -> SimpleNamespace:
    """The people of every story, each as an `Actor`: cast.lan, cast.bob, ..."""
    actors = {login: await load_actor(login) for login in CAST}
    return SimpleNamespace(**actors)


@pytest.fixture
async def app(database: str) -> Any:
    """The real application on the test's database."""
    from backend.app import create

    return create(with_database=False)


@pytest.fixture
async def client_for(app: Any) -> AsyncIterator[Callable[..., Any]]:
    """`await client_for(cast.lan)` gives an httpx client logged in through the front door."""
    async with AsyncExitStack() as stack:

        async def log_in(actor: Actor | str, **device: str) -> httpx.AsyncClient:
            client = await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://tuyen.test/api/v1")
            )
            login = actor if isinstance(actor, str) else actor.login
            body: dict[str, Any] = {"login": login, "password": PASSWORD}
            if device:
                body["device"] = device
            answer = await client.post("/session", json=body)
            assert answer.status_code == 201, answer.text
            client.headers["X-Tuyen-CSRF"] = answer.json()["csrf"]
            return client

        yield log_in


@pytest.fixture
async def anonymous(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client nobody is logged in on."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://tuyen.test/api/v1") as client:
        yield client


@pytest.fixture
def moment() -> datetime:
    """A quiet working morning."""
    return datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
