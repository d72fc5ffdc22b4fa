"""What the supervisor needs to know about processes and locks. Standard library only: the keeper runs without packages.

A pid alone proves nothing: the kernel hands numbers out again. A process is our PostgreSQL only if its program is
called postgres, it works inside our cluster folder, and it started no later than the file that names it was written.
"""

import ctypes
import fcntl
import os
import signal
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLOCK_SLACK = 5.0  # seconds by which file times and process times may disagree

_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(sign: int) -> None:
    """Ask the kernel to send us `sign` when the thread that started us ends, however it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, sign, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent dies, so that they can be ended without guessing pids."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def try_lock(descriptor: int, how: int) -> bool:
    """Take a flock without waiting; the kernel drops it when its last holder ends, even by kill -9."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_ours(place: Path, flags: int = os.O_RDWR) -> int:
    """Open (or make) a lock or log file of the home folder for its owner alone; never through a link.

    What root makes in somebody's home folder becomes theirs, so that they can start without root next time. The
    descriptor is not inherited by programs we start.
    """
    descriptor = os.open(place, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    facts, home = os.fstat(descriptor), place.parent.stat()
    if os.geteuid() == 0 and facts.st_uid != home.st_uid and facts.st_nlink == 1:
        os.fchown(descriptor, home.st_uid, home.st_gid)
    return descriptor


def lock_within(descriptor: int, how: int, seconds: float) -> bool:
    """Take a flock, waiting at most `seconds`."""
    until = time.monotonic() + seconds
    while not try_lock(descriptor, how):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def started_at(pid: int) -> float:
    """When a process started, in seconds since the epoch."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[19])  # field 22 of proc(5)
    ago = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - ago


def is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether `pid` is a PostgreSQL working on `cluster`; False whenever that cannot be proven."""
    try:
        here = Path(f"/proc/{pid}/cwd").stat()
        ours = cluster.stat()
        if (here.st_dev, here.st_ino) != (ours.st_dev, ours.st_ino):
            return False
        if Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)") != "postgres":
            return False
        return started_at(pid) <= (cluster / "postmaster.pid").stat().st_mtime + _CLOCK_SLACK
    except OSError:
        return False


def read_pid_file(cluster: Path) -> tuple[int, bool] | None:
    """The pid in postmaster.pid and whether that server said it accepts connections."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return abs(int(lines[0])), len(lines) > 7 and lines[7].strip() == "ready"
    except (OSError, ValueError, IndexError):
        return None


def keeper_pid(home: Path) -> int | None:
    """The pid the last keeper wrote down; it is at work only if keeper.lock is locked."""
    try:
        return int((home / "keeper.lock").read_text())
    except (OSError, ValueError):
        return None


def is_ready(home: Path) -> bool:
    """Whether the PostgreSQL of this home accepts connections: provably ours, and not the orphan of a dead keeper."""
    cluster = home / "cluster"
    found = read_pid_file(cluster)
    if found is None or not found[1] or not is_postmaster(found[0], cluster):
        return False
    try:
        parent = int(Path(f"/proc/{found[0]}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return parent == keeper_pid(home)


def end_orphan(cluster: Path, sockets: Path, patience: float = 30.0) -> None:
    """Before a start: end a postmaster left over on our cluster, and drop pid files that name nobody of ours.

    A foreign process that merely has the number is never signalled. The signal goes through a pidfd opened before the
    proof, so the number cannot change hands in between.
    """
    found = read_pid_file(cluster)
    pid = found[0] if found else 0
    for sign, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5.0)):
        try:
            handle = os.pidfd_open(pid)
        except OSError:  # no such process (0 is none)
            break
        try:
            if not is_postmaster(pid, cluster):
                break
            signal.pidfd_send_signal(handle, sign)
            until = time.monotonic() + seconds
            while is_postmaster(pid, cluster) and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            os.close(handle)
    if not is_postmaster(pid, cluster):
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        for left in sockets.glob(".s.PGSQL.*.lock"):  # the same number, believed just as readily
            left.unlink(missing_ok=True)
