"""The office has another price than the customer was told: the rep takes it, or a manager lets the old one stand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import backend.orders.resuming  # noqa: F401 -- registers the job that goods given back ask for
from backend.approvals.queries import list_requests
from backend.core import database as db
from backend.core.errors import NotVisible, StaleVersion
from backend.core.money import MICRO
from backend.core.settings import using
from backend.orders.errors import NoNewPrice, NotTheOwner
from backend.orders.placing import place_order
from tests.makers import applied, pull, push
from tests.orders.acts import another_rep, credit_of, decide, question
from tests.orders.promising import (
    accept,
    as_the_phone_shows,
    column,
    held_for_an_old_price,
    reprice,
    ten_and_one,
)
from tests.orders.shop import Shop, healthy


async def test_the_rep_takes_the_new_price_and_the_order_goes_on(shop: Shop, cast: SimpleNamespace) -> None:
    placed, item, customer = await held_for_an_old_price(shop, cast)
    assert await db.fetch_value("SELECT kind FROM reservations") == "soft"
    with pytest.raises(StaleVersion):
        await accept(cast.lan, placed, 7)
    with pytest.raises(NotVisible):
        await accept(cast.bob, placed)
    with pytest.raises(NotTheOwner):
        await accept(await another_rep(cast), placed)
    moved = await accept(cast.lan, placed)
    assert (moved.state, moved.version) == ("confirmed", 2)
    assert await accept(cast.lan, placed) == moved
    assert (await column("total"), await credit_of(shop, customer)) == (12960, (12960, 0))
    assert await db.fetch_value("SELECT kind FROM reservations") == "hard"
    assert await db.fetch_value("SELECT state FROM approval_requests") == "withdrawn"
    assert await db.fetch_value("SELECT lifted_how FROM order_holds") == "accepted"
    assert (await shop.bin(item))[1] == 10
    await healthy()


async def test_a_manager_lets_the_old_price_stand(shop: Shop, cast: SimpleNamespace) -> None:
    placed, _, customer = await held_for_an_old_price(shop, cast)
    moved = await decide(cast.hung, placed, reason=None)
    assert moved.state == "confirmed"
    assert (await column("total"), await column("priced_as")) == (10800, "honoured")
    assert await db.fetch_value("SELECT unit_price FROM order_lines") == 1000 * MICRO
    assert await credit_of(shop, customer) == (10800, 0)
    assert (await db.fetch_value("SELECT details FROM audit WHERE action = 'order.approve'"))["total"] == {
        "from": 12960, "to": 10800,
    }  # fmt: skip
    with pytest.raises(NoNewPrice):
        await accept(cast.lan, placed, 2)
    await healthy()


async def test_the_old_price_brings_its_gifts_back(shop: Shop, cast: SimpleNamespace) -> None:
    item, cup, bowl = await shop.item(100, price="1000"), await shop.item(5), await shop.item(5)
    customer = await shop.customer(limit=1_000_000)
    await ten_and_one(item, cup, "OLD")
    one = await as_the_phone_shows(cast.lan, customer, (item, "20"))
    await db.execute("UPDATE promotions SET state = 'ended'")
    await ten_and_one(item, bowl, "NEW")
    await reprice(item, 900)
    with using(honour_hours=0):
        placed = await place_order(one, actor=cast.lan)
    assert [(line.item_id, line.gift_of) for line in placed.lines[1:]] == [(bowl, "NEW")]
    await decide(cast.hung, placed)
    rows = await db.fetch("SELECT item_id, qty_base, gift_of, reserved FROM order_lines ORDER BY seq")
    assert [(row["item_id"], row["qty_base"] // MICRO, row["gift_of"], row["reserved"] // MICRO) for row in rows] == [
        (item, 20, None, 20), (cup, 2, "OLD", 2),
    ]  # fmt: skip
    assert ((await shop.bin(cup))[1], (await shop.bin(bowl))[1]) == (2, 0)
    assert (await column("total"), await credit_of(shop, customer)) == (21600, (21600, 0))
    await healthy()


async def test_a_yes_to_credit_and_old_price_takes_the_promised_amount(shop: Shop, cast: SimpleNamespace) -> None:
    placed, _, customer = await held_for_an_old_price(shop, cast, limit=5000)
    assert [hold.code for hold in placed.holds] == ["LIMIT", "OLD_PRICE"]
    assert (await decide(cast.hung, placed)).state == "confirmed"
    assert await credit_of(shop, customer) == (10800, 0)
    await healthy()


async def test_the_new_price_alone_does_not_lift_a_credit_hold(shop: Shop, cast: SimpleNamespace) -> None:
    placed, _, customer = await held_for_an_old_price(shop, cast, limit=5000)
    moved = await accept(cast.lan, placed)
    assert (moved.state, await credit_of(shop, customer)) == ("on_hold", (0, 0))
    (request,) = (await list_requests(actor=cast.hung)).items
    holds: Any = request.facts["holds"]
    assert [hold["code"] for hold in holds] == ["LIMIT"]
    await healthy()
    assert (await decide(cast.hung, placed)).state == "confirmed"
    assert (await column("total"), await credit_of(shop, customer)) == (12960, (12960, 0))
    await healthy()


async def test_goods_that_left_while_the_price_was_asked_about_are_waited_for(
    shop: Shop, cast: SimpleNamespace
) -> None:
    placed, item, _ = await held_for_an_old_price(shop, cast)
    await db.execute("SELECT stock_release($1, 'expired', now())", [placed.id])
    await db.execute("UPDATE order_lines SET reserved = 0")
    other = await as_the_phone_shows(cast.lan, await shop.customer(), (item, "96"))
    assert (await place_order(other, actor=cast.lan)).state == "confirmed"
    moved = await accept(cast.lan, placed)
    assert moved.state == "on_hold"
    held = await db.fetch_row("SELECT code, numbers FROM order_holds WHERE lifted_at IS NULL")
    assert (held["code"], held["numbers"]["lines"][0]["short"]) == ("SHORT", "6")
    await question(cast.hung, placed.id)
    await healthy()


async def test_the_phone_sees_the_difference_and_its_answer_travels_as_a_mutation(
    shop: Shop, cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    lan = await client_for(cast.lan)
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    await reprice(item, 1200)
    with using(honour_hours=0):
        await applied(lan, ("order.place", msgspec.to_builtins(one)))
    held = (await pull(lan))["order"][str(one.id)]
    assert (held["state"], held["version"], held["priced_as"]) == ("on_hold", 1, "differs")
    assert held["holds"][0]["numbers"]["total"] == {"shown": "10800", "price": "12960"}
    (stale,) = await push(lan, ("order.accept_price", {"id": str(one.id), "expected_version": 9}))
    assert (stale["st"], stale["problem"]["current"]) == ("conflict", 1)
    (ack,) = await applied(lan, ("order.accept_price", {"id": str(one.id), "expected_version": 1}))
    assert ack["rows"][0][:2] == ["order", str(one.id)]
    row = (await pull(lan))["order"][str(one.id)]
    assert (row["state"], row["total"], row["holds"], row["version"]) == ("confirmed", "12960", [], 2)


async def test_the_price_is_accepted_over_http_too(
    shop: Shop, cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    placed, _, _ = await held_for_an_old_price(shop, cast)
    hung = await client_for(cast.hung)
    answer = await hung.post(f"/orders/{placed.id}/price-acceptance", json={"expected_version": 1})
    assert (answer.status_code, answer.json()["state"]) == (201, "confirmed")
    refused = await hung.post(f"/orders/{placed.id}/price-acceptance", json={"expected_version": 2, "x": 1})
    assert refused.status_code == 422
    tuan = await client_for(cast.tuan)
    assert (await tuan.post(f"/orders/{placed.id}/price-acceptance", json={"expected_version": 2})).status_code == 403
