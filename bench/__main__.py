"""`make bench`: runs every measurement and prints one table."""

import importlib
import sys
from collections.abc import Callable

from bench.table import Row, show

ROOMS = (
    "pricing", "rehearsal", "imports", "orders", "sync", "queue", "storm", "search", "geo", "phone", "first_sync",
    "peers", "browser_peers", "goals",
)  # fmt: skip


def main() -> int:
    """Run the named rooms, or all of them; a room that fails is a row that says so, and a non-zero exit."""
    wanted = sys.argv[1:] or ROOMS
    rows: list[Row] = []
    failed = False
    for name in wanted:
        measure: Callable[[], list[Row]] = importlib.import_module(f"bench.{name}").measure
        try:
            rows += measure()
        except Exception as fault:
            rows.append(Row(name, "failed", str(fault)[:80], "", ""))
            failed = True
    show(rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
