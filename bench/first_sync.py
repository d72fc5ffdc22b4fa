"""The first sync of a rep of the reference tenant over 3G, in Chromium: `python -m bench first_sync`.

Measured from the moment the password is sent: until the rep can work (customers are listed and can be searched), until
everything is there, and the bytes of it. `TUYEN_R1=<data folder>` uses a tenant made before; making one takes minutes.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from backend.demo.cast import PASSWORD
from bench.servers.wire import free_port
from bench.slow_line import SlowLine
from bench.table import Row

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
PATIENCE = 180_000  # ms
SCALE = os.environ.get("TUYEN_SCALE", "R1")
READY = """async () => {
  const name = (await indexedDB.databases()).map((d) => d.name).find((n) => n.startsWith('fs_'))
  if (!name) return null
  const db = await new Promise((ok) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result) })
  const all = (store) => new Promise((ok) => { const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => ok(r.result) })
  const meta = Object.fromEntries((await all('meta')).map((one) => [one.k, one.v]))
  const found = { customers: (await all('customer')).length, synced: meta.synced_at ?? null }
  db.close()
  return found
}"""  # noqa: E501 -- a script for the browser


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


def run(page: Page, line: SlowLine) -> tuple[float, float, int, int]:
    """Log in and watch: seconds to usable, seconds to complete, bytes down, customers."""
    page.goto(f"http://127.0.0.1:{line.port}/")
    page.locator("input[name=username]").fill("lan")
    page.locator("input[name=password]").fill(PASSWORD)
    page.wait_for_load_state("networkidle", timeout=PATIENCE)  # the service worker has fetched the app
    before, began, usable = line.down, time.monotonic(), 0.0
    page.keyboard.press("Enter")
    while True:
        found = page.evaluate(READY)
        spent = time.monotonic() - began
        if not usable and found and found["customers"] >= 25:  # more than a screen of them
            page.goto(f"http://127.0.0.1:{line.port}/#/customers")
            page.locator("main li, main a[href*='/customers/']").first.wait_for(timeout=PATIENCE)
            usable = time.monotonic() - began
        if found and found["synced"]:
            return usable, time.monotonic() - began, line.down - before, found["customers"]
        assert spent * 1000 < PATIENCE, found
        page.wait_for_timeout(100)


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made,
        tenant(os.environ.get("TUYEN_R1", made)) as port,
        SlowLine(port) as line,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS.split())
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
        usable, complete, size, customers = run(context.new_page(), line)
        browser.close()
    what = f"first sync of a rep of {SCALE} ({customers} customers) over 3G"
    return [
        Row("first_sync", f"{what}: seconds until the rep can work", f"{usable:.1f} s", "<= 6 s", "<= 4 s"),
        Row("first_sync", f"{what}: seconds until all is there", f"{complete:.1f} s", "<= 30 s", ""),
        Row("first_sync", f"{what}: bytes down", f"{size / 1_000_000:.2f} MB", "<= 5 MB", ""),
    ]
