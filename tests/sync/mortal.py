"""A real server that is meant to be killed: `python -m tests.sync.mortal PORT`, settings from the environment.

The application is imported once and each life is a fork, so that a life costs a tenth of a second instead of three.
Killed by a signal it lives again; when standard input ends, all ends.
"""

import asyncio
import os
import signal
import sys
import threading


def _live(port: int) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from backend.app import create

    asyncio.run(Server(create(), port=port, interface=Interfaces.ASGI, log_enabled=False).serve())


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
