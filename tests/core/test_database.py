"""Statements, transactions, savepoints and callbacks, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from piccolo.columns import JSONB, Integer, Varchar
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table

from backend.core import database as db
from tests.core.scratch import bound, scratch_database

pytestmark = pytest.mark.anyio


class Shelf(Table, tablename="shelf", db=db.DB):
    """A table of the test's own."""

    id = Integer(primary_key=True)
    name = Varchar()
    facts = JSONB(default=None, null=True)


@pytest.fixture(scope="module")
def scratch(server: str) -> Iterator[str]:
    """This file's database."""
    with scratch_database(server) as dsn:
        yield dsn


@pytest.fixture
async def empty(scratch: str) -> AsyncIterator[str]:
    """The one table `shelf` with nothing in it, bound with a pool of four."""
    tables = "CREATE TABLE shelf (id int PRIMARY KEY, name text NOT NULL DEFAULT '', facts jsonb)"
    async with bound(scratch, tables, pool_size=4) as dsn:
        yield dsn


async def put(number: int) -> None:
    await db.execute("INSERT INTO shelf (id) VALUES ($1)", number)


async def stored() -> list[int]:
    return [row["id"] for row in await db.fetch("SELECT id FROM shelf ORDER BY id")]


class Oops(Exception):
    """Raised on purpose."""


async def test_an_inner_transaction_that_fails_undoes_only_itself(empty: str) -> None:
    async with db.transaction():
        await put(1)
        with pytest.raises(Oops):
            async with db.transaction():
                await put(2)
                async with db.transaction():
                    await put(3)
                raise Oops
        async with db.transaction():
            await put(4)
    assert await stored() == [1, 4]


async def test_a_statement_that_fails_in_an_inner_transaction_leaves_the_outer_one_usable(empty: str) -> None:
    async with db.transaction():
        await put(1)
        with pytest.raises(asyncpg.UniqueViolationError):
            async with db.transaction():
                await put(1)
        await put(2)
    assert await stored() == [1, 2]


async def test_stock_piccolo_stores_what_a_failed_inner_transaction_wrote(empty: str) -> None:
    """Why we have our own: with the engine as delivered, the inner transaction is nothing at all."""
    stock = PostgresEngine(config={"dsn": empty})
    await stock.start_connection_pool(min_size=1, max_size=1)
    async with stock.transaction():
        await stock.run_ddl("INSERT INTO shelf (id) VALUES (1)")
        with pytest.raises(Oops):
            async with stock.transaction():
                await stock.run_ddl("INSERT INTO shelf (id) VALUES (2)")
                raise Oops
    await stock.close_connection_pool()
    assert await stored() == [1, 2]


async def test_piccolo_queries_and_plain_statements_share_one_transaction(empty: str) -> None:
    with pytest.raises(Oops):
        async with db.transaction():
            await put(1)
            await Shelf.insert(Shelf(id=2, name="two"))
            assert {row["id"] for row in await Shelf.select(Shelf.id)} == {1, 2}
            async with db.DB.transaction():  # Piccolo's own way in
                await Shelf.update({Shelf.name: "one"}).where(Shelf.id == 1)
            assert await db.fetch_value("SELECT name FROM shelf WHERE id = 1") == "one"
            raise Oops
    assert await stored() == []
    assert await Shelf.count() == 0


async def test_json_arrives_as_python_values_from_both_ways_of_asking(empty: str) -> None:
    await db.execute("INSERT INTO shelf (id, facts) VALUES (1, $1)", {"kệ": [1, None, "x"]})
    await Shelf.insert(Shelf(id=2, facts={"a": 1}))
    assert await db.fetch_value("SELECT facts FROM shelf WHERE id = 1") == {"kệ": [1, None, "x"]}
    rows = await Shelf.select(Shelf.facts).order_by(Shelf.id)
    assert [row["facts"] for row in rows] == [{"kệ": [1, None, "x"]}, {"a": 1}]


