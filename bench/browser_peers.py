"""Our phone beside PouchDB in one browser, and many rows beside one record a row: `python -m bench browser_peers`.

* 10,000 customers from a server into IndexedDB: our app from its first question until the screen says that all is
  there, and PouchDB's `replicate.from` of the same rows from express-pouchdb. The goal compares with PouchDB as it
  comes; it is measured with larger batches and with its newer store too. PouchDB's store is open before its clock
  starts. Neither waits for the disk with rows that can be had again; ours knows rights and takes the tables of the
  trade besides.
* 10,000 customers with 100,000 visits: how long our app is inside transactions that write rows, while the server makes
  the next page. The limit is the same rows put one record each, two indexes a table, in transactions of as many rows
  and as durable, in the same page, with nothing else going on.

Chromium keeps both on the disk, each time in a new profile. `TUYEN_PEERS=<folder>` keeps PouchDB for another run.
"""

import asyncio
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Playwright, Worker, sync_playwright

from backend.core import database as db
from backend.core.ids import new_id
from bench import phone_screen as screen
from bench.phone_data import lay_into, serving
from bench.servers.nodes import PouchDB
from bench.sync import CUSTOMERS, SAID, lay
from bench.table import Row
from sync.tables import CUSTOMER

ROUNDS, VISITS = 3, 100_000
SHARE = 0.33  # of PouchDB's time
WRITTEN, ONE_A_ROW = 4_000, 14_800  # ms: the goal, and what one record a row took where it was set
# How PouchDB is asked: the options of its store and of `replicate.from`.
AS_IT_COMES = "as it comes"
WAYS: dict[str, tuple[dict[str, str], dict[str, int]]] = {
    AS_IT_COMES: ({}, {}),
    "1,000 a batch": ({}, {"batch_size": 1000}),
    "its newer store, 1,000 a batch": ({"adapter": "indexeddb"}, {"batch_size": 1000}),
}
# In our worker, before it writes anything: when transactions that write rows begin and are complete.
NOTE_WRITES = """() => {
  const writes = (self.__writes = []), real = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const made = real.call(this, stores, mode, options)
    if (mode === 'readwrite' && made.objectStoreNames.contains('hist')) {
      const one = [performance.now(), null]
      writes.push(one)
      made.addEventListener('complete', () => { one[1] = performance.now() })
    }
    return made
  }
}"""
NOTED = """() => ({
  zero: performance.timeOrigin, writes: self.__writes ?? [],
  asked: performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/v1/sync')).map((one) => [one.startTime, one.encodedBodySize]),
})"""  # noqa: E501 -- a script for the browser
REPLICATE = """async ([store, options]) => {
  performance.setResourceTimingBufferSize(100000)
  const held = new PouchDB('rows', store)
  await held.info()
  performance.clearResourceTimings()
  const began = performance.now()
  const said = await held.replicate.from(location.origin + '/rows', options)
  const took = performance.now() - began
  const size = performance.getEntriesByType('resource').reduce((sum, one) => sum + one.encodedBodySize, 0)
  return { took, size, written: said.docs_written, held: (await held.info()).doc_count }
}"""
# The rows our app holds, taken apart and put one record each.
PUT_EACH = """async () => {
  const done = (asked) => new Promise((ok, no) => { asked.onsuccess = () => ok(asked.result); asked.onerror = () => no(asked.error) })
  const name = (await indexedDB.databases()).map((one) => one.name).find((one) => one.startsWith('fs_'))
  const ours = await done(indexedDB.open(name))
  const all = (store) => done(ours.transaction(store).objectStore(store).getAll())
  const customers = (await all('customer')).map((one) => one.row)
  const visits = (await all('hist')).filter((one) => one.t === 'visit').flatMap((one) => one.rows)
  ours.close()
  const making = indexedDB.open('each', 1)
  making.onupgradeneeded = () => {
    for (const [store, indexes] of [['customer', ['code', 'name']], ['visit', ['customer_id', 'started_at']]]) {
      const made = making.result.createObjectStore(store, { keyPath: 'id' })
      for (const index of indexes) made.createIndex(index, index)
    }
  }
  const each = await done(making)
  const began = performance.now()
  for (const [store, rows] of [['customer', customers], ['visit', visits]])
    for (let at = 0; at < rows.length; at += 5000) await new Promise((ok, no) => {
      const putting = each.transaction(store, 'readwrite', { durability: 'relaxed' })
      const into = putting.objectStore(store)
      for (const row of rows.slice(at, at + 5000)) into.put(row)
      putting.oncomplete = ok
      putting.onabort = () => no(putting.error)
    })
  const took = performance.now() - began
  each.close()
  return { took, rows: customers.length + visits.length }
}"""  # noqa: E501 -- a script for the browser


