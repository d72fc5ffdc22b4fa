"""A new lead without a network: its address becomes a ward, its pin is put right by hand, and it arrives once."""

import json
import math
import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine

pytestmark = pytest.mark.xdist_group("browser")
STORY = "45/88/20P Bình Tiên, P7, Q6, TP HCM"
SPLIT = "12 Láng Hạ, P. Thành Công, Q. Ba Đình, Hà Nội"
CENTRE = (10.7425, 106.643)  # of Phường Bình Tiên, the successor of Phường 7, Quận 6
WORDS = {
    "vi": {
        "landing": "Hôm nay", "name": "Tên khách hàng", "address": "Địa chỉ", "save": "Lưu khách mới", "pin": "Đã ghim",
        "ward": "Theo phường", "by_hand": "Ghim tay, cách tâm phường", "before": "Trước 01/07/2025", "undo": "Bỏ ghim",
        "none": "văn phòng sẽ tìm phường", "choose": "Chọn đúng nơi",
    },
    "en": {
        "landing": "Today", "name": "Customer name", "address": "Address", "save": "Save lead", "pin": "Pinned",
        "ward": "Ward", "by_hand": "Pinned by hand", "before": "Before 01/07/2025", "undo": "Remove pin",
        "none": "the office will find the ward", "choose": "Choose",
    },
}  # fmt: skip


def metres_from_centre(lat: float, lon: float) -> float:
    """How far a point is from the ward's centre; a plane is good enough at this size."""
    north = (lat - CENTRE[0]) * 111_195
    east = (lon - CENTRE[1]) * 111_195 * math.cos(math.radians(CENTRE[0]))
    return math.hypot(north, east)


def tables_held(page: Page) -> None:
    """Wait until the phone holds the tables it reads addresses with: they come by themselves after the first sync."""
    for _ in range(PATIENCE // 500):
        if page.evaluate("async () => (await (await caches.open('tuyen-units')).keys()).length") == 1:
            return
        page.wait_for_timeout(500)
    raise AssertionError("the unit tables never came")


def draft(page: Page) -> dict[str, Any]:
    """The lead being written, as the phone keeps it."""
    found = page.evaluate(
        """async () => {
             const name = (await indexedDB.databases()).map((d) => d.name).find((n) => n.startsWith('fs_'))
             const db = await new Promise((ok) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result) })
             const one = await new Promise((ok) => { const r = db.transaction('draft').objectStore('draft').get('lead'); r.onsuccess = () => ok(r.result) })
             db.close()
             return JSON.stringify(one ? one.value : {})
           }"""  # noqa: E501 -- a script for the browser
    )
    kept: dict[str, Any] = json.loads(found)
    return kept


def drag(page: Page, right: int, up: int) -> None:
    """Drag the mark over the map, as a finger does."""
    mark = page.locator(".tuyen-pin")
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y - up / 2, steps=4)
    page.mouse.move(x + right, y - up, steps=4)
    page.mouse.up()


def stored(served: Served, customer_id: str) -> dict[str, Any]:
    """What the office's own tables say of a customer's one address."""
    [row] = served.sql(
        """SELECT a.grade, v.ward_old, v.ward_new, v.province_63, v.province_34, v.certain, l.method, a.lat, a.lon
             FROM addresses a JOIN address_versions v ON v.id = a.version_id
             JOIN locations l ON l.address_id = a.id AND l.superseded_by IS NULL WHERE a.party_id = $1""",
        customer_id,
    )
    return row


def come_back(lan: Person, line: BadLine) -> None:
    """The network is back; the first answer is lost on its way, so the lead is handed in twice."""
    fates: list[str] = []

    def judge(method: str, path: str) -> Any:
        if method == "POST" and path.startswith("/api/v1/sync") and not fates:
            fates.append(path)
            return "cut_after"
        return "pass"

    line.judge = judge
    line.mend()
    lan.hand_in()
    assert fates


@pytest.mark.parametrize(("language", "size"), [("vi", PHONE), ("en", DESK)])
def test_a_leads_address_becomes_a_ward_and_its_pin_arrives_once(
    browser: Browser, served: Served, line: BadLine, language: str, size: Any
) -> None:
    words = WORDS[language]
    shop = f"Tạp hóa Bình Tiên {language}"
    home = f"http://127.0.0.1:{line.port}"
    with person(browser, home, size=size, language=language, pictures="lead") as lan:
        lan.log_in("lan", words["landing"])
        lan.send("/me", {"language": language}, "PATCH")
        lan.page.reload()
        try:
            _the_story(lan, line, served, words, shop)
        finally:
            line.mend()
            lan.send("/me", {"language": "vi"}, "PATCH")


