"""A territory changes hands: planned by the manager, at midnight on both phones; what was not sent yet is judged."""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine
from tests.browser.territory import (
    MANY,
    ZONE,
    Company,
    Nam,
    dong,
    nam_of,
    on_the_phone,
    owed_by,
    own_company,
    pages_taken,
    until,
)
from tests.browser.test_morning import add_item

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with own_company(tmp_path_factory.mktemp("handover")) as one:
        yield one


def choose_all(hung: Person, giver: int, to: int, count: int) -> None:
    """On the screen of a new hand-over: everybody of one position for another."""
    hung.see("/handovers/new")
    hung.page.get_by_label(hung.say("handover.from"), exact=True).select_option(str(giver))
    hung.page.get_by_label(hung.say("handover.to")).select_option(str(to))
    whole = hung.page.locator("label", has_text=re.compile(rf"\b{count}\b")).get_by_role("checkbox").first
    expect(whole).to_be_visible(timeout=PATIENCE)
    whole.check()
    expect(hung.page.get_by_test_id("chosen")).to_contain_text(str(count))


def by_rep(hung: Person, nam: Nam) -> str:
    """What the map of last month says of Nam."""
    hung.see("/regions")
    for field in ("from", "to", "from"):  # the end cannot stand before the beginning
        hung.page.get_by_label(hung.say(f"regions.{field}")).select_option(nam.last_month)
    row = hung.page.locator("section", has_text=hung.say("regions.by-rep")).locator("li", has_text=nam.name)
    expect(hung.page.locator("section[aria-busy=true]")).to_have_count(0, timeout=PATIENCE)
    told = hung.ask(f"/insight/revenue?set=VN-ADM1-34&from={nam.last_month}&to={nam.last_month}")
    (mine,) = [one for one in told["reps"] if one["position_id"] == nam.position]
    shown = f"{int(mine['net']):,}".replace(",", "." if hung.language == "vi" else ",")
    expect(row.locator("strong")).to_contain_text(shown, timeout=PATIENCE)
    return str(mine["net"])


def test_a_hundred_and_twenty_customers_change_hands_at_midnight_and_unsent_work_is_judged(
    browser: Browser, company: Company
) -> None:
    served = company.served
    nam_is = nam_of(served)
    office = f"http://127.0.0.1:{served.port}"
    with (
        BadLine(served.port) as line,
        person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="handover-nam", bypass_csp=True) as nam,
        person(browser, office, size=PHONE, pictures="handover-lan", bypass_csp=True) as lan,
        person(browser, office, size=DESK, pictures="handover-desk", bypass_csp=True) as hung,
    ):
        nam.set_out(nam_is.login)
        lan.set_out("lan")
        hung.log_in("hung", hung.say("app.today"))
        his = on_the_phone(nam)
        assert len(his) == MANY and nam_is.customer in his and not his & on_the_phone(lan)
        sold = by_rep(hung, nam_is)
        hung.picture("map-before")
        open_total = _an_open_order(nam, nam_is)
        monday = _plan(hung, served, nam_is, open_total)
        _look_again_on_a_phone(browser, office, nam_is)
        _nothing_has_moved(nam, lan, nam_is, his, monday)
        _work_without_a_line(nam, line, nam_is)
        before_lan = on_the_phone(lan)
        taken = pages_taken(lan)
        company.midnight(monday)
        until(lan, lambda: his <= on_the_phone(lan))
        assert pages_taken(lan) == taken + 1, "all of them in one pull"
        assert on_the_phone(lan) == before_lan | his
        _lan_has_them_with_their_past(lan, nam_is)
        _what_nam_had_not_sent(nam, line, nam_is, hung)
        lan.see(f"/customers/{nam_is.customer}")
        expect(lan.page.get_by_text("hẹn giao kệ mới").first).to_be_visible(timeout=PATIENCE)
        assert by_rep(hung, nam_is) == sold, "last month's revenue is still Nam's"
        hung.picture("map-after")
        hung.see("/handovers")
        hung.page.get_by_text(hung.say("handover.past"), exact=True).click()
        expect(hung.page.locator("[data-handover]")).to_have_count(1, timeout=PATIENCE)
        card = hung.page.locator("[data-handover]")
        expect(card.locator("b").first).to_have_text(nam_is.name)
        expect(card.get_by_role("button", name=hung.say("handover.call-off"))).to_have_count(0)
        hung.picture("past")


