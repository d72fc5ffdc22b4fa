"""A phone in Chromium, watched from inside: what is painted when, how long the screen could not answer.

Everything is noted by the page itself (observers, no polling), so that looking costs nothing worth measuring.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from backend.demo.cast import PASSWORD

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
PATIENCE = 180_000  # ms
BLOCKING = 50  # ms a task may take before it counts as blocking
ROWS = "main li a[href^='#/customers/']"
WATCH = """
(() => {
  const seen = (window.__seen = { row: null, done: null, submit: null, tasks: [], painted: [] })
  const painted = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => then(performance.now())
    port2.postMessage(0)
  })
  window.__painted = painted
  new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.tasks.push([one.startTime, one.duration]) }).observe({ type: 'longtask', buffered: true })
  addEventListener('submit', () => { seen.submit ??= performance.now() }, true)
  let row = false, done = false
  new MutationObserver(() => {
    if (!row && document.querySelector("main li a[href^='#/customers/']")) { row = true; painted((at) => { seen.row = at }) }
    if (!done && document.querySelector('[data-sync=done]')) { done = true; painted((at) => { seen.done = at }) }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-sync', 'href'] })
})()
"""  # noqa: E501 -- a script for the browser
# From the input event to the paint after the list said something else.
TYPING = """
() => {
  window.__typed = []
  document.querySelector('input[type=search]').addEventListener('input', () => {
    const began = performance.now(), main = document.querySelector('main'), said = main.textContent
    const watcher = new MutationObserver(() => {
      if (main.textContent === said) return
      watcher.disconnect()
      window.__painted((at) => window.__typed.push(at - began))
    })
    watcher.observe(main, { subtree: true, childList: true, characterData: true })
  }, true)
}
"""


@contextmanager
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone nobody has used yet."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
    context.add_init_script(WATCH)
    try:
        yield context
    finally:
        for page in context.pages:
            page.close()
        context.close()


@contextmanager
def kept_phone(play: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A phone whose store lies on the disk, in a profile folder, as a real one's does; `phone` keeps it in memory."""
    context = play.chromium.launch_persistent_context(
        profile,
        executable_path="/usr/bin/chromium",
        args=FLAGS.split(),
        viewport={"width": 390, "height": 844},
        locale="vi-VN",
    )
    context.add_init_script(WATCH)
    try:
        yield context
    finally:
        context.close()


def at_the_door(context: BrowserContext, port: int, login: str) -> Page:
    """The login form filled in, the app's files fetched; the list of customers opens behind it."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/#/customers")
    page.locator("input[name=username]").fill(login)
    page.locator("input[name=password]").fill(PASSWORD)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    page.evaluate("document.activeElement?.blur?.()")
    return page


def enter(page: Page) -> None:
    """Send the password."""
    page.locator("input[name=password]").press("Enter")


def wait_done(page: Page) -> dict[str, Any]:
    """Wait for the first sync to be complete and its list painted; what the page saw, ms of its own clock."""
    until(page, "done")
    until(page, "row")
    page.wait_for_timeout(700)
    return seen(page)


def until(page: Page, mark: str) -> None:
    """Wait for a mark; asked from outside, because the page's own rules forbid scripts made of text."""
    patience = time.monotonic() + PATIENCE / 1000
    while seen(page)[mark] is None:
        if time.monotonic() > patience:
            raise RuntimeError(f"no {mark} within {PATIENCE / 1000:.0f} s")
        page.wait_for_timeout(100)


def seen(page: Page) -> dict[str, Any]:
    """What the page saw so far."""
    found: dict[str, Any] = page.evaluate("window.__seen")
    return found


def blocked(tasks: list[tuple[float, float]], since: float = 0.0, until: float = 1e12) -> float:
    """Total blocking time, ms: what tasks took above 50 ms each."""
    return sum(max(0.0, took - BLOCKING) for began, took in tasks if since <= began <= until)


def slower(page: Page, factor: int) -> None:
    """Slow the page's processor down; workers are not slowed by this."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": factor})


def cold_start(context: BrowserContext, port: int, factor: int) -> float:
    """Open the app anew on its list of customers: ms from the start of the navigation to the first row painted."""
    page = context.new_page()
    if factor > 1:
        slower(page, factor)
    page.goto(f"http://127.0.0.1:{port}/#/customers", wait_until="commit")
    until(page, "row")
    took = float(seen(page)["row"])
    page.wait_for_timeout(
        1500
    )  # what starts after the list (a sync that fails, the search index) is not the next one's
    page.close()
    return took


def type_text(context: BrowserContext, port: int, factor: int, text: str) -> list[float]:
    """Type into the search box of a list that stands: ms from each keystroke to the paint of what it found."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/#/customers")
    until(page, "row")
    page.wait_for_timeout(2500)
    if factor > 1:
        slower(page, factor)
    page.evaluate(TYPING)
    box = page.get_by_role("searchbox")
    for letter in text:
        box.press_sequentially(letter)
        page.wait_for_timeout(400)
    times: list[float] = page.evaluate("window.__typed")
    page.close()
    return times
