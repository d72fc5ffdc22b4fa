"""The keeper: a small process of its own that runs PostgreSQL for all app processes on one data folder.

It lives as long as somebody holds the lease (a shared flock that the kernel drops when an app ends, even by kill -9)
and a moment longer, so that an app started again after a crash finds PostgreSQL up. It starts PostgreSQL again when it
dies, and takes PostgreSQL with it when it is killed itself. SIGTERM means: stop without lingering once the lease is
free; SIGINT: stop now. Standard library only.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from backend.core.embedded_process import (
    adopt_orphans,
    end_orphan,
    end_with_parent,
    is_ready,
    lock_within,
    open_ours,
    try_lock,
)

POLL = 0.2  # seconds between looks at the lease
LOG_LIMIT = 20_000_000  # bytes; a longer log is put aside at the next start
TRIES_BEFORE_FIRST_READY = 5
SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}


def say(text: str) -> None:
    """One line in the keeper's log (its standard error)."""
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), text, file=sys.stderr, flush=True)


def _in_child() -> None:
    """Last step before PostgreSQL's program: no blocked signals, and a fast shutdown when the keeper ends."""
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    end_with_parent(signal.SIGINT)


class Keeper:
    """Runs one PostgreSQL."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.home = Path(plan["home"])
        self.cluster = self.home / "cluster"
        self.lease = open_ours(self.home / "lease.lock")
        self.free_since: float | None = None
        self.lingers = float(plan["linger"])
        self.server: subprocess.Popen[bytes] | None = None
        self.was_ready = False
        self.failures = 0

    def start(self) -> None:
        """Start PostgreSQL on a cluster that nobody else works on."""
        end_orphan(self.cluster, Path(self.plan["sockets"]))
        log = self.home / "postgres.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.rename(log.with_suffix(".log.1"))
        identity: dict[str, Any] = {}
        if self.plan["uid"] is not None:
            identity = {"user": self.plan["uid"], "group": self.plan["gid"], "extra_groups": []}
        out = open_ours(log, os.O_WRONLY | os.O_APPEND)
        try:
            self.server = subprocess.Popen(
                self.plan["command"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                preexec_fn=_in_child,  # noqa: PLW1509 -- after the change of user; the keeper has one thread only
                **identity,
            )
        finally:
            os.close(out)
        say(f"started PostgreSQL as process {self.server.pid}")

    def end_leftovers(self) -> None:
        """End and collect PostgreSQL's own children after it was killed: as orphans they became ours."""
        me = os.getpid()
        try:
            children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        except OSError:
            children = []
        for child in children:
            os.kill(int(child), signal.SIGQUIT)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.02)
            except ChildProcessError:
                return

    def stop(self) -> None:
        """A fast shutdown: running statements are broken off, everything committed is kept."""
        if self.server is None or self.server.poll() is not None:
            return
        for sign, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            self.server.send_signal(sign)
            try:
                self.server.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            say(f"PostgreSQL stopped with code {self.server.returncode}")
            return

    def unneeded(self) -> bool:
        """Whether the lease has been free for the lingering time; if so it stays taken, and newcomers wait for it."""
        if not try_lock(self.lease, fcntl.LOCK_EX):
            self.free_since = None
            return False
        self.free_since = self.free_since or time.monotonic()
        if time.monotonic() - self.free_since >= self.lingers:
            return True
        fcntl.flock(self.lease, fcntl.LOCK_UN)
        return False

    def revive(self) -> bool:
        """Start PostgreSQL again after it ended by itself; False to give up on one that never gets ready."""
        say("PostgreSQL ended by itself")
        self.end_leftovers()
        self.failures = 1 if self.was_ready else self.failures + 1
        if self.failures >= TRIES_BEFORE_FIRST_READY:
            return False
        time.sleep(0.1 * (self.failures - 1))
        self.was_ready = False
        self.start()
        return True

    def run(self) -> int:
        """Keep PostgreSQL running until nobody needs it. The answer is the exit code of the process."""
        self.start()
        while not self.unneeded():
            arrived = signal.sigtimedwait(SIGNALS, POLL)
            if arrived is not None and arrived.si_signo == signal.SIGINT:
                break
            if arrived is not None and arrived.si_signo == signal.SIGTERM:
                self.lingers = 0
            self.was_ready = self.was_ready or is_ready(self.home)
            if self.server is not None and self.server.poll() is not None and not self.revive():
                return 1
        say("stopping")
        self.stop()
        return 0


def main(plan: str) -> None:
    """Become the keeper for a plan (JSON) in the background; exit code 3 when another keeper is at work."""
    keeper = Keeper(json.loads(plan))
    lock = open_ours(keeper.home / "keeper.lock")
    if not lock_within(lock, fcntl.LOCK_EX, 5):  # an app may hold it for an instant to look
        sys.exit(3)
    if os.fork():
        os._exit(0)  # the app need not be our parent; the lock went to the child
    os.ftruncate(lock, 0)
    os.write(lock, b"%d\n" % os.getpid())
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    adopt_orphans()
    try:
        sys.exit(keeper.run())
    except Exception as error:  # the log is the only place left to tell
        say(f"failed: {error!r}")
        keeper.stop()
        sys.exit(1)
