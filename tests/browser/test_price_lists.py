"""An changes a price in the table, is warned, takes a row away and back; Hùng asks what a customer would pay."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, TEXTS, Person, person

pytestmark = pytest.mark.xdist_group("browser")


class Words:
    """The texts of the screens in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, name: str, **values: str) -> str:
        text = TEXTS[self.language][f"pricelists.{name}"]
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        return text


def choose(inside: Locator, label: str, typed: str) -> None:
    """Find something in a picker with the keyboard alone."""
    box = inside.get_by_role("combobox", name=label, exact=True)
    box.fill(typed)
    expect(inside.get_by_role("option").first).to_contain_text(typed, timeout=PATIENCE, ignore_case=True)
    box.press("Enter")
    expect(box).to_have_count(0)


def a_row(who: Person, list_code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A list of the demo company and its first row that is alone with its item."""
    lists = who.ask("/price-lists")["items"]
    found = next(one for one in lists if one["code"] == list_code)
    rules = who.ask(f"/price-lists/{found['id']}/rules?limit=20")["items"]
    items = [one["item"]["id"] for one in rules]
    return found, next(one for one in rules[:-1] if items.count(one["item"]["id"]) == 1)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_prices_are_changed_in_the_table_at_a_desk(browser: Browser, served: Served, language: str) -> None:
    say = Words(language)
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=DESK, language=language, pictures="prices-desk") as an:
        an.log_in("an", TEXTS[language]["app.today"])
        page = an.page
        an.see("/prices")
        found, rule = a_row(an, "DAILY")
        card = page.get_by_role("link", name=found["code"])
        expect(card).to_be_visible(timeout=PATIENCE)
        an.picture("lists")
        card.click()
        page.get_by_label(say("find-row")).fill(rule["code"])
        amount = page.get_by_label(say("cell", label=say("price"), code=rule["code"]), exact=True)
        expect(page.get_by_test_id("total")).to_have_text(say("rows", count="1"), timeout=PATIENCE)

        dearer = str(int(rule["price"]["amount"]) + 100)
        amount.fill(dearer)
        amount.press("Enter")
        page.wait_for_function(
            """async ([place, code, wanted]) => {
                 const page = await (await fetch(place)).json()
                 return page.items.find((one) => one.code === code).price.amount === wanted
               }""",
            arg=[f"/api/v1/price-lists/{found['id']}/rules?q={rule['code']}", rule["code"], dearer],
        )
        said = f"{int(dearer):,}"
        expect(amount).to_have_value(said.replace(",", ".") if language == "vi" else said, timeout=PATIENCE)
        amount.fill("-5")
        amount.press("Enter")  # said at the row, nothing stored
        expect(page.locator("tbody [role=alert]")).to_contain_text("-5", timeout=PATIENCE)
        expect(amount).to_have_attribute("aria-invalid", "true")
        amount.press("Escape")
        start = page.get_by_label(say("cell", label=say("valid-from"), code=rule["code"]), exact=True)
        start.fill("30/02/2020")
        start.press("Enter")
        expect(page.locator("tbody [role=alert]").last).to_contain_text(an.say("app.day-wrong"), timeout=PATIENCE)
        start.fill("1/2/2020")
        start.press("Enter")
        expect(start).to_have_value("01/02/2020", timeout=PATIENCE)
        an.picture("table")
        page.reload()

        expect(page.get_by_role("button", name=say("new-row"))).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name=say("new-row")).click()
        dialog = page.get_by_role("dialog")
        choose(dialog, say("item"), rule["item"]["code"])
        dialog.get_by_label(say("amount-per", currency="VND", unit=rule["item"]["unit"])).fill(dearer)
        preview = page.get_by_test_id("preview")
        expect(preview).to_contain_text(said.replace(",", ".") if language == "vi" else said, timeout=PATIENCE)
        expect(preview).to_contain_text(rule["code"])  # the overlap names the row that is there
        an.picture("form-warned")
        dialog.get_by_role("button", name=TEXTS[language]["app.save"], exact=True).click()
        expect(dialog.get_by_role("alert")).to_contain_text(rule["code"], timeout=PATIENCE)
        dialog.get_by_label(say("min-qty")).fill("4.800" if language == "vi" else "4,800")
        dialog.get_by_label(say("priority")).fill("7")
        expect(preview.locator(".note")).to_have_count(0, timeout=PATIENCE)
        dialog.get_by_role("button", name=TEXTS[language]["app.save"], exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)

        page.get_by_label(say("find-row")).fill(rule["item"]["code"])
        gone = page.get_by_role("button", name=say("delete-row", code="R-"))
        expect(gone).to_have_count(1, timeout=PATIENCE)
        gone.click()
        expect(gone).to_have_count(0, timeout=PATIENCE)
        an.picture("undo")
        page.get_by_role("button", name=say("undo")).click()
        expect(gone).to_have_count(1, timeout=PATIENCE)
        gone.click()  # and away for good: others read this company too
        expect(gone).to_have_count(0, timeout=PATIENCE)
        an.fits(thumbs=False)


@pytest.mark.parametrize(("language", "size"), [("vi", PHONE), ("en", DESK), ("vi", DESK), ("en", PHONE)])
def test_hung_asks_what_a_customer_would_pay(browser: Browser, served: Served, language: str, size: Any) -> None:
    say = Words(language)
    pictures = "price-check-phone" if size == PHONE else "price-check-desk"
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=size, language=language, pictures=pictures) as hung:
        hung.log_in("hung", TEXTS[language]["app.today"])
        page = hung.page
        _, rule = a_row(hung, "DAILY")
        dealers = hung.ask("/customers/groups")
        group = next(one for one in dealers if "lý" in one["name"])
        customer = hung.ask(f"/customers?limit=1&stage=account&group={group['id']}")["items"][0]
        hung.see("/price-check")
        choose(page.locator("main"), say("customer"), customer["name"])
        choose(page.locator("main"), say("item"), rule["item"]["code"])
        page.get_by_label(say("qty"), exact=True).fill("12")
        winner = page.get_by_test_id("winner")
        expect(winner.locator("strong").first).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(800)
        told = hung.ask(f"/pricing/explain?customer={customer['id']}&item={rule['item']['id']}&qty=12")
        digits = "".join(one for one in winner.locator("strong").first.inner_text() if one.isdigit())
        assert digits == told["price"]["unit_price"]
        if told["winner"]["rule"]:
            expect(winner).to_contain_text(told["winner"]["rule"]["code"])
        expect(page.get_by_test_id("chain").locator("li")).to_have_count(len(told["lists"]))
        shown = page.get_by_test_id("losers").locator("li")
        assert shown.count() == len(told["losers"])
        hung.picture("answer")
        hung.fits(thumbs=False)


def test_a_price_list_is_read_and_edited_on_a_phone(browser: Browser, served: Served) -> None:
    say = Words("vi")
    with person(browser, f"http://127.0.0.1:{served.port}", size=PHONE, pictures="prices-phone") as an:
        an.log_in("an", "Hôm nay")
        page = an.page
        found, rule = a_row(an, "DAILY")
        an.see("/prices")
        expect(page.get_by_role("link", name=found["code"])).to_be_visible(timeout=PATIENCE)
        an.fits(thumbs=False)
        an.picture("lists")
        an.see(f"/prices/{found['id']}")
        card = page.locator("main li button", has_text=rule["code"]).first
        expect(card).to_be_visible(timeout=PATIENCE)
        an.fits(thumbs=False)
        an.picture("rows")
        card.click()
        expect(page.get_by_test_id("preview").locator("strong").first).to_be_visible(timeout=PATIENCE)
        an.fits(thumbs=False)
        an.picture("form")
        page.get_by_role("dialog").get_by_text(say("off"), exact=True).click()
        an.picture("form-off")


def test_a_manager_reads_prices_and_cannot_touch_them(browser: Browser, served: Served) -> None:
    say = Words("vi")
    with person(browser, f"http://127.0.0.1:{served.port}", size=DESK, pictures="prices-manager") as hung:
        hung.log_in("hung", "Hôm nay")
        page = hung.page
        found, rule = a_row(hung, "DAILY")
        hung.see(f"/prices/{found['id']}")
        expect(page.get_by_role("row", name=rule["code"])).to_be_visible(timeout=PATIENCE)
        assert page.locator("tbody input, tbody button").count() == 0
        assert page.get_by_role("button", name=say("new-row")).count() == 0
        hung.picture("rows")
