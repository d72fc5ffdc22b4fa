"""Workbooks hold numbers as numbers, texts as texts, and nothing that runs."""

import resource
import time
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from backend.papers.cells import Column, grouped, shown
from backend.papers.excel import Book

COLUMNS = (
    Column("Khách hàng", width=30), Column("Ngày", "day"), Column("Lúc", "moment"), Column("Số đơn", "whole"),
    Column("Doanh thu", "money"), Column("USD", "money", digits=2), Column("Tỷ trọng", "share"),
)  # fmt: skip
MOMENT = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


def written(tmp_path: Path, *rows: tuple[object, ...], total: tuple[object, ...] | None = None) -> Path:
    path = tmp_path / "a.xlsx"
    book = Book(path, "Doanh thu", ["Từ 01/2026 đến 12/2026"], COLUMNS)
    book.append(rows)  # type: ignore[arg-type]  # the rows of these tests hold only values
    book.close(total)  # type: ignore[arg-type]  # as above
    return path


def test_cells_are_typed_the_header_is_frozen_and_filtered_and_the_total_is_outside_the_filter(tmp_path: Path) -> None:
    row = ("Cửa hàng Minh", date(2026, 3, 1), MOMENT, 12, 1_234_567, 1999, "0.125")
    path = written(tmp_path, row, row, total=("Cộng", None, None, 24, 2_469_134, 3998, None))
    sheet = load_workbook(path)["Doanh thu"]
    assert sheet.freeze_panes == "A5" and sheet.auto_filter.ref == "A4:G6"
    assert [cell.value for cell in sheet[4]] == [column.title for column in COLUMNS]
    found = sheet[5]
    assert found[0].value == "Cửa hàng Minh"
    assert found[1].value == datetime(2026, 3, 1) and found[1].is_date
    assert found[2].value == datetime(2026, 3, 2, 1, 30)
    assert (found[3].value, found[4].value) == (12, 1_234_567)
    assert found[4].data_type == "n" and Decimal(str(found[5].value)) == Decimal("19.99")
    assert found[5].number_format == "#,##0.00" and found[6].value == 0.125
    assert [cell.value for cell in sheet[7]] == ["Cộng", None, None, 24, 2_469_134, 39.98, None]


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=1+1|cmd", "'=1"]
)
def test_text_that_looks_like_a_formula_stays_text_in_every_text_cell(tmp_path: Path, text: str) -> None:
    book = Book(tmp_path / "a.xlsx", text, [text], [Column(text)])
    book.append([(text,), ("an lành",)])
    book.close((text,))
    path = tmp_path / "a.xlsx"
    sheet = load_workbook(path).worksheets[0]
    for cell in (sheet["A1"], sheet["A2"], sheet["A4"], sheet["A5"], sheet["A7"]):
        assert cell.data_type == "s" and cell.value.strip() == text.strip()
        assert cell.quotePrefix is text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert not sheet["A6"].quotePrefix


def test_text_that_xml_cannot_hold_and_text_too_long_for_a_cell_are_still_written(tmp_path: Path) -> None:
    book = Book(tmp_path / "a.xlsx", "a/b[c]*?:\\" + "x" * 40, [], [Column("a")])
    book.append([('a\x00b\x1fc\ufffe<&>"đ',), ("x" * 40_000,)])
    book.close()
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert sheet["A4"].value == 'a b c <&>"đ' and len(sheet["A5"].value) == 32_767


def test_an_amount_excel_would_round_is_written_whole_as_text(tmp_path: Path) -> None:
    book = Book(tmp_path / "a.xlsx", "a", [], [Column("a", "money")])
    book.append([(9_007_199_254_740_993,), (999_999_999_999_999,)])
    book.close()
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert (sheet["A4"].value, sheet["A5"].value) == ("9007199254740993", 999_999_999_999_999)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def grown(count: int) -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        book = Book(tmp_path / f"{count}.xlsx", "a", [], COLUMNS)
        row = ("Cửa hàng Minh", date(2026, 3, 1), MOMENT, 12, 1_234_567, 1999, "0.125")
        started = time.perf_counter()
        book.append(row for _ in range(count))
        book.close()
        print(f"{count} rows of {len(COLUMNS)} cells: {time.perf_counter() - started:.1f} s")
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    grown(500)
    assert grown(8_000) < 20_000  # KiB; the rows themselves would be several times that as objects


def test_numbers_and_days_read_as_each_language_writes_them() -> None:
    assert grouped(1_234_567, 0, "vi") == "1.234.567" and grouped(-123_456, 2, "en") == "-1,234.56"
    assert grouped(123_456, 2, "vi") == "1.234,56"
    assert shown("0.125", Column("a", "share"), "vi") == "12,5 %"
    assert shown(MOMENT, Column("a", "moment"), "vi") == "02/03/2026 01:30"
    assert shown(None, Column("a", "money"), "vi") == ""
