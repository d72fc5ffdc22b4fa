"""Promotions with a budget, a cap per customer, or a choice of gifts: what an order gets, and what no order gets."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import database as db
from backend.core.ids import new_id
from backend.core.settings import using
from backend.orders.cancelling import cancel_order
from backend.orders.errors import PromiseUsedUp
from backend.orders.placing import place_order
from backend.orders.schemas import CancelOrder, Placed
from backend.pricing.storing import NewPromotion, insert_promotions
from tests.orders.acts import decide
from tests.orders.promising import accept, as_the_phone_shows, reprice
from tests.orders.shop import Shop, basket, healthy, lay_shop, together

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(database: str) -> Shop:
    """An open shop with no goods and no customers yet."""
    return await lay_shop()


async def ten_percent(item: UUID, code: str = "KM10", *, value: str = "10", **limits: Any) -> UUID:
    """Ten percent off an item, limited."""
    promotion = new_id()
    rule = {
        "name": {"vi": "Giảm mười", "en": "Ten off"}, "match": {"items": [str(item)]},
        "effect": {"kind": "percent", "value": value},
    }  # fmt: skip
    await insert_promotions([NewPromotion(promotion, code, rule, **limits)])
    return promotion


async def used(code: str = "KM10") -> int:
    """What is used of a promotion's budget."""
    found: int = await db.fetch_value(
        "SELECT l.used FROM promotion_limits l JOIN promotions p ON p.id = l.promotion_id WHERE p.code = $1", code
    )
    return found


def discounts(placed: Placed) -> list[str]:
    return [line.discount for line in placed.lines]


async def sell(shop: Shop, actor: Any, customer: UUID, *lines: tuple[UUID, str], **more: Any) -> Placed:
    return await place_order(basket(customer, *lines, **more), actor=actor)


