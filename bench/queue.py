"""Benchmark of the month away: one phone's 600 orders, 900 visits and 1,800 promised photographs, handed in at once.

Meanwhile prices, promotions, credit, owners, customers and the app's schema changed (tests/sync/long_queue.py). Over
HTTP inside the process, one request after the other as a phone sends them, commits reach the disk; bytes of photographs
are not counted. Every answer is compared with what the agreement says; anything dropped fails the room.

Then 500 customers with ten visits each change hands at once: the write with its stamps, and what each phone gets.

Run `python -m bench queue`.
"""

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import NamedTuple

import httpx
import msgspec

from backend.app import create
from backend.core import database as db
from backend.core.compression import squeeze
from backend.core.ids import new_id
from backend.customers.reassigning import reassign
from backend.demo.cast import PASSWORD, build_cast
from backend.migrating import migrate
from backend.people.queries_actor import load_actor
from bench.place import place
from bench.table import Row
from tests.orders.shop import BOB
from tests.sync.long_queue import Outcome, change_everything, check, fill, hand_in, lay
from tests.sync.phone import Phone

DAYS, VISITS, ORDERS, PHOTOS = 30, 30, 20, 2  # a day; photographs a visit
GOAL = 60  # seconds
TERRITORY = 500  # customers


async def _logged_in(app: object, login: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://tuyen.test/api/v1")  # type: ignore[arg-type]
    answer = await client.post("/session", json={"login": login, "password": PASSWORD})
    client.headers["X-Tuyen-CSRF"] = answer.json()["csrf"]
    return client


class Handed(NamedTuple):
    """A territory that changed hands: seconds of the write, then seconds and bytes of one pull on either side."""

    write: float
    old: float
    old_bytes: int
    new: float
    new_bytes: int


async def hand_over_many(cast: SimpleNamespace) -> Handed:
    """Five hundred customers of Lan's go to Bob."""
    customers = [new_id() for _ in range(TERRITORY)]
    await db.execute(
        """INSERT INTO customers (id, code, name, position_id)
           SELECT id, left(id::text, 8) || right(id::text, 12), 'Tạp hoá', 3 FROM unnest($1::uuid[]) AS n (id)""",
        customers,
    )
    await db.execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at, note)
           SELECT gen_random_uuid(), c.id, $2, 'sale', now(), 'đã ghé' FROM unnest($1::uuid[]) AS c (id),
                  generate_series(1, 10)""",
        customers, cast.lan.user_id,
    )  # fmt: skip
    phones = [Phone(cast.lan, limit=5_000), Phone(cast.bob, limit=5_000)]
    for phone in phones:
        await phone.sync()
    await db.execute("ANALYZE")
    began = time.perf_counter()
    async with db.transaction():
        await reassign(customers, BOB, actor=cast.an)
    write, times, sizes = time.perf_counter() - began, [], []
    for phone in phones:
        began = time.perf_counter()
        pages = await phone.sync()
        times.append(time.perf_counter() - began)
        sizes.append(sum(len(squeeze(msgspec.json.encode(page), "zstd")) for page in pages))
    assert not phones[0].ids("customer") & set(customers) and phones[1].ids("customer") >= set(customers)
    return Handed(write, times[0], sizes[0], times[1], sizes[1])


async def run(dsn: str) -> tuple[Outcome, Handed]:
    """Lay, fill, change, hand in, check."""
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    await migrate()
    await build_cast()
    cast = SimpleNamespace(**{login: await load_actor(login) for login in ("an", "lan", "bob")})
    app = create(with_database=False)
    lan, an = await _logged_in(app, "lan"), await _logged_in(app, "an")
    queue = await lay(lan, customers=60, items=40)
    fill(queue, days=DAYS, visits=VISITS, orders=ORDERS, photos=PHOTOS)
    await change_everything(queue, cast, an)
    await db.execute("ANALYZE")
    outcome = await hand_in(lan, queue)
    await check(queue, outcome)
    handed = await hand_over_many(cast)
    await lan.aclose()
    await an.aclose()
    await db.close_pool()
    db.bind(None)
    return outcome, handed


def measure() -> list[Row]:
    """The rows of the benchmark table: the time, and what became of everything, reason by reason."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with place() as here:
        outcome, handed = asyncio.run(run(here.dsn))
    total = len(outcome.acks)
    took = f"{outcome.seconds:.1f} s, {outcome.requests} requests, {1000 * outcome.cpu / total:.1f} ms CPU each"
    rows = [
        Row("queue", f"{total:,} operations of a month, handed in at once", took, f"<= {GOAL} s", ""),
        Row("queue", "dropped, or answered otherwise than agreed", "0", "0", "0"),
    ]
    rows += [
        Row(
            "queue", f"{TERRITORY} customers of 11 rows change hands: the write", f"{handed.write:.2f} s", "<= 1 s", ""
        ),
        Row("queue", "the phone they leave: one pull", f"{handed.old:.2f} s, {handed.old_bytes / 1000:.1f} KB", "", ""),
        Row("queue", "the phone they come to", f"{handed.new:.2f} s, {handed.new_bytes / 1000:.1f} KB", "", ""),
    ]
    return rows + [Row("queue", what, f"{many:,}", "", "") for what, many in sorted(outcome.counts.items())]
