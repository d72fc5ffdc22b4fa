"""What the tests of the embedded PostgreSQL share: folders, an app of its own process, looking at processes."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from backend.core.embedded import remove, start
from backend.core.embedded_process import (
    is_postmaster,
    is_ready,
    open_ours,
    read_pid_file,
    try_lock,
)

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def bare() -> Iterator[Path]:
    """A data folder to be, which other users may pass into; everything in it is removed."""
    above = Path(tempfile.mkdtemp(prefix="tuyen-test-"))
    above.chmod(0o711)
    yield above / "data"
    remove(above / "data")
    shutil.rmtree(above)


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """A data folder with a cluster, for all tests that do not need to make one."""
    above = Path(tempfile.mkdtemp(prefix="tuyen-test-"))
    above.chmod(0o711)
    start(above / "data").stop()
    yield above / "data"
    remove(above / "data")
    shutil.rmtree(above)


@pytest.fixture
def folder(shared: Path) -> Iterator[Path]:
    """The shared folder, at rest before and after the test."""
    assert keeper_ended(shared / "postgres")
    yield shared
    wait_until(lambda: keeper_ended(shared / "postgres"))


@pytest.fixture
def app(folder: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start another app process on the folder; gives the process and its connection string."""
    running: list[subprocess.Popen[str]] = []

    def launch(linger: float = 0.0) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.embedded_app", str(folder), str(linger)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        running.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield launch
    for process in running:
        process.kill()
        process.communicate()


def postmaster(home: Path) -> int:
    """The pid of the PostgreSQL at work in a home, proven."""
    found = read_pid_file(home / "cluster")
    assert found is not None
    assert is_postmaster(found[0], home / "cluster")
    return found[0]


def replaced(home: Path, old: int) -> bool:
    """Whether another PostgreSQL than `old` answers (one just killed may seem alive for an instant)."""
    found = read_pid_file(home / "cluster")
    return found is not None and found[0] != old and is_ready(home)


def wait_until(what: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def keeper_ended(home: Path) -> bool:
    lock = open_ours(home / "keeper.lock")
    try:
        return try_lock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def ask(dsn: str, sql: str) -> object:
    async def asked() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(asked())


def user_of(pid: int) -> int:
    """The system user a process runs as."""
    return Path(f"/proc/{pid}").stat().st_uid
