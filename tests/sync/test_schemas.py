"""Apps of several ages at one office: each gets the tables it knows, and the new ones when it has learned them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.core.database import execute
from sync import pull as pulling
from sync.protocol import PullAsk
from sync.tables import SYNCED, VISIT
from tests.orders.shop import lay_shop, place
from tests.sync.phone import LAN, Phone, make_customer, make_visit, unfold

OLD, TODAY = 1, 3


class Aged(Phone):
    """A phone whose app is of some age."""

    schema = OLD

    async def page(self) -> dict[str, Any]:
        ask = PullAsk(cursor=self.cursor, limit=self.limit)
        answer = await pulling.pull(ask, actor=self.actor, schema=self.schema)
        page: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
        self.apply(page)
        return page


@pytest.fixture
def visits_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if visits had been added two schemas after the first."""
    newer = replace(VISIT, since=TODAY)
    monkeypatch.setattr(pulling, "SYNCED", tuple(newer if synced is VISIT else synced for synced in SYNCED))


@pytest.mark.parametrize("limit", [1, 2, 500])
async def test_an_app_two_schemas_old_gets_no_table_it_does_not_know_and_all_of_it_once_it_does(
    cast: SimpleNamespace, visits_are_new: None, limit: int
) -> None:
    customers = [await make_customer(LAN) for _ in range(3)]
    visits = [await make_visit(customer, cast.lan.user_id) for customer in customers]
    phone, young = Aged(cast.lan, limit=limit), Aged(cast.lan, limit=limit)
    young.schema = TODAY
    for one in (phone, young):
        await one.sync()
    assert phone.ids("customer") == young.ids("customer") == set(customers)
    assert not phone.ids("visit") and young.ids("visit") == set(visits)
    await execute("UPDATE visits SET note = 'x', version = 2 WHERE id = $1", visits[0])
    await execute("UPDATE visits SET deleted_at = now(), version = 2 WHERE id = $1", visits[1])
    for page in await phone.sync():
        assert not {"up", "del"} & set(page)
    phone.schema = TODAY
    await phone.sync()
    await young.sync()
    assert phone.versions() == young.versions() and phone.ids("visit") == {visits[0], visits[2]}
    assert not {"up", "del"} & set((await phone.sync())[0])


async def test_lines_of_orders_travel_as_vectors_to_apps_that_read_them_and_as_objects_to_older_ones(
    cast: SimpleNamespace,
) -> None:
    shop = await lay_shop()
    customer, items = await shop.customer(), [await shop.item(price=price) for price in ("1000", "2500.5", "90")]
    placed = [await place(cast.lan, customer, *[(item, "3") for item in items[:many]]) for many in (2, 3, 1)]
    await execute("DELETE FROM order_lines WHERE order_id = $1", placed[1].id)
    old, new = Aged(cast.lan), Aged(cast.lan)
    new.schema = 2
    objects, vectors = await _orders(old), await _orders(new)
    assert isinstance(objects["lines"], list) and set(vectors["lines"]) == {"n", "cols", "v"}
    assert sorted(vectors["lines"]["n"]) == [0, 1, 2]
    assert {name: vector for name, vector in objects.items() if name != "lines"} == {
        name: vector for name, vector in vectors.items() if name != "lines"
    }
    told = [[dict(line) for line in lines or ()] for lines in objects["lines"]]
    assert sorted(UUID(line.pop("id")) for lines in told for line in lines) == sorted(
        line.id for order in (placed[0], placed[2]) for line in order.lines
    )
    assert unfold(vectors["lines"]) == told, "the same lines under the same orders, in their order"


async def _orders(phone: Aged) -> dict[str, Any]:
    (page,) = await phone.sync()
    (up,) = [one for one in page["up"] if one["t"] == "order"]
    return dict(zip(up["cols"], up["v"], strict=True))


async def test_an_app_that_learns_in_the_middle_of_its_first_sync_misses_nothing(
    cast: SimpleNamespace, visits_are_new: None
) -> None:
    for _ in range(3):
        await make_visit(await make_customer(LAN), cast.lan.user_id)
    for pages in range(1, 8):
        phone = Aged(cast.lan, limit=1)
        for _ in range(pages):
            await phone.page()
        phone.schema = TODAY
        await phone.sync()
        assert len(phone.ids("visit")) == 3 and len(phone.ids("customer")) == 3, pages
