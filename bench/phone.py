"""What the phone has to fetch: sizes of the built app in KB brotli against their budgets (`npm run budget`)."""

import re
import subprocess
import sys
from pathlib import Path

from bench.table import Row

ROOT = Path(__file__).parents[1]
_LINE = re.compile(r"(ok|over)\s+([0-9.]+) KB of ([0-9.]+)\s+(.+)")


def measure() -> list[Row]:
    """One row per budget; the numbers are read from the built files, not estimated."""
    sys.path.insert(0, str(ROOT))
    import hatch_build

    hatch_build.build()
    _, npm, path = hatch_build.node_and_npm()
    said = subprocess.run(
        [*npm, "run", "--silent", "budget"], cwd=ROOT / "pwa", capture_output=True, text=True, check=False,
        env={"PATH": f"{path}:/usr/bin:/bin"},
    )  # fmt: skip
    found = [_LINE.search(line) for line in said.stdout.splitlines()]
    return [Row("phone", hit[4].strip(), f"{hit[2]} KB", f"<= {hit[3]} KB", "") for hit in found if hit]
