"""What leaves the house: the screen's own numbers and filters, the reader's own people, and a line in the audit."""

import io
import shutil
import subprocess
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from backend.core.database import execute, fetch, fetch_value
from backend.insight.exporting import PER_MINUTE
from tests.insight.makers import make_customers, make_orders

pytestmark = pytest.mark.anyio
SPAN = {"from": "2026-01", "to": "2026-12"}


def sheet_of(content: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()]


def text_of(content: bytes, tmp_path: Path) -> str:
    tool = shutil.which("pdftotext")
    assert tool, "these tests read PDFs with pdftotext (package poppler-utils)"
    (tmp_path / "a.pdf").write_bytes(content)
    done = subprocess.run([tool, "-layout", str(tmp_path / "a.pdf"), "-"], check=True, capture_output=True, text=True)
    return done.stdout


async def company() -> list[dict[str, Any]]:
    chance = Random(4)
    return await make_orders(chance, await make_customers(chance, 30, (3, 5)), 300)


@pytest.mark.parametrize("set_code", ["VN-ADM1-34", "VN-ADM1-63"])
@pytest.mark.parametrize("position", [None, 3])
async def test_the_workbook_and_the_pages_say_what_the_screen_says(
    cast: SimpleNamespace, client_for: Any, tmp_path: Path, set_code: str, position: int | None
) -> None:
    await company()
    hung = await client_for(cast.hung)
    query = {**SPAN, "set": set_code, **({"position": position} if position else {})}
    screen = (await hung.get("/insight/revenue", params=query)).json()
    book = await hung.get("/insight/revenue.xlsx", params=query)
    rows = sheet_of(book.content)
    head = next(n for n, row in enumerate(rows) if row[1] == "Khu vực")
    assert [(row[1], row[4]) for row in rows[head + 1 : -1]] == [
        (one["name"], int(one["net"])) for one in screen["rows"]
    ]
    assert rows[-1][4] == int(screen["total"]) == sum(row[4] for row in rows[head + 1 : -1])
    assert "attachment" in book.headers["content-disposition"]
    said = text_of((await hung.get("/insight/revenue.pdf", params=query)).content, tmp_path)
    grouped = f"{int(screen['total']):,}".replace(",", ".")
    assert "Doanh thu theo khu vực" in said and grouped in said and "Nguyễn Mạnh Hùng" in said
    assert all(one["name"] in said for one in screen["rows"])
    audit = await fetch("SELECT actor_id, details FROM audit WHERE action = 'export.revenue' ORDER BY n")
    assert [(row["actor_id"], row["details"]["form"]) for row in audit] == [
        (cast.hung.user_id, "xlsx"), (cast.hung.user_id, "pdf"),
    ]  # fmt: skip


async def test_an_order_list_holds_the_readers_orders_and_nobody_elses(
    cast: SimpleNamespace, client_for: Any, tmp_path: Path
) -> None:
    orders = await company()
    positions = {row["id"]: row["position_id"] for row in await fetch("SELECT id, position_id FROM customers")}
    for login, keys in (("lan", {3}), ("bob", {5}), ("an", {3, 5}), ("mai", {3, 5})):
        client = await client_for(login)
        rows = sheet_of((await client.get("/orders.xlsx")).content)
        mine = {one["number"] for one in orders if positions[one["customer_id"]] in keys and not one["deleted"]}
        assert {row[0] for row in rows if str(row[0]).startswith("SO-")} == mine and mine
        few = await client.get("/orders.xlsx", params={"state": "cancelled", "from": "2026-03-01", "to": "2026-06-30"})
        listed = {row[0] for row in sheet_of(few.content) if str(row[0]).startswith("SO-")}
        assert listed == {
            one["number"] for one in orders
            if one["number"] in mine and one["state"] == "cancelled"
            and "2026-03-01" <= str(one["ordered_on"]) <= "2026-06-30"
        }  # fmt: skip
    said = text_of((await client.get("/orders.pdf", params={"state": "cancelled"})).content, tmp_path)
    assert "Trạng thái: Đã hủy" in said and "1/" in said
    for login in ("tuan", "sau"):
        client = await client_for(login)
        assert (await client.get("/orders.xlsx")).status_code == 403
        assert (await client.get("/insight/revenue.xlsx", params=SPAN)).status_code == 403


async def test_amounts_of_every_currency_are_true_in_the_workbook(cast: SimpleNamespace, client_for: Any) -> None:
    await company()
    rows = sheet_of((await (await client_for(cast.an)).get("/orders.xlsx")).content)
    stored = {
        row["number"]: (row["net"], row["currency"])
        for row in await fetch("SELECT number, net, currency FROM orders WHERE deleted_at IS NULL")
    }
    seen = {row[0]: (row[6], row[8]) for row in rows if str(row[0]).startswith("SO-")}
    assert seen.keys() == stored.keys() and {currency for _, currency in seen.values()} == {"VND", "USD"}
    for number, (net, currency) in stored.items():
        assert seen[number] == (net / 100 if currency == "USD" else net, currency)


async def test_a_customers_name_that_is_a_formula_stays_a_name(cast: SimpleNamespace, client_for: Any) -> None:
    await company()
    await execute("UPDATE customers SET name = '=HYPERLINK(\"http://x\")'")
    content = (await (await client_for(cast.an)).get("/orders.xlsx")).content
    cells = [cell for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows() for cell in row]
    names = [cell for cell in cells if cell.value == '=HYPERLINK("http://x")']
    assert names and all(cell.data_type == "s" and cell.quotePrefix for cell in names)


async def test_nobody_takes_more_than_ten_exports_a_minute(cast: SimpleNamespace, client_for: Any) -> None:
    hung, ngoc = await client_for(cast.hung), await client_for(cast.ngoc)
    for _ in range(PER_MINUTE):
        assert (await hung.get("/insight/revenue.xlsx", params=SPAN)).status_code == 200
    refused = await hung.get("/insight/revenue.xlsx", params=SPAN)
    assert refused.status_code == 429 and refused.headers["retry-after"] == "60"
    assert (await ngoc.get("/insight/revenue.xlsx", params=SPAN)).status_code == 200
    assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'export'") == PER_MINUTE + 1


async def test_a_pdf_that_would_be_a_book_is_refused_with_the_number_of_rows(
    cast: SimpleNamespace, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company()
    monkeypatch.setattr("backend.insight.exporting.MOST_ROWS", 10)
    refused = await (await client_for(cast.an)).get("/orders.pdf")
    assert refused.status_code == 409 and refused.json()["limit"] == 10 and refused.json()["rows"] > 10
