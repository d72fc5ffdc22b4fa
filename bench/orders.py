"""Benchmark of placing an order: the product over HTTP against bare asyncpg doing the same writes, in one run.

Bare asyncpg writes to copies of the same tables, with their indexes and checks but without foreign keys and triggers,
in the fewest statements that do the work: no prices, no rights, no scope, no sync feed, no hash chain. Both sides use
the same PostgreSQL, as the product starts it (commits reach the disk), with 8 clients, in alternating rounds. CPU is
that of all processes involved but the load generator: server and PostgreSQL on one side, script and PostgreSQL on the
other.

Run `python -m bench orders`; compare ratios, not times.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from backend.core import database as db
from backend.core.clock import now, today
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.demo.cast import build_cast
from backend.migrating import migrate
from bench.place import place
from bench.served import Wire, cpu_seconds, log_in, parent_of, server
from bench.table import Row
from tests.orders.shop import healthy, lay_shop

CLIENTS, LINES, ITEMS, CUSTOMERS = 8, 10, 500, 200
ROUNDS, SECONDS = 4, 4.0
COPIES = (
    "customers",
    "orders",
    "order_lines",
    "stock_bins",
    "reservations",
    "credit_accounts",
    "credit_entries",
    "audit",
)


class Place(NamedTuple):
    """Where the benchmark sells: who, what and from where."""

    customers: list[UUID]
    items: list[UUID]
    warehouse: UUID
    user: UUID


class Round(NamedTuple):
    """One round: orders a second, CPU milliseconds an order, and the latency of each order in milliseconds."""

    rate: float
    cpu: float
    waits: list[float]


async def run_clients(one: Callable[[int], Awaitable[None]], roots: list[int]) -> Round:
    """Let every client do one after another for a round."""
    waits: list[float] = []
    end = time.monotonic() + SECONDS

    async def client(number: int) -> None:
        while (began := time.monotonic()) < end:
            await one(number)
            waits.append(1000 * (time.monotonic() - began))

    before, began = cpu_seconds(roots), time.monotonic()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    spent = time.monotonic() - began
    return Round(len(waits) / spent, 1000 * (cpu_seconds(roots) - before) / len(waits), waits)


# --- bare asyncpg -------------------------------------------------------------------------------------------------

BEGIN_READS = "SELECT c.position_id, c.status FROM bare.customers c WHERE c.id = $1 FOR NO KEY UPDATE"
TAKE_CREDIT = """UPDATE bare.credit_accounts SET open_orders = open_orders + $2 WHERE id = $1
    AND (limit_minor IS NULL OR receivable + uninvoiced + open_orders - cash_unapplied + $2 <= limit_minor)"""
ENTER_CREDIT = """INSERT INTO bare.credit_entries (id, account_id, component, amount, reference, why, entered_at)
    VALUES ($1, $2, 'open_orders', $3, $4, 'take', $5)"""
LOCK_BINS = """SELECT item_id, on_hand - reserved - safety AS free FROM bare.stock_bins
    WHERE item_id = ANY($1::uuid[]) AND warehouse_id = $2 ORDER BY item_id FOR NO KEY UPDATE"""
RESERVE = """UPDATE bare.stock_bins b SET reserved = b.reserved + l.qty
    FROM unnest($1::uuid[], $2::bigint[]) AS l(item, qty)
    WHERE b.item_id = l.item AND b.warehouse_id = $3"""
HOLD = """INSERT INTO bare.reservations (reference, line, item_id, warehouse_id, wanted, held, due_on, kind,
           reserved_at)
    SELECT $1, l.line, l.item, $4, l.qty, l.qty, $5, 'hard', $6
      FROM unnest($2::uuid[], $3::uuid[], $7::bigint[]) AS l(line, item, qty)"""
ORDER = """INSERT INTO bare.orders (id, number, customer_id, position_id, user_id, state, currency, ordered_on,
           warehouse_id, gross, discount, net, tax, total, credit_account_id, credit_amount, credit_taken, claimed_on,
           placed_at, received_at, body_hash, outcome, changed_at)
    VALUES ($1, $2, $3, $4, $5, 'confirmed', 'VND', $6, $7, $8, 0, $8, $9, $10, $3, $10, true, $6, $11, $11, '', '{}',
           $11)"""
ORDER_LINES = """INSERT INTO bare.order_lines (id, order_id, seq, item_id, unit, qty, qty_base, unit_price, gross,
           discount, net, tax, credit_amount, reserved)
    SELECT l.id, $2, l.seq, l.item, 'hộp', l.qty, l.qty, 1000000000, 1000, 0, 1000, 80, 1080, l.qty
      FROM unnest($1::uuid[], $3::uuid[], $4::bigint[]) WITH ORDINALITY AS l(id, item, qty, seq)"""
AUDIT = """INSERT INTO bare.audit (id, n, entity, entity_id, action, actor_id, at, details, hash)
    VALUES ($1, 1, 'order', $2, 'order.place', $3, $4, $5, '')"""
TOUCH = "UPDATE bare.customers SET last_order_at = $2, version = version + 1, changed_at = $2 WHERE id = $1"


async def make_copies(dsn: str) -> None:
    """The tables bare asyncpg writes to: the product's own, without foreign keys and triggers, with today's rows."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE SCHEMA bare")
    for table in COPIES:
        await connection.execute(f"CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING ALL)")
        await connection.execute(f"INSERT INTO bare.{table} SELECT * FROM public.{table}")
    await connection.execute("ANALYZE")
    await connection.close()


