"""The door files come in by: what is too large, ill-named or hostile; and a long list, set by set and with progress."""

import gc
import warnings
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import new_id
from backend.papers.packages import MOST_BYTES
from backend.pricing.imports import checking
from backend.pricing.imports.importing import safe_name
from backend.pricing.storing import NewPriceList, insert_price_lists
from tests.makers import an_item
from tests.papers.test_reading_hostile import HOSTILE
from tests.pricing.imports_files import HEAD, act, do_jobs, long_list, rows_of, send, shown, workbook

pytestmark = pytest.mark.anyio
ROWS = 5_000


@pytest.fixture
async def dealers() -> UUID:
    await an_item("SUA180")
    list_id = new_id()
    await insert_price_lists([NewPriceList(id=list_id, code="DL", name_vi="Đại lý", name_en="Dealers", currency="VND")])
    return list_id


async def test_hostile_files_are_refused_at_the_door_and_leave_nothing(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    for name, make, code in HOSTILE:
        if code == "paper-empty" and make():
            continue  # an honest file without cells is only known to be one when it is read
        answer = await send(an, make(), "gia.xlsx", price_list=dealers)
        assert 400 <= answer.status_code < 500, name
        if answer.json()["code"] != "too-large":  # the door itself has a limit, too
            assert answer.json()["code"] == code, name
            assert not answer.json()["title"].startswith("problem."), name
    assert await fetch_value("SELECT count(*) FROM price_imports") == 0
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'pricing.check-import'") == 0


async def test_a_file_beyond_the_limit_is_cut_off_with_and_without_its_length(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    assert (await send(an, b"PK" + b"x" * (MOST_BYTES + 100_000), price_list=dealers)).status_code == 413

    async def chunks() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
        for _ in range(MOST_BYTES // 2**20 + 2):
            yield b"x" * 2**20
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with warnings.catch_warnings(record=True) as left_over:  # a temporary file nobody closed would say so
        warnings.simplefilter("always", ResourceWarning)
        answer = await an.post(f"/price-imports?kind=prices&list={dealers}", content=chunks(), headers=headers)
        gc.collect()
    assert answer.status_code == 413
    assert [str(one.message) for one in left_over if issubclass(one.category, ResourceWarning)] == []


async def test_the_form_must_be_a_form_with_a_file(client_for: Any, cast: SimpleNamespace, dealers: UUID) -> None:
    an = await client_for(cast.an)
    where = f"/price-imports?kind=prices&list={dealers}"
    assert 400 <= (await an.post(where, files={"other": ("a.xlsx", b"x")})).status_code < 500
    assert 400 <= (await an.post(where, json={"file": "x"})).status_code < 500
    assert 400 <= (await an.post(where, data={"file": "text"})).status_code < 500
    content = workbook([HEAD])
    assert (await an.post("/price-imports?kind=prices", files={"file": ("a.xlsx", content)})).status_code == 422
    assert (await an.post("/price-imports?kind=gifts", files={"file": ("a.xlsx", content)})).status_code == 422
    without = {name: value for name, value in an.headers.items() if name != "x-tuyen-csrf"}
    an.headers.clear()
    an.headers.update(without)
    assert (await send(an, content, price_list=dealers)).status_code == 403


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\gia\\Bảng giá.xlsx", "Bảng giá.xlsx"), ("a\x00b.xlsx", "ab.xlsx"),
        ("", "?"), ("...", "?"), ("x" * 300 + ".xlsx", "x" * 115 + ".xlsx"), ("gia\u202exslx.exe", "giaxslx.exe"),
    ],
)  # fmt: skip
def test_a_file_keeps_only_the_harmless_part_of_its_name(given: str, kept: str) -> None:
    assert safe_name(given) == kept


async def test_five_thousand_rows_are_checked_applied_and_undone_and_tell_how_far_they_are(
    client_for: Any, cast: SimpleNamespace, dealers: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long it takes is measured in bench/imports.py; here: sets of rows are sent, not rows."""
    an = await client_for(cast.an)
    await execute(
        """INSERT INTO items (id, code, name_vi, name_en, folded, base_unit, list_currency)
           SELECT uuidv7(), 'M' || n, 'Mặt hàng ' || n, 'Item ' || n, 'm' || n, 'hộp', 'VND'
             FROM generate_series(1, 2500) n"""
    )
    content = long_list(ROWS)
    told: list[int] = []
    inner = checking._write

    async def listening(import_id: UUID, run: UUID, **fields: Any) -> None:
        told.extend([fields["done"]] if fields.get("done") else [])
        await inner(import_id, run, **fields)

    monkeypatch.setattr(checking, "_write", listening)
    said = _listened(monkeypatch)
    sent = await send(an, content, price_list=dealers)
    assert sent.status_code == 201, sent.text
    await do_jobs()
    assert len(said) < 80, len(said)
    found = await shown(an, sent.json()["id"])
    assert found["counts"] == {"new": ROWS, "changed": 0, "same": 0, "error": 0}
    assert len(told) >= 10 and told == sorted(told) and told[-1] == ROWS
    said.clear()
    done = await act(an, found["id"], "commit", found["version"])
    assert done.status_code == 200, done.text
    assert len(said) < 60, len(said)
    assert len(await rows_of(an, found["id"], "new")) == ROWS
    again = await send(an, content, price_list=dealers)
    await do_jobs()
    assert (await shown(an, again.json()["id"]))["counts"] == {"new": 0, "changed": 0, "same": ROWS, "error": 0}
    said.clear()
    assert (await act(an, found["id"], "undo", done.json()["version"])).status_code == 200
    assert len(said) < 40, len(said)
    assert await fetch("SELECT 1 FROM price_rules WHERE list_id = $1 AND deleted_at IS NULL", dealers) == []


def _listened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement sent from now on: their number must not grow with the rows."""
    said: list[str] = []
    for name in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
        through = getattr(asyncpg.Connection, name)

        async def counting(self: Any, query: str, *rest: Any, through: Any = through, **more: Any) -> Any:
            said.append(query)
            return await through(self, query, *rest, **more)

        monkeypatch.setattr(asyncpg.Connection, name, counting)
    return said
