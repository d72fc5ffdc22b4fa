"""A promotion written without code: from a template, warned, tried, put on; and an order gets its gift."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person

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
    answer: dict[str, Any] = rep.page.evaluate(
        """async (body) => {
             const me = await (await fetch('/api/v1/me')).json()
             return (await fetch('/api/v1/orders/check', {method: 'POST', body,
               headers: {'Content-Type': 'application/json', 'X-Tuyen-CSRF': me.csrf}})).json()
           }""",
        json.dumps(body),
    )
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
