"""For how long a price told offline stands, by role: at both sides of the window, the widest of one's roles."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from backend.core import clock
from backend.core.ids import new_id
from backend.core.settings import settings, using
from backend.orders.placing import place_order
from backend.terms.honouring import hours_of
from tests.orders.promising import as_the_phone_shows, reprice
from tests.orders.shop import Shop

pytestmark = pytest.mark.anyio
WINDOWS = "/terms/honour-hours"


async def let_stand(client: Any, role: str, hours: int | None) -> dict[str, Any]:
    """Set a role's window as the screen does."""
    rows = {one["role"]: one for one in (await client.get(WINDOWS)).json()["roles"]}
    answer = await client.patch(f"{WINDOWS}/{role}", json={"expected_version": rows[role]["version"], "hours": hours})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told(shop: Shop, cast: SimpleNamespace, after: timedelta, *, item: Any, customer: Any) -> str:
    """How an order stands that arrives so long after its book was given; the price has changed meanwhile."""
    one = await as_the_phone_shows(cast.lan, customer, (item, "1"))
    start = clock.now()
    await reprice(item, 1000 + int(str(start.microsecond)[-3:]) + 1)
    with clock.at(start + after):
        placed = await place_order(
            msgspec.structs.replace(one, id=new_id()), actor=cast.lan, client_at=start + timedelta(minutes=1)
        )
    return placed.holds[0].code if placed.holds else str(placed.state)


async def test_a_role_without_a_window_of_its_own_has_the_default_at_both_sides(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    item, customer = await shop.item(price="900"), await shop.customer()
    hours = settings().honour_hours
    assert hours == 72
    near, far = timedelta(hours=hours, minutes=-1), timedelta(hours=hours, minutes=1)
    assert await told(shop, cast, near, item=item, customer=customer) == "confirmed"
    assert await told(shop, cast, far, item=item, customer=customer) == "OLD_PRICE"


async def test_a_roles_own_window_holds_at_both_sides_and_is_given_back(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    item, customer = await shop.item(price="900"), await shop.customer()
    shown = await let_stand(an, "rep", 24)
    assert shown["default"] == 72
    assert [(one["role"], one["hours"]) for one in shown["roles"]] == [("rep", 24), ("manager", None), ("admin", None)]
    minutes = timedelta(minutes=1)
    day = timedelta(hours=24)
    assert await told(shop, cast, day - minutes, item=item, customer=customer) == "confirmed"
    assert await told(shop, cast, day + minutes, item=item, customer=customer) == "OLD_PRICE"
    await let_stand(an, "rep", 0)  # never, which is not the same as not set
    assert await told(shop, cast, minutes, item=item, customer=customer) == "OLD_PRICE"
    await let_stand(an, "rep", None)
    assert await told(shop, cast, day + minutes, item=item, customer=customer) == "confirmed"


async def test_the_widest_window_of_ones_roles_counts(cast: SimpleNamespace, client_for: Any) -> None:
    an = await client_for(cast.an)
    await let_stand(an, "rep", 24)
    await let_stand(an, "manager", 48)
    await let_stand(an, "admin", 12)

    async def of(*roles: str) -> int:
        return await hours_of(actor=msgspec.structs.replace(cast.lan, roles=frozenset(roles)))

    assert [await of("rep"), await of("manager"), await of("rep", "manager"), await of("rep", "admin")] == [
        24, 48, 48, 24
    ]  # fmt: skip
    assert await of("rep", "accountant") == 24  # who sells nothing has no window to lend
    await let_stand(an, "admin", None)
    assert await of("rep", "admin") == 72  # the default is the widest
    with using(honour_hours=6):
        assert await of("rep", "admin") == 24


async def test_a_window_is_refused_out_of_range_for_unknown_roles_and_from_an_old_copy(
    cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    for hours in (-1, 721, 1.5, "day"):
        answer = await an.patch(f"{WINDOWS}/rep", json={"expected_version": 1, "hours": hours})
        assert answer.status_code == 422, hours
    assert 400 <= (await an.patch(f"{WINDOWS}/guard", json={"expected_version": 1, "hours": 1})).status_code < 500
    stale = await an.patch(f"{WINDOWS}/rep", json={"expected_version": 7, "hours": 1})
    assert (stale.status_code, stale.json()["current"]) == (412, 1)