def _the_story(lan: Person, line: BadLine, served: Served, words: dict[str, str], shop: str) -> None:
    expect(lan.page.locator("h1", has_text=words["landing"])).to_be_visible(timeout=PATIENCE)
    lan.synced()
    tables_held(lan.page)
    lan.keep_offline()
    lan.page.wait_for_timeout(2500)

    line.cut()
    lan.reopen()
    lan.see("/leads/new")
    page = lan.page
    page.get_by_label(words["name"]).fill(shop)
    page.get_by_label(words["address"]).fill(STORY)
    reading = page.get_by_test_id("reading")
    expect(reading.get_by_text("Phường Bình Tiên, Thành phố Hồ Chí Minh")).to_be_visible(timeout=PATIENCE)
    expect(reading.get_by_text("Phường 7, Quận 6, Thành phố Hồ Chí Minh")).to_be_visible()
    expect(reading.get_by_text(words["before"])).to_be_visible()
    expect(reading.get_by_text(words["ward"], exact=True)).to_be_visible()
    mark = page.locator(".tuyen-pin")
    expect(mark).to_have_attribute("data-grade", "ward", timeout=PATIENCE)
    assert draft(page).get("fix") is None  # a centre is nobody's position
    mark.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    lan.picture("ward")

    drag(page, 60, 40)
    place = page.get_by_test_id("place")
    expect(place.get_by_text(words["by_hand"])).to_be_visible()
    expect(mark).to_have_attribute("data-grade", "pin")
    mark.focus()
    for key in ("Shift+ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_timeout(700)
    kept = draft(page)["fix"]
    assert kept["method"] == "manual" and kept["accuracy_m"] >= 30
    assert 100 < metres_from_centre(kept["lat"], kept["lon"]) < 5000
    lan.picture("pin")

    lan.reopen()  # the tab is killed: words and pin are still there
    lan.see("/leads/new")
    page = lan.page
    expect(page.get_by_label(words["address"])).to_have_value(STORY, timeout=PATIENCE)
    expect(page.get_by_test_id("place").get_by_text(words["by_hand"])).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".tuyen-pin")).to_have_attribute("data-grade", "pin", timeout=PATIENCE)
    assert draft(page)["fix"] == kept
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator("h1", has_text=shop)).to_be_visible(timeout=PATIENCE)
    expect(page.locator("main .tag", has_text=words["pin"])).to_be_visible(timeout=PATIENCE)
    assert lan.waiting() == 1
    lan.picture("saved")

    come_back(lan, line)
    found = [one for one in lan.ask(f"/customers?q={shop}&limit=50")["items"] if one["name"] == shop]
    assert len(found) == 1
    [address] = lan.ask(f"/customers/{found[0]['id']}")["addresses"]
    assert (address["text"], address["grade"], address["lat"], address["lon"]) == (
        STORY, "pin", kept["lat"], kept["lon"],
    )  # fmt: skip
    row = stored(served, found[0]["id"])
    assert (row["grade"], row["method"], row["lat"], row["lon"]) == ("pin", "manual", kept["lat"], kept["lon"])
    assert (row["ward_old"], row["ward_new"], row["certain"]) == ("27382", "27373", True)
    assert (row["province_63"], row["province_34"]) == ("79", "79")


