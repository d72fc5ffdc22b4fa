"""Two tabs and a worker send; a phone is shut out, finds its store empty, or is no longer known."""

import re
import uuid

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.conftest import PHONE, Served
from tests.browser.person import PATIENCE, person
from tests.browser.proxy import BadLine

pytestmark = pytest.mark.xdist_group("browser")


def claims(page: Page, amounts: list[int]) -> None:
    """Put expenses straight into this phone's outbox, as its own screens would, without a network to send them.

    Odd amounts: the company has expenses of its own, and they are round.
    """
    for amount in amounts:
        page.goto(re.sub(r"#.*", "", page.url) + "#/expenses/new")
        page.locator("input").first.fill(str(amount))
        page.get_by_text("Gửi xe, cầu đường", exact=True).click()
        page.get_by_role("button", name="Lưu chi phí").click()
        expect(page.locator("textarea")).to_have_count(0, timeout=PATIENCE)


def another_tab(context: BrowserContext, home: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(home)
    expect(page.locator("h1", has_text="Hôm nay")).to_be_visible(timeout=PATIENCE)
    return page


def test_two_tabs_and_the_worker_send_everything_once_and_one_at_a_time(
    browser: Browser, served: Served, line: BadLine
) -> None:
    talking: list[str] = []
    overlaps: list[int] = []
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="tabs") as lan:
        lan.set_out("lan")
        before = {one["id"] for one in lan.ask("/expenses?limit=200")["items"]}
        other = another_tab(lan.context, home)
        line.cut()
        lan.context.set_offline(True)
        claims(lan.page, [11_200, 12_200, 13_200])
        claims(other, [21_200, 22_200, 23_200])

        def begins(request: Request) -> None:
            if request.method == "POST" and request.url.endswith("/api/v1/sync"):
                talking.append(request.url)
                overlaps.append(len(talking))

        def ends(request: Request) -> None:
            if request.method == "POST" and request.url.endswith("/api/v1/sync") and talking:
                talking.pop()

        lan.context.on("request", begins)
        lan.context.on("requestfinished", ends)
        lan.context.on("requestfailed", ends)
        line.mend()
        lan.context.set_offline(False)
        for _ in range(40):
            for page in (lan.page, other):
                page.evaluate("for (let i = 0; i < 5; i++) window.dispatchEvent(new Event('online'))")
            lan.page.wait_for_timeout(300)
            if lan.waiting() == 0:
                break
        assert lan.waiting() == 0
        assert overlaps and max(overlaps) == 1, "one drain at a time, whoever asks"
        found = [one for one in lan.ask("/expenses?limit=200")["items"] if one["id"] not in before]
        assert sorted(one["amount"] for one in found) == ["11200", "12200", "13200", "21200", "22200", "23200"]
        other.close()


def test_a_phone_that_was_shut_out_hands_in_its_last_work_and_is_wiped(
    browser: Browser, served: Served, line: BadLine
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="revoked") as lan:
        lan.set_out("lan")
        device = lan.page.evaluate(
            """async () => { const open = (n) => new Promise((ok) => { const r = indexedDB.open(n); r.onsuccess = () => ok(r.result) })
                 const db = await open('tuyen'); const one = await new Promise((ok) => { const r = db.transaction('kv').objectStore('kv').get('session'); r.onsuccess = () => ok(r.result) })
                 db.close(); return one.v.device }"""  # noqa: E501 -- a script for the browser
        )
        line.cut()
        lan.context.set_offline(True)
        claims(lan.page, [77_200])
        # The office shuts the phone out, but leaves it its session for what it still has.
        assert served.sql("UPDATE devices SET state = 'revoked' WHERE id = $1 RETURNING id", uuid.UUID(device))
        with lan.page.expect_event("load", timeout=PATIENCE):  # what is wiped begins anew
            line.mend()
            lan.context.set_offline(False)
        expect(lan.page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
        lan.picture("wiped")
        names = lan.page.evaluate("async () => (await indexedDB.databases()).map((d) => d.name)")
        assert not [name for name in names if name.startswith("fs_")], "nothing of hers is left"
        lan.log_in("lan", lan.say("app.today"))
        assert [one for one in lan.ask("/expenses?limit=200")["items"] if one["amount"] == "77200"], (
            "her last work came"
        )


def test_a_phone_whose_store_was_emptied_says_what_the_office_had_from_it(
    browser: Browser, served: Served, line: BadLine
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="cleared", bypass_csp=True) as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        expect(lan.page.get_by_test_id("cleared")).to_have_count(0)
        claims(lan.page, [31_200, 32_200])
        lan.hand_in()
        lan.page.goto("about:blank")
        lan.page.goto(f"{home}/static/icons/icon.svg")
        lan.page.evaluate(
            """async () => { for (const { name } of await indexedDB.databases()) if (name.startsWith('fs_'))
                 await new Promise((ok, no) => { const r = indexedDB.deleteDatabase(name); r.onsuccess = ok; r.onerror = no }) }"""  # noqa: E501
        )
        lan.page.goto(home)
        note = lan.page.get_by_test_id("cleared")
        expect(note).to_be_visible(timeout=PATIENCE)
        expect(note).to_contain_text("2 mục")
        lan.clean()
        lan.picture("note")
        note.get_by_role("button").click()
        expect(note).to_have_count(0, timeout=PATIENCE)
        claims(lan.page, [33_200])
        lan.hand_in()
        amounts = [one["amount"] for one in lan.ask("/expenses?limit=200")["items"]]
        assert {"31200", "32200", "33200"} <= set(amounts)


def test_a_session_the_office_forgot_pauses_and_a_login_sends_everything(
    browser: Browser, served: Served, line: BadLine
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="expired") as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        lan.context.clear_cookies()
        claims(lan.page, [41_200, 42_200])
        lan.page.wait_for_timeout(3000)
        lan.online()
        lan.page.wait_for_timeout(1500)
        assert lan.waiting() == 2
        lan.see("/")
        lan.picture("paused")
        lan.page.goto(f"{home}/#/login")
        lan.page.locator("input[name=password]").wait_for()
        lan.page.locator("input[name=username]").fill("lan")
        lan.page.locator("input[name=password]").fill("tuyen-demo")
        lan.page.keyboard.press("Enter")
        lan.hand_in()
        amounts = [one["amount"] for one in lan.ask("/expenses?limit=200")["items"]]
        assert amounts.count("41200") == 1 and amounts.count("42200") == 1
