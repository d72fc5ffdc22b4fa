"""What the phone has to fetch, and how fast it searches.

Sizes of the built app in KB brotli against their budgets (`npm run budget`), and the search engine as bundled for the
phone, over 10,000 customers under Node (`pwa/scripts/search-bench.mjs`).
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from bench.table import Row

ROOT = Path(__file__).parents[1]
ENGINE_GOAL = 10  # ms, the median of a keystroke
_LINE = re.compile(r"(ok|over)\s+([0-9.]+) KB of ([0-9.]+)\s+(.+)")


def measure() -> list[Row]:
    """One row per budget, read from the built files, and one per kind of text people search by."""
    sys.path.insert(0, str(ROOT))
    import hatch_build

    hatch_build.build()
    node, npm, path = hatch_build.node_and_npm()

    def run(*command: str) -> list[str]:
        """What a program of the phone app prints; budgets exceeded are rows that say so, not a fault."""
        done = subprocess.run(
            command,
            cwd=ROOT / "pwa",
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": f"{path}:/usr/bin:/bin"},
        )
        if not done.stdout:
            raise RuntimeError(done.stderr[-300:])
        return done.stdout.splitlines()

    found = [_LINE.search(line) for line in run(*npm, "run", "--silent", "budget")]
    rows = [Row("phone", hit[4].strip(), f"{hit[2]} KB", f"<= {hit[3]} KB", "") for hit in found if hit]
    for kind in (json.loads(line) for line in run(*node, "scripts/search-bench.mjs")):
        figures = f"median {kind['median']:.1f} ms, p95 {kind['p95']:.1f} ms"
        rows.append(Row("phone", f"search 10k customers, {kind['kind']}", figures, f"<= {ENGINE_GOAL} ms", ""))
    return rows
