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


LOCALES = Path(__file__).parents[2] / "pwa" / "locales"
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
