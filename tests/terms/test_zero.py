"""0 and "not set" are two things: a limit of 0 is cash only, a discount of 0 is none; not set is what lies above."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.orders.shop import Shop, place
from tests.terms.conftest import join, set_terms

pytestmark = pytest.mark.anyio


async def test_a_limit_of_zero_holds_every_order_and_one_not_set_takes_the_groups(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    item, customer = await shop.item(price="1000"), await shop.customer()
    await join(customer, tree.grade1)
    own, group = f"/customers/{customer}", f"/customer-groups/{tree.dealers}"

    async def state() -> tuple[str, list[str]]:
        placed = await place(cast.lan, customer, (item, "1"))
        return placed.state, [hold.kind for hold in placed.holds]

    assert await state() == ("confirmed", [])  # nobody sets a limit: there is none
    await set_terms(an, own, credit_limit="0")
    assert await state() == ("on_hold", ["credit"])
    await set_terms(an, own, credit_limit=None)
    assert await state() == ("confirmed", [])
    await set_terms(an, group, credit_limit="0")
    assert await state() == ("on_hold", ["credit"])  # inherited
    await set_terms(an, own, credit_limit="900000")
    assert await state() == ("confirmed", [])  # its own over the group's 0
    await set_terms(an, group, credit_limit="900000")
    await set_terms(an, own, credit_limit="0")
    assert await state() == ("on_hold", ["credit"])  # its own 0 over the group's


async def test_a_discount_of_zero_stops_the_groups_and_one_not_set_takes_it(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an, lan = await client_for(cast.an), await client_for(cast.lan)
    item, customer = await shop.item(price="1000"), await shop.customer()
    await join(customer, tree.grade1)
    own = f"/customers/{customer}"
    line = {"item_id": str(item), "unit": "hộp", "qty": "10"}

    async def net() -> str:
        asked = {"customer_id": str(customer), "currency": "VND", "lines": [line]}
        answer = await lan.post("/orders/check", json=asked)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["net"])

    assert await net() == "10000"
    await set_terms(an, f"/customer-groups/{tree.dealers}", discount="10")
    assert await net() == "9000"
    await set_terms(an, own, discount="0")
    assert await net() == "10000"
    await set_terms(an, own, discount=None)
    assert await net() == "9000"
    await set_terms(an, own, discount="2.5")
    assert await net() == "9750"
