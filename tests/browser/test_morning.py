"""Lan's morning: a day's work without a network, on a line that keeps dying, and everything arrives once."""

import hashlib
import math
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine, Fate
from tests.makers import photo

pytestmark = pytest.mark.xdist_group("browser")
ITEM = "SUA"
REASONS = {
    "vi": {"selling": "Bán hàng", "ordered": "Có đơn hàng", "parking": "Gửi xe, cầu đường"},
    "en": {"selling": "Selling", "ordered": "Ordered", "parking": "Parking and tolls"},
}
NOTES = {
    "vi": {"visit": "Trưng bày đủ hai mặt kệ", "expense": "Gửi xe chợ Bến Thành"},
    "en": {"visit": "Both shelves are full", "expense": "Parking at Ben Thanh market"},
}


def metres_north(place: dict[str, Any], metres: float) -> Any:
    """A point some metres north of a place, with a good fix."""
    return {"latitude": place["lat"] + math.degrees(metres / 6_371_000), "longitude": place["lon"], "accuracy": 15}


def shop(lan: Person, name: str) -> dict[str, Any]:
    """A customer of Lan's with the pin of its main address."""
    found = lan.ask(f"/customers?q={name}&limit=5")["items"][0]
    whole = lan.ask(f"/customers/{found['id']}")
    located = [one for one in whole["addresses"] if one["lat"] is not None]
    place = next((one for one in located if one["is_default"]), located[0])
    return {"id": found["id"], "name": found["name"], "lat": place["lat"], "lon": place["lon"]}


def photos(folder: Path, *words: str) -> list[str]:
    """Photos on the phone's disk, each of its own picture."""
    files = []
    for word in words:
        file = folder / f"{word}.jpg"
        file.write_bytes(photo(word, (640, 480)))
        files.append(str(file))
    return files


def log_a_visit(lan: Person, customer: dict[str, Any], files: list[str], note: str) -> None:
    """Check in, take the photos, write the note, save."""
    lan.see(f"/visits/new/{customer['id']}")
    page = lan.page
    expect(page.get_by_text(lan.say("visit.far"))).to_be_visible(timeout=PATIENCE)
    page.get_by_text(REASONS[lan.language]["selling"], exact=True).click()
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator("section img")).to_have_count(len(files), timeout=PATIENCE)
    page.locator("textarea").fill(note)
    page.get_by_text(REASONS[lan.language]["ordered"], exact=True).click()
    lan.picture("visit")
    page.get_by_role("button", name=lan.words["save_visit"]).click()
    expect(page.get_by_text(note).first).to_be_visible(timeout=PATIENCE)


def claim_parking(lan: Person, customer: dict[str, Any], file: str, note: str) -> None:
    """Claim 20.000 for parking with its receipt."""
    lan.see(f"/expenses/new/{customer['id']}")
    page = lan.page
    page.locator("input").first.fill("20.000")
    page.get_by_text(REASONS[lan.language]["parking"], exact=True).click()
    page.locator("input[type=file]").set_input_files([file])
    expect(page.locator("section img")).to_have_count(1, timeout=PATIENCE)
    page.locator("textarea").fill(note)
    lan.picture("expense")
    page.get_by_role("button", name=lan.words["save_expense"]).click()
    expect(page.locator("h1", has_text=lan.say("expense.new"))).to_have_count(0, timeout=PATIENCE)


