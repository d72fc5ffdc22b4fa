"""An imports a price list from a Word table and from a workbook with joined cells, and takes it back."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, Served
from tests.browser.person import PATIENCE, Person, person
from tests.pricing.imports_files import document, workbook

pytestmark = pytest.mark.xdist_group("browser")
WORDS: dict[str, dict[str, Any]] = {
    "vi": {"title": "Nhập bảng giá", "apply": "Áp dụng", "undo": "Hoàn tác lần nhập này", "applied": "Đã áp dụng",
           "undone": "Đã hoàn tác", "errors": "Lỗi", "skip": "Bỏ qua", "today": "Hôm nay", "list": "Vào bảng giá",
           "mend": "Tải dòng lỗi", "cell": "Bảng 1, hàng 6, cột A: không có mặt hàng “KHONG-CO”."},
    "en": {"title": "Import prices", "apply": "Apply", "undo": "Undo this import", "applied": "Applied",
           "undone": "Undone", "errors": "Errors", "skip": "Leave out", "today": "Today", "list": "Into price list",
           "mend": "Download the rows", "cell": "Row 6, column A: there is no item “KHONG-CO”."},
}  # fmt: skip


def rows(codes: list[str]) -> list[list[Any]]:
    """A quarter's list: two lines of heading, one code joined over its quantity breaks, one item nobody sells."""
    return [
        ["BẢNG GIÁ QUÝ 1", None, None, None, None],
        ["Mã hàng", "Tên hàng", "Đơn giá", None, "SL từ"],
        [None, None, "Lẻ", "Ghi chú", None],
        [codes[0], "Hàng thứ nhất", "15.250,5", "", None],
        [None, None, "15.000,5", "", "100"],
        ["KHONG-CO", "Không có", "1.000,5", "", None],
        [codes[1], "Hàng thứ hai", "27.400,5", "", None],
    ]


def amounts(somebody: Person, price_list: str) -> list[Any]:
    """Every price of the list, as the office tells it."""
    found: list[Any] = []
    cursor = ""
    while True:
        page = somebody.ask(f"/price-lists/{price_list}/rules?limit=200{cursor}")
        found += [
            (one["id"], one["price"], one["min_qty"], one["valid_from"], one["valid_to"]) for one in page["items"]
        ]
        if not page["next"]:
            return sorted(found, key=str)
        cursor = f"&cursor={page['next']}"


def picture_and_width(somebody: Person, name: str) -> None:
    """Keep a picture; nothing may stick out to the right."""
    somebody.fits(thumbs=False)
    somebody.picture(name)


def story(an: Person, file: Path, words: dict[str, Any], price_list: dict[str, Any]) -> None:
    page: Page = an.page
    an.see("/imports")
    expect(page.locator("h1", has_text=words["title"])).to_be_visible(timeout=PATIENCE)
    page.get_by_label(words["list"]).select_option(price_list["id"])
    picture_and_width(an, "drop")
    before = amounts(an, price_list["id"])
    page.locator("input[type=file]").set_input_files(file)
    lines = page.get_by_test_id("import-rows").locator("> li")
    expect(lines.first).to_contain_text("KHONG-CO", timeout=PATIENCE)
    expect(lines.first).to_contain_text(words["cell"].split(": ")[1])
    expect(page.get_by_text(words["cell"].split(": ")[0].split(", ")[-1]).first).to_be_visible()
    picture_and_width(an, "errors")
    with page.expect_download() as kept:  # the rows to mend, in the file's own columns
        page.get_by_role("link", name=words["mend"]).click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(kept.value.path()).read_bytes())).active
    assert isinstance(sheet, Worksheet)
    cells = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert cells[-1][0] == "KHONG-CO" and words["cell"].split(": ")[1] in cells[-1][-1]
    page.get_by_role("button", name=words["apply"]).scroll_into_view_if_needed()
    expect(page.get_by_role("button", name=words["apply"])).to_be_disabled()
    page.get_by_text(words["skip"]).click()
    page.get_by_role("button", name=words["apply"]).click()
    expect(page.locator("main .tag", has_text=words["applied"])).to_be_visible(timeout=PATIENCE)
    picture_and_width(an, "applied")
    after = amounts(an, price_list["id"])
    assert after != before and "15250.5" in str(after) and "27400.5" in str(after)
    page.get_by_role("button", name=words["undo"]).click()
    page.locator("dialog").get_by_role("button", name=words["undo"]).click()
    expect(page.locator("main .tag", has_text=words["undone"])).to_be_visible(timeout=PATIENCE)
    assert amounts(an, price_list["id"]) == before


