"""Many people at once: the last piece, one credit line, and a crowd of mixed orders. Real connections, real locks."""

import random
from types import SimpleNamespace

from backend.core import database as db
from backend.core.money import MICRO
from backend.orders.placing import place_order
from backend.orders.schemas import Placed
from tests.orders.shop import Shop, basket, healthy, place, together


async def test_of_64_orders_for_the_last_piece_exactly_one_gets_it(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(on_hand=1)
    customers = [await shop.customer() for _ in range(8)]
    answers = await together(place(cast.lan, customers[n % 8], (item, "1")) for n in range(64))
    assert all(isinstance(answer, Placed) for answer in answers), answers
    assert sorted(answer.lines[0].reserved for answer in answers) == ["0"] * 63 + ["1"]
    assert [answer.state for answer in answers].count("confirmed") == 1
    assert await shop.bin(item) == (1, 1, 0, 63)
    assert len({answer.number for answer in answers}) == 64
    await healthy()


async def test_64_orders_on_one_credit_line_take_as_many_as_fit_and_never_pass_the_limit(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item(on_hand=10_000, price="1000")
    customer = await shop.customer(limit=10_800)  # ten orders of 1 000 and 8 % tax, to the đồng
    answers = await together(place(cast.lan, customer, (item, "1")) for _ in range(64))
    assert all(isinstance(answer, Placed) for answer in answers), answers
    states = [answer.state for answer in answers]
    assert (states.count("confirmed"), states.count("on_hold")) == (10, 54)
    assert (await shop.account(customer))["open_orders"] == 10_800
    await healthy()


async def test_200_mixed_orders_of_many_items_meet_no_deadlock_and_leave_no_drift(
    shop: Shop, cast: SimpleNamespace
) -> None:
    items = [await shop.item(on_hand=150) for _ in range(6)]
    customers = [await shop.customer(limit=400_000) for _ in range(5)] + [await shop.customer(account=False)]
    dice = random.Random(7)
    baskets = [
        basket(
            dice.choice(customers),
            *((item, str(dice.randint(1, 9))) for item in dice.sample(items, dice.randint(1, 6))),
        )
        for _ in range(200)
    ]
    answers = await together(place_order(one, actor=cast.lan) for one in baskets)
    assert [answer for answer in answers if not isinstance(answer, Placed)] == []
    for item in items:
        on_hand, reserved, _, backlog = await shop.bin(item)
        assert on_hand == 150
        assert reserved == 150 or backlog == 0
    await healthy()


async def test_one_id_sent_by_three_tries_at_once_is_one_order(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(on_hand=10)
    one = basket(await shop.customer(), (item, "3"))
    answers = await together(place_order(one, actor=cast.lan) for _ in range(3))
    assert answers[0] == answers[1] == answers[2]
    assert (await shop.bin(item))[1] == 3
    assert await db.fetch_value("SELECT count(*) FROM orders") == 1
    assert await db.fetch_value("SELECT sum(qty) / $1 FROM stock_moves", MICRO) == 10
    await healthy()
