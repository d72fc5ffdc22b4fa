"""A tiny app for the tests of the embedded PostgreSQL: uses a data folder until its standard input says stop.

Needs the standard library only, so that it runs under any Python and any user.
"""

import sys
from pathlib import Path

from backend.core import embedded_launch
from backend.core.embedded import start


def main(folder: str, linger: str) -> None:
    """Print the connection string once PostgreSQL answers, then hold it."""
    embedded_launch.LINGER = float(linger)
    held = start(Path(folder))
    print(held.dsn, flush=True)
    sys.stdin.readline()
    held.stop()
    print("stopped", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
