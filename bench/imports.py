"""Benchmark of importing price lists: 5,000 rows checked, applied and undone; hostile files refused at the door.

Through HTTP on a real database. The time an honest file of one row takes to be judged is the measure of the hostile
ones: most of both is starting the reader's process.

Run `python -m bench imports`.
"""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx

from backend.app import create
from backend.catalog.storing import NewCurrency, insert_catalog
from backend.core import database as db
from backend.core.errors import Refusal
from backend.core.ids import new_id
from backend.demo.cast import PASSWORD, build_cast
from backend.migrating import migrate
from backend.papers import reading
from backend.pricing.storing import NewPriceList, insert_price_lists
from bench.place import place
from bench.table import Row
from tests.papers.test_reading_hostile import HOSTILE
from tests.pricing.imports_files import act, do_jobs, long_list, send, shown, workbook

ROWS = 5_000


class Spent(NamedTuple):
    """How long something took: seconds by the clock, and of processor, readers included."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s, {self.processor:.2f} s of processor"


def processor() -> float:
    """Seconds of processor of this process and the readers it had."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


async def seconds(work: Callable[[], Awaitable[Any]]) -> tuple[Spent, Any]:
    """How long something takes, and what it gives."""
    began, used = time.perf_counter(), processor()
    found = await work()
    return Spent(time.perf_counter() - began, processor() - used), found


async def long_lists(an: httpx.AsyncClient) -> list[Row]:
    """Checked, applied, undone."""
    list_id = new_id()
    await insert_catalog([NewCurrency("VND", 0, 2, "Đồng", "Dong")])
    await insert_price_lists([NewPriceList(id=list_id, code="DL", name_vi="Đại lý", name_en="Dealers", currency="VND")])
    await db.execute(
        """INSERT INTO items (id, code, name_vi, name_en, folded, base_unit, list_currency)
           SELECT uuidv7(), 'M' || n, 'Mặt hàng ' || n, 'Item ' || n, 'm' || n, 'hộp', 'VND'
             FROM generate_series(1, $1) n""",
        ROWS // 2,
    )
    content = long_list(ROWS)

    async def check() -> Any:
        sent = await send(an, content, price_list=list_id)
        await do_jobs()
        return await shown(an, sent.json()["id"])

    checked, found = await seconds(check)
    if found["counts"]["new"] != ROWS:
        raise RuntimeError(f"not every row was new: {found['counts']}")
    applied, done = await seconds(lambda: act(an, found["id"], "commit", found["version"]))
    undone, gone = await seconds(lambda: act(an, found["id"], "undo", done.json()["version"]))
    gone.raise_for_status()
    return [
        Row("imports", f"{ROWS} rows of an .xlsx read and checked", str(checked), "<= 20 s", ""),
        Row("imports", f"{ROWS} rows applied", str(applied), "", ""),
        Row("imports", f"{ROWS} rows undone", str(undone), "", ""),
    ]


async def refused(content: bytes) -> str:
    """The code a file is refused with; "" where it is not."""
    try:
        await reading.read(content)
    except Refusal as refusal:
        return refusal.code
    return ""


async def hostile() -> list[Row]:
    """Each hostile file, the slowest told."""
    honest = min([(await seconds(lambda: refused(workbook([["Mã", "Giá"]]))))[0] for _ in range(5)])
    slowest = (Spent(0, 0), "")
    for name, make, code in HOSTILE:
        content = make()
        spent, said = await seconds(lambda content=content: refused(content))  # type: ignore[misc]
        if said != code:
            raise RuntimeError(f"{name}: {said or 'not refused'}")
        slowest = max(slowest, (spent, name))
    what = f"{len(HOSTILE)} hostile files refused, the slowest: {slowest[1]}"
    return [
        Row("imports", what, str(slowest[0]), "<= 2 s", ""),
        Row("imports", "the same, times an honest file of one row", f"{slowest[0].clock / honest.clock:.1f}", "", ""),
    ]


async def company() -> list[Row]:
    """The measurements in a company of their own."""
    with place() as here:
        db.bind(db.create_engine(here.dsn, pool_size=8))
        await db.open_pool()
        await migrate()
        await build_cast()
        app: Any = create(with_database=False)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench/api/v1", timeout=600) as an:
            session = await an.post("/session", json={"login": "an", "password": PASSWORD})
            an.headers["X-Tuyen-CSRF"] = session.json()["csrf"]
            rows = [*await long_lists(an), *await hostile()]
        await db.close_pool()
        return rows


def measure() -> list[Row]:
    """Long lists and hostile files."""
    return asyncio.run(company())
