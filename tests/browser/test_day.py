"""The end of a day: the phone says what the office has, and the office shows the same code."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person

pytestmark = pytest.mark.xdist_group("browser")
TODAY = {"vi": "Hôm nay", "en": "Today"}
RECEIVED = {"vi": "{} đã nhận", "en": "{} received"}
PARKING = {"vi": "Gửi xe, cầu đường", "en": "Parking and tolls"}


def claim(lan: Person, amount: str) -> None:
    """An expense without a receipt photo."""
    lan.see("/expenses/new")
    lan.page.locator("input").first.fill(amount)
    lan.page.get_by_text(PARKING[lan.language], exact=True).click()
    lan.page.get_by_role("button", name=lan.words["save_expense"]).click()
    expect(lan.page.locator("textarea")).to_have_count(0, timeout=PATIENCE)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_phone_and_the_office_show_the_same_code_at_the_end_of_the_day(
    served: Served, browser: Browser, language: str
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    received = RECEIVED[language]
    with person(browser, home, size=PHONE, language=language, pictures="day") as lan:
        lan.log_in("lan", TODAY[language])
        claim(lan, "20.000")
        lan.see("/day")
        expect(lan.page.get_by_test_id("day-received")).to_have_text(received.format("1/1"), timeout=PATIENCE)
        code = lan.page.get_by_test_id("day-code").inner_text()
        assert len(code) == 4 and set(code) <= set("0123456789ABCDEF")
        lan.picture("phone")

        lan.context.set_offline(True)
        claim(lan, "35.000")
        lan.see("/day")
        expect(lan.page.get_by_test_id("day-received")).to_have_text(received.format("1/2"), timeout=PATIENCE)
        lan.picture("phone-waiting")
        lan.context.set_offline(False)
        expect(lan.page.get_by_test_id("day-received")).to_have_text(received.format("2/2"), timeout=PATIENCE)
        code = lan.page.get_by_test_id("day-code").inner_text()
        with person(browser, home, size=DESK, language=language, pictures="day") as hung:
            hung.log_in("hung", TODAY[language])
            hung.see("/ledger")
            row = hung.page.locator("li", has_text=code)
            expect(row).to_have_count(1, timeout=PATIENCE)
            hung.picture("desk")
