"""Pages: title, notes and a table whose header repeats, page x/y, Vietnamese letters embedded, user text never markup.

The font is Source Sans Pro (SIL Open Font License 1.1), from the package `font-source-sans-pro`: both weights hold
every Vietnamese letter and đ, ₫; reportlab embeds the letters a document uses (docs/decisions, "papers").
"""

import io
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from backend.papers.cells import Column, Value, shown

FONT: Final = "TuyenSans"
BOLD: Final = "TuyenSans-Bold"
MOST_ROWS: Final = 5000
_RIGHT: Final = frozenset({"money", "whole", "share"})
_BLUE: Final = colors.HexColor("#1d4e89")


@cache
def _register() -> None:
    folder = files("font_source_sans_pro") / "files"
    for name, file in ((FONT, "SourceSansPro-Regular.ttf"), (BOLD, "SourceSansPro-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))


def _plain(text: str) -> str:
    """User text for a paragraph: letters only, never markup; control signs and what XML cannot hold become blanks."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab ships no types
    """Holds the pages back until their number is known, then writes "page x/y" on each."""

    def __init__(self, *args: Any, footer: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for n, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont(FONT, 8)
            self.setFillColor(colors.grey)
            self.drawString(15 * mm, 8 * mm, self._footer)
            self.drawRightString(self._pagesize[0] - 15 * mm, 8 * mm, f"{n}/{len(self._pages)}")
            super().showPage()
        super().save()


def table_pdf(
    title: str,
    notes: Sequence[str],
    columns: Sequence[Column],
    rows: Sequence[Sequence[Value]],
    *,
    language: str,
    footer: str = "",
    total: Sequence[Value] | None = None,
) -> bytes:
    """A table on A4, upright while it fits and on its side beyond six columns; gives the bytes of the PDF.

    At most `MOST_ROWS` rows (the caller refuses more). All texts may come from users: none is read as markup.
    """
    _register()
    width, height = landscape(A4) if len(columns) > 6 else A4
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=(width, height), leftMargin=15 * mm, rightMargin=15 * mm, topMargin=15 * mm,
        bottomMargin=16 * mm, title=title, author="Tuyến", lang=language,
    )  # fmt: skip
    heading = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19)
    note = ParagraphStyle("note", fontName=FONT, fontSize=9, leading=12, textColor=colors.HexColor("#444444"))
    story: list[Any] = [Paragraph(_plain(title), heading), *(Paragraph(_plain(line), note) for line in notes)]
    story += [Spacer(1, 4 * mm), _table(columns, rows, total, language, width - 30 * mm)]
    document.build(story, canvasmaker=lambda *args, **kwargs: _Numbered(*args, footer=footer, **kwargs))
    return target.getvalue()


def _table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Value]],
    total: Sequence[Value] | None,
    language: str,
    room: float,
) -> LongTable:
    body = ParagraphStyle("cell", fontName=FONT, fontSize=8.5, leading=10.5)
    right = ParagraphStyle("number", parent=body, alignment=2)
    head = ParagraphStyle("head", parent=body, fontName=BOLD, textColor=colors.white)
    bold = ParagraphStyle("total", parent=body, fontName=BOLD)
    bold_right = ParagraphStyle("total-number", parent=bold, alignment=2)

    def cell(value: Value, column: Column, left: ParagraphStyle, number: ParagraphStyle) -> Paragraph:
        return Paragraph(_plain(shown(value, column, language)), number if column.kind in _RIGHT else left)

    data = [[Paragraph(_plain(column.title), head) for column in columns]]
    data += [[cell(value, column, body, right) for value, column in zip(row, columns, strict=True)] for row in rows]
    if total is not None:
        data.append([cell(value, column, bold, bold_right) for value, column in zip(total, columns, strict=True)])
    whole = sum(column.width for column in columns)
    table = LongTable(data, colWidths=[room * column.width / whole for column in columns], repeatRows=1)
    style: list[Any] = [
        ("BACKGROUND", (0, 0), (-1, 0), _BLUE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#cccccc")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    if total is not None:
        style.append(("LINEABOVE", (0, -1), (-1, -1), 1, _BLUE))
    table.setStyle(TableStyle(style))
    return table
