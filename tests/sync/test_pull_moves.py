"""What a pull gives when customers move between people and rows leave."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import pytest

from backend.core import clock
from backend.core.database import execute, fetch_value, transaction
from backend.core.errors import Malformed
from sync import cursor as cursors
from sync.epoch import begin_new_epoch, compact
from sync.protocol import PullAsk
from sync.pull import pull
from tests.sync.phone import BOB, HUNG, LAN, Phone, make_customer, make_visit, reassign, with_keys


async def test_a_grant_lost_in_the_middle_of_its_first_sync_leaves_nothing_behind(cast: SimpleNamespace) -> None:
    for _ in range(3):
        customer = await make_customer(BOB)
        await make_visit(customer, cast.bob.user_id)
    phone = Phone(cast.lan, limit=2)
    await phone.sync()
    held = phone.versions()
    phone.actor = with_keys(cast.lan, LAN, BOB)
    await phone.page()
    await phone.page()
    assert phone.ids("customer")
    phone.actor = cast.lan
    await phone.sync()
    assert phone.versions() == held
    phone.actor = with_keys(cast.lan, LAN, BOB)
    await phone.sync()
    assert len(phone.ids("customer")) == 3 and len(phone.ids("visit")) == 3


async def test_rows_written_between_two_pages_of_a_first_sync_are_not_missed(cast: SimpleNamespace) -> None:
    customers = sorted([await make_customer(LAN) for _ in range(4)])
    for customer in customers:
        await make_visit(customer, cast.lan.user_id)
    phone = Phone(cast.hung, limit=3)
    await phone.page()
    added = await make_visit(customers[0], cast.lan.user_id)
    await reassign(customers[-1], BOB)
    fresh = await make_customer(HUNG)
    await reassign(customers[0], HUNG)
    await phone.sync()
    check = Phone(cast.hung)
    await check.sync()
    assert phone.versions() == check.versions()
    assert added in phone.ids("visit") and fresh in phone.ids("customer")


async def test_a_transaction_left_open_across_pulls_loses_nothing_and_repeats_nothing(
    cast: SimpleNamespace, database: str
) -> None:
    """The early writer commits last: a cursor that is a number would have passed it by."""
    customer = await make_customer(LAN)
    other = await make_customer(LAN)
    phone = Phone(cast.lan)
    await phone.sync()
    slow = await asyncpg.connect(database)
    try:
        opened = slow.transaction()
        await opened.start()
        late = UUID(int=7)
        await slow.execute(
            "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'visit', now())",
            late, other, cast.lan.user_id,
        )  # fmt: skip
        seen = []
        for _ in range(4):
            visit = await make_visit(customer, cast.lan.user_id)
            page = (await phone.sync())[0]
            seen.append([UUID(key) for up in page["up"] for key in up["v"][up["cols"].index("id")]])
            assert seen[-1] == [visit], "each change comes once although a transaction is open"
        await opened.commit()
    finally:
        await slow.close()
    await phone.sync()
    assert late in phone.ids("visit") and len(phone.ids("visit")) == 5
    assert not (await phone.sync())[0].get("up")


async def test_many_writers_at_once_and_a_polling_phone_end_with_the_same_rows(cast: SimpleNamespace) -> None:
    customers = [await make_customer(LAN) for _ in range(4)]
    phone = Phone(cast.lan, limit=5)
    await phone.sync()

    async def write(customer: UUID) -> None:
        for turn in range(12):
            async with transaction():
                await make_visit(customer, cast.lan.user_id)
                await asyncio.sleep(0.002 * (turn % 3))
                await execute("UPDATE visits SET version = version + 1 WHERE customer_id = $1", customer)

    writers = [asyncio.create_task(write(customer)) for customer in customers]
    while not all(writer.done() for writer in writers):
        await phone.page()
    await asyncio.gather(*writers)
    await phone.sync()
    check = Phone(cast.lan)
    await check.sync()
    assert phone.versions() == check.versions() and len(phone.ids("visit")) == 48


async def test_a_visit_written_while_its_customer_changes_hands_gets_the_new_key(
    cast: SimpleNamespace, database: str
) -> None:
    """The race the row lock is there for: both orders of commit, the visit must end under the customer's key."""
    customer = await make_customer(LAN)
    for first_writes_visit in (True, False):
        one, two = await asyncpg.connect(database), await asyncpg.connect(database)
        target = BOB if first_writes_visit else LAN
        visit = (
            """INSERT INTO visits (id, customer_id, user_id, purpose, started_at)
               VALUES (gen_random_uuid(), $1, $2, 'v', now())""",
            customer, cast.lan.user_id,
        )  # fmt: skip
        move = ("UPDATE customers SET position_id = $2 WHERE id = $1", customer, target)
        try:
            opened = one.transaction()
            await opened.start()
            await one.execute(*(visit if first_writes_visit else move))
            waiting = asyncio.create_task(two.execute(*(move if first_writes_visit else visit)))
            await asyncio.sleep(0.1)
            assert not waiting.done(), "the second waits for the first"
            await opened.commit()
            await waiting
        finally:
            await one.close()
            await two.close()
        keys = await fetch_value("SELECT array_agg(DISTINCT key) FROM sync_rows WHERE root = $1", customer)
        assert keys == [target]


