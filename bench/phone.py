"""What the phone has to fetch, how fast it starts, searches and takes a first copy: `python -m bench phone`.

* Sizes of the built app in KB brotli against their budgets (`npm run budget`), and the search engine as bundled for the
  phone, over 10,000 customers under Node (`pwa/scripts/search-bench.mjs`).
* In Chromium, with a real server and 10,000 customers of one person: how long the screen is kept from answering while
  they come (total blocking time), how long the app takes from nothing to its list without a network, and from a
  keystroke to what it finds, at full speed and with the page's processor slowed down to a quarter (workers are not).
* How long a first copy takes: on a fast line beside the same rows put into bare IndexedDB, and over 3G beside what the
  bytes alone would take.

`TUYEN_PHONE=<data folder>` keeps the company for another run.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench import phone_screen as screen
from bench.phone_data import BOBS, VISITS_EACH, make, serving
from bench.slow_line import DOWN, SlowLine
from bench.sync import CUSTOMERS
from bench.table import Row

ROOT = Path(__file__).parents[1]
ENGINE_GOAL = 10  # ms, the median of a keystroke
ROUNDS, STARTS = 2, 5
TYPED = ("cua hang", "tap hoa", "dai ly")
_LINE = re.compile(r"(ok|over)\s+([0-9.]+) KB of ([0-9.]+)\s+(.+)")
# The limit of a first copy: the documents that are there put into a store of their own, as many at a time as came.
BARE = """async () => {
  const open = (name, make) => new Promise((ok) => {
    const asked = indexedDB.open(name, make ? 1 : undefined)
    asked.onupgradeneeded = () => make?.(asked.result)
    asked.onsuccess = () => ok(asked.result)
  })
  const name = (await indexedDB.databases()).map((one) => one.name).find((one) => one.startsWith('fs_'))
  const db = await open(name)
  const docs = await new Promise((ok) => { const all = db.transaction('customer').objectStore('customer').getAll(); all.onsuccess = () => ok(all.result) })
  db.close()
  const bare = await open('bare', (made) => made.createObjectStore('customer', { keyPath: 'id' }))
  const began = performance.now()
  for (let at = 0; at < docs.length; at += 5000) await new Promise((ok) => {
    const putting = bare.transaction('customer', 'readwrite', { durability: 'strict' })
    for (const doc of docs.slice(at, at + 5000)) putting.objectStore('customer').put(doc)
    putting.oncomplete = ok
  })
  const took = performance.now() - began
  bare.close()
  indexedDB.deleteDatabase('bare')
  return took
}"""  # noqa: E501 -- a script for the browser


def sizes() -> list[Row]:
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


class Copied(NamedTuple):
    """A first copy as the page saw it, ms from the password: the first row painted, all there; and what blocked."""

    row: float
    done: float
    blocked: float


def copy(context: BrowserContext, port: int, login: str) -> tuple[Page, Copied]:
    """Log in and wait for the whole first copy."""
    page = screen.at_the_door(context, port, login)
    screen.enter(page)
    seen = screen.wait_done(page)
    since = float(seen["submit"])
    return page, Copied(seen["row"] - since, seen["done"] - since, screen.blocked(seen["tasks"], since))


def ms(figures: list[float]) -> str:
    """The median and the worst."""
    return f"{statistics.median(figures):.0f} ms (worst {max(figures):.0f} of {len(figures)})"


def at_full_speed(browser: Browser, port: int) -> list[Row]:
    """The figures of a phone with 10,000 customers on a fast line, and then without any."""
    copies, bare, small = [], [], []
    starts: dict[int, list[float]] = {1: [], 4: []}
    typed: dict[int, list[float]] = {1: [], 4: []}
    for _ in range(ROUNDS):
        with screen.phone(browser) as context:
            page, copied = copy(context, port, "lan")
            copies.append(copied)
            bare.append(float(page.evaluate(BARE)))
            page.wait_for_timeout(2000)
            page.close()
            context.set_offline(True)
            for _ in range(STARTS):
                for factor, times in starts.items():
                    times.append(screen.cold_start(context, port, factor))
            for text in TYPED:
                for factor, times in typed.items():
                    times.extend(screen.type_text(context, port, factor, text))
        with screen.phone(browser) as context:
            small.append(copy(context, port, "bob")[1].done)
    whole = [one.done for one in copies]
    ratio = statistics.median(whole) / statistics.median(bare)
    rows = BOBS * (2 + VISITS_EACH)
    return [
        Row("phone", "blocking while 10k customers come, in all", ms([one.blocked for one in copies]), "<= 300 ms", ""),
        Row("phone", "cold start offline to the list, 1x", ms(starts[1]), "<= 1200 ms", ""),
        Row("phone", "cold start offline to the list, 4x", ms(starts[4]), "<= 2500 ms", ""),
        Row("phone", "keystroke to paint, 10k customers, 1x", ms(typed[1]), "<= 100 ms", ""),
        Row("phone", "keystroke to paint, 10k customers, 4x", ms(typed[4]), "<= 300 ms", ""),
        Row("phone", "10k customers + addresses, password to first row", ms([one.row for one in copies]), "", ""),
        Row("phone", "10k customers + addresses, password to complete", f"{ms(whole)}, {ratio:.1f}x bare puts", "", ""),
        Row("phone", f"a rep's {rows:,} rows, password to complete", ms(small), "<= 2000 ms", ""),
    ]


# In the worker: when its first question left and its last answer was here, and the bytes of all answers.
PULLED = """() => {
  const asked = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/v1/sync'))
  return {
    zero: performance.timeOrigin, size: asked.reduce((sum, one) => sum + one.encodedBodySize, 0), pages: asked.length,
    first: asked[0].startTime, heard: asked[0].responseStart, last: Math.max(...asked.map((one) => one.responseEnd)),
  }
}"""


def over_3g(browser: Browser, port: int) -> list[Row]:
    """The first copy of 10,000 customers over a slow line, from the first pull until it is complete, beside what its
    bytes alone take; logging in and the files of the screen are told apart."""
    with SlowLine(port) as line, screen.phone(browser) as context:
        page = screen.at_the_door(context, line.port, "lan")
        screen.enter(page)
        seen = screen.wait_done(page)
        worker = next(one for one in page.workers if "data.worker" in one.url)
        pulled: dict[str, float] = worker.evaluate(PULLED)
        zero = float(page.evaluate("performance.timeOrigin"))
    # The worker's clock begins later than the page's.
    pulling = pulled["zero"] + pulled["first"] - zero
    row, done = (float(seen[mark]) for mark in ("row", "done"))
    alone = 1000 * pulled["size"] / DOWN
    whole, heard = done - pulling, pulled["heard"] - pulled["first"]
    carried = pulled["last"] - pulled["first"]
    of = f"{pulled['size'] / 1e6:.2f} MB in {pulled['pages']:.0f} pages"
    complete = f"{whole / 1000:.1f} s, {of}, {whole / alone:.2f}x bytes / bandwidth"
    last = f"{carried / 1000:.1f} s, {carried / alone:.2f}x bytes / bandwidth"
    entering = f"{(pulling - seen['submit']) / 1000:.1f} s"
    what = "10k customers over 3G"
    return [
        Row("phone", f"{what}, password to first row", f"{(row - seen['submit']) / 1000:.1f} s", "<= 6 s", ""),
        Row("phone", f"{what}, password to first pull (login, screen)", entering, "", ""),
        Row("phone", f"{what}, first pull to its first byte", f"{heard / 1000:.1f} s", "", ""),
        Row("phone", f"{what}, first pull to the last byte", last, "", ""),
        Row("phone", f"{what}, first pull to complete", complete, "<= 1.25x", ""),
    ]


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    rows = sizes()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(os.environ.get("TUYEN_PHONE", made))
        make(folder)
        with serving(folder) as port, sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=screen.FLAGS.split())
            rows += at_full_speed(browser, port)
            rows += over_3g(browser, port)
            browser.close()
    assert CUSTOMERS == 10_000  # what the rows above say
    return rows