async def place_bare(connection: Any, place: Place, dice: random.Random) -> None:
    """What placing an order comes down to, by hand."""
    order, customer, moment, day = new_id(), dice.choice(place.customers), now(), today()
    items = sorted(dice.sample(place.items, LINES))
    lines, ones, net, tax = [new_id() for _ in items], [MICRO] * LINES, 1000 * LINES, 80 * LINES
    async with connection.transaction():
        row = await connection.fetchrow(BEGIN_READS, customer)
        await connection.execute(TOUCH, customer, moment)
        await connection.execute(TAKE_CREDIT, customer, net + tax)
        await connection.execute(ENTER_CREDIT, new_id(), customer, net + tax, order, moment)
        free = await connection.fetch(LOCK_BINS, items, place.warehouse)
        assert all(bin["free"] >= MICRO for bin in free)
        await connection.execute(RESERVE, items, ones, place.warehouse)
        await connection.execute(HOLD, order, lines, items, place.warehouse, day, moment, ones)
        await connection.execute(
            ORDER,
            order,
            str(order),
            customer,
            row["position_id"],
            place.user,
            day,
            place.warehouse,
            net,
            tax,
            net + tax,
            moment,
        )
        await connection.execute(ORDER_LINES, lines, order, items, ones)
        await connection.execute(AUDIT, new_id(), order, place.user, moment, "{}")


# --- the product over HTTP ----------------------------------------------------------------------------------------


async def place_over_http(wire: Wire, place: Place, dice: random.Random) -> None:
    """One order of ten lines, as a phone sends it."""
    body = {
        "id": str(new_id()),
        "customer_id": str(dice.choice(place.customers)),
        "ordered_on": str(today()),
        "currency": "VND",
        "lines": [
            {"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": "1"}
            for item in dice.sample(place.items, LINES)
        ],
    }
    status, _, answer = await wire.call("POST", "/api/v1/orders", body)
    assert status == 201 and answer["state"] == "confirmed", answer


# --- the run ------------------------------------------------------------------------------------------------------


async def lay(dsn: str) -> Place:
    """A company with goods enough for every round."""
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    await migrate()
    await build_cast()
    shop = await lay_shop()
    items = [await shop.item(on_hand=1_000_000) for _ in range(ITEMS)]
    customers = [await shop.customer(account=False) for _ in range(CUSTOMERS)]
    await db.execute(
        """INSERT INTO credit_accounts (id, currency, limit_minor)
           SELECT id, 'VND', 9000000000000 FROM customers"""
    )
    await db.execute("INSERT INTO credit_members SELECT id, id FROM customers")
    user = await db.fetch_value("SELECT id FROM users WHERE login = 'lan'")
    return Place(customers, items, shop.warehouse, user)


async def postmaster_of(connection: Any) -> int:
    """The pid of the PostgreSQL behind a connection: the parent of its backend."""
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    return parent_of(backend)


async def rounds(dsn: str, data_dir: Path) -> tuple[list[Round], list[Round]]:
    """Alternating rounds of both sides: (bare, product)."""
    place = await lay(dsn)
    await make_copies(dsn)
    bare: list[Round] = []
    product: list[Round] = []
    connections = [await asyncpg.connect(dsn) for _ in range(CLIENTS)]
    postmaster = await postmaster_of(connections[0])
    dice = [random.Random(number) for number in range(CLIENTS)]
    async with server(data_dir, dsn) as (port, pid):
        wires = [await log_in(port) for _ in range(CLIENTS)]
        for number in range(ROUNDS + 1):
            bare.append(
                await run_clients(lambda n: place_bare(connections[n], place, dice[n]), [os.getpid(), postmaster])
            )
            product.append(await run_clients(lambda n: place_over_http(wires[n], place, dice[n]), [pid, postmaster]))
            if number == 0:  # plans, caches and pools are warm from here on
                bare.clear()
                product.clear()
        for wire in wires:
            wire.writer.close()
            await wire.writer.wait_closed()
    for connection in connections:
        await connection.close()
    await healthy()
    await db.close_pool()
    db.bind(None)
    return bare, product


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with place() as here:
        bare, product = asyncio.run(rounds(here.dsn, here.data_dir))
    rate = statistics.median(two.rate / one.rate for one, two in zip(bare, product, strict=True))
    cpu = statistics.median(two.cpu / one.cpu for one, two in zip(bare, product, strict=True))
    waits = sorted(wait for one in product for wait in one.waits)
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    seen = (
        f"{statistics.median(one.rate for one in product):.0f}/s of {statistics.median(one.rate for one in bare):.0f}/s"
    )
    spent = (
        f"{statistics.median(one.cpu for one in product):.1f} of {statistics.median(one.cpu for one in bare):.1f} ms"
    )
    return [
        Row("orders", f"place over HTTP / bare asyncpg, 8 clients ({seen})", f"{rate:.2f}", ">= 0.20", ">= 0.40"),
        Row("orders", f"CPU per order / bare asyncpg ({spent})", f"{cpu:.1f}x", "<= 6x", "<= 3x"),
        Row("orders", f"p99 / p50 of placing (p50 {p50:.0f} ms)", f"{p99 / p50:.1f}", "<= 6", "<= 4"),
    ]


if __name__ == "__main__":
    from bench.table import show

    show(measure())
