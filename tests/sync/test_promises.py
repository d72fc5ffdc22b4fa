"""Promises the random histories reach too seldom: hundreds of customers at once, months between two tries, a backup."""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from backend.core import clock
from backend.core import database as db
from backend.core.database import execute, fetch_value, transaction
from backend.core.ids import new_id
from backend.core.settings import settings
from backend.customers.reassigning import apply_due
from backend.customers.reassigning import reassign as hand_over
from backend.people.queries_actor import load_actor
from sync.epoch import compact
from sync.push import push
from tests.conftest import _administer, dsn_of
from tests.makers import currencies
from tests.sync.handing import expense, subject, visit
from tests.sync.phone import BOB, LAN, NGOC, Phone, make_customer, make_visit, reassign


async def many(count: int, actor: Any) -> list[Any]:
    """So many customers of Lan's with three visits each, in two statements."""
    made = [new_id() for _ in range(count)]
    await execute(
        """INSERT INTO customers (id, code, name, position_id)
           SELECT id, left(id::text, 8) || right(id::text, 12), 'x', 3 FROM unnest($1::uuid[]) AS n (id)""",
        made,
    )
    await execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at)
           SELECT gen_random_uuid(), c.id, $1, 'x', now() FROM customers c, generate_series(1, 3)""",
        actor.user_id,
    )
    return made


async def statements(work: Any) -> int:
    """How many statements a piece of work sends in one transaction."""
    sent: list[str] = []
    async with transaction() as opened:
        with opened.connection.query_logger(lambda record: sent.append(record.query)):
            await work
    return len(sent)


async def test_five_hundred_customers_change_hands_in_as_few_statements_as_one_and_one_pull_each(
    cast: SimpleNamespace,
) -> None:
    customers = await many(520, cast.lan)
    lan, bob, ngoc, hung = (Phone(actor, limit=5_000) for actor in (cast.lan, cast.bob, cast.ngoc, cast.hung))
    for phone in (lan, bob, ngoc, hung):
        await phone.sync()
    _, one, rest = [
        await statements(hand_over(some, BOB, actor=cast.an))  # the first time the driver asks about types as well
        for some in (customers[:1], customers[1:2], customers[2:501])
    ]
    assert rest == one <= 12
    assert await fetch_value("SELECT count(DISTINCT seq) FROM sync_moves") == 3
    for phone in (lan, bob, ngoc, hung):
        (page,) = await phone.sync()
        assert len(page.get("drop", [])) == (501 if phone in (lan, hung) else 0)
    kept, gone = set(customers[501:]), set(customers[:501])
    assert lan.ids("customer") == hung.ids("customer") == kept and len(lan.ids("visit")) == 3 * len(kept)
    assert bob.ids("customer") == ngoc.ids("customer") == gone and len(bob.ids("visit")) == 3 * len(gone)


async def test_a_pull_sends_as_many_statements_for_a_thousand_rows_as_for_ten(cast: SimpleNamespace) -> None:
    counts = []
    for count in (3, 3, 300):
        await many(count, cast.lan)
        counts.append(await _pull_statements(Phone(cast.lan, limit=5_000)))
    assert counts[1] == counts[2] <= 14, "the first time the driver asks about types as well"


async def _pull_statements(phone: Phone) -> int:
    sent: list[str] = []
    pool = db.engine().pool
    connections = [await pool.acquire() for _ in range(pool.get_size())]
    for connection in connections:
        connection.add_query_logger(lambda record: sent.append(record.query))
    for connection in connections:
        await pool.release(connection, timeout=5)
    await phone.sync()
    return len(sent)


async def test_a_hand_over_of_tomorrow_happens_at_the_companys_midnight(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    made = await make_visit(customer, cast.lan.user_id)
    lan, bob = Phone(cast.lan), Phone(cast.bob)
    tomorrow = clock.today() + timedelta(days=1)
    await hand_over([customer], BOB, tomorrow, actor=cast.an)
    midnight = datetime.combine(tomorrow, time(), ZoneInfo(settings().time_zone))
    for moment, holder, other in (
        (midnight - timedelta(seconds=1), lan, bob),
        (midnight + timedelta(seconds=1), bob, lan),
    ):
        with clock.at(moment):
            await apply_due()
            for phone in (lan, bob):
                assert len(await phone.sync()) == 1
        assert holder.ids("customer") == {customer} and holder.ids("visit") == {made}
        assert not other.ids("customer") and not other.ids("visit")


@pytest.mark.parametrize(("days", "late"), [(29, True), (31, False)])
async def test_a_rep_whose_position_was_taken_away_may_still_hand_in_for_thirty_days(
    cast: SimpleNamespace, days: int, late: bool
) -> None:
    customer = await make_customer(LAN)
    ended = clock.today() - timedelta(days=days)
    await execute("UPDATE position_grants SET valid_to = $2 WHERE user_id = $1", cast.lan.user_id, ended)
    one = visit(customer)
    (ack,) = await push([one], actor=await load_actor("lan"))
    assert (ack.st == "applied") == late
    assert not late or ack.result["late"] is True


async def test_a_manager_whose_line_lost_a_territory_may_still_hand_in_what_he_did_there(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    await execute(
        "UPDATE reporting_lines SET valid_to = $1 WHERE position_id = $2", clock.today() - timedelta(days=5), LAN
    )
    await execute(
        "INSERT INTO reporting_lines (position_id, parent_id, valid_from) VALUES ($1, $2, $3)",
        LAN, NGOC, clock.today() - timedelta(days=5),
    )  # fmt: skip
    hung, ngoc = await load_actor("hung"), await load_actor("ngoc")
    assert LAN not in hung.keys and LAN in ngoc.keys
    one = visit(customer)
    (ack,) = await push([one], actor=hung)
    assert ack.st == "applied" and ack.result["late"] is True
    phones = {name: Phone(actor) for name, actor in (("hung", hung), ("ngoc", ngoc), ("lan", cast.lan))}
    for phone in phones.values():
        await phone.sync()
    assert not phones["hung"].ids("visit")
    assert phones["ngoc"].ids("visit") == phones["lan"].ids("visit") == {subject(one)}


async def test_work_of_a_customer_lost_while_the_phone_was_away_is_judged_when_it_comes_and_never_dropped(
    cast: SimpleNamespace,
) -> None:
    """There and back and there again: what counts is that the customer was the rep's within the thirty days."""
    customer = await make_customer(LAN)
    phone = Phone(cast.lan)
    await phone.sync()
    written = [visit(customer) for _ in range(3)]
    for position in (BOB, LAN, BOB):
        await reassign(customer, position)
    await phone.sync()
    assert not phone.ids("customer")
    acks = await push(written, actor=cast.lan)
    assert [(ack.st, ack.result["late"]) for ack in acks] == [("applied", True)] * 3


