"""The PostgreSQL that comes with the product: started from a Python wheel's programs, kept alive, stopped with the app.

`start(data_dir)` gives a connection string. Any number of app processes may use one data folder: the first starts the
keeper (embedded_keeper.py), the others attach, and PostgreSQL stops when the last of them has ended, however it ended.
Linux only; elsewhere set DATABASE_URL to a server you run. Why so: docs/decisions/0002-embedded-postgresql.md.
"""

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

from backend.core.embedded_cluster import ROLE
from backend.core.embedded_launch import LINGER, binaries_for, launch
from backend.core.embedded_places import EmbeddedFailed, home_of, prepare_home, socket_folder
from backend.core.embedded_process import is_ready, keeper_pid, lock_within, open_ours, try_lock

__all__ = ["Embedded", "EmbeddedFailed", "remove", "start", "start_async"]

log = logging.getLogger(__name__)

PATIENCE = 300.0  # seconds: crash recovery of a large log may take minutes on a slow disk


class Embedded:
    """This process's share in the embedded PostgreSQL of one data folder."""

    def __init__(self, data_dir: Path, *, fast: bool = False) -> None:
        if sys.platform != "linux":
            raise EmbeddedFailed("the embedded PostgreSQL runs on Linux only: set DATABASE_URL to a server you run.")
        self.fast = fast
        self.home, self.user = prepare_home(data_dir)
        self.cluster = self.home / "cluster"
        self.sockets = socket_folder(self.home, self.user)
        self._starting = open_ours(self.home / "start.lock")
        self._lease = open_ours(self.home / "lease.lock")
        self._keeper = open_ours(self.home / "keeper.lock")
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="embedded-postgresql", daemon=True)

    @property
    def dsn(self) -> str:
        """The connection string of the product's database, over the private socket."""
        return self.dsn_of(ROLE)

    def dsn_of(self, database: str) -> str:
        """The connection string of another database in the same cluster."""
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(self.sockets), safe='')}"

    @property
    def binaries(self) -> Path:
        """The bin folder that serves this cluster (pg_dump and pg_restore are there too)."""
        return binaries_for(self.home, self.user)

    def _keeper_runs(self) -> bool:
        """To be asked only while holding the start lock: asking takes the keeper's lock for a moment."""
        if try_lock(self._keeper, fcntl.LOCK_EX):
            fcntl.flock(self._keeper, fcntl.LOCK_UN)
            return False
        return True

    def _ensure(self) -> None:
        """With the lease held: attach to the keeper at work or start one, and wait until PostgreSQL answers."""
        if not lock_within(self._starting, fcntl.LOCK_EX, PATIENCE):
            raise EmbeddedFailed(f"another process has been starting PostgreSQL in {self.home} for {PATIENCE:.0f} s")
        try:
            if not self._keeper_runs():
                launch(self.home, self.sockets, self.user, fast=self.fast)
            until = time.monotonic() + PATIENCE
            while not is_ready(self.home):
                if not self._keeper_runs() or time.monotonic() > until:
                    raise EmbeddedFailed(f"PostgreSQL did not start. The end of its log:\n{self._log_end()}")
                time.sleep(0.02)
        finally:
            fcntl.flock(self._starting, fcntl.LOCK_UN)

    def _log_end(self) -> str:
        parts = [self.home / "keeper.log", self.home / "postgres.log"]
        return "\n".join(part.read_text(errors="replace")[-1500:] for part in parts if part.exists())

    def _watch(self) -> None:
        """Start the keeper again if it is killed while we still need it."""
        while not self._over.wait(0.5):
            if not try_lock(self._starting, fcntl.LOCK_EX):
                continue
            try:
                runs = self._keeper_runs()
            finally:
                fcntl.flock(self._starting, fcntl.LOCK_UN)
            if not runs and not self._over.is_set():
                try:
                    log.warning("the keeper of PostgreSQL is gone; starting it again")
                    self._ensure()
                except Exception:
                    log.exception("PostgreSQL could not be started again; trying on")

    def open(self) -> "Embedded":
        """Take the lease and see to it that PostgreSQL runs."""
        if not lock_within(self._lease, fcntl.LOCK_SH, PATIENCE):  # waits for a keeper that is just stopping
            raise EmbeddedFailed(f"PostgreSQL in {self.home} has been stopping for {PATIENCE:.0f} s")
        try:
            self._ensure()
        except BaseException:
            fcntl.flock(self._lease, fcntl.LOCK_UN)
            raise
        self._watcher.start()
        return self

    def stop(self, patience: float = 60.0) -> None:
        """Give the lease back; wait until PostgreSQL has stopped cleanly, unless another process still uses it."""
        if self._over.is_set():
            return
        self._over.set()
        self._watcher.join()
        fcntl.flock(self._lease, fcntl.LOCK_UN)
        if not self._others_use_it():
            self._hurry()
        until = time.monotonic() + patience
        while time.monotonic() < until and not try_lock(self._keeper, fcntl.LOCK_SH):
            if self._others_use_it():
                break
            time.sleep(0.02)
        for descriptor in (self._keeper, self._lease, self._starting):
            os.close(descriptor)

    def _hurry(self) -> None:
        """Tell the keeper not to linger. It is asked through a pidfd, and only while the lock proves it is alive."""
        pid = keeper_pid(self.home)
        try:
            handle = os.pidfd_open(pid or 0)
        except OSError:
            return
        try:
            if not try_lock(self._keeper, fcntl.LOCK_SH):
                signal.pidfd_send_signal(handle, signal.SIGTERM)
        except PermissionError:
            log.debug("the keeper belongs to another user and lingers a moment")
        finally:
            os.close(handle)

    def _others_use_it(self) -> bool:
        if try_lock(self._lease, fcntl.LOCK_EX):
            fcntl.flock(self._lease, fcntl.LOCK_UN)
            return False
        # Held by another app, or by the keeper that is about to stop: only an app shares it.
        if try_lock(self._lease, fcntl.LOCK_SH):
            fcntl.flock(self._lease, fcntl.LOCK_UN)
            return True
        return False

    async def stop_async(self) -> None:
        """`stop` without holding up the event loop."""
        await asyncio.to_thread(self.stop)


def start(data_dir: Path, *, fast: bool = False) -> Embedded:
    """Start or join the PostgreSQL of a data folder and wait until it answers.

    `fast` trades durability for speed and is for tests only. Raises EmbeddedFailed with the reason and what to do.
    """
    return Embedded(data_dir, fast=fast).open()


async def start_async(data_dir: Path, *, fast: bool = False) -> Embedded:
    """`start` without holding up the event loop."""
    return await asyncio.to_thread(start, data_dir, fast=fast)


def remove(data_dir: Path) -> None:
    """Delete the embedded PostgreSQL of a data folder with all its data. Refuses while a process uses it."""
    home = home_of(data_dir)
    if home.exists():
        keeper = open_ours(home / "keeper.lock")
        try:
            if not lock_within(keeper, fcntl.LOCK_EX, 2 * LINGER + 10):
                raise EmbeddedFailed(f"PostgreSQL in {home} is in use: stop the other process first.")
            pointer = home / "socket-folder"
            if pointer.exists():
                shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
            shutil.rmtree(home)
        finally:
            os.close(keeper)
    (data_dir / "postgres.elsewhere").unlink(missing_ok=True)
