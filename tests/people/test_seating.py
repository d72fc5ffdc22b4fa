"""Who sits where and who reports to whom, through the doors: from a day, until a day, and only below one's own seat."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import clock
from backend.core.database import fetch, fetch_value
from backend.core.ids import new_id
from backend.people.queries_actor import load_actor
from tests.customers.makers import make_customer
from tests.makers import pull

pytestmark = pytest.mark.anyio
COMPANY, HUNG, LAN, NGOC, BOB = 1, 2, 3, 4, 5


def day(days: int) -> str:
    return str(clock.today() + timedelta(days=days))


async def seats_of(client: Any) -> dict[int, dict[str, Any]]:
    answer = await client.get("/positions/seats")
    assert answer.status_code == 200
    return {one["id"]: one for one in answer.json()}


async def keys_in(login: str, days: int) -> set[int]:
    with clock.at(clock.now() + timedelta(days=days)):
        return set((await load_actor(login)).keys)


async def test_temporary_cover_begins_and_ends_by_itself_and_the_phone_follows(
    cast: SimpleNamespace, client_for: Any
) -> None:
    customer = str((await make_customer(cast.lan)).id)
    an = await client_for(cast.an)
    body = {"user_id": str(cast.bob.user_id), "from_on": day(2), "until_on": day(5)}
    answer = await an.post(f"/positions/{LAN}/seats", json=body)
    assert answer.status_code == 201, answer.text
    cursor = None
    for days, sees in ((0, False), (2, True), (4, True), (5, False)):
        assert (LAN in await keys_in("bob", days)) is sees
        with clock.at(clock.now() + timedelta(days=days)):
            held = await pull(await client_for("bob"), cursor)
            cursor = held["cursor"]
            assert (customer in held.get("customer", {})) is (days == 2), "it arrives on the day it begins"
    told = (await seats_of(an))[LAN]
    assert [(one["name"], one["until_on"]) for one in told["seats"]] == [(cast.lan.name, None), (cast.bob.name, day(5))]


async def test_a_seat_is_ended_from_a_day_and_one_not_begun_is_taken_away(
    cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    lans = (await seats_of(an))[LAN]["seats"][0]["id"]
    assert (await an.post(f"/positions/seats/{lans}/ending", json={"on": day(3)})).json() == {"id": lans}
    assert LAN in await keys_in("lan", 2) and LAN not in await keys_in("lan", 3)
    body = {"user_id": str(cast.lan.user_id), "from_on": day(9)}
    planned = (await an.post(f"/positions/{BOB}/seats", json=body)).json()["id"]
    assert (await an.post(f"/positions/seats/{planned}/ending", json={"on": day(0)})).json() == {"id": None}
    assert not await keys_in("lan", 12)
    with clock.at(clock.now() + timedelta(days=4)):
        again = await (await client_for(cast.an)).post(f"/positions/seats/{lans}/ending", json={"on": day(5)})
    assert (again.status_code, again.json()["code"]) == (409, "seat-over")


async def test_a_seat_that_began_today_lasts_the_day_so_that_its_work_is_still_known(
    cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    body = {"user_id": str(cast.bob.user_id), "from_on": day(0)}
    grant = (await an.post(f"/positions/{LAN}/seats", json=body)).json()["id"]
    assert (await an.post(f"/positions/seats/{grant}/ending", json={"on": day(0)})).status_code == 422
    assert (await an.post(f"/positions/seats/{grant}/ending", json={"on": day(1)})).status_code == 200


async def test_nobody_sits_twice_in_one_place_and_not_yesterday(cast: SimpleNamespace, client_for: Any) -> None:
    an = await client_for(cast.an)
    lan = str(cast.lan.user_id)
    held = await an.post(f"/positions/{LAN}/seats", json={"user_id": lan, "from_on": day(4), "until_on": day(5)})
    assert (held.status_code, held.json()["code"]) == (409, "seat-held") and cast.lan.name in held.json()["title"]
    for body in (
        {"user_id": lan, "from_on": day(-1)},
        {"user_id": lan, "from_on": day(3), "until_on": day(3)},
        {"user_id": lan, "from_on": "2026-02-31"},
    ):
        assert (await an.post(f"/positions/{BOB}/seats", json=body)).status_code == 422, body
    assert (
        await an.post(f"/positions/{BOB}/seats", json={"user_id": str(new_id()), "from_on": day(0)})
    ).status_code == 404


async def test_a_line_moves_under_another_manager_from_a_day_and_the_plan_can_be_taken_back(
    cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    assert (await an.post(f"/positions/{LAN}/move", json={"parent_id": NGOC, "on": day(7)})).status_code == 204
    assert LAN in await keys_in("hung", 6) and LAN not in await keys_in("hung", 7)
    assert LAN in await keys_in("ngoc", 7)
    lines = (await seats_of(an))[LAN]["lines"]
    assert [(one["parent_id"], one["until_on"]) for one in lines] == [(HUNG, day(7)), (NGOC, None)]
    assert (await an.post(f"/positions/{LAN}/move", json={"parent_id": HUNG, "on": day(7)})).status_code == 204
    assert [one["parent_id"] for one in (await seats_of(an))[LAN]["lines"]] == [HUNG]
    assert LAN in await keys_in("hung", 30)
    ring = await an.post(f"/positions/{HUNG}/move", json={"parent_id": LAN, "on": day(1)})
    assert (ring.status_code, ring.json()["code"]) == (409, "reporting-cycle")
    assert (await an.post(f"/positions/{LAN}/move", json={"parent_id": NGOC, "on": day(-1)})).status_code == 422


async def test_a_manager_decides_below_his_own_seat_and_with_his_own_people(
    cast: SimpleNamespace, client_for: Any
) -> None:
    hung = await client_for(cast.hung)
    told = await seats_of(hung)
    assert set(told) == set(cast.hung.keys)
    assert {position: one["may_change"] for position, one in told.items()} == {HUNG: False, LAN: True}
    me = {"user_id": str(cast.hung.user_id), "from_on": day(1), "until_on": day(3)}
    assert (await hung.post(f"/positions/{LAN}/seats", json=me)).status_code == 201
    own = await hung.post(f"/positions/{HUNG}/seats", json={"user_id": str(cast.lan.user_id), "from_on": day(1)})
    assert own.status_code == 403
    assert (
        await hung.post(f"/positions/{LAN}/seats", json={**me, "user_id": str(cast.bob.user_id)})
    ).status_code == 404
    grants = {row["position_id"]: row["id"] for row in await fetch("SELECT id, position_id FROM position_grants")}
    absent = await hung.post(f"/positions/seats/{new_id()}/ending", json={"on": day(1)})
    strange = await hung.post(f"/positions/seats/{grants[BOB]}/ending", json={"on": day(1)})
    assert (strange.status_code, strange.text) == (absent.status_code, absent.text) and strange.status_code == 404
    assert (await hung.post(f"/positions/seats/{grants[HUNG]}/ending", json={"on": day(1)})).status_code == 403
    for position in (BOB, 99):
        assert (await hung.post(f"/positions/{position}/seats", json=me)).status_code == 404
        assert (
            await hung.post(f"/positions/{position}/move", json={"parent_id": HUNG, "on": day(1)})
        ).status_code == 404
    assert (await hung.post(f"/positions/{LAN}/move", json={"parent_id": NGOC, "on": day(1)})).status_code == 404


@pytest.mark.parametrize("login", ["lan", "mai", "tuan", "sau"])
async def test_reps_and_clerks_seat_nobody(cast: SimpleNamespace, client_for: Any, login: str) -> None:
    client = await client_for(login)
    assert (await client.get("/positions/seats")).status_code == 403
    body = {"user_id": str(cast.lan.user_id), "from_on": day(0)}
    assert (await client.post(f"/positions/{LAN}/seats", json=body)).status_code == 403
    assert (await client.post(f"/positions/{LAN}/move", json={"parent_id": NGOC, "on": day(1)})).status_code == 403
    assert await fetch_value("SELECT count(*) FROM audit WHERE action LIKE 'position.%'") == 0
