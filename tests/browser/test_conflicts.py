"""Two people change the same thing; two tabs and a worker send; a phone is shut out, or finds its store empty."""

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine
from tests.browser.test_terms import fits

pytestmark = pytest.mark.xdist_group("browser")

POST = """async ([path, method, body]) => {
  const me = await (await fetch('/api/v1/me')).json()
  const answer = await fetch('/api/v1' + path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'X-Tuyen-CSRF': me.csrf } })
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() }
}"""  # noqa: E501 -- a script for the browser
AXE = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' | '))"  # noqa: E501


def ask(who: Person, path: str, method: str, body: Any) -> Any:
    """A call of this person's at the office; gives the answer's body."""
    found = who.page.evaluate(POST, [path, method, body])
    assert found["status"] < 300, found
    return found["body"]


def a_customer(lan: Person) -> tuple[str, str]:
    """A customer of Lan's that nobody else in these stories touches: its id and name."""
    name = f"Tạp hóa Trùng {uuid.uuid4().hex[:6]}"
    made = str(uuid.uuid4())
    body = {"id": made, "name": name, "stage": "account", "note": "gần chợ",
            "contact": {"id": str(uuid.uuid4()), "name": "Chị Hoa", "phone": "0903000111"}}  # fmt: skip
    ask(lan, "/customers", "POST", body)
    online(lan)
    lan.see(f"/customers/{made}")
    expect(lan.page.locator("h1", has_text=name)).to_be_visible(timeout=PATIENCE)
    return made, name


def online(who: Person) -> None:
    """Tell the page that there is a network, as the browser would."""
    who.page.evaluate("window.dispatchEvent(new Event('online'))")


def kept_offline(page: Page) -> None:
    """Wait until the app's files are on the phone: the worker has installed itself and has the page."""
    page.evaluate(
        """async () => { await navigator.serviceWorker.ready
             while (!navigator.serviceWorker.controller) await new Promise((ok) => setTimeout(ok, 100)) }"""
    )


def sent(who: Person) -> None:
    """Wait until nothing waits any more."""
    for _ in range(60):
        online(who)
        who.page.wait_for_timeout(500)
        if who.waiting() == 0:
            return
    raise AssertionError("something still waits")


def clean(page: Page) -> None:
    """Axe has nothing to say."""
    from tests.browser.test_axe import AXE as SCRIPT

    page.evaluate(SCRIPT.read_text("utf-8"))
    assert page.evaluate(AXE) == []


def rename(lan: Person, customer: str, name: str, weekday: str | None = None) -> None:
    """Lan changes the customer in her form."""
    lan.see(f"/customers/{customer}/edit")
    lan.page.get_by_label(lan.say("customers.name")).fill(name)
    if weekday:
        lan.page.get_by_label(lan.say("customers.planned-day")).select_option(weekday)
    lan.page.get_by_role("button", name=lan.say("app.save"), exact=True).click()
    expect(lan.page.locator("main .tag", has_text=lan.say("outbox.waiting"))).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize(("language", "size"), [("vi", PHONE), ("en", DESK)])
def test_a_value_two_people_changed_is_shown_to_the_one_who_lost_and_settled_by_choice(
    browser: Browser, served: Served, line: BadLine, language: str, size: Any
) -> None:
    with person(
        browser, f"http://127.0.0.1:{line.port}", size=size, language=language, pictures="conflict", bypass_csp=True
    ) as lan:
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        customer, name = a_customer(lan)
        kept_offline(lan.page)
        line.cut()
        lan.context.set_offline(True)
        rename(lan, customer, f"{name} Lan", "3")
        with person(
            browser, f"http://127.0.0.1:{served.port}", size=DESK, pictures="conflict", bypass_csp=True
        ) as hung:
            hung.log_in("hung", hung.say("app.today"))
            ask(hung, f"/customers/{customer}", "PATCH", {"changes": {"name": f"{name} Hùng"}})
        line.mend()
        lan.context.set_offline(False)
        sent(lan)
        expect(lan.page.locator("h1", has_text=f"{name} Hùng")).to_be_visible(timeout=PATIENCE)
        banner = lan.page.get_by_test_id("clashes")
        expect(banner).to_be_visible(timeout=PATIENCE)
        lan.picture("banner")
        lan.see("/outbox")
        expect(lan.page.get_by_role("link", name=re.compile(lan.say("outbox.field-name")))).to_be_visible(
            timeout=PATIENCE
        )
        lan.picture("outbox")
        clean(lan.page)
        lan.page.get_by_role("link", name=re.compile(lan.say("outbox.field-name"))).click()
        card = lan.page.locator("[data-testid=conflict][data-field=name]")
        expect(card).to_contain_text(f"{name} Hùng", timeout=PATIENCE)
        expect(card).to_contain_text(f"{name} Lan")
        fits(lan.page)
        clean(lan.page)
        lan.picture("card")
        if language == "vi":
            card.get_by_role("button", name=lan.say("conflicts.take-mine")).click()
            chosen = f"{name} Lan"
        else:
            card.get_by_role("button", name=lan.say("conflicts.write")).click()
            chosen = f"{name} both"
            card.get_by_role("textbox").fill(chosen)
            card.get_by_role("button", name=lan.say("app.save"), exact=True).click()
        expect(card).to_have_count(0, timeout=PATIENCE)
        sent(lan)
        lan.picture("settled")
        found = lan.ask(f"/customers/{customer}")
        assert (found["customer"]["name"], found["customer"]["planned_weekday"]) == (chosen, 3)
        assert [one["choice"] for one in found["conflicts"]] == ["mine" if language == "vi" else "other"]


