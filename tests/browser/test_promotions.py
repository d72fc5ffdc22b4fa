"""A promotion written without code: from a template, warned, tried, put on; and an order gets its gift."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.core.clock import today
from backend.core.ids import new_id
from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine

pytestmark = pytest.mark.xdist_group("browser")

SAY = {
    "vi": {
        "new": "Chương trình mới", "ten": "Mua 10 tặng 1", "code": "Mã",
        "items": "Thêm Mặt hàng", "find": "Tìm", "save": "Lưu nháp", "draft": "Nháp",
        "read": "Tôi đã đọc các cảnh báo này",
        "activate": "Kích hoạt", "active": "Đang chạy", "customer": "Thêm Khách hàng", "price": "Tính thử",
        "gift": "Hàng tặng: 1", "run": "Chạy thử", "cost": "Chi phí chương trình", "pause": "Tạm dừng",
        "reason": "Lý do", "paused": "Tạm dừng", "says": "cho mỗi 10",
    },
    "en": {
        "new": "New promotion", "ten": "10+1", "code": "Code",
        "items": "Add Items", "find": "Find", "save": "Save draft", "draft": "Draft",
        "read": "I have read these warnings",
        "activate": "Put on", "active": "Active", "customer": "Add Customer", "price": "Price it",
        "gift": "Gifts: 1", "run": "Start the dry run", "cost": "Cost of the promotion", "pause": "Pause",
        "reason": "Reason", "paused": "Paused", "says": "for every 10",
    },
}  # fmt: skip


def choose(page: Page, within: Any, button: str, typed: str, find: str) -> None:
    """Pick a name in a chooser: open it, type, take the first that is found, close it."""
    within.get_by_role("button", name=button, exact=True).first.click()
    sheet = page.locator("dialog[open]")
    sheet.get_by_role("searchbox", name=find).fill(typed)
    hit = sheet.locator("li button").filter(has_text=typed).first
    expect(hit).to_be_visible(timeout=PATIENCE)
    hit.click()
    if page.locator("dialog[open]").count():
        page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def given(rep: Person, item: dict[str, Any], customer: str, qty: str) -> list[str]:
    """What the office's order check gives for nothing."""
    body = {"customer_id": customer, "currency": "VND", "lines": [{"item_id": item["id"], "unit": item["base_unit"],
                                                                  "qty": qty}]}  # fmt: skip
    answer = rep.send("/orders/check", body)
    return [f"{line['qty']} {line['gift_of']}" for line in answer["lines"] if line["gift_of"]]


@pytest.mark.parametrize(("language", "size"), [("vi", DESK), ("en", PHONE)])
def test_ten_and_one_from_template_to_gift(browser: Browser, served: Served, language: str, size: Any) -> None:
    home, say = f"http://127.0.0.1:{served.port}", SAY[language]
    code = f"MUOI-{language.upper()}"
    with person(browser, home, size=size, language=language, pictures="promotions") as an:
        an.log_in("an", {"vi": "Hôm nay", "en": "Today"}[language])
        page = an.page
        item = an.ask("/items?q=sua&limit=5")["items"][0 if language == "vi" else 1]
        customer = an.ask("/customers?stage=account&limit=1")["items"][0]
        an.see("/promotions")
        expect(page.get_by_test_id("promotions").locator("li").first).to_be_visible(timeout=PATIENCE)
        an.picture("list")
        page.get_by_role("button", name=say["new"]).click()
        an.picture("templates")
        page.locator("dialog[open]").get_by_role("button", name=say["ten"]).click()

        page.get_by_label(say["code"], exact=False).first.wait_for()
        page.locator("input[maxlength='40'][autocapitalize]").fill(code)
        choose(page, page.locator("main"), say["items"], item["code"], say["find"])
        expect(page.get_by_test_id("sentence")).to_contain_text(say["says"])
        expect(page.get_by_test_id("sentence")).to_contain_text(item["name_en" if language == "en" else "name_vi"])
        an.picture("filled")
        page.get_by_role("button", name=say["save"]).click()
        expect(page.get_by_test_id("state")).to_have_text(say["draft"], timeout=PATIENCE)

        warned = page.get_by_test_id("overlaps")  # the demo has promotions for milk
        expect(warned.locator("li").first).to_be_visible(timeout=PATIENCE)
        activate = page.get_by_role("button", name=say["activate"], exact=True)
        expect(activate).to_be_disabled()
        warned.scroll_into_view_if_needed()
        an.picture("warned")

        basket = page.get_by_test_id("simulator")
        choose(page, basket, say["customer"], customer["name"], say["find"])
        basket.get_by_role("button", name=item["name_en" if language == "en" else "name_vi"]).last.click()
        basket.get_by_role("button", name=say["price"]).click()
        expect(basket.get_by_test_id("tried")).to_contain_text(say["gift"], timeout=PATIENCE)
        basket.get_by_test_id("tried").scroll_into_view_if_needed()
        an.picture("tried")

        page.get_by_test_id("dry-run").get_by_role("button", name=say["run"]).click()
        result = page.get_by_test_id("run-result")
        expect(result).to_contain_text(say["cost"], timeout=PATIENCE)
        result.scroll_into_view_if_needed()
        an.picture("dry-run")
        runs = an.ask(f"/promotions/{page.url.rpartition('/')[2]}/runs")
        assert runs[0]["state"] == "done" and runs[0]["result"]["looked_at"] == runs[0]["total"] > 0
        assert sum(int(row["cost"]) for row in runs[0]["result"]["regions"]) == int(runs[0]["result"]["cost"])

        with person(browser, home, size=PHONE) as lan:
            lan.log_in("lan", "Hôm nay")
            mine = lan.ask("/customers?stage=account&limit=1")["items"][0]["id"]
            assert f"1 {code}" not in given(lan, item, mine, "10")
            warned.get_by_text(say["read"]).click()
            activate.click()
            expect(page.get_by_test_id("state")).to_have_text(say["active"], timeout=PATIENCE)
            assert f"1 {code}" in given(lan, item, mine, "15")
            assert f"1 {code}" not in given(lan, item, mine, "9")
        page.evaluate("scrollTo(0, 0)")
        an.picture("active")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.get_by_role("button", name=say["pause"], exact=True).click()
        page.locator("dialog[open]").get_by_label(say["reason"]).fill("Het hang")
        page.locator("dialog[open]").get_by_role("button", name=say["pause"], exact=True).click()
        expect(page.get_by_test_id("state")).to_have_text(say["paused"], timeout=PATIENCE)


