"""What goes wrong between us and PostgreSQL, each really provoked: no connection is lost, nothing is half stored."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.engine.postgres import PostgresEngine

from backend.core import database as db
from tests.core.scratch import bound, scratch_database

pytestmark = pytest.mark.anyio
POOL = 3

TABLES = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO counter VALUES (1, 0), (2, 0);
"""


@pytest.fixture(scope="module")
def scratch(server: str) -> Iterator[str]:
    """This file's database."""
    with scratch_database(server) as dsn:
        yield dsn


@pytest.fixture
async def empty(scratch: str) -> AsyncIterator[str]:
    """The tables above, bound with a pool of three."""
    async with bound(scratch, TABLES, pool_size=POOL) as dsn:
        yield dsn


async def whole_pool_works() -> None:
    """Use every connection of the pool at the same moment."""
    together = asyncio.Barrier(POOL)

    async def one() -> None:
        async with db.transaction():
            await together.wait()
            await db.fetch_value("SELECT 1")

    async with asyncio.timeout(5):
        await asyncio.gather(*(one() for _ in range(POOL)))


async def break_commits(engine: Any, times: int) -> None:
    """Commit orphans, which a deferred constraint refuses at the last moment."""
    for number in range(times):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with engine.transaction():
                await engine.run_ddl(f"INSERT INTO child VALUES ({number}, 99)")


async def test_commits_that_fail_give_their_connections_back(empty: str) -> None:
    await break_commits(db.engine(), POOL + 2)
    await whole_pool_works()
    assert await db.fetch_value("SELECT count(*) FROM child") == 0


async def test_stock_piccolo_loses_a_connection_with_every_commit_that_fails(empty: str) -> None:
    """Why we have our own: with the engine as delivered, two failed commits empty a pool of two."""
    stock = PostgresEngine(config={"dsn": empty})
    await stock.start_connection_pool(min_size=2, max_size=2)
    assert stock.pool is not None
    for _ in range(2):
        # In a task each: the transaction variable is not put back either.
        await asyncio.create_task(break_commits(stock, 1))
    with pytest.raises(TimeoutError):
        await stock.pool.acquire(timeout=0.3)
    stock.pool.terminate()


async def test_a_callback_is_not_called_when_the_commit_fails(empty: str) -> None:
    told: list[int] = []

    async def callback() -> None:
        told.append(1)

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with db.transaction():
            db.after_commit(callback)
            await db.execute("INSERT INTO child VALUES (1, 99)")
    assert told == []


async def test_cancelling_in_the_middle_undoes_everything_and_gives_the_connection_back(empty: str) -> None:
    async def slow() -> None:
        async with db.transaction():
            await db.execute("INSERT INTO parent VALUES (1)")
            async with db.transaction():
                await db.execute("SELECT pg_sleep(60)")

    for _ in range(POOL + 1):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await whole_pool_works()
    assert await db.fetch_value("SELECT count(*) FROM parent") == 0


async def test_a_commit_under_way_is_finished_when_its_task_is_cancelled(empty: str) -> None:
    """The commit takes a second (a deferred trigger sleeps); the caller is gone long before."""
    await db.execute("""
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON parent DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION dawdle();
    """)
    told = asyncio.Event()

    async def callback() -> None:
        told.set()

    async def write() -> None:
        async with db.transaction():
            db.after_commit(callback)
            await db.execute("INSERT INTO parent VALUES (1)")

    task = asyncio.create_task(write())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(told.wait(), 5)
    assert await db.fetch_value("SELECT count(*) FROM parent") == 1
    await whole_pool_works()


def attempts_of(work: Callable[[int], Awaitable[None]]) -> tuple[Callable[[], Awaitable[int]], list[int]]:
    """Give `work` the number of its attempt, and count."""
    seen: list[int] = []

    async def counted() -> int:
        seen.append(len(seen) + 1)
        await work(len(seen))
        return len(seen)

    return counted, seen


async def test_a_serialization_failure_is_repeated_and_only_the_last_attempt_calls_back(empty: str) -> None:
    told: list[int] = []
    rival = await asyncpg.connect(empty)

    async def work(attempt: int) -> None:
        async def callback() -> None:
            told.append(attempt)

        db.after_commit(callback)
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        n = await db.fetch_value("SELECT n FROM counter WHERE id = 1")
        if attempt == 1:
            await rival.execute("UPDATE counter SET n = n + 10 WHERE id = 1")
        await db.execute("UPDATE counter SET n = $1 WHERE id = 1", n + 1)

    counted, seen = attempts_of(work)
    assert await db.in_transaction(counted) == 2
    await rival.close()
    assert await db.fetch_value("SELECT n FROM counter WHERE id = 1") == 11
    assert (seen, told) == ([1, 2], [2])


