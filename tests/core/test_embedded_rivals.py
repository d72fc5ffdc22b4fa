"""The supervisor among others: rivals, foreign processes, other users."""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core.embedded import Embedded, EmbeddedFailed, remove, start
from backend.core.embedded_places import binary_folders
from backend.core.embedded_process import (
    end_orphan,
    is_postmaster,
    keeper_pid,
    lock_within,
    open_ours,
    read_pid_file,
    try_lock,
)
from tests.core.keeping import AS_ROOT, ROOT, ask, keeper_ended, postmaster, replaced, user_of, wait_until

pytestmark = pytest.mark.anyio


def test_the_keeper_is_started_again_when_it_is_killed(folder: Path) -> None:
    held = start(folder)
    try:
        keeper, server = keeper_pid(held.home), postmaster(held.home)
        assert keeper is not None
        os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: replaced(held.home, server))
        assert keeper_pid(held.home) != keeper
        assert ask(held.dsn, "SELECT 1") == 1
        assert not is_postmaster(server, held.cluster), "PostgreSQL went with its keeper"
    finally:
        held.stop()


def test_postgresql_ends_by_itself_when_app_and_keeper_are_killed_together(
    folder: Path, app: Callable[..., tuple]
) -> None:
    process, _ = app()
    home = folder / "postgres"
    server, keeper = postmaster(home), keeper_pid(home)
    assert keeper is not None
    process.send_signal(signal.SIGSTOP)  # it cannot start another keeper in between
    os.kill(keeper, signal.SIGKILL)
    process.kill()
    wait_until(lambda: not is_postmaster(server, home / "cluster"))
    assert not (home / "cluster" / "postmaster.pid").exists(), "in good order: the kernel told it to stop"


def program_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def crash(held: Embedded) -> int:
    """Leave the folder as a power cut would: no process, a pid file, the lease free. Gives the dead server's pid."""
    keeper, server = keeper_pid(held.home), postmaster(held.home)
    assert keeper is not None
    held._over.set()
    held._watcher.join()
    os.kill(keeper, signal.SIGSTOP)
    os.kill(server, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: keeper_ended(held.home) and not is_postmaster(server, held.cluster))
    for descriptor in (held._lease, held._keeper, held._starting):
        os.close(descriptor)
    assert (held.cluster / "postmaster.pid").exists()
    return server


def test_a_stale_pid_file_that_names_a_foreign_process_harms_neither_us_nor_it(folder: Path) -> None:
    held = start(folder)
    ask(held.dsn, "CREATE TABLE seven AS SELECT 7 AS n")
    dead = crash(held)
    owner = held.cluster.stat()
    who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if AS_ROOT else {}
    # Of PostgreSQL's own user, so that PostgreSQL can signal it and takes it for a server at work.
    foreign = subprocess.Popen(["sleep", "300"], **who)
    try:
        for file in (held.cluster / "postmaster.pid", held.sockets / ".s.PGSQL.5432.lock"):
            file.write_text(file.read_text().replace(str(dead), str(foreign.pid), 1))
        alone = subprocess.run(
            [held.binaries / "postgres", "-D", held.cluster], capture_output=True, text=True, check=False, **who
        )
        assert "already exists" in alone.stderr, "PostgreSQL left to itself believes the pid file"

        again = start(folder)
        assert ask(again.dsn, "SELECT n FROM seven") == 7
        assert postmaster(again.home) != foreign.pid
        again.stop()
        assert foreign.poll() is None, "the foreign process still lives"
    finally:
        foreign.kill()
        foreign.wait()


def test_no_impostor_is_taken_for_our_server_nor_signalled(tmp_path: Path) -> None:
    """A foreign program in our folder, a `postgres` elsewhere, and one that started long after the file was written."""
    cluster, elsewhere, sockets = tmp_path / "cluster", tmp_path / "other", tmp_path / "run"
    for place in (cluster, elsewhere, sockets):
        place.mkdir()
    sleep = shutil.which("sleep")
    assert sleep
    namesake = tmp_path / "postgres"
    shutil.copy(sleep, namesake)
    pid_file = cluster / "postmaster.pid"
    for program, where, age in ((sleep, cluster, 0), (namesake, elsewhere, 0), (namesake, cluster, 3600)):
        impostor = subprocess.Popen([program, "300"], cwd=where)
        try:
            wait_until(lambda it=impostor, of=program: program_of(it.pid) == Path(of).resolve())
            pid_file.write_text(f"{impostor.pid}\n")
            os.utime(pid_file, (time.time() - age,) * 2)
            assert not is_postmaster(impostor.pid, cluster)
            end_orphan(cluster, sockets)
            assert impostor.poll() is None
            assert not pid_file.exists()
        finally:
            impostor.kill()
            impostor.wait()

    # The proof itself can be met. Where tests run in the background SIGINT may be ignored, and a child inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ours = subprocess.Popen([namesake, "300"], cwd=cluster)
    signal.signal(signal.SIGINT, before)
    wait_until(lambda: program_of(ours.pid) == namesake)
    pid_file.write_text(f"{ours.pid}\n")
    assert is_postmaster(ours.pid, cluster)
    end_orphan(cluster, sockets, patience=5)
    assert ours.wait(5) == -signal.SIGINT


