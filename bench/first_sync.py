"""The first sync of a rep of the reference tenant over 3G, in Chromium: `python -m bench first_sync`.

Measured from the moment the password is sent: until the rep can work (customers are listed, and searching them finds
some), until the first copy is complete, until the price book is there too, and the bytes of it. The page notes the
moments itself; nothing looks into its store meanwhile. `TUYEN_R1=<data folder>` uses a tenant made before; making one
takes minutes.
"""

import http.cookiejar
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from backend.demo.cast import PASSWORD
from bench import phone_screen
from bench.servers.wire import free_port
from bench.slow_line import DOWN, SlowLine
from bench.table import Row

PATIENCE = 180  # s
SCALE = os.environ.get("TUYEN_SCALE", "R1")
LOGIN = "lan"
HELD = """async () => {
  const name = (await indexedDB.databases()).map((d) => d.name).find((n) => n.startsWith('fs_'))
  const db = await new Promise((ok) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result) })
  const count = (store) => new Promise((ok) => { const r = db.transaction(store).objectStore(store).count(); r.onsuccess = () => ok(r.result) })
  const found = { customers: await count('customer'), books: await count('book') }
  db.close()
  return found
}"""  # noqa: E501 -- a script for the browser


class Synced(NamedTuple):
    """One first sync: seconds from the password to each state, bytes down until then, and what came."""

    usable: float
    complete: float
    complete_bytes: int
    priced: float
    priced_bytes: int
    customers: int
    searched: bool


@contextmanager
def tenant(folder: str) -> Iterator[int]:
    """The demo company served from a data folder, made there if need be; its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", "demo", "--scale", SCALE, "--data-dir", folder, "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(9_000):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    raise RuntimeError("the demo company did not start") from None
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def run(port: int, line: SlowLine) -> Synced:
    """Log in over the line and watch."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=phone_screen.FLAGS.split())
        with phone_screen.phone(browser) as context:
            page = phone_screen.at_the_door(context, line.port, LOGIN)
            before, began = line.down, time.monotonic()
            phone_screen.enter(page)
            phone_screen.until(page, "row")
            page.evaluate(phone_screen.TYPING)
            box = page.get_by_role("searchbox")
            box.press_sequentially("ta", delay=150)
            phone_screen.until(page, "done")
            complete_bytes = line.down - before
            while not page.evaluate(HELD)["books"]:
                page.wait_for_timeout(250)
                assert time.monotonic() - began < PATIENCE, "no price book"
            priced, priced_bytes = time.monotonic() - began, line.down - before
            seen, held = phone_screen.seen(page), page.evaluate(HELD)
            searched = bool(page.evaluate("window.__typed.length"))
        browser.close()
    since = seen["submit"]
    return Synced(
        (seen["row"] - since) / 1000, (seen["done"] - since) / 1000, complete_bytes, priced, priced_bytes,
        held["customers"], searched,
    )  # fmt: skip


def book_bytes(port: int) -> tuple[int, int]:
    """Bytes of the rep's price book as it travels: brotli, and unpacked."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    root = f"http://127.0.0.1:{port}/api/v1"

    def ask(path: str, body: object = None, **headers: str) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(root + path, data, {"Content-Type": "application/json", **headers})
        with opener.open(request) as answer:
            found: bytes = answer.read()
            return found

    ask("/session", {"login": LOGIN, "password": PASSWORD})
    packed = ask("/pricing/book", **{"Accept-Encoding": "br"})
    return len(packed), len(ask("/pricing/book", **{"Accept-Encoding": "identity"}))


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made,
        tenant(os.environ.get("TUYEN_R1", made)) as port,
    ):
        book, plain = book_bytes(port)
        with SlowLine(port) as line:
            got = run(port, line)
    what = f"first sync of a rep of {SCALE} ({got.customers} customers) over 3G"
    floor = got.complete_bytes / DOWN
    usable = f"{got.usable:.1f} s" + ("" if got.searched else ", search did not answer")
    priced = f"{got.priced:.1f} s, {got.priced_bytes / 1e6:.2f} MB"
    return [
        Row("first_sync", f"{what}: seconds until the rep can work", usable, "<= 6 s", "<= 4 s"),
        Row("first_sync", f"{what}: seconds until the copy is complete", f"{got.complete:.1f} s", "<= 30 s", ""),
        Row("first_sync", f"{what}: of them bytes / bandwidth", f"{floor:.1f} s", "", ""),
        Row("first_sync", f"{what}: bytes down", f"{got.complete_bytes / 1e6:.2f} MB", "<= 5 MB", ""),
        Row("first_sync", f"{what}: with the price book", priced, "", ""),
        Row("first_sync", "the rep's price book, brotli as sent", f"{book / 1e6:.3f} MB of {plain / 1e6:.2f}", "", ""),
    ]
