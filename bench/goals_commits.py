"""What the sync's cursor costs those who write, and what the usual one loses: for `bench/goals.py`.

The database is copied; in the copy a number from a sequence takes the place of all stamps. Eight writers log and change
visits in either, while one reader asks for what changed, again and again.
"""

import asyncio
import statistics
import time
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.core import database as db
from backend.core.ids import new_id
from backend.people.access import Actor
from bench.goals_data import ask, note
from bench.table import Row
from sync.installing import trigger_names
from sync.pull_queries import write_vectors
from sync.tables import SYNCED, VISIT
from tests.orders.shop import LAN

ROUNDS, WRITERS, SECONDS, THINKING, CONTESTED = 3, 8, 6.0, 0.008, 2_000
POLL = 0.05  # seconds between two questions of the reader

NAIVE = """
    CREATE SEQUENCE naive_seq;
    ALTER TABLE visits ADD COLUMN seq bigint NOT NULL DEFAULT 0;
    CREATE INDEX visits_seq ON visits (seq);
    CREATE FUNCTION naive_stamp() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.seq := nextval('naive_seq'); RETURN NEW; END $$;
    CREATE TRIGGER naive_stamp BEFORE INSERT OR UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION naive_stamp();
"""
LOGS = """INSERT INTO visits (id, customer_id, user_id, purpose, started_at, note)
          VALUES ($1, $2, $3, 'sale', clock_timestamp(), $4)"""
TRUTH = """SELECT v.id::text, v.version FROM visits v JOIN customers c ON c.id = v.customer_id
            WHERE c.position_id = $1"""
EDITS = "UPDATE visits SET note = $2, version = version + 1, changed_at = clock_timestamp() WHERE id = $1"


class Side:
    """One of the two databases, with what its reader holds: version by id. `twice`: rows it was given again."""

    def __init__(self, dsn: str, actor: Actor, cursor: str | None) -> None:
        self.dsn, self.actor, self.cursor, self.last = dsn, actor, cursor, 0
        self.held: dict[str, int] = {}
        self.twice = self.stale = self.commits = 0
        self.rates: list[float] = []

    async def poll(self) -> None:
        """What changed, by the snapshot cursor, or by the number where that is all there is."""
        if self.cursor is None:
            ups = [(up.cols, msgspec.json.decode(up.v)) for up in await self._by_number()]
        else:
            page = msgspec.json.decode(await ask(self.actor, self.cursor))
            assert not page["more"]
            self.cursor, ups = page["cursor"], [(up["cols"], up["v"]) for up in page.get("up", ())]
        for columns, vectors in ups:
            of = dict(zip(columns, vectors, strict=True))
            for key, version in zip(of["id"], of["_v"], strict=True):
                self.twice += self.held.get(key, 0) == version
                self.held[key] = version

    async def _by_number(self) -> list[Any]:
        async with db.transaction(isolation="repeatable_read", readonly=True):
            rows = await db.fetch(
                """SELECT v.id, v.seq FROM visits v JOIN customers c ON c.id = v.customer_id
                    WHERE v.seq > $1 AND c.position_id = ANY($2::int[]) ORDER BY v.seq""",
                self.last, list(self.actor.keys),
            )  # fmt: skip
            if not rows:
                return []
            self.last = rows[-1]["seq"]
            return await write_vectors({VISIT.number: "{" + ",".join(str(row["id"]) for row in rows) + "}"})

    async def write(self, number: int, end: float, customers: list[UUID], visits: list[UUID]) -> None:
        """One transaction after the other until the time is up: a visit logged or changed, then some thought."""
        draw = Random(1_000 * len(self.rates) + number)
        connection = await asyncpg.connect(self.dsn)
        while time.monotonic() < end:
            async with connection.transaction():
                if draw.random() < 0.5:
                    await connection.execute(LOGS, new_id(), draw.choice(customers), self.actor.user_id, note(draw))
                else:
                    await connection.execute(EDITS, draw.choice(visits), note(draw))
                await asyncio.sleep(draw.random() * THINKING)
            self.commits += 1
        await connection.close()

    async def round(self, customers: list[UUID], visits: list[UUID]) -> None:
        """Eight writers and the reader; afterwards what the reader holds is compared with what there is."""
        db.bind(db.create_engine(self.dsn, pool_size=2))
        await db.open_pool()
        if not self.held:
            self.held = {row[0]: row[1] for row in await db.fetch(TRUTH, LAN)}
        self.commits, began = 0, time.monotonic()
        writing = asyncio.gather(*(self.write(n, began + SECONDS, customers, visits) for n in range(WRITERS)))
        while not writing.done():
            await self.poll()
            await asyncio.sleep(POLL)
        await writing
        self.rates.append(self.commits / (time.monotonic() - began))
        await self.poll()
        self.stale = sum(self.held.get(row[0]) != row[1] for row in await db.fetch(TRUTH, LAN))
        await db.close_pool()
        db.bind(None)


async def _copy(dsn: str) -> str:
    """The same database once more, with a number in place of all stamps; its address."""
    head, _, tail = dsn.partition("?")
    bare = await asyncpg.connect(dsn)
    name = await bare.fetchval("SELECT current_database()")
    await bare.execute(f"CREATE DATABASE naive TEMPLATE {name}")
    await bare.close()
    copied = f"{head.removesuffix(name)}naive?{tail}"
    bare = await asyncpg.connect(copied)
    for trigger in (trigger for synced in SYNCED for trigger in trigger_names(synced)):
        table, _, called = trigger.partition(".")
        await bare.execute(f"DROP TRIGGER {called} ON {table}")
    await bare.execute(NAIVE)
    await bare.execute("VACUUM ANALYZE")
    await bare.execute("CHECKPOINT")
    await bare.close()
    return copied


async def commit_rows(dsn: str, actor: Actor, cursor: str, customers: list[UUID]) -> list[Row]:
    """G12: both databases in turn."""
    sides = Side(dsn, actor, cursor), Side(await _copy(dsn), actor, None)
    bare = await asyncpg.connect(dsn)
    mine = "customer_id = ANY($1::uuid[]) ORDER BY id LIMIT $2"
    visits = [row[0] for row in await bare.fetch(f"SELECT id FROM visits WHERE {mine}", customers, CONTESTED)]
    await bare.close()
    for _ in range(ROUNDS):
        for side in sides:
            await side.round(customers, visits)
    ours, naive = (statistics.median(side.rates) for side in sides)
    what = f"G12 {WRITERS} writers, 0-8 ms in each transaction, {ROUNDS} x {SECONDS:.0f} s: commits/s / naive sequence"
    rate = f"{ours / naive:.2f} ({ours:,.0f} / {naive:,.0f})"
    stale, twice = (f"{getattr(sides[0], name)} (naive: {getattr(sides[1], name)})" for name in ("stale", "twice"))
    return [
        Row("goals", what, rate, ">= 0.85", ""),
        Row("goals", "G12 rows that a polling reader has not, or older, at the end", stale, "0", ""),
        Row("goals", "G12 rows it was given twice", twice, "0", ""),
    ]