def test_a_manager_settles_at_a_desk_what_a_rep_lost(browser: Browser, served: Served, line: BadLine) -> None:
    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="conflict", bypass_csp=True) as lan:
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        customer, name = a_customer(lan)
        kept_offline(lan.page)
        line.cut()
        lan.context.set_offline(True)
        rename(lan, customer, f"{name} Lan")
        with person(
            browser, f"http://127.0.0.1:{served.port}", size=DESK, pictures="conflict", bypass_csp=True
        ) as hung:
            hung.log_in("hung", hung.say("app.today"))
            ask(hung, f"/customers/{customer}", "PATCH", {"changes": {"name": f"{name} Hùng"}})
            line.mend()
            lan.context.set_offline(False)
            sent(lan)
            hung.see("/conflicts")
            card = hung.page.get_by_test_id("conflict").filter(has_text=f"{name} Lan")
            expect(card).to_be_visible(timeout=PATIENCE)
            clean(hung.page)
            fits(hung.page)
            hung.picture("desk")
            card.get_by_role("button", name=re.compile("Lấy của")).click()
            expect(card).to_have_count(0, timeout=PATIENCE)
            assert hung.ask(f"/customers/{customer}")["customer"]["name"] == f"{name} Lan"
            hung.page.get_by_text(hung.say("conflicts.done"), exact=True).click()
            expect(hung.page.locator("main li", has_text=f"{name} Lan")).to_be_visible(timeout=PATIENCE)
            hung.picture("desk-settled")
        online(lan)
        expect(lan.page.get_by_test_id("clashes")).to_have_count(0, timeout=PATIENCE)


def test_contacts_visits_and_expenses_are_put_right_from_the_customers_screen(
    browser: Browser, served: Served, line: BadLine
) -> None:
    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="edits", bypass_csp=True) as lan:
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        customer, _ = a_customer(lan)
        page = lan.page
        page.get_by_role("link", name="Sửa Chị Hoa").click()
        page.get_by_label(lan.say("outbox.field-role")).fill("chủ quán")
        fits(page)
        clean(page)
        lan.picture("contact")
        page.get_by_role("button", name=lan.say("app.save"), exact=True).click()
        expect(page.get_by_text("chủ quán · 0903000111")).to_be_visible(timeout=PATIENCE)
        lan.see(f"/visits/new/{customer}")
        page.locator("fieldset label").first.click()
        page.locator("textarea").fill("hẹn tuần sau")
        page.get_by_role("button", name=lan.words["save_visit"]).click()
        for _ in range(2):  # once to be asked why so far away, once to be taken
            if page.locator("select").count() and page.locator("textarea").count():
                page.locator("select").first.select_option(index=1)
                page.get_by_role("button", name=lan.words["save_visit"]).click()
        expect(page.get_by_text("hẹn tuần sau")).to_be_visible(timeout=PATIENCE)
        sent(lan)
        page.locator("a[href*='/visits/edit/']").first.click()
        page.locator("textarea").fill("hẹn thứ ba tuần sau")
        fits(page)
        clean(page)
        lan.picture("visit")
        page.get_by_role("button", name=lan.say("app.save"), exact=True).click()
        expect(page.get_by_text("hẹn thứ ba tuần sau")).to_be_visible(timeout=PATIENCE)
        sent(lan)
        [visit] = lan.ask(f"/activities?customer={customer}")["items"]
        assert (visit["note"], visit["version"]) == ("hẹn thứ ba tuần sau", 2)