def _an_open_order(nam: Person, nam_is: Nam) -> str:
    """Something Nam has just sold and that is not delivered yet; gives its total."""
    item = nam.ask("/items?q=SUA&limit=1")["items"][0]
    lines = [{"id": str(uuid.uuid4()), "item_id": item["id"], "unit": item["base_unit"], "qty": "3"}]
    order = {"id": str(uuid.uuid4()), "customer_id": nam_is.customer, "currency": "VND", "lines": lines,
             "ordered_on": datetime.now(ZONE).date().isoformat()}  # fmt: skip
    nam.send("/orders", order)
    return str(nam.ask(f"/orders/{order['id']}")["total"])


def _plan(hung: Person, served: Served, nam_is: Nam, open_total: str) -> str:
    """Hùng looks at what is open and hands everybody over from next Monday; gives that day."""
    page = hung.page
    hung.see("/more")
    page.get_by_role("link", name=hung.say("customers.handovers")).click()
    expect(page.get_by_text(hung.say("handover.none-planned"))).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name=hung.say("handover.new")).click()
    choose_all(hung, nam_is.position, 3, MANY)
    page.get_by_label(hung.say("handover.reason")).fill("chia lại tuyến")
    hung.picture("chosen")
    hung.clean()
    page.get_by_role("button", name=hung.say("handover.look")).click()
    told = page.get_by_test_id("preview")
    expect(told).to_be_visible(timeout=PATIENCE)
    expect(told).to_contain_text(owed_by(served, nam_is.position))
    expect(told).to_contain_text(dong(open_total))
    expect(page.get_by_test_id("preview-head")).to_contain_text("thứ hai", ignore_case=True)
    page.wait_for_timeout(500)
    hung.picture("preview")
    hung.clean()
    hung.fits()
    page.locator("dialog[open]").get_by_role("button", name=re.compile(rf"Bàn giao {MANY}")).click()
    card = page.locator("[data-handover]")
    expect(card).to_have_count(1, timeout=PATIENCE)
    expect(card).to_contain_text("chia lại tuyến")
    hung.picture("planned")
    hung.clean()
    (planned,) = hung.ask("/customers/handovers")
    day = datetime.fromisoformat(planned["on"])
    assert (planned["customers"], day.weekday()) == (MANY, 0) and day.date() > datetime.now(ZONE).date()
    return str(planned["on"])


def _look_again_on_a_phone(browser: Browser, office: str, nam_is: Nam) -> None:
    """Hùng, in the field and in English, plans another one and calls it off."""
    with person(browser, office, size=PHONE, language="en", pictures="handover-hand", bypass_csp=True) as hung:
        hung.log_in("hung", hung.say("app.today"))
        hung.see("/handovers")
        expect(hung.page.locator("[data-handover]")).to_have_count(1, timeout=PATIENCE)
        hung.picture("planned")
        hung.clean()
        hung.fits()
        other = next(one for one in hung.ask("/positions") if one["name"] == "Tuyến Nam 03")
        hung.see("/handovers/new")
        hung.page.get_by_label(hung.say("handover.from"), exact=True).select_option(str(other["id"]))
        hung.page.get_by_label(hung.say("handover.to")).select_option("3")
        rows = hung.page.get_by_test_id("candidates").locator("li", has_text=other["holders"][0])
        expect(rows.nth(2)).to_be_visible(timeout=PATIENCE)
        for nth in range(3):
            rows.nth(nth).get_by_role("checkbox").check()
        hung.picture("three")
        hung.clean()
        hung.fits()
        hung.page.get_by_role("button", name=hung.say("handover.look")).click()
        expect(hung.page.get_by_test_id("preview-head")).to_contain_text("3 customers", timeout=PATIENCE)
        hung.picture("preview")
        hung.fits()
        hung.page.locator("dialog[open]").get_by_role("button", name="Hand over 3 customers").click()
        cards = hung.page.locator("[data-handover]")
        expect(cards).to_have_count(2, timeout=PATIENCE)
        three = cards.filter(has_text=other["holders"][0])
        three.get_by_role("button", name=hung.say("handover.show")).click()
        expect(three.locator("li")).to_have_count(3, timeout=PATIENCE)
        three.get_by_role("button", name=hung.say("handover.call-off")).click()
        hung.picture("call-off")
        hung.page.locator("dialog[open]").get_by_role("button", name=hung.say("handover.call-off-yes")).click()
        expect(cards).to_have_count(1, timeout=PATIENCE)
        expect(cards).to_contain_text(nam_is.name)


