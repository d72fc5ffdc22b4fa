"""The embedded PostgreSQL survives what machines do: every kill and every second process here is a real one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core import database as db
from backend.core.embedded import start
from backend.core.embedded_process import (
    is_postmaster,
    read_pid_file,
)
from tests.core.keeping import ROOT, ask, keeper_ended, postmaster, replaced, user_of, wait_until

pytestmark = pytest.mark.anyio


def test_it_speaks_no_tcp_keeps_checksums_and_knows_vietnamese(bare: Path) -> None:
    held = start(bare)
    try:
        assert ask(held.dsn, "SHOW listen_addresses") == ""
        assert ask(held.dsn, "SHOW data_checksums") == "on"
        assert ask(held.dsn, "SHOW fsync") == "on"
        assert ask(held.dsn, "SHOW server_encoding") == "UTF8"
        assert ask(held.dsn, "SELECT lower('ĐẶNG')") == "đặng"
        assert held.sockets.stat().st_mode & 0o777 == 0o700
        assert held.cluster.stat().st_mode & 0o777 == 0o700
        runs_as = user_of(postmaster(held.home))
        assert runs_as != 0, "whoever starts it, PostgreSQL is never root"
        assert runs_as == (held.user.pw_uid if held.user else os.geteuid())
    finally:
        held.stop()
    assert keeper_ended(held.home)
    assert read_pid_file(held.cluster) is None, "a clean stop leaves no pid file"


async def test_commits_that_were_answered_survive_kill_9_of_postgresql_and_work_goes_on_by_itself(
    folder: Path,
) -> None:
    held = start(folder)
    db.bind(db.create_engine(held.dsn, pool_size=4))
    await db.open_pool()
    await db.execute("CREATE TABLE kept (id int PRIMARY KEY)")
    answered: list[int] = []
    refused: list[db.DatabaseAway] = []
    over = asyncio.Event()

    async def write(lane: int) -> None:
        number = lane
        while not over.is_set():
            number += 10
            try:
                async with db.transaction():
                    await db.execute("INSERT INTO kept VALUES ($1)", number)
            except db.DatabaseAway as away:  # anything else fails the test
                refused.append(away)
                await asyncio.sleep(0.01)
            else:
                answered.append(number)

    async def more_answers() -> None:
        enough = len(answered) + 20
        await asyncio.to_thread(wait_until, lambda: len(answered) >= enough)

    async def kill_and_wait() -> None:
        for _ in range(3):
            dead = postmaster(held.home)
            await more_answers()
            os.kill(dead, signal.SIGKILL)
            await asyncio.to_thread(wait_until, lambda old=dead: replaced(held.home, old))
            await more_answers()
        over.set()

    try:
        async with asyncio.timeout(60):
            await asyncio.gather(kill_and_wait(), *(write(lane) for lane in range(4)))
        stored = {row["id"] for row in await db.fetch("SELECT id FROM kept")}
        assert set(answered) <= stored
        assert refused, "the kills were noticed"
        unknown = sum(1 for away in refused if away.in_commit)
        assert len(stored) <= len(answered) + unknown, "only a commit of unknown outcome may be stored unanswered"
    finally:
        await db.close_pool()
        db.bind(None)
        held.stop()


def test_postgresql_ends_after_kill_9_of_its_only_app(folder: Path, app: Callable[..., tuple]) -> None:
    process, dsn = app()
    assert dsn.startswith("postgresql://")
    home = folder / "postgres"
    server = postmaster(home)
    process.kill()
    wait_until(lambda: keeper_ended(home))
    assert not is_postmaster(server, home / "cluster")
    assert not (home / "cluster" / "postmaster.pid").exists(), "it was a clean stop, nothing needs recovery"


def test_an_app_started_again_after_kill_9_finds_postgresql_still_up(folder: Path, app: Callable[..., tuple]) -> None:
    process, _ = app(linger=20)
    server = postmaster(folder / "postgres")
    process.kill()
    process.wait()
    held = start(folder)
    assert postmaster(held.home) == server
    held.stop()
    assert keeper_ended(held.home), "a clean stop does not linger"


def test_two_processes_share_one_postgresql_and_the_last_one_ends_it(folder: Path, app: Callable[..., tuple]) -> None:
    first, dsn = app()
    held = start(folder)
    server = postmaster(held.home)
    second, same = app()
    assert same == dsn == held.dsn
    assert postmaster(held.home) == server
    first.kill()
    second.communicate("stop\n")
    assert second.returncode == 0
    time.sleep(0.7)  # several looks at the lease
    assert postmaster(held.home) == server
    assert ask(held.dsn, "SELECT 1") == 1
    held.stop()
    assert keeper_ended(held.home)


def test_processes_started_at_the_same_moment_make_one_cluster(bare: Path) -> None:
    command = [sys.executable, "-m", "tests.core.embedded_app", str(bare), "0"]
    several = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)
    ]
    try:
        lines = {process.stdout.readline() for process in several if process.stdout}
        assert len(lines) == 1
        assert lines.pop().startswith("postgresql://")
        log = (bare / "postgres" / "keeper.log").read_text()
        assert log.count("started PostgreSQL") == 1
    finally:
        for process in several:
            process.communicate("stop\n")
    assert [process.returncode for process in several] == [0, 0, 0]
    assert keeper_ended(bare / "postgres")