def claims(page: Page, amounts: list[int]) -> None:
    """Put expenses straight into this phone's outbox, as its own screens would, without a network to send them."""
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
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        kept_offline(lan.page)
        before = {one["id"] for one in lan.ask("/expenses?limit=200")["items"]}
        other = another_tab(lan.context, home)
        line.cut()
        lan.context.set_offline(True)
        claims(lan.page, [11_000, 12_000, 13_000])
        claims(other, [21_000, 22_000, 23_000])

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
        assert sorted(one["amount"] for one in found) == ["11000", "12000", "13000", "21000", "22000", "23000"]
        other.close()


def test_a_phone_that_was_shut_out_hands_in_its_last_work_and_is_wiped(
    browser: Browser, served: Served, line: BadLine
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="revoked") as lan:
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        kept_offline(lan.page)
        device = lan.page.evaluate(
            """async () => { const open = (n) => new Promise((ok) => { const r = indexedDB.open(n); r.onsuccess = () => ok(r.result) })
                 const db = await open('tuyen'); const one = await new Promise((ok) => { const r = db.transaction('kv').objectStore('kv').get('session'); r.onsuccess = () => ok(r.result) })
                 db.close(); return one.v.device }"""  # noqa: E501 -- a script for the browser
        )
        line.cut()
        lan.context.set_offline(True)
        claims(lan.page, [77_000])
        # The office shuts the phone out, but leaves it its session for what it still has.
        shut_out(served, device)
        line.mend()
        lan.context.set_offline(False)
        expect(lan.page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
        lan.picture("wiped")
        names = lan.page.evaluate("async () => (await indexedDB.databases()).map((d) => d.name)")
        assert not [name for name in names if name.startswith("fs_")], "nothing of hers is left"
        lan.log_in("lan", lan.say("app.today"))
        assert [one for one in lan.ask("/expenses?limit=200")["items"] if one["amount"] == "77000"], (
            "her last work came"
        )


def shut_out(served: Served, device: str) -> None:
    """What an administrator's act does in the office's own tables."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    import asyncpg

    from backend.core.embedded import start

    async def act(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            done = await connection.execute("UPDATE devices SET state = 'revoked' WHERE id = $1", uuid.UUID(device))
            assert done == "UPDATE 1"
        finally:
            await connection.close()

    database = start(served.data_dir)
    try:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(asyncio.run, act(database.dsn)).result()
    finally:
        database.stop()


def test_a_phone_whose_store_was_emptied_says_what_the_office_had_from_it(
    browser: Browser, served: Served, line: BadLine
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="cleared", bypass_csp=True) as lan:
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        expect(lan.page.get_by_test_id("cleared")).to_have_count(0)
        claims(lan.page, [31_000, 32_000])
        sent(lan)
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
        clean(lan.page)
        lan.picture("note")
        note.get_by_role("button").click()
        expect(note).to_have_count(0, timeout=PATIENCE)
        claims(lan.page, [33_000])
        sent(lan)
        amounts = [one["amount"] for one in lan.ask("/expenses?limit=200")["items"]]
        assert {"31000", "32000", "33000"} <= set(amounts)


def test_a_session_the_office_forgot_pauses_and_a_login_sends_everything(
    browser: Browser, served: Served, line: BadLine
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=PHONE, pictures="expired") as lan:
        lan.log_in("lan", lan.say("app.today"))
        expect(lan.page.locator("[data-sync=done]")).to_be_visible(timeout=PATIENCE)
        lan.context.clear_cookies()
        claims(lan.page, [41_000, 42_000])
        lan.page.wait_for_timeout(3000)
        online(lan)
        lan.page.wait_for_timeout(1500)
        assert lan.waiting() == 2
        lan.see("/")
        lan.picture("paused")
        lan.page.goto(f"{home}/#/login")
        lan.page.locator("input[name=password]").wait_for()
        lan.page.locator("input[name=username]").fill("lan")
        lan.page.locator("input[name=password]").fill("tuyen-demo")
        lan.page.keyboard.press("Enter")
        sent(lan)
        amounts = [one["amount"] for one in lan.ask("/expenses?limit=200")["items"]]
        assert amounts.count("41000") == 1 and amounts.count("42000") == 1
