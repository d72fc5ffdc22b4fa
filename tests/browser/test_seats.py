"""Who sits where: a cover for some days, a line that moves under somebody else from a day on, and both taken back."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, person

pytestmark = pytest.mark.xdist_group("browser")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(("login", "language", "size"), [("an", "vi", DESK), ("hung", "en", PHONE)])
def test_a_cover_is_seated_and_taken_back_and_a_line_is_moved_from_a_day_and_stays_after_all(
    browser: Browser, served: Served, login: str, language: str, size: Any
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    name = f"seats-{login}"
    with person(browser, home, size=size, language=language, pictures=name, bypass_csp=True) as boss:
        boss.log_in(login, boss.say("app.today"))
        boss.see("/more")
        boss.page.get_by_role("link", name=boss.say("people.seats")).click()
        row = boss.page.locator("[data-position='3']")
        expect(row).to_contain_text("Lê Thị Lan", timeout=PATIENCE)
        dialog = boss.page.locator("dialog[open]")
        row.get_by_role("button").click()
        cover = boss.ask("/users")
        other = next(one for one in cover if one["roles"] == ["rep"] and one["login"] not in ("lan", "bob"))
        tomorrow, last = (datetime.now(ZONE).date() + timedelta(days=days) for days in (1, 4))
        dialog.locator("select").select_option(other["id"])
        dialog.get_by_label(boss.say("seat.first-day"), exact=True).fill(f"{tomorrow:%d/%m/%Y}")
        dialog.get_by_label(boss.say("seat.last-day-open")).fill(f"{last:%d/%m/%Y}")
        dialog.get_by_role("button", name=boss.say("seat.add-yes")).click()
        planned = dialog.locator("[data-seat]", has_text=other["name"])
        expect(planned).to_contain_text(f"{last:%d/%m/%Y}", timeout=PATIENCE)
        boss.picture("cover")
        boss.clean()
        boss.fits()
        seats = next(one for one in boss.ask("/positions/seats") if one["id"] == 3)["seats"]
        mine = next(one for one in seats if one["user_id"] == other["id"])
        assert (mine["from_on"], mine["until_on"]) == (str(tomorrow), str(last + timedelta(days=1)))
        dialog.get_by_role("button", name=boss.say("seat.add-yes")).scroll_into_view_if_needed()
        dialog.locator("select").select_option(other["id"])
        dialog.get_by_label(boss.say("seat.first-day"), exact=True).fill(f"{last:%d/%m/%Y}")
        dialog.get_by_role("button", name=boss.say("seat.add-yes")).click()
        expect(dialog).to_contain_text(boss.say("problem.seat-held", name=other["name"]), timeout=PATIENCE)
        planned.get_by_role("button", name=boss.say("seat.take-back")).click()
        expect(planned).to_have_count(0, timeout=PATIENCE)

        dialog.get_by_text(boss.say("seat.line"), exact=True).click()
        parent = dialog.locator("select")
        goes_to = parent.locator("option").nth(1).get_attribute("value")
        parent.select_option(goes_to)
        monday = str(tomorrow + timedelta(days=7))
        dialog.get_by_label(boss.say("seat.move-day")).fill("/".join(reversed(monday.split("-"))))
        dialog.get_by_role("button", name=boss.say("seat.move-yes")).click()
        stay = dialog.get_by_role("button", name=re.compile(boss.say("seat.stay")))
        expect(stay).to_be_visible(timeout=PATIENCE)
        boss.picture("moving")
        boss.clean()
        boss.fits()
        lines = next(one for one in boss.ask("/positions/seats") if one["id"] == 3)["lines"]
        assert [(one["parent_id"], one["until_on"]) for one in lines] == [(2, monday), (int(goes_to or 0), None)]
        boss.page.keyboard.press("Escape")
        expect(row.locator(".tag")).to_be_visible(timeout=PATIENCE)
        boss.picture("seats")
        row.get_by_role("button").click()
        dialog.get_by_text(boss.say("seat.line"), exact=True).click()
        stay.click()
        expect(stay).to_have_count(0, timeout=PATIENCE)
        boss.page.keyboard.press("Escape")
        expect(row.locator(".tag")).to_have_count(0, timeout=PATIENCE)
