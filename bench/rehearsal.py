"""Benchmark of dry runs: past orders summed with and without a promotion, against pricing each of them whole both ways.

The book is that of `bench/pricing.py` (2,000 items, 5,000 rules, 60 promotions), the promotion the widest there can be:
so much off everything for everybody. Processor time, so compare the ratio. With `TUYEN_BENCH_TENANT` naming the data
folder of a company at rest (`tuyen demo --scale R1`), the job itself is run over its last quarter, reading included.

Run `python -m bench rehearsal`.
"""

import asyncio
import os
import resource
import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core import settings as settings_room
from backend.core.embedded import start
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.core.money import MICRO, text_of_micro
from backend.orders.rehearsing import JOB
from backend.people.queries_actor import load_actor
from backend.pricing.promotions import runs
from backend.pricing.promotions.editing import draft_promotion
from backend.pricing.promotions.schemas import DraftPromotion, StartRun
from backend.pricing.promotions.steps import discard_promotion
from backend.pricing.promotions.tally import Tally
from backend.pricing.promotions.tally_rows import Basket
from backend.pricing.rules import price_order
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import read_promotions
from bench.pricing import DAY, ITEMS, big_book
from bench.table import Row

ORDERS, LINES, CUSTOMERS = 1_500, 5, 200
EVERYTHING = {"name": {"vi": "Giảm 5 %"}, "effect": {"kind": "percent", "value": "5"}}
ONE = {"name": {"vi": "Giảm 5 %"}, "match": {"items": ["I1"]}, "effect": {"kind": "percent", "value": "5"}}
Json = dict[str, Any]


def past(random: Random) -> list[Basket]:
    """Orders of a quarter: a few lines each, a few customers again and again."""
    return [
        Basket(
            new_id(), UUID(int=random.randrange(CUSTOMERS)), DAY, "VND", "unlocated",
            [
                (f"I{item}", random.choice(("hộp", "thùng")), random.randint(1, 24) * MICRO)
                for item in random.sample(range(ITEMS), LINES)
            ],
        )
        for _ in range(ORDERS)
    ]  # fmt: skip


def as_order(basket: Basket) -> Json:
    """The same as the price brain reads it."""
    lines = [{"item": item, "unit": unit, "qty": text_of_micro(qty)} for item, unit, qty in basket.lines]
    return {"customer": str(basket.customer_id), "date": basket.on, "currency": "VND", "lines": lines}


def sums() -> list[Row]:
    """The sum itself, without a database and in one process."""
    random = Random("bench rehearsal")
    book, baskets = big_book(random), past(random)
    facts = book["customers"]["C"]
    plain = {**book, "customers": {str(UUID(int=n)): facts for n in range(CUSTOMERS)}}
    known = {UUID(int=n): facts for n in range(CUSTOMERS)}
    rows = []
    for what, rule in (("everything 5 % off", EVERYTHING), ("one item 5 % off", ONE)):
        ours = {**plain, "promotions": [*plain["promotions"], {**rule, "id": "NEW"}]}
        sides = Book(ours), Book(plain)
        for side in sides:  # both have read their goods before the clock starts
            price_order(side, as_order(baskets[0]), explain=False)
        began = time.process_time()
        for basket in baskets:
            for side in sides:
                price_order(side, as_order(basket), explain=False)
        whole = time.process_time() - began
        promotions = read_promotions(ours["promotions"]), read_promotions(plain["promotions"])
        tally = Tally(Book(plain), promotions, None, known, {})
        began = time.process_time()
        tally.add(baskets)
        part = (time.process_time() - began) / whole
        told = f"{ORDERS} orders, {what}: part of pricing each whole both ways"
        rows.append(Row("rehearsal", told, f"{part:.2f}", "<= 1", ""))
    return rows


def processor() -> float:
    """Seconds of processor of this process and the helpers it had."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


async def job(folder: Path) -> list[Row]:
    """The job over the last quarter of a company."""
    settings_room.choose(msgspec.structs.replace(settings_room.settings(), data_dir=folder))
    embedded = start(folder)
    try:
        db.bind(db.create_engine(embedded.dsn, pool_size=4))
        await db.open_pool()
        actor = await load_actor("an")
        code = f"BENCH-{new_id().hex[-8:]}"
        draft = DraftPromotion(code=code, rule=EVERYTHING)
        promotion = await db.in_transaction(lambda: draft_promotion(draft, actor=actor))
        run = await db.in_transaction(lambda: runs.open_run(promotion, StartRun(region_set="VN-ADM1-34"), actor=actor))
        began, used = time.perf_counter(), processor()
        await run_now(JOB, {"run": str(run)})
        spent, used = time.perf_counter() - began, processor() - used
        done = await runs.show_run(run, actor=actor)
        await db.execute("DELETE FROM promotion_runs WHERE id = $1", run)
        await db.in_transaction(lambda: discard_promotion(promotion, 1, actor=actor))
        await db.close_pool()
    finally:
        embedded.stop()
    what = f"the job over {done.total} orders of a company ({done.state})"
    return [Row("rehearsal", what, f"{spent:.1f} s, {used:.1f} s of processor", "<= 30 s", "<= 15 s")]


def measure() -> list[Row]:
    """The sum, and the job where a company is at hand."""
    tenant = os.environ.get("TUYEN_BENCH_TENANT")
    return [*sums(), *(asyncio.run(job(Path(tenant))) if tenant else [])]