async def test_rows_are_stored_all_or_none_by_execute_many(empty: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute_many("INSERT INTO shelf (id) VALUES ($1)", [(1,), (2,), (1,)])
    assert await stored() == []
    await db.execute_many("INSERT INTO shelf (id) VALUES ($1)", [(1,), (2,)])
    row = await db.fetch_row("SELECT count(*) AS n, max(id) AS top FROM shelf")
    assert (row["n"], row["top"]) == (2, 2)


async def test_callbacks_run_once_after_the_outermost_commit_and_not_for_what_was_undone(empty: str) -> None:
    told: list[str] = []

    def tell(word: str) -> None:
        async def callback() -> None:
            # From outside: a connection of its own sees what was committed, and no transaction is open.
            assert not db.engine().transaction_exists()
            told.append(f"{word} {await stored()}")

        db.after_commit(callback)

    async with db.transaction():
        tell("outer")
        await put(1)
        with pytest.raises(Oops):
            async with db.transaction():
                tell("undone")
                raise Oops
        async with db.transaction():
            tell("inner")
        assert told == []
    assert told == ["outer [1]", "inner [1]"]

    with pytest.raises(Oops):
        async with db.transaction():
            tell("never")
            raise Oops
    assert len(told) == 2


async def test_a_callback_that_fails_neither_undoes_the_commit_nor_stops_the_next_one(empty: str) -> None:
    told: list[int] = []

    async def bad() -> None:
        raise Oops

    async def good() -> None:
        told.append(1)

    async with db.transaction():
        await put(1)
        db.after_commit(bad)
        db.after_commit(good)
    assert (await stored(), told) == ([1], [1])


async def test_a_task_started_in_a_transaction_does_not_speak_on_its_connection_after_the_end(empty: str) -> None:
    ended = asyncio.Event()

    async def later() -> None:
        await ended.wait()
        await put(2)

    with pytest.raises(Oops):
        async with db.transaction():
            await put(1)
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
            raise Oops
    ended.set()
    await task
    assert await stored() == [2]


async def test_tasks_side_by_side_have_transactions_of_their_own(empty: str) -> None:
    both_in = asyncio.Barrier(2)

    async def one(number: int, fails: bool) -> None:
        async with db.transaction():
            await put(number)
            await both_in.wait()
            if fails:
                raise Oops

    results = await asyncio.gather(one(1, True), one(2, False), return_exceptions=True)
    assert isinstance(results[0], Oops)
    assert await stored() == [2]


async def test_a_read_only_snapshot_sees_nothing_newer_and_writes_nothing(empty: str) -> None:
    await put(1)
    async with db.transaction(isolation="repeatable_read", readonly=True):
        assert await stored() == [1]
        await asyncio.create_task(_put_outside(empty, 2))
        assert await stored() == [1]
        with pytest.raises(ValueError, match="outermost"):
            async with db.transaction(isolation="serializable"):
                pass
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with db.transaction(readonly=True):
            await put(3)
    assert await stored() == [1, 2]


async def _put_outside(dsn: str, number: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("INSERT INTO shelf (id) VALUES ($1)", number)
    await connection.close()


async def test_without_a_bound_database_the_message_says_what_is_missing() -> None:
    db.bind(None)
    with pytest.raises(RuntimeError, match="bind"):
        await db.fetch("SELECT 1")


async def test_computing_goes_on_while_the_database_works_and_both_are_in_one_transaction(empty: str) -> None:
    steps: list[int] = []

    async def statements() -> None:
        await db.fetch_value("SELECT pg_sleep(0.05)")
        assert steps == [1, 2, 3], "the computing did not wait"
        await db.execute("INSERT INTO shelf (id) VALUES (1)")

    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await db.meanwhile(statements(), (steps.append(n) for n in (1, 2, 3)))
            assert await db.fetch_value("SELECT count(*) FROM shelf") == 1
            raise ZeroDivisionError
    assert await db.fetch_value("SELECT count(*) FROM shelf") == 0


@pytest.mark.parametrize("fails", ["statements", "computing"])
async def test_whichever_of_the_two_fails_says_so_itself_and_leaves_a_connection_that_works(
    empty: str, fails: str
) -> None:
    async def statements() -> None:
        await db.execute("INSERT INTO shelf (id) VALUES (1)")
        await db.execute("SELECT 1 / 0" if fails == "statements" else "SELECT pg_sleep(60)")

    expected = asyncpg.DivisionByZeroError if fails == "statements" else ZeroDivisionError
    with pytest.raises(expected):
        async with db.transaction():
            await db.meanwhile(statements(), (1 // (n if fails == "computing" else 1) for n in (1, 0)))
    assert await db.fetch_value("SELECT count(*) FROM shelf") == 0
