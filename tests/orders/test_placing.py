"""Placing an order: what it answers, what it keeps, what it refuses, and that a refusal leaves nothing behind."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import msgspec
import pytest

from backend.core import clock
from backend.core import database as db
from backend.core.errors import NotAllowed, NotVisible, Refusal
from backend.core.ids import new_id
from backend.orders.placing import place_order
from backend.orders.schemas import LineIn
from backend.people.access import Actor
from tests.orders.shop import BOB, Shop, basket, healthy, place


async def rows_everywhere() -> int:
    """How many rows the tables an order touches hold."""
    tables = ("orders", "order_lines", "order_holds", "reservations", "credit_entries", "approval_requests", "audit",
              "stock_moves", "stock_bins", "credit_accounts", "pgqueuer")  # fmt: skip
    return sum([int(await db.fetch_value(f"SELECT count(*) FROM {table}")) for table in tables])


async def test_an_order_with_stock_and_credit_is_confirmed_with_its_number_and_prices(
    shop: Shop, cast: SimpleNamespace
) -> None:
    milk, tea = await shop.item(100, price="1000"), await shop.item(5, price="333.33")
    customer = await shop.customer(limit=1_000_000)
    answer = await place(cast.lan, customer, (milk, "10"), (tea, "3"))
    assert (answer.state, answer.holds, answer.diff) == ("confirmed", [], None)
    assert answer.number == f"SO-{clock.today().year}-000001"
    assert [(line.qty, line.unit_price, line.gross, line.tax, line.reserved) for line in answer.lines] == [
        ("10", "1000", "10000", "800", "10"), ("3", "333.33", "1000", "80", "3"),
    ]  # fmt: skip
    assert (answer.net, answer.tax, answer.total) == ("11000", "880", "11880")
    assert (await shop.account(customer))["open_orders"] == 11_880
    row = await db.fetch_row("SELECT * FROM orders")
    assert (row["position_id"], row["user_id"], row["credit_taken"]) == (3, cast.lan.user_id, True)
    assert await db.fetch_value("SELECT array_agg(action) FROM audit WHERE entity = 'order'") == ["order.place"]
    await healthy()


async def test_a_box_counts_as_its_pieces(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(100, price="1000", box=12)
    answer = await place(cast.lan, await shop.customer(), (item, "2"), unit="thùng")
    (line,) = answer.lines
    assert (line.unit, line.qty, line.qty_base, line.unit_price, line.gross) == ("thùng", "2", "24", "12000", "24000")
    assert (await shop.bin(item))[1] == 24


async def test_numbers_are_dense_and_rise(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(), await shop.customer()
    numbers = [(await place(cast.lan, customer, (item, "1"))).number for _ in range(40)]
    assert [int(number[-6:]) for number in numbers] == list(range(1, 41))


async def test_short_stock_holds_the_order_and_keeps_what_is_there(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(6), await shop.customer(limit=100_000)
    answer = await place(cast.lan, customer, (item, "10"))
    assert answer.state == "on_hold"
    (hold,) = answer.holds
    assert (hold.kind, hold.code) == ("stock", "SHORT")
    assert [(line["held"], line["short"]) for line in hold.numbers["lines"]] == [("6", "4")]
    assert (answer.lines[0].reserved, answer.lines[0].backlog) == ("6", "4")
    assert (await shop.account(customer))["open_orders"] == 10_800
    assert await db.fetch_value("SELECT kind FROM reservations") == "hard"
    await healthy()


async def test_credit_that_does_not_suffice_holds_the_order_with_its_numbers(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(50), await shop.customer(limit=10_000)
    answer = await place(cast.lan, customer, (item, "10"))
    (hold,) = answer.holds
    assert (answer.state, hold.kind, hold.code) == ("on_hold", "credit", "LIMIT")
    assert hold.numbers == {
        "limit": "10000", "exposure": "0", "amount": "10800", "after": "10800", "over": "800", "currency": "VND",
    }  # fmt: skip
    assert (await shop.account(customer))["open_orders"] == 0
    assert (await shop.bin(item))[1] == 10
    assert await db.fetch_value("SELECT kind FROM reservations") == "soft"
    await healthy()


async def test_a_locked_customers_order_waits(shop: Shop, cast: SimpleNamespace) -> None:
    answer = await place(cast.lan, await shop.customer(status="locked"), (await shop.item(), "1"))
    assert [(hold.kind, hold.code) for hold in answer.holds] == [("credit", "LOCKED")]


async def test_a_price_that_is_not_the_one_shown_is_told_and_never_charged_in_silence(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item(price="1000")
    one = basket(await shop.customer(), (item, "2"), shown_total="2000")
    one = msgspec.structs.replace(one, lines=[msgspec.structs.replace(one.lines[0], shown_price="1")])
    answer = await place_order(one, actor=cast.lan)
    assert (answer.total, answer.state) == ("2160", "on_hold")
    assert answer.diff == {
        "lines": [
            {"id": str(one.lines[0].id), "item_id": str(item), "unit": "hộp", "qty": "2", "shown": "1", "price": "1000"}
        ],
        "total": {"shown": "2000", "price": "2160"},
    }
    assert [hold.kind for hold in answer.holds] == ["price"]
    agreed = await place(cast.lan, one.customer_id, (item, "2"), shown_total="2160")
    assert (agreed.state, agreed.diff) == ("confirmed", None)


async def test_the_same_id_again_gets_the_first_answer_even_after_the_order_went_on(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item(3)
    one = basket(await shop.customer(limit=10), (item, "5"), shown_total="1", note="giao sáng")
    first = await place_order(one, actor=cast.lan)
    await db.execute("UPDATE orders SET state = 'confirmed', version = 7")
    await db.execute("UPDATE order_lines SET reserved = 1")
    await db.execute("UPDATE customers SET position_id = $1", BOB)
    assert await place_order(one, actor=cast.lan) == first
    assert await db.fetch_value("SELECT count(*) FROM orders") == 1


async def test_the_same_id_with_another_content_or_by_another_person_is_refused(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item()
    one = basket(await shop.customer(), (item, "1"))
    await place_order(one, actor=cast.lan)
    before = await rows_everywhere()
    others = [
        (msgspec.structs.replace(one, note="khác"), cast.lan),
        (one, cast.hung),
        (basket(await shop.customer(BOB), (item, "1"), id=one.id), cast.bob),
    ]
    before = await rows_everywhere()
    for command, actor in others:
        with pytest.raises(Refusal, match="order-id-reused"):
            await place_order(command, actor=actor)
    assert await rows_everywhere() == before


async def test_a_line_id_of_another_order_is_refused(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(), await shop.customer()
    one = basket(customer, (item, "1"))
    await place_order(one, actor=cast.lan)
    before = await rows_everywhere()
    with pytest.raises(Refusal, match="order-id-reused"):
        await place_order(msgspec.structs.replace(one, id=new_id()), actor=cast.lan)
    assert await rows_everywhere() == before
    await healthy()


async def test_bad_input_is_refused_with_its_place_and_leaves_nothing(shop: Shop, cast: SimpleNamespace) -> None:
    item, mine, theirs = await shop.item(), await shop.customer(), await shop.customer(BOB)
    closed = await shop.customer(status="closed")
    unpriced = await shop.item()
    await db.execute("UPDATE items SET list_price_micro = NULL WHERE id = $1", unpriced)
    twice = LineIn(id=new_id(), item_id=item, unit="hộp", qty="1")
    cases = [
        *((basket(mine, (item, "1"), (item, qty)), "quantity-refused", "/lines/1/qty")
          for qty in ("0", "-1", "NaN", "Infinity", "1e3", "", " 1", "1,5", "10000001", "9" * 30, "0.0000001", "１")),
        (basket(mine), "malformed", "/lines"),
        (basket(mine, *((item, "1") for _ in range(301))), "malformed", "/lines"),
        (msgspec.structs.replace(basket(mine), lines=[twice, twice]), "line-id-reused", "/lines/1/id"),
        (basket(mine, (item, "1"), (new_id(), "1")), "item-unknown", "/lines/1/item_id"),
        (basket(mine, (item, "1"), unit="lốc"), "unit-unknown", "/lines/0/unit"),
        (basket(mine, (item, "0.5")), "quantity-fraction", "/lines/0/qty"),
        (basket(mine, (unpriced, "1")), "no-price", "/lines/0/item_id"),
        (basket(mine, (item, "1"), ship_address_id=new_id()), "address-unknown", "/ship_address_id"),
        (basket(mine, (item, "1"), shown_total="abc"), "malformed", "/shown_total"),
        (basket(mine, (item, "1"), currency="XXX"), "currency-unknown", None),
        (basket(closed, (item, "1")), "customer-closed", "/customer_id"),
        (basket(theirs, (item, "1")), "not-found", "/customer_id"),
        (basket(new_id(), (item, "1")), "not-found", "/customer_id"),
    ]  # fmt: skip
    before = await rows_everywhere()
    for command, code, pointer in cases:
        with pytest.raises(Refusal) as caught:
            await place_order(command, actor=cast.lan)
        assert (caught.value.code, caught.value.pointer) == (code, pointer), command
    assert await rows_everywhere() == before


async def test_anothers_customer_and_no_customer_are_refused_in_the_same_words(
    shop: Shop, cast: SimpleNamespace
) -> None:
    item = await shop.item()
    said = []
    for customer in (await shop.customer(BOB), new_id()):
        with pytest.raises(NotVisible) as caught:
            await place(cast.lan, customer, (item, "1"))
        said.append((caught.value.code, caught.value.detail, caught.value.pointer, caught.value.numbers))
    assert said[0] == said[1]


async def test_roles_that_do_not_sell_place_nothing(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(), await shop.customer()
    for actor in (cast.mai, cast.tuan, cast.sau):
        with pytest.raises(NotAllowed):
            await place(actor, customer, (item, "1"))


async def test_the_phones_calendar_does_not_rule_and_its_claims_are_kept(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(), await shop.customer()
    today, claim = clock.today(), datetime(2031, 1, 1, tzinfo=UTC)

    async def day_of(claimed: date, actor: Actor = cast.lan) -> tuple[date, date]:
        answer = await place_order(basket(customer, (item, "1"), ordered_on=claimed), actor=actor, client_at=claim)
        row = await db.fetch_row("SELECT * FROM orders WHERE id = $1", answer.id)
        assert row["client_at"] == claim
        return row["ordered_on"], row["claimed_on"]

    yesterday, far, old = today - timedelta(days=1), today + timedelta(days=400), today - timedelta(days=400)
    assert await day_of(yesterday) == (yesterday, yesterday)
    assert await day_of(far) == (today, far)
    assert await day_of(old) == (today, old)


async def test_an_order_in_dollars_takes_credit_in_dong(shop: Shop, cast: SimpleNamespace) -> None:
    item, customer = await shop.item(price="25000"), await shop.customer(limit=30_000)
    first = await place(cast.lan, customer, (item, "1"), currency="USD")
    assert (first.total, first.state) == ("1.08", "confirmed")
    assert (await shop.account(customer))["open_orders"] == 27_000
    second = await place(cast.lan, customer, (item, "1"), currency="USD")
    assert (second.state, second.holds[0].numbers["over"]) == ("on_hold", "24000")
    await healthy()


async def test_what_is_not_kept_in_stock_is_never_short(shop: Shop, cast: SimpleNamespace) -> None:
    service, goods = await shop.item(0, stocked=False), await shop.item(1)
    answer = await place(cast.lan, await shop.customer(), (service, "3"), (goods, "1"))
    assert (answer.state, [line.reserved for line in answer.lines]) == ("confirmed", ["0", "1"])
    only = await place(cast.lan, await shop.customer(), (service, "3"))
    assert only.state == "confirmed"
    await healthy()


async def test_the_number_of_statements_does_not_grow_with_the_lines(shop: Shop, cast: SimpleNamespace) -> None:
    items, customer = [await shop.item() for _ in range(20)], await shop.customer()
    await place(cast.lan, customer, (items[0], "1"))

    async def statements(count: int) -> int:
        said: list[object] = []
        async with db.transaction() as opened:
            opened.connection.add_query_logger(said.append)
            await place(cast.lan, customer, *((item, "1") for item in items[:count]))
            opened.connection.remove_query_logger(said.append)
        return len(said)

    assert await statements(1) == await statements(20) <= 5


async def test_the_first_order_makes_an_account_of_a_lead(shop: Shop, cast: SimpleNamespace) -> None:
    customer: UUID = await shop.customer()
    await db.execute("UPDATE customers SET stage = 'lead', lead_state = 'working' WHERE id = $1", customer)
    await place(cast.lan, customer, (await shop.item(), "1"))
    row = await db.fetch_row(
        "SELECT stage, last_order_at IS NOT NULL AS ordered FROM customers WHERE id = $1", customer
    )
    assert (row["stage"], row["ordered"]) == ("account", True)