async def lay_customers() -> list[dict[str, object]]:
    """Lays the company; its customers as the columns of the wire say them."""
    await lay()
    columns = ", ".join(f"{sql} AS {name}" for name, sql in CUSTOMER.columns)
    found = await db.fetch(f"SELECT row_to_json(c)::jsonb AS row FROM (SELECT {columns} FROM customers t) c")
    return [one["row"] for one in found]


async def add_visits() -> None:
    """Ten visits a customer within the last 28 days, as far back as whoever has many customers gets them; one of ten
    ends with a promise."""
    async with db.transaction():
        await db.execute(
            """WITH u AS (SELECT id, n::int FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)),
                    c AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM customers)
               INSERT INTO visits (id, customer_id, user_id, purpose, started_at, note, next_step, next_on)
               SELECT u.id, c.id, (SELECT id FROM users WHERE login = 'lan'), 'sale',
                      now() - n * interval '24 seconds',
                      ($2::text[])[1 + n % cardinality($2::text[])] || ', '
                          || ($2::text[])[1 + n / 7 % cardinality($2::text[])],
                      CASE WHEN n / 10 % 10 = 0 THEN 'giao thêm hai thùng' END,
                      CASE WHEN n / 10 % 10 = 0 THEN current_date + n % 30 END
                 FROM u JOIN c ON c.place = n % $3::int""",
            [new_id() for _ in range(VISITS)], list(SAID), CUSTOMERS,
        )  # fmt: skip
    await db.execute("ANALYZE")


class Pulled(NamedTuple):
    """One first copy of our app: ms from the password and from the first question, ms of writing, bytes, pages."""

    entered: float
    asked: float
    written: float
    size: int
    pages: int


class Each(NamedTuple):
    """The rows of one copy put one record each: ms, and how many."""

    took: float
    rows: int


def ours(play: Playwright, folder: Path, port: int, *, taken_apart: bool = False) -> tuple[Pulled, Each | None]:
    """A first copy by a phone nobody has used; then, if wanted, its rows put one record each."""
    with (
        tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as profile,
        screen.kept_phone(play, Path(profile)) as context,
    ):
        page = screen.at_the_door(context, port, "lan")
        workers: list[Worker] = []

        def started(worker: Worker) -> None:
            if "data.worker" in worker.url:
                worker.evaluate(NOTE_WRITES)
                workers.append(worker)

        for worker in page.workers:
            started(worker)
        page.on("worker", started)
        screen.enter(page)
        seen = screen.wait_done(page)
        noted: dict[str, Any] = workers[0].evaluate(NOTED)
        zero = float(page.evaluate("performance.timeOrigin"))
        writes, asked = noted["writes"], noted["asked"]
        # Nothing was written before we looked: every answer was kept in one transaction.
        assert len(writes) == len(asked) and all(ended for _, ended in writes), (len(writes), len(asked))
        pulled = Pulled(
            seen["done"] - seen["submit"],
            zero + seen["done"] - noted["zero"] - asked[0][0],
            sum(ended - began for began, ended in writes),
            sum(size for _, size in asked),
            len(asked),
        )
        each = None
        if taken_apart:
            page.wait_for_timeout(3000)  # the price book and the search index come after the rows
            each = Each(**page.evaluate(PUT_EACH))
        return pulled, each