async def test_a_retry_a_month_or_ninety_days_later_finds_the_answer_of_the_first_time(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    batch = [visit(customer), visit(new_id())]
    start, first = clock.now(), await push(batch, actor=cast.lan)
    for days in (30, 90, 360):
        with clock.at(start + timedelta(days=days)):
            await compact()
            again = await push(batch, actor=cast.lan)
            assert [ack.dup for ack in again] == [True, True]
            assert [(ack.st, ack.result, ack.sig) for ack in again] == [(ack.st, ack.result, ack.sig) for ack in first]
    with clock.at(start + timedelta(days=370)):
        await compact()
        (ack, _) = await push(batch, actor=cast.lan)
    assert ack.st == "applied" and not ack.dup, "after a year only the row's own id is left to know it by"
    assert await fetch_value("SELECT count(*) FROM visits") == 1


async def test_two_tabs_and_a_second_phone_hand_in_the_same_work_at_once_and_it_happens_once(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    await currencies()
    customer = await make_customer()
    work = [visit(customer) if n % 2 else expense(customer_id=str(customer)) for n in range(12)]
    body = [msgspec.json.decode(msgspec.json.encode(one)) for one in work]
    first, second = await client_for(cast.lan), await client_for(cast.lan)
    devices = [str(new_id()), str(new_id())]
    answers = await asyncio.gather(
        *(
            client.post("/sync", json={"v": 1, "device": device, "push": body[::step]})
            for client, device, step in ((first, devices[0], 1), (first, devices[0], -1), (second, devices[1], 1))
        )
    )
    said = [{ack["id"]: {**ack, "dup": True} for ack in answer.json()["acks"]} for answer in answers]
    assert said[0] == said[1] == said[2] and {ack["st"] for ack in said[0].values()} == {"applied"}
    assert await fetch_value("SELECT count(*) FROM visits") + await fetch_value("SELECT count(*) FROM expenses") == 12
    assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'mutation'") == 12


async def test_after_a_backup_is_restored_phones_start_over_and_what_it_lacks_can_be_handed_in_again(
    cast: SimpleNamespace, server: str, database: str
) -> None:
    customer = await make_customer()
    phone, away = Phone(cast.lan), Phone(cast.lan)
    before, after = visit(customer), visit(customer)
    await push([before], actor=cast.lan)
    await phone.sync()
    await away.sync()
    here = await fetch_value("SELECT current_database()")
    backup = f"{here}_backup"
    await db.close_pool()
    await _administer(server, f"CREATE DATABASE {backup} TEMPLATE {here}")
    await db.open_pool()
    await push([after], actor=cast.lan)
    await reassign(customer, BOB)
    await reassign(customer, LAN)
    await phone.sync()
    assert phone.ids("visit") == {subject(before), subject(after)}
    await db.close_pool()
    db.bind(db.create_engine(dsn_of(server, backup), pool_size=4))
    await db.open_pool()
    try:
        for one in (phone, away):
            pages = await one.sync()
            assert pages[0]["reset"] and one.ids("visit") == {subject(before)}, "the truth is the backup's now"
        acks = await push([before, after], actor=cast.lan)
        assert [(ack.st, ack.dup) for ack in acks] == [("applied", True), ("applied", False)]
        await phone.sync()
        assert phone.ids("visit") == {subject(before), subject(after)}
    finally:
        await db.close_pool()
        await _administer(server, f"DROP DATABASE {backup} WITH (FORCE)")
        db.bind(db.create_engine(database, pool_size=12))
        await db.open_pool()


async def test_a_customer_cannot_be_handed_over_twice_at_once(cast: SimpleNamespace, database: str) -> None:
    """Two managers at the same moment: one after the other, and every phone agrees with the last."""
    customer = await make_customer(LAN)
    phones = [Phone(actor) for actor in (cast.lan, cast.bob, cast.ngoc)]
    for phone in phones:
        await phone.sync()
    one, two = await asyncpg.connect(database), await asyncpg.connect(database)
    try:
        sql = "UPDATE customers SET position_id = $2, version = version + 1 WHERE id = $1"
        opened = one.transaction()
        await opened.start()
        await one.execute(sql, customer, BOB)
        waiting = asyncio.create_task(two.execute(sql, customer, NGOC))
        await asyncio.sleep(0.05)
        await opened.commit()
        await waiting
    finally:
        await one.close()
        await two.close()
    for phone in phones:
        await phone.sync()
    assert [bool(phone.ids("customer")) for phone in phones] == [False, False, True]
