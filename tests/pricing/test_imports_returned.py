"""The rows that could not be taken come back as a workbook: mended there, they go in."""

import io
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from backend.core.ids import new_id
from backend.pricing.storing import NewPriceList, insert_price_lists
from tests.makers import an_item
from tests.pricing.imports_files import HEAD, act, imported, rows_of, saved, workbook

pytestmark = pytest.mark.anyio


@pytest.fixture
async def dealers() -> UUID:
    """The dealers' price list, and two items."""
    for code in ("SUA180", "CAFE"):
        await an_item(code)
    list_id = new_id()
    await insert_price_lists([NewPriceList(id=list_id, code="DL", name_vi="Đại lý", name_en="Dealers", currency="VND")])
    return list_id


async def returned(client: Any, import_id: str) -> tuple[bytes, list[list[Any]], Any]:
    """The workbook, its rows from the heading on, and its sheet."""
    answer = await client.get(f"/price-imports/{import_id}/errors.xlsx")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"] and answer.headers["cache-control"] == "no-store"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(n for n, row in enumerate(rows) if row[-1] == "Lý do / Reason")
    return answer.content, rows[at:], sheet


async def test_rows_in_error_come_back_in_their_columns_with_the_reason_and_go_in_mended(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    content = workbook(
        [
            ["BẢNG GIÁ"], HEAD,
            ["SUA180", "Sữa", "hộp", "7.500,5", date(2026, 12, 1), date(2026, 12, 31), None],
            ["KHONG-CO", "Không có", "hộp", 1250000.5, date(2026, 12, 1), None, 10],
            ["CAFE", "Cà phê", "két", "abc", "32/12/2026", None, None],
        ]
    )  # fmt: skip
    found = await imported(an, content, price_list=dealers)
    assert found["counts"] == {"new": 1, "changed": 0, "same": 0, "error": 2}
    back, rows, _ = await returned(an, found["id"])
    assert rows[0] == [*HEAD, "Lý do / Reason"]
    unknown, cafe = rows[1:]
    assert unknown[0] == "KHONG-CO" and unknown[3] == 1250000.5 and unknown[6] == 10
    assert unknown[4].date() == date(2026, 12, 1) and unknown[-1] == "Cột A: không có mặt hàng “KHONG-CO”."
    assert cafe[3] == "abc" and cafe[4] == "32/12/2026"
    reasons = cafe[-1].split("\n")
    assert "Cột D: “abc” không phải số." in reasons and any(one.startswith("Cột E:") for one in reasons)

    again = await imported(an, back, price_list=dealers)  # as it is: the same two rows, the same two reasons
    assert again["counts"] == {"new": 0, "changed": 0, "same": 0, "error": 2}
    book = openpyxl.load_workbook(io.BytesIO(back))
    for row in book.active.iter_rows():
        if row[0].value == "KHONG-CO":
            row[0].value = "CAFE"
        elif row[0].value == "CAFE":
            row[2].value, row[3].value, row[4].value = "hộp", 9000, None
            row[0].value = "SUA180"
    mended = await imported(an, saved(book), price_list=dealers)
    assert mended["counts"] == {"new": 2, "changed": 0, "same": 0, "error": 0}, await rows_of(an, mended["id"])
    assert (await act(an, mended["id"], "commit", mended["version"])).status_code == 200


async def test_text_that_a_spreadsheet_would_run_is_text_in_the_file_that_comes_back(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    wicked = ['=HYPERLINK("http://x/","y")', "+1+1", "-2", "@SUM(A1)", "=cmd|'/c calc'!A1"]
    content = workbook([HEAD, *[["'" + one, one[1:] or "x", "hộp", "1.000,5"] for one in wicked]])
    book = openpyxl.load_workbook(io.BytesIO(content))
    for n, one in enumerate(wicked, 2):
        book.active.cell(n, 1).value = one
        book.active.cell(n, 1).data_type = "s"
    found = await imported(an, saved(book), price_list=dealers)
    assert found["counts"]["error"] == len(wicked)
    _, rows, sheet = await returned(an, found["id"])
    assert [row[0] for row in rows[1:]] == wicked
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if cell.value.startswith(("=", "+", "-", "@")))


async def test_two_rows_that_overlap_both_come_back_each_naming_the_other(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    rows = [["SUA180", "Sữa", "hộp", "7.500,5", "01/12/2026", "31/12/2026", None],
            ["SUA180", "Sữa", "hộp", "7.400,5", "15/12/2026", None, None]]  # fmt: skip
    found = await imported(an, workbook([HEAD, *rows]), price_list=dealers)
    _, back, _ = await returned(an, found["id"])
    assert ["hàng 3" in back[1][-1], "hàng 2" in back[2][-1]] == [True, True]
    lan = await client_for("lan")
    assert (await lan.get(f"/price-imports/{found['id']}/errors.xlsx")).status_code == 403


async def test_of_a_programme_in_error_all_rows_come_back(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    head = ["Mã CT", "Tên chương trình", "Mã hàng", "SL từ", "Chiết khấu %"]
    content = workbook(
        [head, ["KM1", "Sữa", "SUA180", 10, "3%"], ["KM1", "Sữa", "KHONG-CO", 20, "5%"], ["KM2", "Cà", "CAFE", 5, "2%"]]
    )
    found = await imported(an, content)
    assert found["counts"] == {"new": 1, "changed": 0, "same": 0, "error": 1}
    _, rows, _ = await returned(an, found["id"])
    assert [(row[0], row[2], bool(row[-1])) for row in rows[1:]] == [
        ("KM1", "SUA180", False),
        ("KM1", "KHONG-CO", True),
    ]
    assert rows[1][4] == "3%"


async def test_without_errors_there_is_no_file(client_for: Any, cast: SimpleNamespace, dealers: UUID) -> None:
    an = await client_for(cast.an)
    found = await imported(an, workbook([HEAD, ["SUA180", "Sữa", "hộp", "7.500,5"]]), price_list=dealers)
    refused = await an.get(f"/price-imports/{found['id']}/errors.xlsx")
    assert (refused.status_code, refused.json()["code"]) == (409, "import-no-errors")
    assert (await an.get(f"/price-imports/{new_id()}/errors.xlsx")).status_code == 404
