"""The browser is killed with -9, in the middle of a push and in the middle of entering: nothing is lost or doubled."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.browser.conftest import CHROMIUM, FLAGS, PHONE, Served
from tests.browser.person import PATIENCE, Person
from tests.browser.proxy import BadLine, Fate
from tests.browser.test_day import PARKING, TODAY, claim

pytestmark = pytest.mark.xdist_group("browser")
# No other story, and no expense of the demo, has such an odd amount.
AMOUNTS = ("11.310", "12.310", "13.310", "14.310", "15.310")


class Telephone:
    """Lan's telephone: a browser of its own with a profile that outlives it."""

    def __init__(self, browser: Browser, home: str, profile: Path) -> None:
        self.browser, self.home, self.profile = browser, home, profile
        self.cookies: Any = []
        self.switch_on()

    def switch_on(self) -> None:
        """The browser is opened with what it left on the disk."""
        self.context = self.browser.browser_type.launch_persistent_context(
            self.profile, executable_path=CHROMIUM, args=FLAGS, viewport=PHONE, locale="vi-VN"
        )  # fmt: skip
        self.context.add_cookies(self.cookies)
        self.lan = Person(self.context, self.home, "vi", "killed")

    def kill(self) -> None:
        """All its processes at once: nothing is closed or written any more.

        Chromium writes its cookies down every half minute: what a login of this morning would have left is put back.
        """
        self.cookies = self.context.cookies()
        group = os.getpgid(_process_of(self.profile))
        assert group != os.getpgrp()
        os.killpg(group, signal.SIGKILL)
        until = time.monotonic() + 20
        while _running(group):
            assert time.monotonic() < until
            time.sleep(0.02)
        self.close()

    def close(self) -> None:
        with suppress(Error):  # it is gone
            self.context.close()


def _process_of(profile: Path) -> int:
    """The browser that works on that profile."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in words and not any(one.startswith(b"--type=") for one in words):
            return int(place.parent.name)
    raise AssertionError("no browser works on that profile")


def _running(group: int) -> bool:
    """Whether any process of the group is still at work; those that only wait to be collected are not."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = place.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(pgrp) == group and state not in "ZX":
            return True
    return False


def _claimed(lan: Person) -> list[str]:
    """The amounts of these stories as the office has them."""
    wanted = {one.replace(".", "") for one in AMOUNTS}
    found: list[dict[str, Any]] = lan.ask("/expenses?limit=200")["items"]
    return sorted(one["amount"] for one in found if one["amount"] in wanted)


def _until(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def test_a_phone_put_away_before_the_network_came_back_sends_all_the_same(
    served: Served, browser: Browser, line: BadLine, tmp_path: Path
) -> None:
    phone = Telephone(browser, f"http://127.0.0.1:{line.port}", tmp_path / "profile")
    try:
        phone.lan.set_out("lan")
        phone.context.set_offline(True)
        claim(phone.lan, "16.700")
        assert phone.lan.waiting() == 1
        phone.lan.page.goto("about:blank")  # no page of the app is open: only the worker can send
        assert served.sql("SELECT id FROM expenses WHERE amount = 16700") == []
        phone.context.set_offline(False)
        _until(lambda: len(served.sql("SELECT id FROM expenses WHERE amount = 16700")) == 1)
        assert [path for method, path, _ in line.seen[-3:] if method == "POST"] == ["/api/v1/sync"]
        phone.lan.page.goto(phone.home)
        expect(phone.lan.page.locator("h1", has_text=TODAY["vi"])).to_be_visible(timeout=PATIENCE)
        assert phone.lan.waiting() == 0
    finally:
        phone.close()


def test_a_browser_killed_in_the_middle_of_a_push_and_of_entering_loses_nothing_and_sends_nothing_twice(
    served: Served, browser: Browser, line: BadLine, tmp_path: Path
) -> None:
    phone = Telephone(browser, f"http://127.0.0.1:{line.port}", tmp_path / "profile")
    try:
        phone.lan.set_out("lan")

        # In the middle of a push: the office has done it all, and the answer is on its way when the phone dies.
        heard = threading.Event()

        def lost(method: str, path: str) -> Fate:
            if (method, path) != ("POST", "/api/v1/sync"):
                return "pass"
            heard.set()
            return "cut_after"

        phone.context.set_offline(True)
        for amount in AMOUNTS[:3]:
            claim(phone.lan, amount)
        assert phone.lan.waiting() == 3
        line.judge = lost
        phone.context.set_offline(False)
        _until(heard.is_set)
        phone.kill()
        phone.switch_on()
        phone.lan.page.goto(phone.home)
        expect(phone.lan.page.locator("h1", has_text=TODAY["vi"])).to_be_visible(timeout=PATIENCE)
        assert phone.lan.waiting() == 3, "what got no answer is still in the outbox"
        line.judge = lambda method, path: "pass"
        phone.lan.hand_in()
        assert _claimed(phone.lan) == ["11310", "12310", "13310"]

        # In the middle of entering: half a form, and a form at the very moment it is saved.
        phone.context.set_offline(True)
        phone.lan.see("/expenses/new")
        phone.lan.page.locator("input").first.fill(AMOUNTS[3])
        phone.lan.page.get_by_text(PARKING["vi"], exact=True).click()
        phone.lan.page.wait_for_timeout(1500)  # ms; a draft is kept within half a second of the last key
        phone.kill()
        phone.switch_on()
        phone.context.set_offline(True)
        phone.lan.see("/expenses/new")
        expect(phone.lan.page.locator("input").first).to_have_value(AMOUNTS[3], timeout=PATIENCE)
        phone.lan.page.get_by_role("button", name=phone.lan.words["save_expense"]).click(no_wait_after=True)
        phone.kill()
        phone.switch_on()
        phone.lan.page.goto(phone.home)
        expect(phone.lan.page.locator("h1", has_text=TODAY["vi"])).to_be_visible(timeout=PATIENCE)
        phone.lan.hand_in()
        if "14310" not in _claimed(phone.lan):  # it died before: then the form is as it was
            phone.lan.see("/expenses/new")
            expect(phone.lan.page.locator("input").first).to_have_value(AMOUNTS[3], timeout=PATIENCE)
            phone.lan.page.get_by_role("button", name=phone.lan.words["save_expense"]).click()
        _until(lambda: len(_claimed(phone.lan)) == 4)
        claim(phone.lan, AMOUNTS[4])
        _until(lambda: len(_claimed(phone.lan)) == 5)
        assert _claimed(phone.lan) == ["11310", "12310", "13310", "14310", "15310"]
        assert not phone.lan.faults, phone.lan.faults
    finally:
        phone.close()
