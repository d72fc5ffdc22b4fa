"""Benchmark of the search box: 12,000 customers, the product's search against one bare indexed query in the same run.

Bare query: `folded LIKE '%text%'` on the same table through bare asyncpg, without scope, ranking, typing slips or
fields. An administrator searches (the whole table is in sight: the worst case). Run `python -m bench search`.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import asyncpg

from backend.core import database as db
from backend.core.folding import fold
from backend.core.ids import new_id
from backend.customers.search import search_customers
from backend.demo.cast import build_cast
from backend.migrating import migrate
from backend.people.queries_actor import load_actor
from bench.place import place
from bench.table import Row

CUSTOMERS, TEXTS, ROUNDS = 12_000, 120, 3
BARE = "SELECT id, code, name FROM customers WHERE folded LIKE '%' || $1 || '%' LIMIT 20"
KINDS = ("Cửa hàng", "Tạp hóa", "Đại lý", "Quán", "Siêu thị mini", "Nhà thuốc", "Công ty TNHH", "Bách hóa")
FIRST = [
    "Minh",
    "Hạnh",
    "Phúc",
    "Đạt",
    "Hương",
    "Thảo",
    "Ngọc",
    "Lan",
    "Bình",
    "An",
    "Khánh",
    "Dũng",
    "Tuấn",
    "Yến",
    "Vân",
    "Hòa",
    "Sơn",
    "Trang",
    "Quang",
    "Thủy",
    "Giang",
    "Linh",
    "Cường",
    "Nhung",
    "Tâm",
    "Kim",
    "Loan",
    "Hải",
    "Đức",
]


def name_of(chance: Random) -> str:
    """A shop's name of three or four parts."""
    parts = [chance.choice(KINDS), chance.choice(FIRST), chance.choice(FIRST)]
    return " ".join(parts + ([str(chance.randrange(1, 99))] if chance.random() < 0.3 else []))


def texts(names: list[str], phones: list[str], chance: Random) -> dict[str, list[str]]:
    """What people type, by kind."""
    chosen = [chance.choice(names) for _ in range(TEXTS)]
    slips = []
    for name in chosen:
        letters = list(fold(name))
        at = chance.randrange(2, len(letters) - 1)
        letters[at] = "x"
        slips.append("".join(letters))
    return {
        "name without accents": [fold(name) for name in chosen],
        "name with accents": chosen,
        "two words": [" ".join(fold(name).split()[-2:]) for name in chosen],
        "first letters": [fold(name)[:4] for name in chosen],
        "phone tail": [chance.choice(phones)[-4:] for _ in range(TEXTS)],
        "one slip": slips,
    }


async def _lay(chance: Random) -> tuple[list[str], list[str]]:
    names = [name_of(chance) for _ in range(CUSTOMERS)]
    phones = [f"09{chance.randrange(10**8):08d}" for _ in range(CUSTOMERS)]
    await db.execute_many(
        "INSERT INTO customers (id, code, name, phone, position_id) VALUES ($1, $2, $3, $4, $5)",
        [
            (new_id(), f"KH-{n:05d}", name, phone, chance.choice((3, 5)))
            for n, (name, phone) in enumerate(zip(names, phones, strict=True))
        ],
    )
    await db.execute("VACUUM ANALYZE customers")
    return names, phones


async def _times(ask: Callable[[str], Awaitable[Any]], asked: list[str]) -> list[float]:
    waits = []
    for text in asked:
        started = time.perf_counter()
        await ask(text)
        waits.append((time.perf_counter() - started) * 1000)
    return waits


async def _measure(dsn: str) -> list[Row]:
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    await migrate()
    await build_cast()
    chance = Random(7)
    asked = texts(*await _lay(chance), chance)
    admin = await load_actor("an")
    bare = await asyncpg.connect(dsn)

    async def ours(text: str) -> Any:
        return await search_customers(text, actor=admin, limit=20)

    async def raw(text: str) -> Any:
        return await bare.fetch(
            "SELECT id, code, name FROM customers WHERE folded LIKE '%' || $1 || '%' LIMIT 20", fold(text)
        )

    rows, every, every_raw = [], [], []
    await _times(ours, asked["two words"])
    for kind, some in asked.items():
        mine: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            theirs += await _times(raw, some)
            mine += await _times(ours, some)
        every += mine
        every_raw += theirs
        p50, p95 = statistics.median(mine), statistics.quantiles(mine, n=20)[18]
        ratio = p50 / statistics.median(theirs)
        rows.append(
            Row("search", f"12k customers, {kind}", f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, {ratio:.1f}x bare", "", "")
        )
    p95 = statistics.quantiles(every, n=20)[18]
    ratio = statistics.median(every) / statistics.median(every_raw)
    rows.append(
        Row("search", "12k customers, all kinds, p95", f"{p95:.1f} ms, {ratio:.1f}x bare", "<= 200 ms", "<= 50 ms")
    )
    await bare.close()
    await db.close_pool()
    db.bind(None)
    return rows


def measure() -> list[Row]:
    """Lay 12,000 customers into a fresh database and search them."""
    with place(fast=True) as here:
        return asyncio.run(_measure(here.dsn))
