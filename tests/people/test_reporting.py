"""The reporting line: who stands below whom, from which day, and never in a circle."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core import clock
from backend.core.database import execute, fetch_value
from backend.people import queries
from backend.people.access import Actor, scope, sees
from backend.people.errors import ReportingCycle
from backend.people.queries_actor import load_actor
from backend.people.queries_seats import holders
from backend.people.users import create_position, grant_position, move_position

pytestmark = pytest.mark.anyio


async def test_a_manager_sees_the_people_below_and_a_rep_only_their_own(cast: SimpleNamespace) -> None:
    assert set(cast.lan.keys) == {3}
    assert {2, 3} <= set(cast.hung.keys) and not {4, 5} & set(cast.hung.keys)
    assert {4, 5} <= set(cast.ngoc.keys) and not {2, 3} & set(cast.ngoc.keys)


async def test_a_move_changes_who_sees_from_its_day_at_midnight_company_time(cast: SimpleNamespace) -> None:
    monday = clock.today() + timedelta(days=7)
    await move_position(3, 4, since=monday, actor=cast.an)
    midnight = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) - timedelta(hours=7)
    with clock.at(midnight - timedelta(seconds=5)):
        assert 3 in (await load_actor("hung")).keys and 3 not in (await load_actor("ngoc")).keys
    with clock.at(midnight + timedelta(seconds=1)):
        assert 3 not in (await load_actor("hung")).keys and 3 in (await load_actor("ngoc")).keys


async def test_a_circle_is_refused_also_one_that_closes_later(cast: SimpleNamespace) -> None:
    today = clock.today()
    with pytest.raises(ReportingCycle):
        await move_position(2, 3, since=today, actor=cast.an)
    await move_position(4, 3, since=today + timedelta(days=10), actor=cast.an)
    with pytest.raises(ReportingCycle):
        await move_position(2, 5, since=today, actor=cast.an)


async def test_any_depth_is_seen(cast: SimpleNamespace) -> None:
    today = clock.today()
    parent = 3
    for level in range(12):
        parent = await create_position(name=f"level {level}", kind="team", parent_id=parent, since=today)
    assert parent in (await load_actor("hung")).keys


async def test_a_grant_ends_on_its_day(cast: SimpleNamespace) -> None:
    today = clock.today()
    await grant_position(cast.bob.user_id, 3, since=today, until=today + timedelta(days=2), actor=cast.an)
    assert 3 in (await load_actor("bob")).keys
    with clock.at(clock.now() + timedelta(days=2)):
        assert 3 not in (await load_actor("bob")).keys


async def test_holders_are_those_of_today_and_say_who_has_left(cast: SimpleNamespace) -> None:
    today = clock.today()
    empty = await create_position(name="Tuyến mới", kind="team", parent_id=2, since=today)
    await grant_position(cast.bob.user_id, 3, since=today, until=today + timedelta(days=2), actor=cast.an)
    await execute("UPDATE users SET active = false WHERE id = $1", cast.lan.user_id)
    unknown = 99_999
    held = await holders([3, empty, unknown, 3])
    assert set(held) == {3, empty} and held[empty] == ("Tuyến mới", [])
    bob, lan = (cast.bob.user_id, cast.bob.name, True), (cast.lan.user_id, cast.lan.name, False)
    assert held[3].people == sorted([bob, lan], key=lambda one: one[1])
    [seen] = [row for row in await queries.list_positions(actor=cast.hung) if row.id == 3]
    assert cast.lan.name in seen.holders, "until her seat is ended"
    with clock.at(clock.now() + timedelta(days=2)):
        assert (await holders([3]))[3].people == [lan]


async def test_a_manager_lists_only_people_of_their_own_line(cast: SimpleNamespace) -> None:
    logins = {row["login"] for row in await queries.list_users(actor=cast.hung)}
    assert "lan" in logins and not {"bob", "ngoc", "mai", "an"} & logins
    assert {row.id for row in await queries.list_positions(actor=cast.hung)} == set(cast.hung.keys)


async def test_the_audit_trail_refuses_to_be_rewritten(cast: SimpleNamespace) -> None:
    from asyncpg import PostgresError

    from backend.core import audit
    from backend.core.database import transaction

    await audit.record("user", cast.lan.user_id, "test", actor_id=cast.an.user_id, details={"n": 1})
    for statement in ("UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(PostgresError):
            async with transaction():
                await execute(statement)
    assert await audit.faults() == []
    await execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
    await execute("UPDATE audit SET details = '{\"n\": 2}' WHERE action = 'test'")
    assert len(await audit.faults()) == 1
    assert await fetch_value("SELECT count(*) FROM audit WHERE action = 'test'") == 1


@settings(max_examples=50, deadline=None)
@given(keys=st.lists(st.integers(1, 50), max_size=8), key=st.integers(1, 60))
def test_scope_in_sql_and_sight_in_python_agree(keys: list[int], key: int) -> None:
    from uuid import UUID

    actor = Actor(user_id=UUID(int=1), login="x", name="x", language="vi", roles=frozenset({"rep"}), keys=tuple(keys))
    predicate, arguments = scope(actor, "k", 3)
    assert predicate == "k = ANY($3::int[])" and sees(actor, key) == (key in arguments[0])
