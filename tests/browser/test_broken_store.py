"""The phone's own store cannot be used: the app says so in plain words and what helps, and goes on once it can."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine

pytestmark = pytest.mark.xdist_group("browser")
EVERYWHERE = [
    pytest.param("vi", PHONE, id="vi-phone"),
    pytest.param("en", PHONE, id="en-phone"),
    pytest.param("vi", DESK, id="vi-desk"),
    pytest.param("en", DESK, id="en-desk"),
]
# A browser that refuses to open some of its databases until somebody mends it.
REFUSING = """
(() => {
  const open = IDBFactory.prototype.open
  IDBFactory.prototype.open = function (name, ...more) {
    const [fault, prefix] = (localStorage.getItem('refuse') ?? '%s').split(' ')
    if (fault && name.startsWith(prefix)) throw new DOMException('Internal error opening backing store.', fault)
    return open.call(this, name, ...more)
  }
})()
"""
# A browser whose database server goes away: so many transactions fail (Safari's words), for this page only.
LOSING = """
(() => {
  const real = IDBDatabase.prototype.transaction
  window.losing = 0
  IDBDatabase.prototype.transaction = function (...all) {
    if (window.losing > 0 && this.name.startsWith('fs_')) {
      window.losing--
      throw new DOMException('Connection to Indexed Database server lost. Refresh the page', 'UnknownError')
    }
    return real.apply(this, all)
  }
})()
"""
# What a tab with the app's first version does when it is frozen: it keeps the store and does not answer.
HOLDING = """
async (name) => {
  await new Promise((ok, no) => {
    const gone = indexedDB.deleteDatabase(name)
    gone.onsuccess = ok
    gone.onerror = no
  })
  window.held = await new Promise((ok, no) => {
    const asked = indexedDB.open(name, 10)
    asked.onupgradeneeded = () => {
      const made = (store, keyPath, indexes = [], more = {}) => {
        const table = asked.result.createObjectStore(store, { keyPath, ...more })
        for (const index of indexes) table.createIndex(index, index)
      }
      made('meta', 'k'), made('ref', 't'), made('customer', 'id'), made('attention', 'id'), made('draft', 'key')
      made('hist', ['root', 't', 'chunk'], ['t']), made('agenda', 'id', ['due', 'root'])
      made('overlay', ['t', 'id', 'n'], ['t', 'n', 'root']), made('blob', 'id', ['st', 'owner_id'])
      made('journal', 'id', ['n', 'acked_at']), made('book', 'version', ['at'])
      made('outbox', 'n', ['st', 'lane', 'entity'], { autoIncrement: true })
      asked.transaction.objectStore('outbox').createIndex('id', 'id', { unique: true })
    }
    asked.onsuccess = () => ok(asked.result)
    asked.onerror = no
  })
}
"""


# What the phone holds of its customers and when it last compared itself; `spoil` loses one of them, without a trace.
HOLDS = """
async (spoil) => {
  const name = (await indexedDB.databases()).map((one) => one.name).find((one) => one.startsWith('fs_'))
  const db = await new Promise((ok) => { const asked = indexedDB.open(name); asked.onsuccess = () => ok(asked.result) })
  const tx = db.transaction(['customer', 'meta'], 'readwrite')
  const heard = (asked) => new Promise((ok) => { asked.onsuccess = () => ok(asked.result) })
  const keys = await heard(tx.objectStore('customer').getAllKeys())
  if (spoil === 'lose') await heard(tx.objectStore('customer').delete(keys[3]))
  if (spoil) await heard(tx.objectStore('meta').put({ k: 'checked_at', v: 1 }))
  const checked = (await heard(tx.objectStore('meta').get('checked_at')))?.v
  const done = { customers: (await heard(tx.objectStore('customer').getAllKeys())).length, checked }
  db.close()
  return done
}
"""


@contextmanager
def somebody(browser: Browser, served: Served, language: str, size: Any, script: str = "") -> Iterator[Person]:
    """A person whose browser misbehaves as the script says; what it throws is no fault of the app's."""
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=size, language=language, pictures=f"broken-{size['width']}") as one:
        if script:
            one.context.add_init_script(script)
        yield one
        one.faults[:] = [fault for fault in one.faults if "Content Security" in fault or "dialog" in fault]


def store_of(page: Page) -> str:
    """The name of the user's own database."""
    name: str = page.evaluate(
        "async () => (await indexedDB.databases()).map((one) => one.name).find((name) => name.startsWith('fs_'))"
    )
    return name


