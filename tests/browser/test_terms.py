"""Commercial terms at a desk and on phones: set on a group, inherited, overridden, undone; and the exchange rates."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from backend.core.clock import today
from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, person

pytestmark = pytest.mark.xdist_group("browser")


def choose(page: Page, term: str, label: str, value: str) -> None:
    """Open a term, choose or type its value, save."""
    page.locator(f"[data-term={term}]").get_by_role("button").click()
    field = page.locator("dialog").get_by_label(label)
    if field.evaluate("element => element.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
    page.locator("dialog .btn-primary").click()
    expect(page.locator("dialog[open]")).to_have_count(0, timeout=PATIENCE)


def test_an_sets_terms_on_a_group_and_its_customers_inherit_override_and_get_them_back(
    browser: Browser, served: Served
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=DESK, pictures="terms") as an:
        an.log_in("an", an.say("app.today"))
        page = an.page
        groups = {node["code"]: node["terms"]["id"] for node in an.ask("/customer-groups")}
        an.see("/groups")
        page.get_by_role("link", name="Đại lý cấp 1").wait_for(timeout=PATIENCE)
        an.picture("tree")
        page.locator(f"a[href='#/groups/{groups['DL']}']").click()
        choose(page, "payment_term", "Thời hạn thanh toán", "N30")
        expect(page.locator("[data-term=payment_term]")).to_contain_text("nhóm này đặt", timeout=PATIENCE)
        choose(page, "discount", "Phần trăm giảm", "2,5")
        choose(page, "credit_limit", "Số tiền (VND)", "80.000.000")
        expect(page.locator("[data-term=credit_limit]")).to_contain_text(
            "80.000.000 ₫".replace(" ", "\u00a0"), timeout=PATIENCE
        )
        an.fits()
        an.picture("group")
        page.locator(f"a[href='#/groups/{groups['DL1']}']").click()
        expect(page.locator("[data-term=discount]")).to_contain_text("từ nhóm Đại lý", timeout=PATIENCE)
        expect(page.locator("[data-term=price_list]")).to_contain_text("từ nhóm Đại lý")

        member = page.locator("a[href*='/terms']").first
        expect(member).to_be_visible(timeout=PATIENCE)
        member.click()
        inherited = page.locator("[data-term=payment_term]")
        expect(inherited).to_contain_text("Trả sau 30 ngày", timeout=PATIENCE)
        expect(inherited).to_contain_text("từ nhóm Đại lý")
        choose(page, "payment_term", "Thời hạn thanh toán", "COD")
        expect(inherited).to_contain_text("riêng khách này", timeout=PATIENCE)
        an.picture("customer")
        page.get_by_role("button", name="Hoàn tác").click()
        expect(inherited).to_contain_text("từ nhóm Đại lý", timeout=PATIENCE)
        choose(page, "payment_term", "Thời hạn thanh toán", "N7")
        inherited.get_by_role("button").click()
        an.picture("sheet")
        page.get_by_role("button", name="Bỏ giá trị riêng").click()
        expect(inherited).to_contain_text("từ nhóm Đại lý", timeout=PATIENCE)

        an.see("/groups")
        page.get_by_role("button", name="Thêm nhóm").click()
        page.get_by_label("Tên nhóm").fill("Đại lý miền Tây")
        page.get_by_label("Mã nhóm").fill("DL-MT")
        page.get_by_label("Nằm trong nhóm").select_option(groups["DL"])
        page.locator("dialog .btn-primary").click()
        expect(page.get_by_role("link", name="Đại lý miền Tây")).to_be_visible(timeout=PATIENCE)

    with person(browser, home, size=PHONE, language="en", pictures="terms") as mai:
        mai.log_in("mai", mai.say("app.today"))
        page = mai.page
        mai.see("/groups")
        page.get_by_role("link", name="Đại lý cấp 2").click()
        expect(page.locator("[data-term=payment_term]")).to_contain_text("30 days", timeout=PATIENCE)
        expect(page.locator("[data-term=payment_term]").get_by_role("button")).to_have_count(0)  # not hers
        choose(page, "credit_limit", "Amount (VND)", "0")
        expect(page.locator("[data-term=credit_limit]")).to_contain_text("cash only", timeout=PATIENCE)
        mai.fits()
        mai.picture("phone-group")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("[data-term=credit_limit]")).to_contain_text("from group Đại lý", timeout=PATIENCE)
        mai.see("/groups")
        page.get_by_role("link", name="Đại lý cấp 1").wait_for(timeout=PATIENCE)
        mai.fits()
        mai.picture("phone-tree")

    with person(browser, home, size=PHONE, pictures="terms") as lan:
        lan.log_in("lan", lan.say("app.today"))
        page = lan.page
        dealers = lan.ask("/customers?limit=200")["items"]
        hers = next(one for one in dealers if groups["DL1"] in one["group_ids"] or groups["DL2"] in one["group_ids"])
        lan.see(f"/customers/{hers['id']}")
        chips = page.locator(f"a[href='#/customers/{hers['id']}/terms']")
        expect(chips).to_contain_text("Trả sau 30 ngày (Đại lý)", timeout=PATIENCE)
        expect(chips).to_contain_text("−2,5")
        chips.scroll_into_view_if_needed()
        lan.picture("rep")
        chips.click()
        expect(page.locator("[data-term=discount]")).to_contain_text("2,5", timeout=PATIENCE)
        expect(page.locator("[data-term]").get_by_role("button")).to_have_count(0)
        lan.picture("rep-terms")
        lan.fits()


def test_mai_enters_a_rate_and_corrects_one_with_a_reason(browser: Browser, served: Served) -> None:
    home = f"http://127.0.0.1:{served.port}"
    tomorrow = today() + timedelta(days=1)
    with person(browser, home, size=DESK, pictures="rates") as mai:
        mai.log_in("mai", mai.say("app.today"))
        page = mai.page
        mai.see("/rates/USD")
        page.get_by_role("button", name="Thêm tỷ giá").click()
        day = page.get_by_label("Từ ngày")
        day.fill("31/02/2027")
        day.press("Tab")
        expect(page.locator("dialog")).to_contain_text(mai.say("app.day-wrong"))
        day.fill(f"{tomorrow:%d%m%Y}")
        day.press("Tab")
        expect(day).to_have_value(f"{tomorrow:%d/%m/%Y}")
        page.get_by_label("1 USD bằng bao nhiêu VND").fill("26.100,5")
        expect(page.locator("dialog")).to_contain_text("1 USD = 26.100,5 VND")
        mai.picture("sheet")
        page.locator("dialog .btn-primary").click()
        expect(page.get_by_text("sắp dùng")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Sửa tỷ giá").last.click()
        save = page.locator("dialog .btn-primary")
        page.get_by_label("1 USD bằng bao nhiêu VND").fill("25.000")
        expect(save).to_be_disabled()  # no reason yet
        page.get_by_label("Lý do").fill("Gõ nhầm ngày đầu")
        save.click()
        expect(page.get_by_text("Gõ nhầm ngày đầu")).to_be_visible(timeout=PATIENCE)
        mai.fits()
        mai.picture("list")
        rates = mai.ask("/currencies/USD/rates")
        assert (rates[0]["num"], rates[0]["den"], rates[-1]["num"], rates[-1]["version"]) == ("52201", "2", "25000", 2)

    with person(browser, home, size=PHONE, language="en", pictures="rates") as hung:
        hung.log_in("hung", hung.say("app.today"))
        page = hung.page
        hung.see("/rates/USD")
        expect(page.get_by_text("26,100.5 VND").first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("button", name="Add a rate")).to_have_count(0)
        hung.fits()
        hung.picture("phone")


@pytest.mark.parametrize(("language", "size"), [("vi", DESK), ("en", PHONE)])
def test_an_sets_up_the_words_of_terms_and_how_long_old_prices_stand(
    language: str, size: ViewportSize, browser: Browser, served: Served
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=size, language=language, pictures=f"words-{language}") as an:
        an.log_in("an", an.say("app.today"))
        page = an.page
        an.see("/groups")
        page.get_by_role("link", name=an.say("words.title")).click()
        methods = page.locator("[data-kind=payment_method]")
        methods.wait_for(timeout=PATIENCE)
        an.fits()
        an.picture("screen")
        methods.get_by_role("button", name=an.say("words.add")).click()
        code = f"QR-{language.upper()}"
        page.get_by_label(an.say("words.code")).fill(code)
        page.get_by_label(an.say("words.name-vi")).fill("Quét mã QR")
        an.picture("sheet")
        page.locator("dialog[open] .btn-primary").click()
        word = page.locator(f"[data-word={code}]")
        expect(word).to_contain_text(an.say("words.unused"), timeout=PATIENCE)
        word.get_by_role("button").click()
        page.get_by_role("button", name=an.say("words.remove"), exact=True).click()
        expect(word).to_have_count(0, timeout=PATIENCE)

        rep = page.get_by_test_id("honour").locator("[data-role=rep]")
        expect(rep).to_contain_text(an.say("words.honour-default", hours="72"))
        rep.get_by_role("button").click()
        page.get_by_label(an.say("words.hours"), exact=True).fill("24")
        page.locator("dialog[open] .btn-primary").click()
        expect(rep).to_contain_text(an.say("words.honour-own", hours="24"), timeout=PATIENCE)
        rep.get_by_role("button").click()
        an.picture("hours")
        page.get_by_role("button", name=an.say("words.honour-back", hours="72")).click()
        expect(rep).to_contain_text(an.say("words.honour-default", hours="72"), timeout=PATIENCE)
