"""A real server that is meant to be killed: `python -m tests.sync.mortal PORT`, settings from the environment.

The application is imported once and each life is a fork, so that a life costs a tenth of a second instead of three.
Killed by a signal it lives again; when standard input ends, all ends. `mortal()` starts one from a test.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Mortal:
    """A server process in a folder of its own, and how to end it. `settings`: environment variables.

    What it has to say of itself is in `server.log` of the folder.
    """

    def __init__(self, dsn: str, folder: Path, **settings: str) -> None:
        from backend.core.crashing import MARK

        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
        self.order = folder / "die-at"
        self.log = (folder / "server.log").open("ab")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        settings = {"TUYEN_DATABASE_URL": dsn, "TUYEN_DATA_DIR": str(folder), "TUYEN_CRASH_AT": str(self.order),
                    "TUYEN_LOGIN_PER_ADDRESS": "1000", "TUYEN_POOL_SIZE": "4", **settings}  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.mortal", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, **settings},
            cwd=Path(__file__).parents[2],
        )
        try:
            self.life()
            self._served()
        except Exception:
            self.end()
            raise

    def _served(self) -> None:
        """Wait until the first life answers."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the server does not start; see its log")

    def life(self) -> int:
        """The process id of the next life, once it has begun."""
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline().split()[1])
        return self.pid

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()


@contextmanager
def mortal(dsn: str, folder: Path, **settings: str) -> Iterator[Mortal]:
    """One for as long as the context lasts."""
    server = Mortal(dsn, folder, **settings)
    try:
        yield server
    finally:
        server.end()


def _live(port: int) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from backend.app import create
    from backend.core.patience import server_options

    server = Server(create(), port=port, interface=Interfaces.ASGI, log_enabled=False, **server_options())
    asyncio.run(server.serve())


def main() -> None:
    """Serve, life after life; says `life PID` at each birth."""
    import backend.app  # noqa: F401 -- once, before the first fork

    port, child = int(sys.argv[1]), [0]

    def end() -> None:
        sys.stdin.read()
        if child[0]:
            os.kill(child[0], signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
    while True:
        child[0] = os.fork()
        if child[0] == 0:
            try:
                _live(port)
            finally:
                os._exit(3)
        print(f"life {child[0]}", flush=True)
        _, status = os.waitpid(child[0], 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"the server ended by itself: {status}")


if __name__ == "__main__":
    main()