@pytest.mark.parametrize(("language", "size", "kind"), [("vi", DESK, "docx"), ("en", PHONE, "xlsx")])
def test_an_imports_a_list_and_takes_it_back(
    language: str, size: Any, kind: str, browser: Browser, served: Served, tmp_path: Path
) -> None:
    words = WORDS[language]
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=size, language=language, pictures=f"imports-{kind}") as an:
        an.log_in("an", words["today"])
        codes = [one["code"] for one in an.ask("/items?limit=2")["items"]]
        price_list = next(one for one in an.ask("/price-lists?limit=50")["items"] if one["code"] == "DAILY")
        table = rows(codes)
        merges = ["A2:A3", "B2:B3", "C2:D2", "A4:A5", "B4:B5", "A1:E1", "E2:E3"]
        joined = [(0, 1, 0, 2, 0), (0, 1, 1, 2, 1), (0, 1, 2, 1, 3), (0, 3, 0, 4, 0), (0, 3, 1, 4, 1), (0, 0, 0, 0, 4)]
        content = document(table, merges=joined) if kind == "docx" else workbook(table, merges=merges)
        file = tmp_path / f"Bảng giá quý 1.{kind}"
        file.write_bytes(content)
        story(an, file, words, price_list)
        an.page.evaluate(
            """async () => {
                 const me = await (await fetch('/api/v1/me')).json()
                 const headers = { 'X-Tuyen-CSRF': me.csrf, 'Content-Type': 'application/json' }
                 await fetch('/api/v1/me', { method: 'PATCH', headers, body: JSON.stringify({ language: 'vi' }) })
               }"""
        )


@pytest.mark.parametrize(("language", "size"), [("vi", PHONE), ("en", DESK)])
def test_an_sees_which_programmes_of_a_file_meet_before_they_are_stored(
    language: str, size: Any, browser: Browser, served: Served, tmp_path: Path
) -> None:
    home = f"http://127.0.0.1:{served.port}"
    with person(browser, home, size=size, language=language, pictures=f"programmes-{language}") as an:
        an.log_in("an", an.say("app.today"))
        code = an.ask("/items?limit=1")["items"][0]["code"]
        file = tmp_path / "programmes.xlsx"
        head = ["Mã CT", "Tên chương trình", "Mã hàng", "SL từ", "Chiết khấu %", "Độc quyền"]
        file.write_bytes(
            workbook([head, [f"A-{language}", "Giảm nhẹ", code, 5, "2%", None],
                      [f"B-{language}", "Giảm mạnh, một mình", code, 50, "9%", "x"]])
        )  # fmt: skip
        an.see("/imports")
        page = an.page
        page.get_by_text(an.say("imports.promotions"), exact=True).click()
        page.locator("input[type=file]").set_input_files(file)
        own = page.locator("b.truncate", has_text=f"A-{language}")
        line = page.get_by_test_id("import-rows").locator("> li").filter(has=own)
        line.locator("summary").click(timeout=PATIENCE)
        expect(line).to_contain_text(an.say("promo.overlap.exclusive", winner=f"B-{language}"))
        expect(line).to_contain_text(an.say("imports.meets-file", row="3"))
        picture_and_width(an, "meet")