async def test_customers_cannot_change_hands_where_rows_added_meanwhile_would_stay_unseen(
    cast: SimpleNamespace,
) -> None:
    customer = await make_customer(LAN)
    with pytest.raises(asyncpg.PostgresError, match="READ COMMITTED"):
        async with transaction(isolation="repeatable_read"):
            await reassign(customer, BOB)


async def test_history_older_than_the_window_stays_in_the_office_but_open_work_comes(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    long_ago = clock.now() - timedelta(days=400)
    old, fresh = await make_visit(customer, cast.lan.user_id, long_ago), await make_visit(customer, cast.lan.user_id)
    phone = Phone(cast.lan)
    page = (await phone.sync())[0]
    assert page["window"] == {"history": 180}
    assert phone.ids("visit") == {fresh} and old not in phone.ids("visit")


async def test_a_restored_database_starts_every_phone_over(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    phone = Phone(cast.lan)
    await phone.sync()
    phone.rows["customer"]["ghost"] = (1, None, {})
    await begin_new_epoch()
    page = (await phone.sync())[0]
    assert page["reset"] and phone.ids("customer") == {customer}
    assert not (await phone.sync())[0].get("up"), "stamps of the old life are not sent again and again"


async def test_a_copy_of_the_database_notices_by_itself_that_it_lives_elsewhere(cast: SimpleNamespace) -> None:
    phone = Phone(cast.lan)
    await phone.sync()
    await execute("UPDATE sync_meta SET life = 'elsewhere'")
    assert (await phone.sync())[0]["reset"]
    assert "reset" not in (await phone.sync())[0]


async def test_a_cursor_older_than_the_oldest_tombstone_starts_over(cast: SimpleNamespace) -> None:
    phone = Phone(cast.lan)
    await phone.sync()
    await make_customer(LAN)
    await execute("UPDATE sync_meta SET floor = pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    await make_customer(LAN)
    assert (await phone.sync())[0]["reset"]
    assert len(phone.ids("customer")) == 2


@pytest.mark.parametrize(
    "cursor",
    ["x", "e30", "////", "a" * 5000, "eyJlIjoiYSIsInMiOiIxIn0", "eyJlIjoiYSIsInMiOiI5OjE6In0"],
)
async def test_a_cursor_this_office_cannot_have_made_is_refused(cast: SimpleNamespace, cursor: str) -> None:
    with pytest.raises(Malformed):
        await pull(PullAsk(cursor=cursor), actor=cast.lan)


async def test_a_foreign_cursor_grants_nothing(cast: SimpleNamespace) -> None:
    theirs = await make_customer(BOB)
    bob, lan = Phone(cast.bob), Phone(cast.lan)
    await bob.sync()
    lan.cursor = bob.cursor
    await make_visit(theirs, cast.bob.user_id)
    await lan.sync()
    assert not lan.ids("customer") and not lan.ids("visit")


def test_keys_of_many_positions_are_written_as_their_differences() -> None:
    cursor = cursors.Cursor(e="a", s="10:10:")
    cursor.hold({0, *range(1000, 1600)})
    read = cursors.read(cursors.write(cursor))
    assert read.keys() == {0, *range(1000, 1600)}
    assert len(cursors.write(cursor)) < 2_000


async def test_digest_of_the_office_counts_what_the_phone_holds(cast: SimpleNamespace) -> None:
    await make_customer(LAN)
    phone = Phone(cast.lan)
    await phone.sync()
    answer = await pull(PullAsk(cursor=phone.cursor, digest=True), actor=cast.lan)
    mark = 0
    for key, row in phone.rows["customer"].items():
        mark ^= (int(key.replace("-", "")[-12:], 16) + row[0] * 2654435761) % 2**48
    assert answer.digest is not None
    assert answer.digest["customer"] == (1, mark)


async def test_tombstones_of_half_a_year_ago_are_forgotten_and_cursors_older_than_them_start_over(
    cast: SimpleNamespace,
) -> None:
    customer = await make_customer(LAN)
    visit = await make_visit(customer, cast.lan.user_id)
    old = Phone(cast.lan)
    await old.sync()
    await execute("DELETE FROM visits WHERE id = $1", visit)
    with clock.at(clock.now() - timedelta(days=200)):
        assert await compact() == 0, "the first look only remembers how far the transactions are"
    young = Phone(cast.lan)
    await young.sync()
    assert await compact() == 1
    assert await fetch_value("SELECT count(*) FROM sync_rows WHERE del") == 0
    assert (await old.sync())[0].get("reset") and not old.ids("visit")
    assert "reset" not in (await young.sync())[0]
