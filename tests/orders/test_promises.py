"""A price told while the phone was offline: kept while young, asked about when old, an alarm when its book says no."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backend.orders.resuming  # noqa: F401 -- registers the job that goods given back ask for
from backend.core import clock
from backend.core import database as db
from backend.core.errors import Refusal
from backend.core.ids import new_id
from backend.core.settings import using
from backend.orders.errors import NoNewPrice
from backend.orders.forgetting import forget_unused_books
from backend.orders.placing import place_order
from backend.orders.rules import honours
from backend.orders.schemas import PlaceOrder
from backend.people.access import Actor
from backend.pricing.queries import book_of
from tests.orders.acts import credit_of, decide, told
from tests.orders.promising import (
    AN_HOUR,
    accept,
    as_the_phone_shows,
    column,
    held_for_an_old_price,
    reprice,
    ten_and_one,
)
from tests.orders.shop import BOB, Shop, basket, healthy


async def test_the_book_in_force_costs_no_statement_more(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(), await shop.customer()
    orders = [await as_the_phone_shows(cast.lan, customer, (item, "1")) for _ in range(3)]
    assert (await place_order(orders[0], actor=cast.lan)).state == "confirmed"

    async def statements(one: PlaceOrder) -> int:
        said: list[object] = []
        async with db.transaction() as opened:
            opened.connection.add_query_logger(said.append)
            placed = await place_order(one, actor=cast.lan)
            opened.connection.remove_query_logger(said.append)
        assert (placed.state, await column("priced_as")) == ("confirmed", "current")
        return len(said)

    plain = msgspec.structs.replace(orders[1], book_version=None, shown_total=None)
    assert await statements(orders[2]) == await statements(plain) <= 5


async def test_a_young_promise_stands_with_its_prices_and_gifts(shop: Shop, cast: SimpleNamespace) -> None:
    item, gift = await shop.item(100, price="1000"), await shop.item(10, price="500")
    customer = await shop.customer(limit=1_000_000)
    await ten_and_one(item, gift)
    one = await as_the_phone_shows(cast.lan, customer, (item, "15"))
    await reprice(item, 1200)
    await db.execute("UPDATE promotions SET state = 'ended'")
    with clock.at(clock.now() + 2 * AN_HOUR):
        placed = await place_order(one, actor=cast.lan, client_at=clock.now() - AN_HOUR)
        again = await place_order(one, actor=cast.lan)
    assert (placed.state, placed.total, placed.holds) == ("confirmed", "16200", [])
    assert [(line.qty, line.unit_price, line.gift_of) for line in placed.lines] == [
        ("15", "1000", None), ("1", "0", "10+1"),
    ]  # fmt: skip
    assert again == placed
    assert placed.diff is not None
    assert placed.diff["total"] == {"shown": "16200", "price": "19440"}
    assert placed.diff["gifts"] == [{"item_id": str(gift), "unit": "hộp", "shown": "1", "price": "0"}]
    assert (await column("priced_as"), await credit_of(shop, customer)) == ("honoured", (16200, 0))
    trail = await db.fetch_value("SELECT details FROM audit WHERE action = 'order.place'")
    assert (trail["priced_as"], trail["book"]) == ("honoured", one.book_version)
    assert (await shop.bin(gift))[1] == 1
    await healthy()


async def test_an_old_promise_waits_with_its_difference_line_by_line(shop: Shop, cast: SimpleNamespace) -> None:
    placed, item, _ = await held_for_an_old_price(shop, cast)
    (hold,) = placed.holds
    assert (placed.state, placed.total, hold.kind, hold.code) == ("on_hold", "12960", "price", "OLD_PRICE")
    assert hold.numbers["lines"] == [
        {
            "id": str(placed.lines[0].id), "item_id": str(item), "unit": "hộp", "qty": "10", "shown": "1000",
            "price": "1200", "shown_amount": "10000", "amount": "12000",
        }
    ]  # fmt: skip
    assert hold.numbers["total"] == {"shown": "10800", "price": "12960"}
    assert await told() == [("hung", "approval.waiting"), ("lan", "order.price-differs")]
    assert await column("priced_as") == "differs"
    await healthy()


async def test_a_price_the_phones_own_book_does_not_give_is_an_alarm(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    cheaper = msgspec.structs.replace(one.lines[0], shown_price="1")
    one = msgspec.structs.replace(one, shown_total="11", lines=[cheaper])
    placed = await place_order(one, actor=cast.lan)
    assert [(hold.kind, hold.code) for hold in placed.holds] == [("price", "PRICE_TAMPER_OR_BUG")]
    assert (placed.total, await column("priced_as")) == ("10800", "suspect")
    assert set(await told()) == {("an", "order.price-alarm"), ("hung", "order.price-alarm")}
    with pytest.raises(NoNewPrice):
        await accept(cast.lan, placed)
    await healthy()


async def test_todays_price_by_a_phone_whose_book_says_another_is_an_alarm_too(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    await reprice(item, 1200)
    guessed = msgspec.structs.replace(one.lines[0], shown_price="1200")
    placed = await place_order(msgspec.structs.replace(one, shown_total="12960", lines=[guessed]), actor=cast.lan)
    assert [hold.code for hold in placed.holds] == ["PRICE_TAMPER_OR_BUG"]
    assert placed.holds[0].numbers["total"] == {"shown": "12960", "price": "10800"}


async def test_a_book_that_cannot_price_the_order_is_an_alarm(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    one = await as_the_phone_shows(cast.lan, customer, (item, "1"))
    later = await shop.item(price="700")
    other = basket(customer, (later, "1"), book_version=one.book_version, shown_total="1")
    assert [hold.code for hold in (await place_order(other, actor=cast.lan)).holds] == ["PRICE_TAMPER_OR_BUG"]


async def test_a_book_nobody_keeps_is_compared_with_todays_price_alone(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"), book_version=None)
    await reprice(item, 1200)
    for version in ("0" * 64, "nonsense", None):
        unknown = msgspec.structs.replace(one, id=new_id(), book_version=version)
        unknown = msgspec.structs.replace(unknown, lines=[msgspec.structs.replace(one.lines[0], id=new_id())])
        placed = await place_order(unknown, actor=cast.lan)
        assert [hold.code for hold in placed.holds] == ["DIFFERS"]
    assert (await decide(cast.hung, placed)).state == "confirmed"
    assert await column("total") == 12960  # no book says what was promised: the yes is to the office's price
    await healthy()


async def test_a_promise_stands_even_where_the_lists_have_no_price_any_more(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    twin = msgspec.structs.replace(one, id=new_id(), lines=[msgspec.structs.replace(one.lines[0], id=new_id())])
    await db.execute("UPDATE items SET list_price_micro = NULL WHERE id = $1", item)
    placed = await place_order(one, actor=cast.lan)
    assert (placed.state, placed.total, await column("priced_as")) == ("confirmed", "10800", "honoured")
    with using(honour_hours=0), pytest.raises(Refusal) as refused:
        await place_order(twin, actor=cast.lan)
    assert (refused.value.code, refused.value.pointer) == ("no-price", "/lines/0/item_id")


async def test_a_gift_that_vanished_is_told_though_the_total_is_the_same(shop: Shop, cast: SimpleNamespace) -> None:
    item, gift = await shop.item(price="1000"), await shop.item()
    await ten_and_one(item, gift)
    one = await as_the_phone_shows(cast.lan, await shop.customer(), (item, "10"))
    await db.execute("UPDATE promotions SET state = 'ended'")
    unknown = msgspec.structs.replace(one, book_version=None)
    placed = await place_order(unknown, actor=cast.lan)
    assert [(hold.code, set(hold.numbers)) for hold in placed.holds] == [("DIFFERS", {"gifts"})]
    twin = msgspec.structs.replace(
        one, id=new_id(), shown_gifts=None, lines=[msgspec.structs.replace(one.lines[0], id=new_id())]
    )
    assert [line.gift_of for line in (await place_order(twin, actor=cast.lan)).lines] == [None, "10+1"]


async def test_a_gift_no_longer_sold_is_not_promised_away(shop: Shop, cast: SimpleNamespace) -> None:
    item, gift = await shop.item(price="1000"), await shop.item()
    await ten_and_one(item, gift)
    one = await as_the_phone_shows(cast.lan, await shop.customer(), (item, "10"))
    await db.execute("UPDATE items SET active = false WHERE id = $1", gift)
    placed = await place_order(one, actor=cast.lan)
    assert [hold.code for hold in placed.holds] == ["OLD_PRICE"]


MOMENT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@given(
    given_h=st.integers(0, 100), said_m=st.integers(-6000, 60), before_m=st.none() | st.integers(0, 6000),
    hours=st.integers(0, 96),
)  # fmt: skip
def test_a_promise_stands_only_while_young_and_plausible(
    given_h: int, said_m: int, before_m: int | None, hours: int
) -> None:
    minutes = timedelta(minutes=1)
    facts = {
        "received_at": MOMENT, "said_at": MOMENT + said_m * minutes, "given_at": MOMENT - given_h * AN_HOUR,
        "built_at": MOMENT - 80 * AN_HOUR, "called_before": None if before_m is None else MOMENT - before_m * minutes,
    }  # fmt: skip
    stands = honours(**facts, hours=hours)  # type: ignore[arg-type]  # the dict is of mixed values
    assert stands == (given_h < hours and -80 * 60 - 5 <= said_m <= 5 and (before_m is None or said_m >= -before_m - 5))


async def test_an_order_from_before_the_phones_last_call_is_not_believed(
    shop: Shop, cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    device = new_id()
    lan = await client_for(cast.lan, id=str(device), name="phone")
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    await reprice(item, 1200)
    args = msgspec.to_builtins(one)
    start = clock.now()
    for after in (timedelta(minutes=30), timedelta(minutes=90)):
        with clock.at(start + after):
            await lan.post("/sync", json={"v": 1, "device": str(device), "pull": {"cursor": None, "limit": 10}})
    with clock.at(start + timedelta(minutes=95)):
        ack = await placed_at(lan, device, args, start + timedelta(minutes=50))
        assert [hold["code"] for hold in ack["result"]["holds"]] == ["OLD_PRICE"]
        fresh = {**args, "id": str(new_id()), "lines": [{**args["lines"][0], "id": str(new_id())}]}
        ack = await placed_at(lan, device, fresh, start + timedelta(minutes=92))
        assert (ack["result"]["state"], ack["result"]["total"]) == ("confirmed", "10800")


async def placed_at(lan: Any, device: UUID, args: dict[str, Any], at: datetime) -> dict[str, Any]:
    mutation = {"id": str(new_id()), "n": 1, "name": "order.place", "args": args, "at": at.isoformat()}
    answer = await lan.post("/sync", json={"v": 1, "device": str(device), "push": [mutation]})
    ack: dict[str, Any] = answer.json()["acks"][0]
    return ack


async def test_books_outlive_a_quarter_and_every_order_that_names_them(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    sold = await as_the_phone_shows(cast.lan, customer, (item, "1"))
    await place_order(sold, actor=cast.lan)
    for price in (1100, 1200):
        await reprice(item, price)
        version, _ = await book_of(actor=cast.lan)
    await book_of(actor=await reps_of_bob(shop, cast))
    assert await db.fetch_value("SELECT count(*) FROM price_books") == 4
    start = clock.now()
    with clock.at(start + timedelta(days=89)):
        assert await forget_unused_books() == 0
        await book_of(actor=cast.lan)  # still in force: given out again
    with clock.at(start + timedelta(days=91)):
        assert await forget_unused_books() == 2
        assert await forget_unused_books() == 0
    left = {row["version"] for row in await db.fetch("SELECT version FROM price_books")}
    assert left == {sold.book_version, version}


async def reps_of_bob(shop: Shop, cast: SimpleNamespace) -> Actor:
    await shop.customer(BOB)
    actor: Actor = cast.bob
    return actor