def _nothing_has_moved(nam: Person, lan: Person, nam_is: Nam, his: set[str], monday: str) -> None:
    """Before the day both phones are as they were, and both people know what comes."""
    day = "/".join(reversed(monday.split("-")))
    for who, words in ((nam, (str(MANY), day, "Lê Thị Lan")), (lan, (str(MANY), day, nam_is.name))):
        who.online()
        who.see("/notices")
        for word in words:
            expect(who.page.locator("main li").filter(has_text=str(MANY)).first).to_contain_text(word, timeout=PATIENCE)
        who.picture("told")
    lan.page.wait_for_timeout(1000)
    assert on_the_phone(nam) == his and not his & on_the_phone(lan)


def _work_without_a_line(nam: Person, line: BadLine, nam_is: Nam) -> None:
    """In the cellar: a visit and an order for a customer that is about to go."""
    line.cut()
    nam.context.set_offline(True)
    page = nam.page
    nam.see(f"/visits/new/{nam_is.customer}")
    page.locator("fieldset label").first.click()
    page.locator("textarea").fill("hẹn giao kệ mới")
    page.get_by_label(nam.say("visit.far-reason")).select_option(index=1)  # this phone does not know where it is
    page.get_by_role("button", name=nam.words["save_visit"]).click()
    expect(page.get_by_text("hẹn giao kệ mới").first).to_be_visible(timeout=PATIENCE)
    nam.see(f"/orders/new/{nam_is.customer}")
    add_item(nam, "SUA", "2")
    page.wait_for_timeout(600)
    page.get_by_role("button", name=nam.words["place"]).click()
    expect(page.locator("main .tag", has_text=nam.say("orders.waiting"))).to_be_visible(timeout=PATIENCE)
    assert nam.waiting() == 2


def _lan_has_them_with_their_past(lan: Person, nam_is: Nam) -> None:
    lan.see(f"/customers/{nam_is.customer}")
    expect(lan.page.locator("h1", has_text=nam_is.shop)).to_be_visible(timeout=PATIENCE)
    expect(lan.page.locator("main a[href*='/orders/']").first).to_be_visible(timeout=PATIENCE)
    lan.picture("customer")
    lan.see("/notices")
    title = lan.page.get_by_text(re.compile(f"^{lan.say('notice.customers.received.title')}"))
    expect(title.first).to_be_visible(timeout=PATIENCE)
    lan.picture("notices")


def _what_nam_had_not_sent(nam: Person, line: BadLine, nam_is: Nam, hung: Person) -> None:
    """Back on the line: the customers leave in one pull, the visit is taken, late, and the order says why it is not."""
    taken = pages_taken(nam)
    page = nam.page
    nam.see("/customers")
    line.mend()
    nam.context.set_offline(False)
    until(nam, lambda: nam.waiting() == 1 and not on_the_phone(nam))
    assert pages_taken(nam) == taken + 1, "all of them in one pull"
    expect(page.locator("main li a[href^='#/customers/']")).to_have_count(0, timeout=PATIENCE)
    visits = hung.ask(f"/activities?customer={nam_is.customer}")["items"]
    (visit,) = [one for one in visits if one["note"] == "hẹn giao kệ mới"]
    assert visit["late"] is True and visit["user"] == nam_is.name
    nam.see(f"/customers/{nam_is.customer}")
    expect(page.get_by_text(nam.say("customers.not-here"))).to_be_visible(timeout=PATIENCE)
    nam.see("/outbox")
    refused = page.get_by_role("button", name=re.compile(re.escape(nam.say("problem.out-of-scope"))))
    expect(refused).to_be_visible(timeout=PATIENCE)
    expect(refused).to_contain_text(nam_is.shop)
    nam.picture("refused")
    nam.clean()
    nam.fits()
    refused.click()
    expect(page.locator("dialog[open]")).to_contain_text(nam.say("problem.out-of-scope"))
    nam.picture("refused-open")
    page.locator("dialog[open]").get_by_role("button", name=nam.say("outbox.discard")).click()
    page.locator("dialog[open]").get_by_label(nam.say("outbox.why")).fill("đã chuyển chị Lan lên đơn")
    page.locator("dialog[open]").get_by_role("button", name=nam.say("outbox.discard-yes")).click()
    expect(refused).to_have_count(0, timeout=PATIENCE)
    nam.hand_in()
    nam.see("/notices")
    expect(page.get_by_text("30 ngày").first).to_be_visible(timeout=PATIENCE)
    nam.picture("notices")
