"""Named points at which a test may have the server killed, as by `kill -9`: nothing is closed, flushed or answered.

`TUYEN_CRASH_AT` names a file; what stands in it is the point to die at. The file is taken away just before, so the
server started again lives. Without the variable a point costs one comparison. A server refuses to start with it unless
its data folder holds a file `throw-away`, which no company's has.
"""

import os
import signal
from pathlib import Path
from typing import Final

from backend.core import clock
from backend.core.settings import settings

FILE: Final = os.environ.get("TUYEN_CRASH_AT", "")
MARK: Final = "throw-away"


def refuse_outside_tests() -> None:
    """To be called when a server starts: neither this switch nor that of the clock is for a company's data."""
    for name, file in (("TUYEN_CRASH_AT", FILE), ("TUYEN_CLOCK_AHEAD", clock.FILE)):
        if file and not (settings().data_dir / MARK).exists():
            raise RuntimeError(f"{name} is for tests: this data folder is not marked as one to throw away")


def point(name: str) -> None:
    """Die here if a test wants it."""
    if FILE:
        _reach(name)


def _reach(name: str) -> None:
    order = Path(FILE)
    try:
        if order.read_text("utf-8").strip() != name:
            return
        order.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
