"""Benchmark of the door for phones: a first sync, a quiet pull and pushes, against bare PostgreSQL in the same run.

The limit of a pull is one `json_agg` query that writes the same 10,000 customers with the same columns; the limit of a
push is bare inserts of the same visits in the same transactions of fifty. In process, without HTTP: rights, cursor,
stamps and receipts are what is being weighed. Bytes are those of the whole first sync, zstd as served.

Run `python -m bench sync`; compare ratios, not times.
"""

import asyncio
import gzip
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now
from backend.core.compression import squeeze
from backend.core.ids import new_id
from backend.demo import names
from backend.demo.cast import build_cast
from backend.migrating import migrate
from backend.people.access import Actor
from backend.people.queries_actor import load_actor
from bench.place import place
from bench.table import Row
from sync.protocol import Mutation, PullAsk
from sync.pull import pull
from sync.pull_queries import vector_sql
from sync.push import push
from sync.runs import GROUP
from sync.tables import CUSTOMER

CUSTOMERS, PUSHED, ROUNDS = 10_000, 400, 5
PAGE = 2_000


SAID = (
    "giao trước chín giờ", "hẻm nhỏ xe tải không vào", "trả tiền mặt khi nhận", "nghỉ chủ nhật", "gọi trước nửa giờ",
    "ưu tiên hàng mới", "kiểm đếm kỹ", "có kho phía sau", "chủ thích nói bóng đá", "con trai đứng quầy buổi chiều",
    "còn nợ hoá đơn tháng trước", "hỏi giá thùng hai mươi bốn", "kệ trưng bày gần cửa", "đối thủ chào rẻ hơn một chút",
    "muốn đổi ngày ghé sang thứ năm", "hàng cận hạn đã đổi", "tủ mát hỏng từ tuần trước", "bán chạy nhất là sữa hộp",
)  # fmt: skip


async def lay() -> tuple[Actor, list[UUID]]:
    """Ten thousand customers of Lan's: one table, one limit. Names, numbers and notes as various as real ones."""
    await migrate()
    await build_cast()
    draw = random.Random(20261122)
    rows = []
    for n in range(CUSTOMERS):
        channel = draw.choice(("TH", "TH", "TH", "DL2", "HRC"))
        note = ", ".join(draw.sample(SAID, draw.randrange(1, 7)))
        tax = names.tax_number(draw, "03") if draw.random() < 0.4 else None
        rows.append(
            (new_id(), f"KH{n:06d}", names.shop(draw, channel), names.phone(draw), note, tax, draw.randrange(1, 7))
        )
    await db.execute_many(
        """INSERT INTO customers (id, code, name, position_id, phone, note, tax_no, planned_weekday)
           VALUES ($1, $2, $3, 3, $4, $5, $6, $7)""",
        rows,
    )
    await db.execute("ANALYZE")
    return await load_actor("lan"), [row[0] for row in rows]


async def first_sync(actor: Actor, *, counting: bool = False) -> tuple[str, int, int]:
    """Every page of a first sync; the last cursor, the rows, and the bytes as served."""
    cursor, more, size, rows = None, True, 0, 0
    while more:
        page = await pull(PullAsk(cursor=cursor, limit=PAGE), actor=actor)
        cursor, more = page.cursor, page.more
        size += len(squeeze(msgspec.json.encode(page), "zstd"))
        rows += sum(len(msgspec.json.decode(up.v)[0]) for up in page.up) if counting else 0
    assert cursor is not None
    return cursor, rows, size


async def raw_pull() -> int:
    """The limit: the same columns of the same rows in one statement."""
    sql = vector_sql(CUSTOMER.number)
    inner = sql.replace(
        "unnest($1::text::uuid[]) WITH ORDINALITY u(id, n)\n          JOIN customers t ON t.id = u.id", "customers t"
    )
    found: bytes = await db.fetch_value(inner.replace("ORDER BY u.n", "WHERE t.position_id = 3 ORDER BY t.id"))
    return len(squeeze(found, "zstd"))


def visits(customers: list[UUID]) -> list[Mutation]:
    """What a phone hands in: one visit each."""
    return [
        Mutation(
            id=new_id(),
            name="visit.log",
            lane=str(customer),
            args=msgspec.Raw(
                msgspec.json.encode(
                    {
                        "id": str(new_id()),
                        "customer_id": str(customer),
                        "purpose": "sale",
                        "started_at": now(),
                        "note": "x" * 80,
                    }
                )
            ),
        )
        for customer in customers
    ]


async def push_all(actor: Actor, customers: list[UUID]) -> None:
    """In requests of fifty, as phones do."""
    handed = visits(customers)
    for at in range(0, len(handed), GROUP):
        acks = await push(handed[at : at + GROUP], actor=actor)
        assert {ack.st for ack in acks} == {"applied"}


async def raw_push(actor: Actor, customers: list[UUID]) -> None:
    """The limit: the bare rows, one statement each, as many a transaction, into a table without stamps."""
    for at in range(0, len(customers), GROUP):
        async with db.transaction():
            for customer in customers[at : at + GROUP]:
                await db.execute(
                    """INSERT INTO bare_visits (id, customer_id, user_id, purpose, started_at, note)
                       VALUES ($1, $2, $3, 'sale', $4, $5)""",
                    new_id(), customer, actor.user_id, now(), "x" * 80,
                )  # fmt: skip


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def run(dsn: str) -> list[Row]:
    """Alternating rounds, medians."""
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    actor, ids = await lay()
    await db.execute("CREATE TABLE bare_visits (LIKE visits INCLUDING ALL)")
    cursor, rows, size = await first_sync(actor, counting=True)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in CUSTOMER.columns)
    rows_json = await db.fetch_value(f"SELECT json_agg(c)::text FROM (SELECT {columns} FROM customers t ORDER BY id) c")
    plain = gzip.compress(str(rows_json).encode(), 6)
    times: dict[str, list[float]] = {name: [] for name in ("pull", "raw pull", "quiet", "push", "raw push")}
    for number in range(ROUNDS):
        some = ids[number * PUSHED : (number + 1) * PUSHED]
        times["pull"].append(await seconds(partial(first_sync, actor)))
        times["raw pull"].append(await seconds(raw_pull))
        times["push"].append(await seconds(partial(push_all, actor, some)))
        times["raw push"].append(await seconds(partial(raw_push, actor, some)))
        cursor, _, _ = await first_sync(actor)
        times["quiet"].append(await seconds(partial(pull, PullAsk(cursor=cursor), actor=actor)))
    quiet = await pull(PullAsk(cursor=cursor), actor=actor)
    await db.close_pool()
    db.bind(None)
    at = {name: statistics.median(values) for name, values in times.items()}
    ratio = {name: at[name] / at[f"raw {name}"] for name in ("pull", "push")}
    share = size / len(plain)
    quiet_size = f"{at['quiet'] * 1000:.1f} ms, {len(msgspec.json.encode(quiet))} B"
    name = f"push of {PUSHED} visits / bare inserts, same transactions"
    return [
        Row("sync", f"first pull of {rows:,} rows / raw json_agg + zstd", f"{ratio['pull']:.2f}x", "<= 3x", "<= 2x"),
        Row("sync", "its bytes / gzip-6 of the same rows as JSON", f"{share:.2f}", "<= 0.85", "<= 0.70"),
        Row("sync", "quiet pull", quiet_size, "<= 5 ms", "<= 200 B"),
        Row("sync", name, f"{ratio['push']:.1f}x", "<= 10x", "<= 6x"),
    ]


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with place() as here:
        return asyncio.run(run(here.dsn))
