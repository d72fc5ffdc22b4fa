"""Files as people send them, built for tests: workbooks and documents, honest ones and hostile ones."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
import openpyxl
from docx import Document

from backend.core import jobs
from backend.core.database import execute, fetch

HEAD = ["Mã hàng", "Tên hàng", "ĐVT", "Đơn giá", "Từ ngày", "Đến ngày", "SL từ"]


def workbook(rows: Sequence[Sequence[Any]], merges: Sequence[str] = (), formats: dict[str, str] | None = None) -> bytes:
    """An .xlsx with these rows from A1 on."""
    book = openpyxl.Workbook()
    sheet = book.active
    for n, row in enumerate(rows, 1):
        for m, value in enumerate(row, 1):
            if value is not None:
                sheet.cell(n, m, value)
    for name, form in (formats or {}).items():
        sheet[name].number_format = form
    for merge in merges:
        sheet.merge_cells(merge)
    return saved(book)


def long_list(rows: int) -> bytes:
    """A price list of so many rows: items M1, M2, ..., each with two quantity breaks."""
    return workbook(
        [
            ["BẢNG GIÁ"],
            HEAD,
            *(
                [f"M{n}", f"Mặt hàng {n}", "hộp", f"{1000 + n:,}".replace(",", ".") + ".500", "01/12/2026",
                 "31/12/2026", least]
                for n in range(1, rows // 2 + 1)
                for least in (None, 10)
            ),
        ]
    )  # fmt: skip


def saved(book: Any) -> bytes:
    """The bytes of a workbook or document."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def document(*tables: Sequence[Sequence[Any]], merges: Sequence[tuple[int, int, int, int, int]] = ()) -> bytes:
    """A .docx with these tables; a merge is (table, top, left, bottom, right), counted from 0."""
    paper = Document()
    paper.add_paragraph("CÔNG TY TNHH SỮA VIỆT")
    for rows in tables:
        table = paper.add_table(rows=len(rows), cols=max(len(row) for row in rows))
        for n, row in enumerate(rows):
            for m, value in enumerate(row):
                if value is not None:
                    table.cell(n, m).text = str(value)
        paper.add_paragraph("")
    for at, top, left, bottom, right in merges:
        table = paper.tables[at]
        text = table.cell(top, left).text
        table.cell(top, left).merge(table.cell(bottom, right)).text = text
    return saved(paper)


def with_part(package: bytes, name: str, content: bytes) -> bytes:
    """The same package with one part put in or replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return buffer.getvalue()


def part_of(package: bytes, name: str) -> bytes:
    """The bytes of one part."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return opened.read(name)


async def do_jobs(name: str = "pricing.check-import") -> None:
    """What the worker would do."""
    for row in await fetch("SELECT id, payload FROM pgqueuer WHERE entrypoint = $1 ORDER BY id", name):
        await execute("DELETE FROM pgqueuer WHERE id = $1", row["id"])
        await jobs.run_now(name, msgspec.json.decode(row["payload"]))


async def send(
    client: httpx.AsyncClient, content: bytes, name: str = "gia.xlsx", *, price_list: object = None
) -> httpx.Response:
    """Hand a file in: prices for a list, or a discount programme."""
    query = {"kind": "promotions"} if price_list is None else {"kind": "prices", "list": str(price_list)}
    return await client.post("/price-imports", params=query, files={"file": (name, content)})


async def imported(
    client: httpx.AsyncClient, content: bytes, name: str = "gia.xlsx", *, price_list: object = None
) -> dict[str, Any]:
    """Hand a file in and have it checked; gives the import."""
    answer = await send(client, content, name, price_list=price_list)
    assert answer.status_code == 201, answer.text
    await do_jobs()
    found = await shown(client, answer.json()["id"])
    assert found["state"] == "checked", found["fault"]
    return found


async def shown(client: httpx.AsyncClient, import_id: str) -> dict[str, Any]:
    """One import as the screen gets it."""
    answer = await client.get(f"/price-imports/{import_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rows_of(client: httpx.AsyncClient, import_id: str, outcome: str = "") -> list[dict[str, Any]]:
    """All rows of its dry run, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "200", **({"outcome": outcome} if outcome else {}), **({"cursor": cursor} if cursor else {})}
        answer = await client.get(f"/price-imports/{import_id}/rows", params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
    return found


async def act(client: httpx.AsyncClient, import_id: str, step: str, version: int, **more: Any) -> httpx.Response:
    """Take a step: `commit`, `undo`, `check`."""
    return await client.post(f"/price-imports/{import_id}/{step}", json={"expected_version": version, **more})