def test_an_uncertain_address_is_settled_by_a_choice_and_an_untouched_one_stays_a_ward(
    browser: Browser, served: Served, line: BadLine
) -> None:
    words = WORDS["vi"]
    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="lead") as lan:
        lan.log_in("lan", words["landing"])
        lan.synced()
        tables_held(lan.page)
        lan.see("/leads/new")
        page = lan.page
        page.get_by_label(words["name"]).fill("Quán Láng Hạ")
        page.get_by_label(words["address"]).fill(SPLIT)
        choices = page.get_by_test_id("choices").get_by_role("button")
        expect(choices).to_have_count(2, timeout=PATIENCE)
        expect(page.get_by_text(words["choose"])).to_be_visible()
        choices.first.scroll_into_view_if_needed()
        lan.picture("choices")
        choices.filter(has_text="Phường Ô Chợ Dừa").click()
        expect(page.get_by_label(words["address"])).to_have_value(f"{SPLIT} (nay là Phường Ô Chợ Dừa)")
        expect(page.get_by_test_id("choices")).to_have_count(0, timeout=PATIENCE)
        expect(page.get_by_test_id("reading").get_by_text("Phường Ô Chợ Dừa, Thành phố Hà Nội")).to_be_visible()
        drag(page, -40, 30)
        expect(page.get_by_test_id("place").get_by_text(words["by_hand"])).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name=words["undo"]).click()
        expect(page.locator(".tuyen-pin")).to_have_attribute("data-grade", "ward")
        page.get_by_role("button", name=words["save"]).click()
        expect(page.locator("h1", has_text="Quán Láng Hạ")).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(3000)
        come_back(lan, line) if lan.waiting() else None
        found = lan.ask("/customers?q=quan lang ha&limit=5")["items"]
        row = stored(served, found[0]["id"])
        assert (row["grade"], row["method"], row["certain"]) == ("ward", "unit_centroid", True)
        assert (row["ward_old"], row["ward_new"]) == ("00034", "00190")


def test_a_phone_without_the_tables_says_so_and_saves_all_the_same(
    browser: Browser, served: Served, line: BadLine
) -> None:
    words = WORDS["vi"]
    line.judge = lambda method, path: "cut_before" if "/geo/units" in path else "pass"
    with person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="lead") as lan:
        lan.log_in("lan", words["landing"])
        lan.synced()
        lan.see("/leads/new")
        page = lan.page
        page.get_by_label(words["name"]).fill("Tạp hóa Không Bảng")
        page.get_by_label(words["address"]).fill(STORY)
        expect(page.get_by_test_id("reading").get_by_text(words["none"])).to_be_visible(timeout=PATIENCE)
        expect(page.locator(".tuyen-pin")).to_have_count(0)
        lan.picture("no-tables")
        line.judge = lambda method, path: "pass"
        page.evaluate("window.dispatchEvent(new Event('online'))")  # the line is back: so are the tables
        expect(page.locator(".tuyen-pin")).to_have_attribute("data-grade", "ward", timeout=PATIENCE)
        line.judge = lambda method, path: "cut_before" if "/geo/units" in path else "pass"
        page.get_by_role("button", name=words["save"]).click()
        expect(page.locator("h1", has_text="Tạp hóa Không Bảng")).to_be_visible(timeout=PATIENCE)


def test_a_line_that_dies_while_the_tables_come_is_no_fault(served: Served, browser: Browser) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=PHONE, pictures="lead") as lan:
        # As in a private window: nothing stands between the page and the line.
        lan.context.add_init_script("delete Navigator.prototype.serviceWorker")
        lan.context.route("**/assets/tables-*.js", lambda route: route.abort())
        with lan.page.expect_event("requestfailed", lambda one: "/assets/tables-" in one.url, timeout=PATIENCE):
            lan.log_in("lan", WORDS["vi"]["landing"])
        lan.page.wait_for_timeout(300)  # what nobody caught is told a moment later
        assert lan.page.evaluate("sessionStorage.getItem('reloaded')") is None, "a dead line takes nobody's screen away"
        lan.see("/more")
        expect(lan.page.locator("h1")).to_be_visible(timeout=PATIENCE)

        # Another build at the office: then the page is loaded anew, and only once.
        lan.context.route(
            "**/?build", lambda route: route.fulfill(body="<script src=/static/assets/newer.js></script>")
        )
        with lan.page.expect_navigation(timeout=PATIENCE):
            lan.page.evaluate("window.dispatchEvent(new Event('vite:preloadError'))")
        expect(lan.page.locator("h1")).to_be_visible(timeout=PATIENCE)
        asked: list[str] = []
        lan.page.on("request", lambda one: asked.append(one.url))
        lan.page.evaluate("window.dispatchEvent(new Event('vite:preloadError'))")
        patience = time.monotonic() + PATIENCE / 1000
        while not any(url.endswith("/api/v1/sync") for url in asked):  # a page that has just come may not listen yet
            assert time.monotonic() < patience, "the page is alive"
            lan.page.evaluate("dispatchEvent(new Event('online'))")
            lan.page.wait_for_timeout(300)
        assert lan.page.evaluate("performance.getEntriesByType('navigation')[0].type") == "reload"
