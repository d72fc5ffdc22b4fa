"""Lan's prices: a gift that comes and goes with the quantity, why a price is what it is, an office that raised it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import PHONE, Served, serving
from tests.browser.person import PATIENCE, Person, person
from tests.browser.proxy import BadLine
from tests.browser.test_morning import add_item

pytestmark = pytest.mark.xdist_group("browser")
TEN_AND_ONE = "KM-MI-TANG"
# The office raises a price: every row of every list for the item, by a tenth.
RAISE = """
import asyncio, sys
from pathlib import Path
import asyncpg
from backend.core.embedded import start

async def main(dsn, item):
    office = await asyncpg.connect(dsn)
    await office.execute('''UPDATE price_rules SET price = jsonb_set(price, '{amount}',
        to_jsonb(round((price->>'amount')::numeric * 1.1)::text)) WHERE item_id = $1::uuid''', item)
    await office.execute("UPDATE items SET list_price_micro = list_price_micro / 10 * 11 WHERE id = $1::uuid", item)
    await office.close()

embedded = start(Path(sys.argv[1]))
asyncio.run(main(embedded.dsn, sys.argv[2]))
embedded.stop()
"""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A company that keeps no old promise without asking."""
    with serving(tmp_path_factory.mktemp("strict") / "data", TUYEN_HONOUR_HOURS="0") as company:
        yield company


def raise_the_price(data_dir: Path, item: str) -> None:
    """In a process of its own: this one runs the browser's loop."""
    subprocess.run([sys.executable, "-c", RAISE, str(data_dir), item], check=True, timeout=120)


def digits(text: str) -> int:
    return int("".join(letter for letter in text if letter.isdigit()))


def noodles_of(lan: Person) -> dict[str, Any]:
    """The item of the 10+1 promotion, with its carton."""
    promotions = lan.ask("/pricing/book")["book"]["promotions"]
    gift = next(one for one in promotions if one["id"] == TEN_AND_ONE)["effect"]["item"]
    item: dict[str, Any] = lan.ask(f"/items/{gift}")
    return item


def quantity(lan: Person) -> Locator:
    return lan.page.get_by_role("textbox", name="Số lượng").last


def order_of(lan: Person, qty: str) -> None:
    quantity(lan).fill(qty)
    quantity(lan).press("Tab")


def gifts(lan: Person) -> Locator:
    return lan.page.get_by_test_id("gift")


def test_a_gift_a_reason_and_a_price_that_was_raised_meanwhile(browser: Browser, strict: Served) -> None:
    with (
        BadLine(strict.port) as line,
        person(browser, f"http://127.0.0.1:{line.port}", size=PHONE, pictures="prices") as lan,
    ):
        lan.set_out("lan")
        minh = lan.ask("/customers?q=cua hang minh&limit=5")["items"][0]
        noodles = noodles_of(lan)
        lan.page.wait_for_timeout(2500)
        line.cut()

        _step_7(lan, minh["id"], noodles)
        told = lan.page.get_by_test_id("order-total").inner_text()
        lan.page.get_by_role("button", name=lan.words["place"]).click()
        expect(lan.page.locator("main .tag", has_text="Chờ gửi")).to_be_visible(timeout=PATIENCE)
        expect(lan.page.get_by_text("Hàng tặng của chương trình")).to_be_visible()
        lan.picture("waiting")

        raise_the_price(strict.data_dir, noodles["id"])
        line.mend()
        lan.online()
        _step_15(lan, minh["id"], digits(told))


def _step_7(lan: Person, customer: str, noodles: dict[str, Any]) -> None:
    """15 cartons of a 10+1 give one, 9 give none; pieces are said in cartons; the sheet says what is missing."""
    page, unit = lan.page, noodles["base_unit"]
    carton = max(noodles["packagings"], key=lambda one: float(one["num"]) / float(one["den"]))
    lan.see(f"/orders/new/{customer}")
    add_item(lan, noodles["code"], "15")
    expect(page.locator("[data-stock=known]").first).to_have_text(re.compile(r"^Tồn .* \((vừa xong|.* trước)\)$"))
    expect(page.locator("[data-stock=live], [data-stock].text-success")).to_have_count(0)
    expect(gifts(lan)).to_have_count(1)
    expect(gifts(lan)).to_contain_text(f"Tặng 1 {carton['unit']}")
    expect(gifts(lan)).to_contain_text("Mua 10 thùng mì tặng 1 thùng")
    lan.picture("gift")
    order_of(lan, "9")
    expect(gifts(lan)).to_have_count(0)
    page.get_by_role("button", name=f"Vì sao có giá này? {noodles['code']}").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_test_id("why-won")).to_contain_text("Bảng giá")
    expect(sheet.locator(f"[data-reason={TEN_AND_ONE}]")).to_contain_text(f"Thêm 1 {carton['unit']} để được tặng")
    lan.picture("why")
    page.keyboard.press("Escape")
    order_of(lan, "10")
    expect(gifts(lan)).to_have_count(1)

    page.get_by_role("combobox", name=f"Đơn vị của {noodles['code']}").select_option(unit)
    order_of(lan, str(2 * int(carton["num"]) + 5))
    expect(page.get_by_text(f"= 2 {carton['unit']} + 5 {unit}")).to_be_visible()
    expect(gifts(lan)).to_have_count(0)
    lan.picture("pieces")
    order_of(lan, str(10 * int(carton["num"])))
    expect(gifts(lan)).to_have_count(1)


def _step_15(lan: Person, customer: str, told: int) -> None:
    """The card says both prices, nothing was changed in silence; taking the new one confirms the order at it."""
    page = lan.page
    card = page.get_by_test_id("price-card")
    expect(card).to_be_visible(timeout=PATIENCE)
    expect(card.get_by_role("heading")).to_have_text("Giá đã đổi: giữ hay cập nhật?")
    lan.picture("difference")
    held = lan.ask(f"/orders?customer={customer}&state=on_hold")["items"]
    (order,) = [one for one in held if "price:OLD_PRICE" in one["holds"]]
    paper = lan.ask(f"/orders/{order['id']}")
    shown, price = (int(paper["diff"]["total"][name]) for name in ("shown", "price"))
    assert shown == told < price == int(paper["total"])
    assert [digits(text) for text in card.locator("li").last.locator(".money").all_inner_texts()] == [shown, price]

    lan.see("/outbox")
    expect(page.locator("[data-sync]")).to_contain_text("1 cần xem lại")
    lan.picture("attention")
    page.get_by_role("link", name=f"Giá đơn {order['number']} đã đổi").click()
    page.get_by_role("button", name="Giữ giá cũ").click()
    expect(card.get_by_text("Bạn chọn giữ giá cũ")).to_be_visible()
    expect(page.get_by_role("button", name="Giữ giá cũ")).to_have_count(0)
    lan.picture("kept")
    page.get_by_role("button", name="Cập nhật giá mới").click()
    expect(card).to_have_count(0)
    expect(page.locator("[data-state=confirmed]")).to_be_visible(timeout=PATIENCE)
    lan.picture("confirmed")
    paper = lan.ask(f"/orders/{order['id']}")
    assert (paper["state"], int(paper["total"]), paper["holds"]) == ("confirmed", price, [])
    assert lan.ask("/notices")["items"][0]["kind"] == "order.price-differs"