def told(one: Person, trouble: str) -> None:
    """The screen says what is wrong, in the person's language, and looks like a screen of this app."""
    page = one.page
    expect(page.locator(f"[data-trouble={trouble}]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("h1")).to_have_text(one.say(f"store.{trouble}"))
    for part in ("text", "1", "2"):
        expect(page.get_by_text(one.say(f"store.{trouble}-{part}"))).to_be_visible()
    expect(page.get_by_text(one.say("store.safe"))).to_be_visible()
    expect(page.locator(".boot, .loading")).to_have_count(0)
    button = page.get_by_role("button", name=one.say("store.again"))
    box = button.bounding_box()
    assert box is not None and box["height"] >= 44 and box["width"] > 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    one.picture(trouble)


def set_refusal(context: BrowserContext, page: Page, what: str) -> None:
    """From the next page on the browser refuses so."""
    page.evaluate("(what) => localStorage.setItem('refuse', what)", what)


@pytest.mark.parametrize(("language", "size"), EVERYWHERE)
def test_a_browser_that_refuses_every_store_is_told_about_and_tried_again(
    browser: Browser, served: Served, language: str, size: Any
) -> None:
    with somebody(browser, served, language, size, REFUSING % "UnknownError t") as lan:
        page = lan.page
        page.goto(lan.home)
        told(lan, "refused")
        # The other language is one tap away although nothing can be remembered.
        page.get_by_role("button", name="English" if language == "vi" else "Tiếng Việt").click()
        expect(page.locator("html")).to_have_attribute("lang", "en" if language == "vi" else "vi")
        expect(page.locator("[data-trouble=refused]")).to_be_visible()
        page.locator("[data-trouble] .btn-primary").click()
        told(lan, "refused")
        set_refusal(lan.context, page, " ")
        page.locator("[data-trouble] .btn-primary").click()
        expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize(("language", "size"), EVERYWHERE)
def test_a_phone_without_room_says_so_and_goes_on_where_it_was_once_there_is_room(
    browser: Browser, served: Served, language: str, size: Any
) -> None:
    with somebody(browser, served, language, size, REFUSING % " ") as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        set_refusal(lan.context, lan.page, "QuotaExceededError fs_")
        lan.reopen()
        told(lan, "full")
        set_refusal(lan.context, lan.page, " ")
        lan.page.locator("[data-trouble] .btn-primary").click()
        expect(lan.page.locator("h1", has_text=lan.say("app.today"))).to_be_visible(timeout=PATIENCE)
        lan.synced()


@pytest.mark.parametrize(("language", "size"), EVERYWHERE)
def test_a_store_kept_by_an_older_tab_is_asked_for_and_taken_as_soon_as_that_tab_closes(
    browser: Browser, served: Served, language: str, size: Any
) -> None:
    with somebody(browser, served, language, size) as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        name = store_of(lan.page)
        lan.page.close()
        old = lan.context.new_page()
        old.goto(f"{lan.home}/manifest.webmanifest")
        old.evaluate(HOLDING, name)
        lan.page = lan.context.new_page()
        lan.page.goto(lan.home)
        told(lan, "held")
        old.close()  # nobody touches the new tab
        expect(lan.page.locator("h1", has_text=lan.say("app.today"))).to_be_visible(timeout=PATIENCE)
        lan.synced()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_lost_database_server_is_called_again_and_else_the_page_starts_anew_with_the_words_of_its_form(
    browser: Browser, served: Served, language: str
) -> None:
    words = "Tạp hóa Bến Đò"
    with somebody(browser, served, language, PHONE, LOSING) as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        page = lan.page
        lan.see("/leads/new")
        name = page.locator("main input:not([type=radio]):not([type=checkbox])").first
        name.fill("Tạp hóa")
        page.wait_for_timeout(800)
        page.evaluate("window.same = true")

        page.evaluate("window.losing = 1")  # one hiccup: nobody notices
        name.fill("Tạp hóa Bến")
        page.wait_for_timeout(1500)
        assert page.evaluate("window.same === true")
        expect(name).to_have_value("Tạp hóa Bến")

        page.evaluate("window.losing = 1e9")  # gone for good
        name.fill(words)
        for number in range(40):
            page.wait_for_timeout(500)
            if page.evaluate("window.same !== true"):
                break
            name.fill(words + " " * (number % 2))  # somebody goes on typing
        assert page.evaluate("window.same !== true"), "the page stands as it did"
        expect(name).to_have_value(re.compile(rf"^{words} ?$"), timeout=PATIENCE)
        lan.picture("taken-up")


def test_rows_that_went_missing_unseen_are_found_by_the_daily_check_with_the_office_and_fetched_anew(
    browser: Browser, served: Served, line: BadLine
) -> None:
    def reports() -> int:
        return sum(path == "/api/v1/outbox/report" for _, path, _ in line.seen)

    def compared(lan: Person, spoil: str) -> dict[str, Any]:
        """Let the day pass, with or without harm, and wait until the phone has asked."""
        lan.page.evaluate(HOLDS, spoil)
        lan.page.evaluate("window.dispatchEvent(new Event('online'))")
        for _ in range(120):
            lan.page.wait_for_timeout(500)
            held: dict[str, Any] = lan.page.evaluate(HOLDS, None)
            if held["checked"] > 1 and held["customers"] == before:
                break
        lan.page.wait_for_timeout(1000)
        return held

    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="digest") as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        before = lan.page.evaluate(HOLDS, None)["customers"]
        assert before > 10
        held = compared(lan, "wait")
        assert held["checked"] > 1 and held["customers"] == before
        assert reports() == 0, "the phone and the office reckon differently"
        held = compared(lan, "lose")
        assert held["checked"] > 1 and held["customers"] == before
        assert reports() == 1