def shown_whole(who: Person, name: str) -> None:
    """A picture from the top of what is on the screen; nothing hangs over its edge."""
    who.picture(name)
    who.fits(thumbs=False)


def write_choice(an: Person, code: str, goods: dict[str, Any], gifts: list[dict[str, Any]], budget: str) -> str:
    """Buy ten, choose a gift, with a budget and twice a customer: from its template to put on. Its id."""
    page, find = an.page, an.say("promo.find")
    an.see("/promotions/new/gift-choice")
    page.locator("input[maxlength='40'][autocapitalize]").fill(code)
    choose(page, page.locator("main"), f"{an.say('promo.add')} {an.say('promo.items')}", goods["code"], find)
    places = page.get_by_test_id("gift-choices").locator("li")
    for place, gift in enumerate(gifts):
        label = f"{an.say('promo.add')} {an.say('promo.gift-n', n=str(place + 1))}"
        choose(page, places.nth(place), label, gift["code"], find)
    places.first.scroll_into_view_if_needed()
    an.picture("gifts")
    limits = page.get_by_test_id("limits")
    limits.get_by_label(an.say("promo.budget"), exact=True).fill(budget)
    limits.get_by_label(an.say("promo.per-customer"), exact=True).fill("2")
    limits.get_by_label(an.say("promo.per-customer"), exact=True).press("Tab")
    limits.scroll_into_view_if_needed()
    an.picture("limits")
    for gift in gifts:
        expect(page.get_by_test_id("sentence")).to_contain_text(gift["name_en" if an.language == "en" else "name_vi"])
    page.get_by_role("button", name=an.say("promo.save"), exact=True).click()
    expect(page.get_by_test_id("state")).to_have_text(an.say("promo.state.draft"), timeout=PATIENCE)
    basket = page.get_by_test_id("simulator")
    basket.get_by_role("button", name=goods["name_en" if an.language == "en" else "name_vi"]).last.click()
    choose(page, basket, f"{an.say('promo.add')} {an.say('promo.sim-customer')}", "an", find)
    basket.get_by_role("radio").nth(1).check()
    basket.get_by_role("button", name=an.say("promo.sim-price")).click()
    expect(basket.get_by_test_id("gives")).to_be_visible(timeout=PATIENCE)
    basket.get_by_test_id("tried").scroll_into_view_if_needed()
    an.picture("choice-tried")
    if page.get_by_test_id("overlaps").get_by_role("checkbox").count():
        page.get_by_test_id("overlaps").get_by_role("checkbox").check()
    page.get_by_role("button", name=an.say("promo.activate"), exact=True).click()
    expect(page.get_by_test_id("state")).to_have_text(an.say("promo.state.active"), timeout=PATIENCE)
    return page.url.rpartition("/")[2]


