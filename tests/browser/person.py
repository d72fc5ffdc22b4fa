"""A person at a screen: logging in, finding things, taking pictures of what they see."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from backend.demo.cast import PASSWORD

PATIENCE = 60_000  # ms: two shared cores may be slow; nothing here measures time
WORDS = {
    "vi": {
        "log_in": "Đăng nhập", "visit": "Ghé thăm", "save_visit": "Lưu ghé thăm", "add_item": "Thêm mặt hàng",
        "place": "Gửi đơn", "save_expense": "Lưu chi phí", "log_out": "Đăng xuất", "approve": "Duyệt",
        "take": "Nhận lấy hàng", "picked": "Đã lấy xong", "dispatch": "Xác nhận xuất hàng", "offline": "Ngoại tuyến",
    },
    "en": {
        "log_in": "Log in", "visit": "Visit", "save_visit": "Save visit", "add_item": "Add an item",
        "place": "Place order", "save_expense": "Save expense", "log_out": "Log out", "approve": "Approve",
        "take": "Take this order", "picked": "Picking done", "dispatch": "Confirm dispatch", "offline": "Offline",
    },
}  # fmt: skip


PWA = Path(__file__).parents[2] / "pwa"
LOCALES = PWA / "locales"
AXE = PWA / "node_modules" / "axe-core" / "axe.min.js"
FAULTS = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .map((fault) => fault.id + ': ' + fault.nodes.map((node) => node.html.slice(0, 120)).join(' | '))"""
SEND = """async ([path, method, body]) => {
  const me = await (await fetch('/api/v1/me')).json()
  const answer = await fetch('/api/v1' + path, { method, body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', 'X-Tuyen-CSRF': me.csrf } })
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() }
}"""
SMALL = """() => [...document.querySelectorAll('main button, main a, dialog[open] button')]
  .filter((e) => e.offsetParent && (e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44))
  .map((e) => e.outerHTML.slice(0, 120))"""
TEXTS: dict[str, dict[str, str]] = {
    language: {
        key: text
        for file in sorted((LOCALES / language).glob("*.json"))
        for key, text in json.loads(file.read_text("utf-8")).items()
    }
    for language in ("vi", "en")
}


class Person:
    """One browser context with one page, and the words its language uses."""

    def __init__(self, context: BrowserContext, home: str, language: str, pictures: str) -> None:
        self.context, self.home, self.language = context, home, language
        self.words = WORDS[language]
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.pictures = pictures
        self._watch(self.page)

    def _watch(self, page: Page) -> None:
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda message: self.faults.append(message.text) if "Content Security Policy" in message.text else None,
        )

    def say(self, key: str, **values: str) -> str:
        """What the app says under a key in this person's language: the longest part free of values not given."""
        text = TEXTS[self.language][key]
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return max(re.split(r"\{[^}]*\}", text), key=len).strip(" ,")

    def log_in(self, login: str, landing: str) -> None:
        """Through the form, in the person's language, to a heading of the first screen."""
        self.page.goto(self.home)
        # Chosen by hand either way, because the office remembers what somebody chose last.
        for name, language in (("English", "en"), ("Tiếng Việt", "vi"))[: 1 + (self.language == "vi")]:
            self.page.get_by_role("button", name=name).click()
            expect(self.page.locator("html")).to_have_attribute("lang", language, timeout=PATIENCE)
        self.page.locator("input[name=username]").fill(login)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("h1", has_text=landing)).to_be_visible(timeout=PATIENCE)

    def set_out(self, login: str) -> None:
        """Log in and wait until the phone has its first copy and the app's files: it needs no network from here on."""
        self.log_in(login, self.say("app.today"))
        self.synced()
        self.keep_offline()

    def see(self, path: str) -> None:
        """Go to a screen of the app."""
        self.page.goto(f"{self.home}/#{path}")

    def reopen(self) -> None:
        """Kill the tab and open the app anew."""
        self.page.close()
        self.page = self.context.new_page()
        self._watch(self.page)
        self.page.goto(self.home)

    def picture(self, name: str) -> None:
        """Keep what is on the screen, when somebody wants to look (`TUYEN_PICTURES` names the folder)."""
        folder = os.environ.get("TUYEN_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{self.pictures}-{self.language}-{name}.png")

    def ask(self, path: str) -> Any:
        """What the office answers this person at a path."""
        return self.page.evaluate("async (path) => (await fetch(path)).json()", f"/api/v1{path}")

    def send(self, path: str, body: Any, method: str = "POST") -> Any:
        """What the office answers to something this person sends; it must agree."""
        found = self.page.evaluate(SEND, [path, method, body])
        assert found["status"] < 300, found
        return found["body"]

    def online(self) -> None:
        """Tell the page that there is a network, as the browser would."""
        self.page.evaluate("window.dispatchEvent(new Event('online'))")

    def synced(self) -> None:
        """Wait until the phone has its first copy."""
        expect(self.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)

    def keep_offline(self) -> None:
        """Wait until the app's files are on the phone: the worker has installed itself and has the page."""
        self.page.evaluate(
            """async () => { await navigator.serviceWorker.ready
                 while (!navigator.serviceWorker.controller) await new Promise((ok) => setTimeout(ok, 100)) }"""
        )

    def hand_in(self, tries: int = 60) -> None:
        """The network is back: wait until nothing waits any more."""
        for _ in range(tries):
            self.online()
            self.page.wait_for_timeout(500)
            if self.waiting() == 0:
                return
        raise AssertionError("something still waits")

    def fits(self, *, thumbs: bool = True) -> None:
        """Nothing runs over the side, and everything to tap is big enough for a thumb."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not thumbs or self.page.evaluate(SMALL) == []

    def clean(self) -> None:
        """Axe has nothing to say of this screen (the context must bypass the content policy)."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found: list[str] = []
        for _ in range(3):
            found = self.page.evaluate(FAULTS)
            if not found:
                return
            self.page.wait_for_timeout(1500)  # the screen may have changed under the eyes of axe: a fault is what stays
        raise AssertionError("\n".join(found))

    def waiting(self) -> int:
        """How many mutations and photos the phone has not handed in."""
        return int(
            self.page.evaluate(
                """async () => {
                     const names = (await indexedDB.databases()).map((d) => d.name).filter((n) => n.startsWith('fs_'))
                     let count = 0
                     for (const name of names) {
                       const db = await new Promise((ok) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result) })
                       const all = (store) => new Promise((ok) => { const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => ok(r.result) })
                       count += (await all('outbox')).length
                       count += (await all('blob')).filter((b) => b.st === 'queued').length
                       db.close()
                     }
                     return count
                   }"""  # noqa: E501 -- a script for the browser
            )
        )


@contextmanager
def person(
    browser: Browser, home: str, *, size: Any, language: str = "vi", pictures: str = "story", **more: Any
) -> Iterator[Person]:
    """A person with a phone or a desk; at the end nothing may have gone wrong on their pages."""
    locale = {"vi": "vi-VN", "en": "en-GB"}[language]
    context = browser.new_context(viewport=size, locale=locale, **more)
    somebody = Person(context, home, language, pictures)
    try:
        yield somebody
        assert not somebody.faults, "\n".join(somebody.faults)
    finally:
        # A context closed while its page is being loaded anew over a wiped store has been seen never to end.
        for page in context.pages:
            with suppress(Error):
                page.goto("about:blank", timeout=10_000)
        context.close()