async def test_a_budget_is_given_to_the_last_dong_and_not_one_more(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    await ten_percent(item, budget=3000)
    assert discounts(await sell(shop, cast.lan, customer, (item, "10"))) == ["1000"]
    assert discounts(await sell(shop, cast.lan, customer, (item, "21"))) == ["0"]  # 2,100 is more than is left
    assert discounts(await sell(shop, cast.lan, customer, (item, "20"))) == ["2000"]
    assert await used() == 3000
    assert discounts(await sell(shop, cast.lan, customer, (item, "1"))) == ["0"]
    await healthy()


async def test_a_cancelled_order_gives_back_what_it_used(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    await ten_percent(item, budget=1000)
    first = await sell(shop, cast.lan, customer, (item, "10"))
    assert discounts(await sell(shop, cast.lan, customer, (item, "10"))) == ["0"]
    await cancel_order(CancelOrder(first.id, "khách đổi ý"), actor=cast.lan)
    await cancel_order(CancelOrder(first.id, "khách đổi ý"), actor=cast.lan)
    assert await used() == 0
    assert discounts(await sell(shop, cast.lan, customer, (item, "10"))) == ["1000"]
    await healthy()


async def test_an_order_on_hold_holds_its_share_until_somebody_says_no(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer(limit=1)
    await ten_percent(item, budget=1000)
    held = await sell(shop, cast.lan, customer, (item, "10"))
    assert (held.state, await used()) == ("on_hold", 1000)
    await decide(cast.hung, held, "reject")
    assert await used() == 0
    await healthy()


async def test_a_customer_has_it_twice_and_again_when_one_is_cancelled(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer, other = await shop.item(price="1000"), await shop.customer(), await shop.customer()
    await ten_percent(item, per_customer=2)
    first, second, third = [await sell(shop, cast.lan, customer, (item, "10")) for _ in range(3)]
    assert [discounts(one) for one in (first, second, third)] == [["1000"], ["1000"], ["0"]]
    assert discounts(await sell(shop, cast.lan, other, (item, "10"))) == ["1000"]
    await cancel_order(CancelOrder(second.id, "thôi"), actor=cast.lan)
    assert discounts(await sell(shop, cast.lan, customer, (item, "10"))) == ["1000"]
    assert discounts(await sell(shop, cast.lan, customer, (item, "10"))) == ["0"]
    await healthy()


async def test_64_orders_at_once_never_get_more_than_the_budget(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(price="1000", on_hand=100_000)
    customers = [await shop.customer() for _ in range(64)]
    await ten_percent(item, budget=10_500)
    placed = await together(place_order(basket(one, (item, "10")), actor=cast.lan) for one in customers)
    assert sorted(discount for one in placed for discount in discounts(one)) == ["0"] * 54 + ["1000"] * 10
    assert await used() == 10_000
    assert {one.state for one in placed} == {"confirmed"}
    await healthy()


async def test_one_customers_orders_at_once_get_it_as_often_as_the_cap_says(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000", on_hand=100_000), await shop.customer()
    await ten_percent(item, per_customer=3)
    placed = await together(sell(shop, cast.lan, customer, (item, "10")) for _ in range(16))
    assert sorted(discount for one in placed for discount in discounts(one)) == ["0"] * 13 + ["1000"] * 3
    await healthy()


async def test_two_budgets_wanted_in_both_orders_at_once_are_both_exact(shop: Shop, cast: SimpleNamespace) -> None:
    one, other = await shop.item(price="1000", on_hand=100_000), await shop.item(price="1000", on_hand=100_000)
    customers = [await shop.customer() for _ in range(32)]
    await ten_percent(one, "KM-A", budget=6000)
    await ten_percent(other, "KM-B", budget=9000)
    lines = [(one, "10"), (other, "10")]
    placed = await together(
        place_order(basket(customer, *lines[:: 1 if n % 2 else -1]), actor=cast.lan)
        for n, customer in enumerate(customers)
    )
    assert [fault for fault in placed if isinstance(fault, BaseException)] == []
    assert (await used("KM-A"), await used("KM-B")) == (6000, 9000)
    await healthy()


async def test_gifts_count_at_their_list_price(shop: Shop, cast: SimpleNamespace) -> None:
    item, gift, customer = await shop.item(price="1000"), await shop.item(price="700"), await shop.customer()
    rule = {"match": {"items": [str(item)]}, "effect": {"kind": "gift", "item": str(gift), "qty": "1", "every": "10"}}
    await insert_promotions([NewPromotion(new_id(), "10+1", rule, budget=2000)])
    placed = await sell(shop, cast.lan, customer, (item, "25"))
    assert [(line.qty, line.gift_of) for line in placed.lines[1:]] == [("2", "10+1")]
    assert await used("10+1") == 1400
    assert len((await sell(shop, cast.lan, customer, (item, "10"))).lines) == 1  # 600 left, one gift is worth 700
    await healthy()


async def test_an_older_book_is_told_line_by_line_that_the_budget_is_used_up(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer, other = await shop.item(price="1000"), await shop.customer(), await shop.customer()
    await ten_percent(item, budget=1000)
    offline = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    assert offline.shown_total == "9720"
    await sell(shop, cast.lan, other, (item, "10"))
    placed = await place_order(offline, actor=cast.lan)
    (hold,) = placed.holds
    assert (placed.state, hold.kind, hold.code, placed.total) == ("on_hold", "price", "USED_UP", "10800")
    assert hold.numbers["used_up"] == [{"code": "KM10", "why": "budget", "vi": "Giảm mười", "en": "Ten off"}]
    assert hold.numbers["total"] == {"shown": "9720", "price": "10800"}
    assert [(line["shown_amount"], line["amount"]) for line in hold.numbers["lines"]] == [("9000", "10000")]
    assert (await accept(cast.lan, placed)).state == "confirmed"
    assert await used() == 1000
    await healthy()


async def test_the_rest_of_a_young_promise_stands_when_a_budget_is_used_up(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer, other = await shop.item(price="1000"), await shop.customer(), await shop.customer()
    await ten_percent(item, budget=1000)
    offline = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    await sell(shop, cast.lan, other, (item, "10"))
    await reprice(item, 2000)
    placed = await place_order(offline, actor=cast.lan)
    assert ([hold.code for hold in placed.holds], placed.total) == (["USED_UP"], "10800")  # the old price, not the new
    assert (await decide(cast.hung, placed)).state == "confirmed"  # a yes is to what is left, the budget has no more
    assert (await db.fetch_value("SELECT total FROM orders WHERE id = $1", placed.id), await used()) == (10800, 1000)
    await healthy()


async def test_an_old_promise_is_kept_by_a_managers_yes_while_the_budget_lasts(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item, customers = await shop.item(price="1000"), [await shop.customer() for _ in range(3)]
    promotion = await ten_percent(item, budget=2000)
    orders = [await as_the_phone_shows(cast.lan, one, (item, "10")) for one in customers]
    await db.execute("UPDATE promotions SET state = 'paused' WHERE id = $1", promotion)
    with using(honour_hours=0):
        held = [await place_order(one, actor=cast.lan) for one in orders]
    assert [one.holds[0].code for one in held] == ["OLD_PRICE"] * 3
    assert await used() == 0
    assert [(await decide(cast.hung, one)).state for one in held[:2]] == ["confirmed"] * 2
    assert await used() == 2000
    with pytest.raises(PromiseUsedUp) as refused:
        await decide(cast.hung, held[2])
    assert refused.value.numbers == {"promotion": "KM10"}
    assert (await accept(cast.lan, held[2])).state == "confirmed"
    await cancel_order(CancelOrder(held[0].id, "thôi"), actor=cast.lan)
    assert await used() == 1000
    await healthy()


async def test_orders_cancellations_and_answers_at_once_leave_the_budget_exact(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item(price="1000", on_hand=100_000)
    free = [await shop.customer() for _ in range(24)]
    tight = [await shop.customer(limit=1) for _ in range(6)]
    await ten_percent(item, budget=14_000)
    first = [await sell(shop, cast.lan, one, (item, "10")) for one in free[:8]]
    held = [await sell(shop, cast.lan, one, (item, "10")) for one in tight]
    assert await used() == 14_000
    answers = await together([
        *(cancel_order(CancelOrder(one.id, "thôi"), actor=cast.lan) for one in first),
        *(sell(shop, cast.lan, one, (item, "10")) for one in free[8:]),
        *(decide(cast.hung, one, verdict) for one, verdict in zip(held, ("approve", "reject") * 3, strict=True)),
    ])  # fmt: skip
    assert [fault for fault in answers if isinstance(fault, BaseException)] == []
    given = await db.fetch_value(
        "SELECT coalesce(sum(discount), 0)::int FROM orders WHERE state NOT IN ('cancelled', 'rejected')"
    )
    assert await used() == given <= 14_000
    await healthy()
