"""Workbooks and Word documents as people make them: joined cells, formulas, hidden sheets, tables in tables."""

import datetime

import openpyxl
import pytest
from docx import Document

from backend.papers import headers, reading
from backend.papers.grids import Cell, Merge, Paper, letter
from backend.pricing.imports.mapping import vocabulary
from tests.pricing.imports_files import HEAD, document, saved, with_part, workbook

pytestmark = pytest.mark.anyio
KNOWN = vocabulary("prices", {"thung", "lon", "hop"})


def texts(paper: Paper, grid: int = 0) -> dict[int, list[str]]:
    """Row number -> the texts of its cells."""
    return {row.number: [cell.text if cell else "" for cell in row.cells] for row in paper.grids[grid].rows}


async def test_cells_keep_their_place_and_their_exact_value() -> None:
    rows = [
        ["Tiêu đề"],
        [],
        ["Mã", "Giá", "Ngày", "CK"],
        ["A", 7200.1, datetime.date(2026, 10, 1), 0.05],
        ["B", 0.1 + 0.2],
    ]
    paper = await reading.read(workbook(rows, formats={"D4": "0%"}))
    found = {row.number: row.cells for row in paper.grids[0].rows}
    assert list(found) == [1, 3, 4, 5] and paper.kind == "xlsx" and paper.notes == []
    assert found[4] == [
        Cell("text", "A"),
        Cell("number", "7200.1"),
        Cell("day", "2026-10-01"),
        Cell("number", "0.05", True),
    ]
    assert found[5][1] == Cell("number", "0.3")  # what Excel shows, without the dust of the sum


async def test_cells_joined_downwards_hold_their_value_in_every_row_and_joined_across_only_in_the_first() -> None:
    rows = [["Mã", "Tên", "Giá"], ["A", "Sữa", 1], [None, None, 2], ["SỮA CHUA"], ["B", "Kem", 3]]
    paper = await reading.read(workbook(rows, merges=["A2:A3", "B2:B3", "A4:C4"]))
    assert texts(paper) == {
        1: ["Mã", "Tên", "Giá"],
        2: ["A", "Sữa", "1"],
        3: ["A", "Sữa", "2"],
        4: ["SỮA CHUA", "", ""],
        5: ["B", "Kem", "3"],
    }


async def test_word_tables_are_read_like_sheets_with_their_joined_cells() -> None:
    content = document(
        [HEAD[:4], ["A", "Sữa", "hộp", "7.200"], ["", "", "thùng", "340.000"], ["NHÓM KHÁC", "", "", ""]],
        [["Mã", "Giá"], ["B", "5"]],
        merges=[(0, 1, 0, 2, 0), (0, 1, 1, 2, 1), (0, 3, 0, 3, 3)],
    )
    paper = await reading.read(content)
    assert [grid.name for grid in paper.grids] == ["1", "2"] and paper.kind == "docx"
    assert sorted(paper.grids[0].merges, key=str) == [Merge(2, 0, 3, 0), Merge(2, 1, 3, 1), Merge(4, 0, 4, 3)]
    assert texts(paper) == {
        1: HEAD[:4], 2: ["A", "Sữa", "hộp", "7.200"], 3: ["A", "Sữa", "thùng", "340.000"], 4: ["NHÓM KHÁC", "", "", ""],
    }  # fmt: skip
    assert texts(paper, 1) == {1: ["Mã", "Giá"], 2: ["B", "5"]}


async def test_struck_out_words_are_gone_and_a_table_in_a_table_is_noted() -> None:
    from docx.oxml import OxmlElement

    paper = Document()
    table = paper.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "Mã"
    table.cell(0, 1).add_table(rows=1, cols=1).cell(0, 0).text = "bên trong"
    run = table.cell(0, 0).paragraphs[0].add_run()
    deleted = OxmlElement("w:del")
    gone = OxmlElement("w:delText")
    gone.text = "cũ"
    run._r.append(gone)
    deleted.append(run._r)
    table.cell(0, 0).paragraphs[0]._p.append(deleted)
    read = await reading.read(saved(paper))
    assert texts(read) == {1: ["Mã", ""]}
    assert [(note.code, note.count) for note in read.notes] == [("paper.table-nested", 1)]