def add_item(lan: Person, typed: str, qty: str) -> None:
    """Type an item's code, take the first hit, set the quantity."""
    page = lan.page
    page.get_by_role("button", name=lan.words["add_item"]).click()
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    box.fill(typed)
    box.press("Enter")
    quantity = page.get_by_role("textbox", name=lan.say("orders.qty-of")).last
    quantity.fill(qty)
    quantity.press("Tab")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_morning_without_a_network_reaches_the_office_exactly_once(
    browser: Browser, served: Served, line: BadLine, tmp_path: Path, language: str
) -> None:
    home = f"http://127.0.0.1:{line.port}"
    spot = {"geolocation": {"latitude": 10.77, "longitude": 106.69, "accuracy": 15}, "permissions": ["geolocation"]}
    with person(browser, home, size=PHONE, language=language, pictures="morning", **spot) as lan:
        notes = NOTES[language]
        lan.set_out("lan")
        assert lan.ask("/me")["language"] == language  # the office's own words follow what was chosen at the door
        minh = shop(lan, "cua hang minh")
        other = shop(lan, "dai ly")
        before = len(lan.ask(f"/orders?customer={minh['id']}&limit=200")["items"])
        lan.page.wait_for_timeout(2500)

        line.cut()
        lan.reopen()  # step 2
        expect(lan.page.get_by_text(re.compile(r"\b[0-9]+/12\b"))).to_be_visible(timeout=PATIENCE)
        expect(lan.page.locator("[data-sync=offline]")).to_be_visible(timeout=PATIENCE)
        lan.picture("today-offline")

        lan.see("/customers")  # step 3
        lan.page.get_by_role("searchbox").fill("cua hang minh")
        expect(lan.page.get_by_role("link", name="Cửa hàng Minh").first).to_be_visible()
        lan.picture("search")
        lan.page.get_by_role("searchbox").fill("789")
        expect(lan.page.locator("main li").first).to_be_visible()

        lan.context.set_geolocation(metres_north(minh, 40))  # steps 4 and 5
        log_a_visit(lan, minh, photos(tmp_path, *(language + word for word in "abc")), notes["visit"])
        lan.context.set_geolocation(metres_north(other, 900))
        lan.see(f"/visits/new/{other['id']}")
        expect(lan.page.get_by_text(lan.say("visit.far-reason")).first).to_be_visible(timeout=PATIENCE)
        lan.picture("visit-far")

        lan.see(f"/orders/new/{minh['id']}")  # step 7, without its promotion
        add_item(lan, ITEM, "2")
        expect(lan.page.locator("[data-stock=known]").first).to_be_visible()
        expect(lan.page.locator("[data-stock=live]")).to_have_count(0)
        lan.picture("order-offline")
        lan.page.wait_for_timeout(600)
        total = lan.page.get_by_test_id("order-total").inner_text()
        lan.reopen()  # the draft survives a killed tab
        lan.see(f"/orders/new/{minh['id']}")
        expect(lan.page.get_by_test_id("order-total")).to_have_text(total, timeout=PATIENCE)
        lan.page.get_by_role("button", name=lan.words["place"]).click()
        expect(lan.page.locator("main .tag", has_text=lan.say("orders.waiting"))).to_be_visible(timeout=PATIENCE)
        expect(lan.page.get_by_text(lan.say("orders.not-confirmed"))).to_be_visible()
        lan.picture("order-waiting")

        claim_parking(lan, minh, photos(tmp_path, f"{language} receipt")[0], notes["expense"])  # step 11
        assert lan.waiting() >= 4 + 3
        lan.see("/outbox")
        expect(lan.page.get_by_text(lan.say("orders.outbox", customer="Cửa hàng Minh"))).to_be_visible(timeout=PATIENCE)
        lan.picture("outbox")

        lan.see("/more")  # step 18: refused while something is unsent, and says how much
        lan.page.get_by_role("button", name=lan.words["log_out"]).click()
        lan.page.wait_for_timeout(1500)
        lan.picture("logout-refused")
        assert lan.waiting() >= 4 + 3

        _come_back_on_a_dying_line(lan, line)
        _all_is_there_once(lan, minh, before, total, tmp_path)


def _come_back_on_a_dying_line(lan: Person, line: BadLine) -> None:
    """Every request of the sync dies once before the office sees it and once after it has committed."""
    fates: dict[tuple[str, str], list[Fate]] = {}

    def judge(method: str, path: str) -> Fate:
        wanted = method != "GET" and path.startswith(("/api/v1/sync", "/api/v1/files"))
        if not wanted:
            return "pass"
        left = fates.setdefault((method, path), ["cut_before", "cut_after"])
        return left.pop(0) if left else "pass"

    line.judge = judge
    line.mend()
    lan.hand_in(tries=200)
    died = [fate for _, _, fate in line.seen if fate != "pass"]
    assert died.count("cut_before") >= 2 and died.count("cut_after") >= 2


def _all_is_there_once(lan: Person, minh: dict[str, Any], before: int, total: str, folder: Path) -> None:
    orders = lan.ask(f"/orders?customer={minh['id']}&limit=200")["items"]
    assert len(orders) == before + 1
    shown = int("".join(letter for letter in total if letter.isdigit()))
    assert int(orders[0]["total"]) == shown
    visits = [
        one
        for one in lan.ask(f"/activities?customer={minh['id']}")["items"]
        if one["note"] == NOTES[lan.language]["visit"]
    ]
    assert len(visits) == 1 and visits[0]["verdict"] == "ok"
    expenses = [
        one
        for one in lan.ask(f"/expenses?customer={minh['id']}")["items"]
        if one["note"] == NOTES[lan.language]["expense"]
    ]
    assert len(expenses) == 1 and expenses[0]["amount"] == "20000"
    sums = lan.page.evaluate(
        """async (ids) => {
             const out = []
             for (const id of ids) {
               const bytes = await (await fetch(`/api/v1/attachments/${id}`)).arrayBuffer()
               const hash = await crypto.subtle.digest('SHA-256', bytes)
               out.push(Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, '0')).join(''))
             }
             return out
           }""",
        [one["id"] for one in _attachments(lan)],
    )
    assert sorted(sums) == sorted(one["sha256"] for one in _attachments(lan)) and len(set(sums)) == 4
    assert all(len(bytes.fromhex(one)) == hashlib.sha256().digest_size for one in sums)


def _attachments(lan: Person) -> list[dict[str, Any]]:
    """Attachments Lan captured in this story, as the phone pulled them."""
    rows: list[dict[str, Any]] = lan.page.evaluate(
        """async () => {
             const answer = await fetch('/api/v1/me'); const me = await answer.json()
             const db = await new Promise((ok) => { const r = indexedDB.open('fs_' + me.id); r.onsuccess = () => ok(r.result) })
             const all = (s) => new Promise((ok) => { const r = db.transaction(s).objectStore(s).getAll(); r.onsuccess = () => ok(r.result) })
             const blobs = (await all('blob')).filter((b) => b.st === 'done').map((b) => ({ id: b.id, sha256: b.sha256 }))
             db.close()
             return blobs
           }"""  # noqa: E501 -- a script for the browser
    )
    return rows
