"""Making the database files of the embedded PostgreSQL, and its settings for a small machine."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from backend.core.embedded_places import EmbeddedFailed, major_version, private_folder

ROLE = "tuyen"  # the superuser of the embedded cluster, and the name of its database

# What differs from PostgreSQL's defaults, and why.
SETTINGS: dict[str, str] = {
    "listen_addresses": "''",  # no TCP: only who may enter the 0700 folder can connect
    "max_connections": "60",
    "shared_buffers": "128MB",  # 32MB on machines with less than 1 GB
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",  # bounds the log to replay, so recovery after kill -9 stays below a second or two
    "wal_compression": "on",
    "random_page_cost": "1.1",  # SSDs
    "jit": "off",  # compiling costs more than our short statements
    "max_parallel_workers_per_gather": "0",  # two cores are shared with the app
    "idle_in_transaction_session_timeout": "60s",  # a frozen app lets its locks go
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] '",
    "log_min_duration_statement": "1s",
    "lc_messages": "'C'",
    "default_text_search_config": "'pg_catalog.simple'",
}
FAST: dict[str, str] = {  # for tests that throw the cluster away: nothing survives a power cut
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_compression": "off",  # processor time for disk space that is thrown away
}


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _run(command: list[str], user: pwd.struct_passwd | None, what: str, said: str | None = None) -> None:
    done = subprocess.run(
        command,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        **_identity(user),
    )
    if done.returncode != 0:
        raise EmbeddedFailed(f"{what} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


def make_cluster(home: Path, binaries: Path, user: pwd.struct_passwd | None) -> None:
    """initdb beside the final place, then one rename: a set-up broken off half way is never taken for a cluster."""
    for old in home.glob("cluster.new-*"):
        shutil.rmtree(old)
    fresh = private_folder(Path(tempfile.mkdtemp(prefix="cluster.new-", dir=home)), user)
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major_version(binaries) >= 17 else []
    )  # sorts by code point; lower() still knows Vietnamese letters
    _run(
        [
            str(binaries / "initdb"),
            *("-D", str(fresh), "-U", ROLE, "-E", "UTF8", "--locale=C", *locale),
            *("--data-checksums", "--auth=peer", "--no-instructions"),
        ],
        user,
        "initdb",
    )
    _run(
        [str(binaries / "postgres"), "--single", "-D", str(fresh), "postgres"],
        user,
        "making the database",
        f"CREATE DATABASE {ROLE}\n",
    )
    fresh.rename(home / "cluster")


def _write(place: Path, text: str) -> None:
    """Replace a settings file in one step; a reader sees the old or the new one."""
    descriptor, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    fresh = Path(name)
    fresh.chmod(0o644)
    fresh.rename(place)


def write_settings(home: Path, sockets: Path, version: int, *, fast: bool) -> list[str]:
    """Write tuyen.conf, who.conf and names.conf in `home`; give the arguments that make `postgres` use them.

    An operator's own settings go into HOME/local.conf, which is read last.
    """
    chosen = dict(SETTINGS)
    if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 1_000_000_000:
        chosen |= {"shared_buffers": "32MB", "effective_cache_size": "128MB", "work_mem": "4MB"}
    if version >= 18:
        chosen["io_method"] = "sync"  # three processes less
    if not Path("/dev/shm").is_dir():  # noqa: S108 -- only asked about
        chosen["dynamic_shared_memory_type"] = "mmap"
    if fast:
        chosen |= FAST
    lines = [f"{name} = {value}" for name, value in chosen.items()]
    _write(home / "tuyen.conf", "\n".join([*lines, "include_if_exists = 'local.conf'", ""]))
    # The kernel says who is at the other end of the socket: root, the app's user, and nobody else.
    _write(home / "who.conf", f"local all {ROLE} peer map=app\nlocal replication {ROLE} peer map=app\n")
    names = {pwd.getpwuid(uid).pw_name for uid in {0, os.geteuid(), home.stat().st_uid}}
    _write(home / "names.conf", "".join(f'app "{name}" {ROLE}\n' for name in sorted(names)))
    return [
        f"--config_file={home / 'tuyen.conf'}",
        f"--hba_file={home / 'who.conf'}",
        f"--ident_file={home / 'names.conf'}",
        f"--unix_socket_directories={sockets}",
        "--listen_addresses=",
    ]