async def test_hidden_sheets_are_left_out_with_a_note() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "thấy"
    secret = book.create_sheet("Giá vốn")
    secret["A1"] = "mật"
    secret.sheet_state = "hidden"
    paper = await reading.read(saved(book))
    assert [grid.rows[0].cells[0] for grid in paper.grids] == [Cell("text", "thấy")]
    assert [(note.code, note.name) for note in paper.notes] == [("paper.sheet-hidden", "Giá vốn")]


async def test_a_formula_gives_what_excel_computed_and_says_so_where_nobody_did() -> None:
    content = workbook([["Giá"], [5], ["=A2*2"]])
    assert (await reading.read(content)).grids[0].rows[2].cells == [Cell("formula", "")]
    sheet = b"xl/worksheets/sheet1.xml".decode()
    from tests.pricing.imports_files import part_of

    computed = part_of(content, sheet).replace(b"<f>A2*2</f><v></v>", b"<f>A2*2</f><v>10</v>")
    computed = computed.replace(b"<f>A2*2</f><v />", b"<f>A2*2</f><v>10</v>").replace(
        b"<f>A2*2</f><v/>", b"<f>A2*2</f><v>10</v>"
    )
    paper = await reading.read(with_part(content, sheet, computed))
    assert paper.grids[0].rows[2].cells == [Cell("number", "10")]


@pytest.mark.parametrize(
    ("rows", "merges", "roles"),
    [
        (
            [["BẢNG GIÁ QUÝ 4"], ["Áp dụng từ 01/10"], HEAD], [],
            "item_code item_name unit price valid_from valid_to min_qty",
        ),
        (
            [["STT", "Mã hàng", "Tên hàng", "Đơn giá", None], [None, None, None, "Thùng", "Lon"]],
            ["A1:A2", "B1:B2", "C1:C2", "D1:E1"], " item_code item_name price:Thùng price:Lon",
        ),
        (
            [["Mã hàng", "Tên hàng", "Đơn giá", None], [None, None, "Lẻ", "Ghi chú"]],
            ["A1:A2", "B1:B2", "C1:D1"], "item_code item_name price ",
        ),
        ([["Mã SP", "Sản phẩm", "Giá thùng", "Giá hộp"]], [], "item_code item_name price:thùng price:hộp"),
        (
            [["Item code", "Description", "UoM", "Unit price", "From date"]], [],
            "item_code item_name unit price valid_from",
        ),
        ([["Mã KH", "Khách hàng", "Mã hàng", "Giá bán (VNĐ)"]], [], "customer  item_code price"),
        ([["Mã hàng", "Giá đại lý", "Giá siêu thị"]], [], "item_code price "),
        ([["Nhóm KH", "Nhóm hàng", "Chiết khấu (%)", "Ghi chú"]], [], "customer_group item_group percent "),
    ],
)  # fmt: skip
async def test_headings_are_found_and_understood(rows: list[list[str]], merges: list[str], roles: str) -> None:
    grid = (await reading.read(workbook([*rows, ["x"] * 5], merges=merges))).grids[0]
    found = headers.find(grid, KNOWN)
    assert found is not None
    guesses = headers.guesses(found[0].titles, KNOWN)
    said = [f"{one.role}:{one.unit}" if one.unit else one.role for one in guesses]
    assert " ".join(said[: len(roles.split(" "))]) == roles, [letter(n) + "=" + one for n, one in enumerate(said)]


async def test_a_letter_with_a_table_of_names_is_no_price_list() -> None:
    grid = (await reading.read(document([["Họ và tên", "Chức vụ"], ["Lan", "Bán hàng"]]))).grids[0]
    assert headers.find(grid, KNOWN) is None
