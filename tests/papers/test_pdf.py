"""Pages give Vietnamese back letter for letter, number themselves, and read no user text as markup."""

import shutil
import subprocess
from pathlib import Path

import pytest

from backend.papers.cells import Column
from backend.papers.pdf import table_pdf

COLUMNS = (
    Column("Vùng", width=40),
    Column("Doanh thu thuần", "money", width=20),
    Column("Tỷ trọng", "share", width=12),
)
LETTERS = "ằẳẵắặ ầẩẫấậ ềểễếệ ồổỗốộ ờởỡớợ ừửữứự ỳỷỹýỵ đĐ ĂÂÊÔƠƯ ₫"


def text_of(content: bytes, tmp_path: Path) -> str:
    tool = shutil.which("pdftotext")
    assert tool, "these tests read PDFs with pdftotext (package poppler-utils)"
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    return subprocess.run([tool, "-layout", str(path), "-"], check=True, capture_output=True, text=True).stdout


def test_every_vietnamese_letter_can_be_read_back(tmp_path: Path) -> None:
    content = table_pdf(
        "Doanh thu theo vùng", ["Từ 01/2026 đến 12/2026"], COLUMNS,
        [("Thừa Thiên Huế", 1_234_567, "0.25"), (LETTERS, 3_703_701, "0.75")], language="vi",
        total=("Tổng cộng", 4_938_268, None), footer="Công ty Tuyến",
    )  # fmt: skip
    said = text_of(content, tmp_path)
    for part in (
        "Doanh thu theo vùng",
        "Thừa Thiên Huế",
        "1.234.567",
        "25,0 %",
        "Tổng cộng",
        "4.938.268",
        "Công ty Tuyến",
    ):
        assert part in said
    assert " ".join(LETTERS.split()) in " ".join(said.split())
    assert b"SourceSansPro" in content and b"/FontFile2" in content


def test_the_header_repeats_and_pages_are_numbered_x_of_y(tmp_path: Path) -> None:
    rows = [(f"Vùng số {n}", n, "0") for n in range(200)]
    said = text_of(table_pdf("Báo cáo", [], COLUMNS, rows, language="vi"), tmp_path)
    pages = said.split("\f")[:-1]
    assert len(pages) > 2
    for n, page in enumerate(pages, 1):
        assert "Doanh thu thuần" in page and f"{n}/{len(pages)}" in page
    assert all(f"Vùng số {n}" in said for n in range(200))


@pytest.mark.parametrize(
    "text",
    [
        "<img src='http://127.0.0.1:1/x'/>", "<a href='javascript:alert(1)'>x</a>", "<b>đậm", "a & b < c", "&lt;",
        "]]>", "[[[getattr(pow,'__class__')]]]", "<font name='nope'>x</font>", "<para><seq/></para>", "a\x00b\x1f",
        "=1+1",
    ],
)  # fmt: skip
def test_user_text_is_printed_as_it_is_wherever_it_stands(tmp_path: Path, text: str) -> None:
    content = table_pdf(
        text, [text], [Column(text)], [(text,), ("x" * 500,)], language="vi", total=(text,), footer=text
    )
    said = "".join(text_of(content, tmp_path).split())
    wanted = "".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    assert said.count(wanted) >= 4
    assert b"/URI" not in content and b"/Annots" not in content


def test_a_wide_table_lies_on_its_side(tmp_path: Path) -> None:
    content = table_pdf("a", [], [Column(str(n)) for n in range(8)], [["x"] * 8], language="vi")
    assert b"/MediaBox [ 0 0 841" in content
    assert b"/MediaBox [ 0 0 595" in table_pdf("a", [], COLUMNS, [], language="en")