@pytest.mark.parametrize(("language", "size"), [("vi", DESK), ("en", PHONE)])
def test_a_gift_is_chosen_offline_and_the_budget_is_gone_meanwhile(
    browser: Browser, served: Served, language: str, size: Any
) -> None:
    home, code = f"http://127.0.0.1:{served.port}", f"CHON-{language.upper()}"
    today_title = {"vi": "Hôm nay", "en": "Today"}[language]
    other = PHONE if size == DESK else DESK
    with (
        BadLine(served.port) as line,
        person(browser, home, size=size, language=language, pictures="limits") as an,
        person(browser, f"http://127.0.0.1:{line.port}", size=other, language=language, pictures="choice") as lan,
    ):
        an.log_in("an", today_title)
        items = an.ask("/items?q=bot giat&limit=12")["items"]
        goods, cup, bowl = [an.ask(f"/items/{one['id']}") for one in items[:: 1 if language == "vi" else -1][:3]]
        promotion = write_choice(an, code, goods, [cup, bowl], str(int(bowl["list_price"])))

        lan.set_out("lan")
        mine, theirs = [one["id"] for one in lan.ask("/customers?stage=account&limit=2")["items"]]
        lan.page.wait_for_timeout(2500)
        line.cut()
        _choose_offline(lan, mine, goods, bowl)

        body = {
            "id": str(new_id()), "customer_id": theirs, "ordered_on": str(today()), "currency": "VND",
            "coupons": [f"{code}~2"],
            "lines": [{"id": str(new_id()), "item_id": goods["id"], "unit": goods["base_unit"], "qty": "10"}],
        }  # fmt: skip
        assert [one["gift_of"] for one in an.send("/orders", body)["lines"]] == [None, f"{code}~2"]
        an.page.reload()
        expect(an.page.get_by_test_id("limits")).to_contain_text(an.say("promo.used-up-note"), timeout=PATIENCE)
        an.page.get_by_test_id("limits").scroll_into_view_if_needed()
        shown_whole(an, "used-up")
        an.see("/promotions")
        row = an.page.get_by_test_id("promotions").locator("li", has_text=code)
        expect(row.get_by_test_id("used-up")).to_have_text(an.say("promo.used-up"), timeout=PATIENCE)
        shown_whole(an, "list")

        line.mend()
        lan.online()
        card = lan.page.get_by_test_id("price-card")
        expect(card).to_be_visible(timeout=PATIENCE)
        expect(card).to_contain_text(lan.say("orders.used-up-budget"))
        shown_whole(lan, "told")
        card.get_by_role("button", name=lan.say("orders.used-up-take")).click()
        expect(lan.page.locator("[data-state=confirmed]")).to_be_visible(timeout=PATIENCE)
        expect(lan.page.get_by_text(lan.say("pricing.source.gift"))).to_have_count(0)
        an.send(f"/promotions/{promotion}/ending", {"expected_version": 2, "reason": "Hết"})


def _choose_offline(lan: Person, customer: str, goods: dict[str, Any], bowl: dict[str, Any]) -> None:
    """Ten ask for a choice, nine do not; the order does not go before somebody chose; a killed tab remembers."""
    page, name = lan.page, bowl["name_en" if lan.language == "en" else "name_vi"]
    choice = page.get_by_test_id("gift-choice")
    lan.see(f"/orders/new/{customer}")
    page.get_by_role("button", name=lan.words["add_item"]).click()
    page.locator("dialog[open]").get_by_role("searchbox").fill(goods["code"])
    page.locator("dialog[open] li button").first.click()
    if page.locator("dialog[open]").count():
        page.keyboard.press("Escape")
    unit = page.get_by_role("combobox", name=lan.say("orders.unit-of", item=goods["code"]))
    if unit.count():
        unit.select_option(goods["base_unit"])
    quantity = page.get_by_role("textbox", name=lan.say("orders.qty-of", item=goods["code"])).last
    for qty, offered in (("9", 0), ("10", 1)):
        quantity.fill(qty)
        quantity.press("Tab")
        expect(choice).to_have_count(offered)
    expect(choice.get_by_role("radio")).to_have_count(3)
    expect(choice.get_by_role("radio", checked=True)).to_have_count(0)
    assert min(row["height"] for row in [one.bounding_box() for one in choice.locator("label").all()] if row) >= 44
    choice.scroll_into_view_if_needed()
    shown_whole(lan, "offered")
    page.get_by_role("button", name=lan.words["place"]).click()
    expect(choice.get_by_role("alert")).to_contain_text(lan.say("orders.choose-first"))
    shown_whole(lan, "asked")
    choice.get_by_role("radio", name=lan.say("orders.choose-none")).check()
    expect(page.get_by_test_id("gift")).to_have_count(0)
    choice.get_by_role("radio", name=name).check()
    expect(page.get_by_test_id("gift")).to_contain_text(name)
    page.wait_for_timeout(600)
    page.reload()
    expect(choice.get_by_role("radio", name=name)).to_be_checked(timeout=PATIENCE)
    page.get_by_test_id("gift").scroll_into_view_if_needed()
    shown_whole(lan, "chosen")
    page.get_by_role("button", name=lan.words["place"]).click()
    expect(page.get_by_text(lan.say("pricing.source.gift"))).to_be_visible(timeout=PATIENCE)
    shown_whole(lan, "waiting")
