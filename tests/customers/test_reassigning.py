"""Handing customers over: all or none, from a day on, history kept, both sides told."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import clock
from backend.core.database import execute, execute_many, fetch, fetch_value, in_transaction
from backend.core.errors import Malformed, NotAllowed, NotVisible
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.customers.errors import PositionUnknown
from backend.customers.reassigning import apply_due, reassign
from backend.people.access import Actor
from backend.people.queries_actor import load_actor
from tests.customers.makers import make_customer

pytestmark = pytest.mark.anyio


async def hand_over(ids: list[Any], to: int, actor: Actor, **more: Any) -> Any:
    return await in_transaction(lambda: reassign(ids, to, actor=actor, **more))


async def holder_of(customer_id: Any) -> int:
    return int(await fetch_value("SELECT position_id FROM customers WHERE id = $1", customer_id))


async def test_today_moves_at_once_keeps_history_and_tells_both_reps(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    await execute("UPDATE customer_assignments SET from_on = from_on - 30")
    done = await hand_over([made.id], 5, cast.an)
    assert (done.moved, done.now, await holder_of(made.id)) == (1, True, 5)
    history = await fetch("SELECT position_id, until_on FROM customer_assignments ORDER BY from_on")
    assert [tuple(row) for row in history] == [(3, clock.today()), (5, None)]
    told = {row["user_id"]: row["kind"] for row in await fetch("SELECT user_id, kind FROM notices")}
    assert told == {cast.lan.user_id: "customers.reassigned", cast.bob.user_id: "customers.received"}


async def test_a_coming_day_changes_nothing_until_it_comes(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    monday = clock.today() + timedelta(days=5)
    await hand_over([made.id], 5, cast.an, on=monday)
    await in_transaction(apply_due)
    assert await holder_of(made.id) == 3
    with clock.at(clock.now() + timedelta(days=5)):
        await run_now("customers.hand-over", {})
        await run_now("customers.hand-over", {})
    assert await holder_of(made.id) == 5
    assert await fetch_value("SELECT execute_after > now() FROM pgqueuer WHERE entrypoint = 'customers.hand-over'")


async def test_a_planned_hand_over_can_be_replaced(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    later = clock.today() + timedelta(days=9)
    await hand_over([made.id], 5, cast.an, on=later)
    await hand_over([made.id], 7, cast.an, on=later - timedelta(days=3))
    with clock.at(clock.now() + timedelta(days=20)):
        await in_transaction(apply_due)
    assert await holder_of(made.id) == 7
    rows = await fetch("SELECT position_id, until_on FROM customer_assignments ORDER BY from_on")
    assert [row["position_id"] for row in rows] == [3, 7] and rows[-1]["until_on"] is None


async def test_one_customer_out_of_sight_refuses_them_all(cast: SimpleNamespace) -> None:
    mine, foreign = await make_customer(cast.lan), await make_customer(cast.bob, "Bob")
    for strange in (foreign.id, new_id()):
        with pytest.raises(NotVisible):
            await hand_over([mine.id, strange], 2, cast.hung)
    assert await holder_of(mine.id) == 3


async def test_only_managers_hand_over_within_their_own_people_and_not_yesterday(
    cast: SimpleNamespace,
) -> None:
    made = await make_customer(cast.lan)
    with pytest.raises(NotAllowed):
        await hand_over([made.id], 3, cast.lan)
    with pytest.raises(PositionUnknown):
        await hand_over([made.id], 5, cast.hung)
    with pytest.raises(PositionUnknown):
        await hand_over([made.id], 99, cast.an)
    with pytest.raises(Malformed):
        await hand_over([made.id], 2, cast.hung, on=clock.today() - timedelta(days=1))
    assert (await hand_over([made.id], 2, cast.hung)).moved == 1


async def test_five_hundred_change_hands_in_a_handful_of_statements(cast: SimpleNamespace) -> None:
    ids = [new_id() for _ in range(500)]
    await execute_many(
        "INSERT INTO customers (id, code, name, position_id) VALUES ($1, $2, 'Khách', 3)",
        [(one, f"KH{one.hex[-10:]}") for one in ids],
    )
    assert (await hand_over(ids, 5, cast.an)).moved == 500
    assert await fetch_value("SELECT count(*) FROM customers WHERE position_id = 5") == 500
    assert await fetch_value("SELECT count(*) FROM audit WHERE action = 'customer.reassign'") == 500
    assert (await hand_over(ids, 5, cast.an)).moved == 0


async def test_the_former_rep_sees_the_customer_no_longer(cast: SimpleNamespace, client_for: Any) -> None:
    made = await make_customer(cast.lan)
    lan = await client_for(cast.lan)
    assert (await lan.get(f"/customers/{made.id}")).status_code == 200
    await hand_over([made.id], 5, cast.an)
    unknown = (await lan.get(f"/customers/{new_id()}")).json()
    gone = await lan.get(f"/customers/{made.id}")
    assert gone.status_code == 404 and gone.json() == unknown
    assert (await load_actor("bob")).keys