async def test_stock_piccolo_lets_the_same_serialization_failure_through(empty: str) -> None:
    stock = PostgresEngine(config={"dsn": empty})
    await stock.start_connection_pool(min_size=2, max_size=2)
    with pytest.raises(asyncpg.SerializationError):
        async with stock.transaction() as opened:
            await stock.run_ddl("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await stock.run_ddl("SELECT n FROM counter")
            await db.execute("UPDATE counter SET n = n + 10")
            await opened.connection.execute("UPDATE counter SET n = n + 1")
    await stock.close_connection_pool()


async def test_two_transactions_in_a_deadlock_both_succeed_in_the_end(empty: str) -> None:
    meeting = asyncio.Barrier(2)

    async def transfer(first: int, second: int) -> list[int]:
        async def work(attempt: int) -> None:
            await db.execute("SET LOCAL deadlock_timeout = '50ms'")
            await db.execute("UPDATE counter SET n = n + 1 WHERE id = $1", first)
            if attempt == 1:
                await meeting.wait()  # each now holds what the other wants next
            await db.execute("UPDATE counter SET n = n + 1 WHERE id = $1", second)

        counted, seen = attempts_of(work)
        await db.in_transaction(counted)
        return seen

    async with asyncio.timeout(20):
        one, two = await asyncio.gather(transfer(1, 2), transfer(2, 1))
    assert len(one) + len(two) == 3, "exactly one was chosen as the victim, once"
    assert [row["n"] for row in await db.fetch("SELECT n FROM counter ORDER BY id")] == [2, 2]


async def test_rivals_that_never_give_way_end_in_a_clear_refusal_after_three_retries(empty: str) -> None:
    async def work(attempt: int) -> None:
        await db.execute("DO $$ BEGIN RAISE EXCEPTION 'rival' USING ERRCODE = '40001'; END $$")

    counted, seen = attempts_of(work)
    with pytest.raises(db.Contended) as refusal:
        await db.in_transaction(counted)
    assert seen == [1, 2, 3, 4]
    assert isinstance(refusal.value.__cause__, asyncpg.SerializationError)


async def test_an_inner_in_transaction_leaves_repeating_to_the_outermost(empty: str) -> None:
    async def fail(attempt: int) -> None:
        if attempt < 3:
            await db.execute("DO $$ BEGIN RAISE EXCEPTION 'rival' USING ERRCODE = '40P01'; END $$")

    inner, inner_seen = attempts_of(fail)

    async def work(attempt: int) -> None:
        await db.in_transaction(inner)
        assert inner_seen[-1] == attempt

    outer, outer_seen = attempts_of(work)
    await db.in_transaction(outer)
    assert (inner_seen, outer_seen) == ([1, 2, 3], [1, 2, 3])


async def test_other_errors_are_not_repeated(empty: str) -> None:
    async def work(attempt: int) -> None:
        await db.execute("SELECT 1 / 0")

    counted, seen = attempts_of(work)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await db.in_transaction(counted)
    assert seen == [1]


async def cut_every_line(server: str) -> None:
    """End every session of this database from outside, as a restart would."""
    admin = await asyncpg.connect(server)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
        db.engine().dsn.split("/")[-1].split("?")[0],
    )
    await admin.close()


async def test_a_line_cut_inside_a_transaction_is_reported_as_the_database_being_away(empty: str, server: str) -> None:
    with pytest.raises(db.DatabaseAway):
        async with db.transaction():
            await db.execute("INSERT INTO parent VALUES (1)")
            async with db.transaction():
                await cut_every_line(server)
                await db.execute("INSERT INTO parent VALUES (2)")
    await whole_pool_works()
    assert await db.fetch_value("SELECT count(*) FROM parent") == 0


async def test_a_line_cut_before_commit_says_that_the_outcome_is_unknown(empty: str, server: str) -> None:
    with pytest.raises(db.DatabaseAway) as away:
        async with db.transaction():
            await db.execute("INSERT INTO parent VALUES (1)")
            await cut_every_line(server)
    assert away.value.in_commit
    assert away.value.retry_after > 0
    await whole_pool_works()


async def test_an_idle_pool_whose_lines_were_all_cut_works_at_once(empty: str, server: str) -> None:
    await whole_pool_works()
    await cut_every_line(server)
    await asyncio.sleep(0.05)  # let the event loop see the closed sockets
    await whole_pool_works()


async def test_a_pool_in_full_use_refuses_instead_of_hanging(empty: str) -> None:
    db.engine().acquire_timeout = 0.1
    release = asyncio.Event()

    async def hold() -> None:
        async with db.transaction():
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(POOL)]
    await asyncio.sleep(0.1)
    with pytest.raises(db.DatabaseAway):
        await db.fetch_value("SELECT 1")
    release.set()
    await asyncio.gather(*holders)
    await whole_pool_works()


async def test_a_server_that_is_not_there_is_away_whatever_way_we_ask(tmp_path: Path) -> None:
    for dsn in (f"postgresql://tuyen@/tuyen?host={tmp_path}", "postgresql://tuyen@127.0.0.1:1/tuyen"):
        db.bind(db.create_engine(dsn))
        with pytest.raises(db.DatabaseAway):
            await db.open_pool()
        with pytest.raises(db.DatabaseAway):
            await db.fetch("SELECT 1")
        with pytest.raises(db.DatabaseAway):
            async with db.transaction():
                pass
    db.bind(None)


async def test_an_error_of_the_operating_system_inside_a_transaction_is_not_mistaken_for_the_database(
    empty: str,
) -> None:
    with pytest.raises(FileNotFoundError):
        async with db.transaction():
            raise FileNotFoundError("/nowhere/at/all")
    await whole_pool_works()
