"""Benchmark of the goals of the sync that no other room prints, each beside its goal (docs/sync.md has the agreement).

One rep with 10,000 customers and 100,000 visits, orders and expenses of four weeks: her first sync against the plain
rows, what twenty changes and one customer who changes hands cost, and what the cursor costs those who write. For that
the database is copied, and in the copy a number from a sequence takes the place of all stamps, as is usual elsewhere:
it shows what is lost by it. Last, the phone's own code for all this, bundled by itself.

In process, without HTTP; bytes are those of the whole answer as served. Run `python -m bench goals`; compare ratios.
"""

import asyncio
import gzip
import json
import statistics
import subprocess
import time
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from zstandard import ZstdCompressor

from backend.core import database as db
from backend.core.clock import now
from backend.customers.reassigning import reassign
from backend.people.access import Actor
from backend.people.queries_actor import load_actor
from bench.goals_commits import commit_rows
from bench.goals_data import DAYS, LINE_COLUMNS, VISIT_COLUMNS, Read, a_visit, ask, lay_history, note, sent
from bench.place import place
from bench.sync import lay, seconds
from bench.table import Row
from sync.tables import SYNCED
from tests.orders.shop import BOB
from tests.sync.phone import Phone

ROUNDS, DELTAS, MOVED = 3, 15, 14
ROWS_OF_ONE = 210
WRITTEN_TO = 1_000  # customers whose visits are written while the cursor is weighed


# --- the first sync (G2, G3) --------------------------------------------------------------------------------------


async def first_sync(actor: Actor) -> tuple[str, list[bytes]]:
    """Every page, made smaller too; the last cursor and the answers."""
    cursor, bodies, more = None, [], True
    while more:
        bodies.append(await ask(actor, cursor))
        sent(bodies[-1])
        read = msgspec.json.decode(bodies[-1], type=Read)
        cursor, more = read.cursor, read.more
    assert cursor is not None
    return cursor, bodies


def count_rows(bodies: list[bytes]) -> int:
    return sum(len(up["v"][0]) for body in bodies for up in msgspec.json.decode(body).get("up", ()))


async def plain_dump() -> tuple[int, int]:
    """The same columns of the same rows as a list of objects for each table, by id: how many, and bytes of gzip 6."""
    rows, texts = 0, []
    for synced in SYNCED:
        columns = ", ".join(f"{sql} AS {name}" for name, sql in synced.columns)
        found = await db.fetch_row(
            f"""SELECT count(*) AS n, coalesce(json_agg(c)::text, '[]') AS text
                  FROM (SELECT {columns} FROM {synced.table} t {synced.joins} ORDER BY t.id) c"""
        )
        rows += found["n"]
        texts.append(found["text"])
    return rows, len(gzip.compress("\n".join(texts).encode(), 6))


async def raw_first(bare: Any, statements: list[str]) -> None:
    """The limit: whole tables fetched, encoded, made smaller."""
    for statement in statements:
        rows = await bare.fetch(statement)
        ZstdCompressor(level=3).compress(msgspec.json.encode([tuple(row) for row in rows]))


