"""Two people change the same thing: who lost sees it and chooses; what was entered is put right."""

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine

pytestmark = pytest.mark.xdist_group("browser")


def a_customer(lan: Person) -> tuple[str, str]:
    """A customer of Lan's that nobody else in these stories touches: its id and name."""
    name = f"Tạp hóa Trùng {uuid.uuid4().hex[:6]}"
    made = str(uuid.uuid4())
    body = {"id": made, "name": name, "stage": "account", "note": "gần chợ",
            "contact": {"id": str(uuid.uuid4()), "name": "Chị Hoa", "phone": "0903000111"}}  # fmt: skip
    lan.send("/customers", body)
    lan.online()
    lan.see(f"/customers/{made}")
    expect(lan.page.locator("h1", has_text=name)).to_be_visible(timeout=PATIENCE)
    return made, name


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
        lan.set_out("lan")
        customer, name = a_customer(lan)
        line.cut()
        lan.context.set_offline(True)
        rename(lan, customer, f"{name} Lan", "3")
        with person(
            browser, f"http://127.0.0.1:{served.port}", size=DESK, pictures="conflict", bypass_csp=True
        ) as hung:
            hung.log_in("hung", hung.say("app.today"))
            hung.send(f"/customers/{customer}", {"changes": {"name": f"{name} Hùng"}}, "PATCH")
        line.mend()
        lan.context.set_offline(False)
        lan.hand_in()
        expect(lan.page.locator("h1", has_text=f"{name} Hùng")).to_be_visible(timeout=PATIENCE)
        banner = lan.page.get_by_test_id("clashes")
        expect(banner).to_be_visible(timeout=PATIENCE)
        lan.picture("banner")
        lan.see("/outbox")
        asked = lan.page.locator(f"a[href='#/conflicts/{customer}']")
        expect(asked).to_contain_text(lan.say("outbox.field-name"), timeout=PATIENCE)
        lan.picture("outbox")
        lan.clean()
        asked.click()
        card = lan.page.locator("[data-testid=conflict][data-field=name]")
        expect(card).to_contain_text(f"{name} Hùng", timeout=PATIENCE)
        expect(card).to_contain_text(f"{name} Lan")
        lan.fits()
        lan.clean()
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
        lan.hand_in()
        lan.picture("settled")
        found = lan.ask(f"/customers/{customer}")
        assert (found["customer"]["name"], found["customer"]["planned_weekday"]) == (chosen, 3)
        assert [one["choice"] for one in found["conflicts"]] == ["mine" if language == "vi" else "other"]


def test_a_manager_settles_at_a_desk_what_a_rep_lost(browser: Browser, served: Served, line: BadLine) -> None:
    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="conflict", bypass_csp=True) as lan:
        lan.set_out("lan")
        customer, name = a_customer(lan)
        line.cut()
        lan.context.set_offline(True)
        rename(lan, customer, f"{name} Lan")
        with person(
            browser, f"http://127.0.0.1:{served.port}", size=DESK, pictures="conflict", bypass_csp=True
        ) as hung:
            hung.log_in("hung", hung.say("app.today"))
            hung.send(f"/customers/{customer}", {"changes": {"name": f"{name} Hùng"}}, "PATCH")
            line.mend()
            lan.context.set_offline(False)
            lan.hand_in()
            hung.see("/conflicts")
            card = hung.page.get_by_test_id("conflict").filter(has_text=f"{name} Lan")
            expect(card).to_be_visible(timeout=PATIENCE)
            hung.clean()
            hung.fits()
            hung.picture("desk")
            card.get_by_role("button", name=re.compile("Lấy của")).click()
            expect(card).to_have_count(0, timeout=PATIENCE)
            assert hung.ask(f"/customers/{customer}")["customer"]["name"] == f"{name} Lan"
            hung.page.get_by_text(hung.say("conflicts.done"), exact=True).click()
            expect(hung.page.locator("main li", has_text=f"{name} Lan")).to_be_visible(timeout=PATIENCE)
            hung.picture("desk-settled")
        lan.online()
        expect(lan.page.get_by_test_id("clashes")).to_have_count(0, timeout=PATIENCE)


def test_contacts_visits_and_expenses_are_put_right_from_the_customers_screen(
    browser: Browser, served: Served, line: BadLine
) -> None:
    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="edits", bypass_csp=True) as lan:
        lan.log_in("lan", lan.say("app.today"))
        lan.synced()
        customer, _ = a_customer(lan)
        page = lan.page
        page.get_by_role("link", name="Sửa Chị Hoa").click()
        page.get_by_label(lan.say("outbox.field-role")).fill("chủ quán")
        lan.fits()
        lan.clean()
        lan.picture("contact")
        page.get_by_role("button", name=lan.say("app.save"), exact=True).click()
        expect(page.get_by_text("chủ quán · 0903000111")).to_be_visible(timeout=PATIENCE)
        lan.see(f"/visits/new/{customer}")
        page.locator("fieldset label").first.click()
        page.locator("textarea").fill("hẹn tuần sau")
        why = page.locator("select").first  # asked once it is clear that the phone does not know where it is
        expect(why).to_be_visible(timeout=PATIENCE)
        why.select_option(index=1)
        page.get_by_role("button", name=lan.words["save_visit"]).click()
        expect(page.get_by_text("hẹn tuần sau")).to_be_visible(timeout=PATIENCE)
        lan.hand_in()
        page.locator("a[href*='/visits/edit/']").first.click()
        page.locator("textarea").fill("hẹn thứ ba tuần sau")
        lan.fits()
        lan.clean()
        lan.picture("visit")
        page.get_by_role("button", name=lan.say("app.save"), exact=True).click()
        expect(page.get_by_text("hẹn thứ ba tuần sau")).to_be_visible(timeout=PATIENCE)
        lan.hand_in()
        [visit] = lan.ask(f"/activities?customer={customer}")["items"]
        assert (visit["note"], visit["version"]) == ("hẹn thứ ba tuần sau", 2)