def theirs(play: Playwright, folder: Path, pouch: PouchDB, home: Path, way: str) -> tuple[float, int]:
    """Ms and bytes of one `replicate.from` into a new profile."""
    build = home / pouch.name / "node_modules" / "pouchdb" / "dist"
    with (
        tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as profile,
        screen.kept_phone(play, Path(profile)) as context,
    ):
        page = context.new_page()
        page.set_default_timeout(screen.PATIENCE)
        page.goto(pouch.origin)
        for script in ("pouchdb.min.js", "pouchdb.indexeddb.min.js"):
            page.add_script_tag(path=build / script)
        found: dict[str, Any] = page.evaluate(REPLICATE, list(WAYS[way]))
    assert found["written"] == found["held"] == CUSTOMERS, found
    return float(found["took"]), int(found["size"])


def beside_pouchdb(folder: Path, kept: Path, company: Path) -> list[Row]:
    """The same 10,000 rows by both, in turn; who comes first is another each round, and the first round warms up."""
    customers: list[dict[str, object]] = []

    async def fill() -> None:
        customers.extend(await lay_customers())

    lay_into(company, fill)
    pouch = PouchDB()
    copies: list[Pulled] = []
    found: dict[str, list[tuple[float, int]]] = {way: [] for way in WAYS}
    with asyncio.Runner() as runner:
        try:
            runner.run(pouch.begin(kept, "", customers))
            with serving(company) as port, sync_playwright() as play:
                turns = [None, *WAYS]
                for number in range(ROUNDS + 1):
                    first = number % len(turns)
                    for way in turns[first:] + turns[:first]:
                        if way is None:
                            copied, _ = ours(play, folder, port)
                            copies += [copied] if number else []
                        else:
                            replicated = theirs(play, folder, pouch, kept, way)
                            found[way] += [replicated] if number else []
        finally:
            runner.run(pouch.end())
    took = statistics.median(one.asked for one in copies)
    size = statistics.median(one.size for one in copies)
    rows = []
    for way, rounds in found.items():
        their_time, their_size = (statistics.median(column) for column in zip(*rounds, strict=True))
        times = f"{took:.0f} of {their_time:.0f} ms"
        what = f"10k customers into IndexedDB: ours / PouchDB {way} ({times})"
        value = f"{took / their_time:.2f}x, bytes {size / their_size:.2f}"
        rows.append(Row("browser_peers", what, value, f"<= {SHARE:g}x" if way == AS_IT_COMES else "", ""))
    entered = statistics.median(one.entered for one in copies)
    whole = f"{entered:.0f} ms, {size / 1000:,.0f} KB"
    return [*rows, Row("browser_peers", "10k customers: ours, password to complete", whole, "", "")]


def many_rows(folder: Path, company: Path) -> list[Row]:
    """110,000 rows by our app, and the same rows one record each, in turn."""
    lay_into(company, add_visits, mark="visited")
    copies: list[Pulled] = []
    limits: list[float] = []
    with serving(company) as port, sync_playwright() as play:
        for _ in range(ROUNDS):
            copied, each = ours(play, folder, port, taken_apart=True)
            assert each and each.rows == CUSTOMERS + VISITS, each
            copies.append(copied)
            limits.append(each.took)
    written, limit = statistics.median(one.written for one in copies), statistics.median(limits)
    asked, size = statistics.median(one.asked for one in copies), statistics.median(one.size for one in copies)
    what = "110k rows: time in our writing transactions"
    return [
        Row("browser_peers", what, f"{written:.0f} ms", f"<= {WRITTEN} ms", ""),
        Row(
            "browser_peers", f"110k rows: the same / one record a row ({written:.0f} of {limit:.0f} ms)",
            f"{written / limit:.2f}x", f"<= {WRITTEN / ONE_A_ROW:.2f}x", "",
        ),
        Row("browser_peers", f"110k rows: ours, first question to complete, {copies[0].pages} pages",
            f"{asked:.0f} ms, {size / 1e6:.2f} MB", "", ""),
    ]  # fmt: skip


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    import hatch_build

    hatch_build.build()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made)
        kept = Path(os.environ.get("TUYEN_PEERS", folder))
        company = folder / "company"
        return beside_pouchdb(folder, kept, company) + many_rows(folder, company)