async def raw_statements(bare: Any) -> list[str]:
    """For each table the phone holds (and the lines of orders) the plain columns it sends, no function called."""
    wanted = {synced.table: ["id", "version", *(name for name, _ in synced.columns)] for synced in SYNCED}
    wanted["order_lines"] = [*LINE_COLUMNS, "gift_of"]
    statements = []
    for table, names in wanted.items():
        there = {row[0] for row in await bare.fetch(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1", table)}  # fmt: skip
        columns = [name for name in dict.fromkeys(names) if name in there]
        statements.append(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")
    return statements


async def first_rows(actor: Actor, bare: Any) -> tuple[str, list[Row]]:
    """G2 and G3; also the cursor of a phone that holds everything."""
    cursor, bodies = await first_sync(actor)
    rows, plain = await plain_dump()
    assert rows == count_rows(bodies), "the dump is of the rows that were sent"
    sizes = {coding: sum(sent(body, coding) for body in bodies) for coding in ("zstd", "br")}
    statements, ours, raw = await raw_statements(bare), [], []
    for _ in range(ROUNDS):
        ours.append(await seconds(partial(first_sync, actor)))
        raw.append(await seconds(partial(raw_first, bare, statements)))
    took, limit = statistics.median(ours), statistics.median(raw)
    what = f"first sync of {rows:,} rows in {len(bodies)} answers"
    zstd, br = sizes["zstd"] / 1e6, sizes["br"] / 1e6
    share = f"{1e6 * zstd / plain:.2f} ({zstd:.2f} / {plain / 1e6:.2f} MB; br {br:.2f})"
    ratio = f"{took / limit:.2f}x ({took:.2f} / {limit:.2f} s)"
    return cursor, [
        Row("goals", f"G2 {what}: bytes zstd / gzip-6 of id-ordered row JSON", share, "<= 0.55", ""),
        Row("goals", "G3 its server time / raw fetch + msgspec + zstd-3", ratio, "<= 3x", ""),
    ]


# --- few changes (G7), one customer (G8) --------------------------------------------------------------------------

TWENTY = {
    "20 changed visits, customers and expenses": (
        ("visits", 12, "note"), ("customers", 5, "note"), ("expenses", 3, "note"),
    ),
    "20 of which 3 orders with all their lines": (
        ("visits", 9, "note"), ("customers", 5, "note"), ("expenses", 3, "note"), ("orders", 3, "decided_note"),
    ),
}  # fmt: skip


async def delta_rows(actor: Actor, cursor: str) -> tuple[str, list[Row]]:
    """G7: twenty rows change, the phone asks; medians, and in brackets the least and the most."""
    draw, rows = Random(20), []
    tables = {table for mix in TWENTY.values() for table, _, _ in mix}
    ids = {table: [row[0] for row in await db.fetch(f"SELECT id FROM {table} ORDER BY id")] for table in tables}
    for name, mix in TWENTY.items():
        times, sizes = [], []
        for _ in range(DELTAS):
            for table, many, column in mix:
                await db.execute(
                    f"""UPDATE {table} t SET {column} = n.said, version = t.version + 1, changed_at = $3
                          FROM unnest($1::uuid[], $2::text[]) AS n (id, said) WHERE t.id = n.id""",
                    draw.sample(ids[table], many), [note(draw) for _ in range(many)], now(),
                )  # fmt: skip
            began = time.perf_counter()
            body = await ask(actor, cursor)
            sizes.append(sent(body))
            times.append(1000 * (time.perf_counter() - began))
            assert count_rows([body]) == sum(many for _, many, _ in mix)
            cursor = msgspec.json.decode(body, type=Read).cursor
        figure = (
            f"{statistics.median(sizes):,.0f} B ({min(sizes):,} to {max(sizes):,}), {statistics.median(times):.1f} ms"
        )
        rows.append(Row("goals", f"G7 delta of {name}", figure, "<= 3 KB", ""))
    return cursor, rows


async def _make_long(bare: Any, customers: list[UUID], user: UUID) -> None:
    """Give each as many visits as make up its rows."""
    draw, moment, rows = Random(21), now(), []
    for customer in customers:
        held = await db.fetch_value("SELECT count(*) FROM sync_rows WHERE root = $1", customer)
        rows += [
            a_visit(draw, customer, user, moment - timedelta(minutes=draw.randrange(60, DAYS * 1440)))
            for _ in range(ROWS_OF_ONE - held)
        ]
    await bare.copy_records_to_table("visits", records=rows, columns=VISIT_COLUMNS)


async def moved_rows(lan: Actor, cursor: str, customers: list[UUID], bare: Any) -> tuple[str, list[Row]]:
    """G8: one customer after the other goes from Lan to Bob, by the verb and by the bare UPDATE it comes down to."""
    an, phone = await load_actor("an"), Phone(await load_actor("bob"))
    await _make_long(bare, customers, lan.user_id)
    cursor = msgspec.json.decode(await ask(lan, cursor), type=Read).cursor
    await phone.sync()
    times: dict[bool, list[float]] = {True: [], False: []}
    left, came = [], []
    for n, customer in enumerate(customers):
        by_verb = n % 2 == 0
        began = time.perf_counter()
        if by_verb:
            async with db.transaction():
                await reassign([customer], BOB, actor=an)
        else:
            await db.execute(
                "UPDATE customers SET position_id = $2, version = version + 1 WHERE id = $1", customer, BOB
            )
        times[by_verb].append(1000 * (time.perf_counter() - began))
        body = await ask(lan, cursor)
        page = msgspec.json.decode(body)
        assert page["drop"] == [str(customer)] and not page.get("up") and not page.get("del"), "the root and no more"
        cursor = page["cursor"]
        left.append(sent(body))
        before = phone.versions()
        body = await ask(phone.actor, phone.cursor)
        phone.apply(msgspec.json.decode(body))
        got = {(table, key) for table, key, _ in phone.versions() - before}
        roots = {phone.rows[table][key][1] for table, key in got}
        assert roots == {str(customer)} and len(got) == ROWS_OF_ONE and not before - phone.versions()
        came.append(sent(body))
    verb, update = (f"{statistics.median(times[kind]):.1f} ms" for kind in (True, False))
    new = f"{statistics.median(came) / 1000:.1f} KB, {ROWS_OF_ONE} rows, only that root"
    what = f"G8 a customer of {ROWS_OF_ONE} rows changes hands: the write, stamps and commit"
    return cursor, [
        Row("goals", what, update, "<= 10 ms", ""),
        Row("goals", "G8 the whole verb (rights, plan, audit, notices, commit)", verb, "<= 10 ms", ""),
        Row("goals", "G8 the phone it leaves: the whole answer", f"{max(left)} B", "<= 250 B", ""),
        Row("goals", "G8 the phone it comes to", new, "only that root", ""),
    ]


# --- the phone's code (G14) ---------------------------------------------------------------------------------------

MODULES = (
    "db", "upgrading", "lost", "storage", "desk", "exchange", "pull", "digest", "outbox", "chain", "mending", "cleared",
    "carrying", "photos", "tus",
)  # fmt: skip
BUNDLE = """
import { build } from 'vite'
import { brotliCompressSync } from 'node:zlib'
const names = JSON.parse(process.argv[1])
const entry = names.map((name, n) => `export * as part${n} from '/src/lib/${name}.ts'`).join('\\n')
const weigh = async (text) => {
  const made = await build({
    configFile: false, logLevel: 'error', publicDir: false,
    resolve: { alias: [{ find: /^dexie$/, replacement: 'dexie/dist/modern/dexie.mjs' }] },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [{ name: 'entry', resolveId: (id) => (id === 'entry' ? '\\0entry' : null),
                load: (id) => (id === '\\0entry' ? text : null) }],
    build: { write: false, target: 'es2022', modulePreload: false,
             rolldownOptions: { input: 'entry', preserveEntrySignatures: 'strict' } },
  })
  const chunks = made.output.filter((one) => one.type === 'chunk')
  return chunks.reduce((sum, one) => sum + brotliCompressSync(one.code).length, 0)
}
console.log(JSON.stringify([await weigh(entry), await weigh(`export * from 'dexie'`)]))
"""


def client_row() -> Row:
    """G14: the modules that store, sync and upload, whole and with all they import, in one bundle of their own."""
    import hatch_build

    node, _, _ = hatch_build.node_and_npm()
    said = subprocess.run(
        [*node, "--input-type=module", "-e", BUNDLE, json.dumps(MODULES)],
        cwd=hatch_build.PWA, capture_output=True, text=True, check=True,
    )  # fmt: skip
    whole, dexie = json.loads(said.stdout.splitlines()[-1])
    size = f"{whole / 1024:.1f} KB (Dexie {dexie / 1024:.1f})"
    return Row("goals", "G14 code of store, sync and upload, bundled alone, brotli", size, "<= 60 KB", "")


async def run(dsn: str) -> list[Row]:
    """Lay, sync, change, hand over; then copy the database and let them write."""
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    bare = await asyncpg.connect(dsn)
    actor, customers = await lay()
    await lay_history(bare, customers, actor.user_id)
    cursor, rows = await first_rows(actor, bare)
    cursor, more = await delta_rows(actor, cursor)
    rows += more
    cursor, more = await moved_rows(actor, cursor, customers[:MOVED], bare)
    rows += more
    await bare.execute("VACUUM ANALYZE")
    await bare.close()
    await db.close_pool()
    db.bind(None)
    return rows + await commit_rows(dsn, actor, cursor, customers[MOVED : MOVED + WRITTEN_TO])


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with place() as here:
        rows = asyncio.run(run(here.dsn))
    return [*rows, client_row()]
