"""The office: Hùng reads his map, answers a held order; Tuấn picks and sends goods off."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, person

pytestmark = pytest.mark.xdist_group("browser")


def dong(text: str) -> int:
    """ "1.234.567 ₫" as a number."""
    return int(re.sub(r"[^0-9-]", "", text))


def rows_of(page: Page) -> dict[str, int]:
    """The rows of the region table by name."""
    found = page.locator("table tbody tr")
    return {
        found.nth(n).locator("th").inner_text().strip(): dong(found.nth(n).locator("td").first.inner_text())
        for n in range(found.count())
    }


def settled(page: Page) -> int:
    """The grand total, once the screen has stopped reckoning."""
    expect(page.locator("section[aria-busy=true]")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_test_id("total")).to_be_visible(timeout=PATIENCE)
    return dong(page.get_by_test_id("total").inner_text())


# Every story in both languages, and each at a desk or in the hand the other way round.
BOTH = pytest.mark.parametrize(("language", "size"), [("vi", "desk"), ("en", "phone")])
TURNED = pytest.mark.parametrize(("language", "size"), [("vi", "phone"), ("en", "desk")])
SIZES = {"desk": DESK, "phone": PHONE}


@BOTH
def test_hungs_map_equals_the_ledger_in_both_region_sets(
    browser: Browser, served: Served, language: str, size: str
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=SIZES[size], language=language, pictures=f"office-{size}") as hung:
        hung.log_in("hung", hung.say("app.today"))
        hung.see("/regions")
        page = hung.page
        total = settled(page)
        first = rows_of(page)
        assert total > 0 and sum(first.values()) == total == dong(page.get_by_test_id("table-total").inner_text())
        assert hung.say("regions.unlocated") in first
        expect(page.locator("svg path.region").first).to_be_visible(timeout=PATIENCE)
        hung.picture("map-34")

        page.get_by_text(hung.say("regions.set-63"), exact=True).click()  # step 2
        expect(page.locator("svg path.region")).to_have_count(63, timeout=PATIENCE)
        assert settled(page) == total and sum(rows_of(page).values()) == total
        assert rows_of(page).keys() != first.keys()
        hung.picture("map-63")

        people: list[dict[str, Any]] = hung.ask("/positions")  # step 3
        lans = next(one for one in people if "Lê Thị Lan" in one["holders"])
        page.get_by_label(hung.say("regions.rep")).select_option(str(lans["id"]))
        page.wait_for_function("(all) => document.querySelector('[data-testid=total]').textContent !== all", arg="")
        page.wait_for_timeout(1500)
        hers = settled(page)
        choice = {name: page.get_by_label(hung.say(f"regions.{name}")).input_value() for name in ("from", "to")}
        told = hung.ask(
            f"/insight/revenue?set=VN-ADM1-63&from={choice['from']}&to={choice['to']}&position={lans['id']}"
        )
        assert 0 < hers < total and hers == int(told["total"]) == sum(rows_of(page).values())
        assert sum(int(month["net"]) for month in told["months"]) == hers

        page.locator("table tbody button").first.click()  # step 4
        customers = page.get_by_test_id("region-customers").locator("li strong")
        expect(customers.first).to_be_visible(timeout=PATIENCE)
        assert sum(dong(one) for one in customers.all_inner_texts()) == next(iter(rows_of(page).values()))
        hung.picture("map-region")

    with person(browser, f"http://127.0.0.1:{served.port}", size=DESK) as ngoc:
        ngoc.log_in("ngoc", "Hôm nay")
        theirs = ngoc.ask("/customers?limit=1")["items"][0]
    with person(browser, f"http://127.0.0.1:{served.port}", size=DESK) as hung:
        hung.log_in("hung", "Hôm nay")
        status = hung.page.evaluate("async (p) => (await fetch(p)).status", f"/api/v1/customers/{theirs['id']}")
        assert status == 404
        hung.see(f"/customers/{theirs['id']}")
        hung.page.wait_for_timeout(1500)
        assert theirs["name"] not in hung.page.inner_text("body")


@TURNED
def test_tuan_picks_short_and_sends_the_goods_off_without_seeing_a_price(
    browser: Browser, served: Served, language: str, size: str
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=SIZES[size], language=language, pictures=f"warehouse-{size}") as tuan:
        tuan.log_in("tuan", tuan.say("dispatch.title"))
        page = tuan.page
        expect(page.locator("main li a").first).to_be_visible(timeout=PATIENCE)
        assert "₫" not in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tuan.picture("queue")
        waiting = next(one for one in tuan.ask("/dispatches/queue?limit=200")["items"] if one["state"] == "confirmed")
        tuan.see(f"/dispatch/{waiting['id']}")
        page.get_by_role("button", name=tuan.words["take"]).click()
        steppers = page.get_by_role("button", name=tuan.say("app.less"))
        expect(steppers.first).to_be_visible(timeout=PATIENCE)
        steppers.first.click()  # one fewer than ordered: a reason is asked
        expect(page.get_by_role("button", name=tuan.words["picked"])).to_be_disabled()
        page.get_by_label(tuan.say("dispatch.short-reason")).select_option(index=1)
        assert "NaN" not in page.inner_text("main")
        tuan.picture("picking")
        page.get_by_role("button", name=tuan.words["picked"]).click()
        expect(page.get_by_role("button", name=tuan.words["dispatch"])).to_be_visible(timeout=PATIENCE)
        assert "₫" not in page.inner_text("main")
        page.get_by_label(tuan.say("dispatch.plate")).fill("51C-123.45")
        tuan.picture("dispatch")
        page.get_by_role("button", name=tuan.words["dispatch"]).click()
        expect(page.locator("h1", has_text=tuan.say("dispatch.title"))).to_be_visible(timeout=PATIENCE)
        order = tuan.ask(f"/orders/{waiting['id']}")
        assert order["state"] in ("dispatched", "confirmed")  # confirmed: what was short waits for goods
        assert order["dispatches"] and "total" not in order


@TURNED
def test_hung_answers_a_held_order_with_a_reason(browser: Browser, served: Served, language: str, size: str) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=SIZES[size], language=language, pictures=f"approve-{size}") as hung:
        hung.log_in("hung", hung.say("app.today"))
        hung.see("/approvals")
        page = hung.page
        first = page.locator("main li").first
        expect(first.get_by_role("button", name=hung.words["approve"])).to_be_visible(timeout=PATIENCE)
        hung.picture("held")
        number = first.locator("p").first.inner_text().split("·")[0].strip()
        first.get_by_role("button", name=hung.words["approve"]).click()
        page.locator("dialog textarea").fill("Khách trả tiền thứ Sáu")
        page.locator("dialog").get_by_role("button", name=hung.words["approve"]).click()
        expect(page.get_by_text(number)).to_have_count(0, timeout=PATIENCE)