def test_a_server_left_over_without_a_keeper_is_ended_and_replaced(folder: Path) -> None:
    """As after an operator's own `postgres -D`: two servers on one cluster must never be."""
    held = start(folder)
    held.stop()
    owner = held.cluster.stat()
    who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if AS_ROOT else {}
    left = subprocess.Popen(
        [held.binaries / "postgres", "-D", held.cluster, "-k", held.sockets, "-c", "listen_addresses="],
        stderr=subprocess.DEVNULL,
        **who,
    )
    try:
        wait_until(lambda: (read_pid_file(held.cluster) or (0, False))[1])
        again = start(folder)
        assert left.wait(10) == 0
        assert postmaster(again.home) != left.pid
        assert ask(again.dsn, "SELECT 1") == 1
        again.stop()
    finally:
        left.kill()
        left.wait()


def test_a_cluster_that_cannot_start_says_why_and_frees_everything(folder: Path) -> None:
    held = start(folder)
    held.stop()
    (held.home / "local.conf").write_text("shared_buffers = 'banana'\n")
    with pytest.raises(EmbeddedFailed, match="banana"):
        start(folder)
    (held.home / "local.conf").unlink()
    start(folder).stop()


def test_a_frozen_app_keeps_its_lease(folder: Path, app: Callable[..., tuple]) -> None:
    process, _ = app()
    server = postmaster(folder / "postgres")
    process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    assert postmaster(folder / "postgres") == server
    process.send_signal(signal.SIGCONT)
    process.communicate("stop\n")
    assert process.returncode == 0


def test_removing_is_refused_while_somebody_works_there(
    folder: Path, app: Callable[..., tuple], monkeypatch: pytest.MonkeyPatch
) -> None:
    process, _ = app()
    monkeypatch.setattr("backend.core.embedded.LINGER", -4.9)
    with pytest.raises(EmbeddedFailed, match="in use"):
        remove(folder)
    assert postmaster(folder / "postgres")
    process.communicate("stop\n")


def test_nobody_else_gets_to_the_socket_or_the_files(folder: Path) -> None:
    if not AS_ROOT:
        pytest.skip("another user can only be played by root")
    held = start(folder)
    try:
        stranger = pwd.getpwnam("games")
        assert held.user is None or stranger.pw_uid != held.user.pw_uid
        for command in (["ls", held.sockets], ["ls", held.cluster], ["cat", held.home / "keeper.log"]):
            tried = subprocess.run(
                command, user=stranger.pw_uid, group=stranger.pw_gid, extra_groups=[], capture_output=True, check=False
            )
            assert b"Permission denied" in tried.stderr
    finally:
        held.stop()


def test_an_ordinary_user_starts_it_and_root_may_take_turns_with_them(bare: Path) -> None:
    if not AS_ROOT:
        pytest.skip("the tests above already ran as an ordinary user")
    person = pwd.getpwnam("nobody")
    bare.mkdir()
    os.chown(bare, person.pw_uid, person.pw_gid)
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    where = Path(tempfile.mkdtemp(prefix="tuyen-code-"))  # the code as an installed package: readable by all
    shutil.copytree(ROOT / "backend" / "core", where / "backend" / "core", ignore=shutil.ignore_patterns("__pycache__"))
    for caption in ("backend/__init__.py", "tests/__init__.py", "tests/core/__init__.py", "tests/core/embedded_app.py"):
        (where / caption).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / caption, where / caption)
    where.chmod(0o755)

    def turn() -> int:
        process = subprocess.Popen(
            [python, "-B", "-m", "tests.core.embedded_app", str(bare), "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=where,
            env={"PATH": os.defpath, "TUYEN_PG_BIN": str(binaries)},
            user=person.pw_uid,
            group=person.pw_gid,
            extra_groups=[],
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("postgresql://")
            return user_of(postmaster(bare / "postgres"))
        finally:
            process.communicate("stop\n")
            assert process.returncode == 0

    binaries = next(binary_folders())
    try:
        assert turn() == person.pw_uid
        held = start(bare)
        assert user_of(postmaster(held.home)) == person.pw_uid, "root runs it as the owner of the files"
        held.stop()
        assert turn() == person.pw_uid, "and leaves nothing behind that the owner cannot open"
    finally:
        shutil.rmtree(where)


def test_the_lock_helpers_wait_and_give_up(tmp_path: Path) -> None:
    one, two = open_ours(tmp_path / "x.lock"), open_ours(tmp_path / "x.lock")
    assert try_lock(one, fcntl.LOCK_EX)
    assert not try_lock(two, fcntl.LOCK_SH)
    assert not lock_within(two, fcntl.LOCK_SH, 0.05)
    os.close(one)
    assert lock_within(two, fcntl.LOCK_SH, 0.05)
    os.close(two)
