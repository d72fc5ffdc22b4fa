"""Limits and choices of gifts through the doors: the editor's, the price book's, the order's and the simulator's."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import database as db
from backend.core.clock import at, now, today
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.orders import rehearsing
from tests.orders.shop import Shop, healthy, lay_shop
from tests.pricing.promoting import drafted, percent, put_on, running, step, ten_and_one

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(database: str) -> Shop:
    """An open shop with no goods and no customers yet."""
    return await lay_shop()


@pytest.fixture
async def an(client_for: Any, cast: SimpleNamespace) -> Any:
    """The administrator's client."""
    return await client_for(cast.an)


@pytest.fixture
async def lan(client_for: Any, cast: SimpleNamespace) -> Any:
    """A rep's client."""
    return await client_for(cast.lan)


async def ordered(client: Any, customer: UUID, item: UUID, qty: str, **more: Any) -> dict[str, Any]:
    """An order as the phone sends it."""
    body = {
        "id": str(new_id()), "customer_id": str(customer), "ordered_on": str(today()), "currency": "VND",
        "lines": [{"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": qty}], **more,
    }  # fmt: skip
    answer = await client.post("/orders", json=body)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


def gifts(placed: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(line["item_id"], line["qty"], line["gift_of"]) for line in placed["lines"] if line["gift_of"]]


async def book_of(client: Any) -> tuple[str, dict[str, Any]]:
    answer = (await client.get("/pricing/book")).json()
    return answer["version"], answer["book"]


async def choosing(shop: Shop, an: Any, **extras: Any) -> tuple[UUID, UUID, UUID, dict[str, Any]]:
    """Buy ten, choose a cup or two bowls: the goods, both gifts, and the promotion."""
    item, cup, bowl = await shop.item(price="1000"), await shop.item(price="300"), await shop.item(price="200")
    choice = [{"item": str(cup), "qty": "1"}, {"item": str(bowl), "qty": "2"}]
    on = await running(an, "QUA", ten_and_one(item), extras={"gifts": choice, **extras})
    return item, cup, bowl, on


async def test_the_customer_chooses_one_gift_the_other_or_none(shop: Shop, an: Any, lan: Any) -> None:
    item, cup, bowl, on = await choosing(shop, an)
    assert on["rule"]["effect"]["item"] == str(cup) and len(on["extras"]["gifts"]) == 2
    assert {str(cup), str(bowl)} <= on["labels"].keys()
    customer = await shop.customer()
    assert gifts(await ordered(lan, customer, item, "25")) == []
    assert gifts(await ordered(lan, customer, item, "25", coupons=["QUA~1"])) == [(str(cup), "2", "QUA~1")]
    assert gifts(await ordered(lan, customer, item, "25", coupons=["QUA~2"])) == [(str(bowl), "4", "QUA~2")]
    assert gifts(await ordered(lan, customer, item, "9", coupons=["QUA~2"])) == []
    assert gifts(await ordered(lan, customer, item, "10", coupons=["QUA~3", "KM"])) == []
    both = gifts(await ordered(lan, customer, item, "10", coupons=["QUA~1", "QUA~2"]))
    assert both == [(str(bowl), "2", "QUA~2")]  # one of them, whoever asks for all
    assert await shop.bin(cup) == (1000, 2, 0, 0)
    await healthy()


async def test_a_chosen_gift_shown_offline_is_the_gift_that_is_given(shop: Shop, an: Any, lan: Any) -> None:
    item, _, bowl, _ = await choosing(shop, an)
    version, book = await book_of(lan)
    assert [(one["id"], one["coupon"], one["group"]) for one in book["promotions"]] == [
        ("QUA~1", "QUA~1", "QUA~0"), ("QUA~2", "QUA~2", "QUA~0"),
    ]  # fmt: skip
    shown = {
        "book_version": version, "shown_total": "10800", "coupons": ["QUA~2"],
        "shown_gifts": [{"item_id": str(bowl), "unit": "hộp", "qty": "2"}],
    }  # fmt: skip
    placed = await ordered(lan, await shop.customer(), item, "10", **shown)
    assert (placed["state"], placed["diff"]) == ("confirmed", None)
    forgot = await ordered(lan, await shop.customer(), item, "10", **{**shown, "coupons": []})
    assert [hold["code"] for hold in forgot["holds"]] == ["PRICE_TAMPER_OR_BUG"]  # a gift nobody chose


async def test_a_choice_of_a_rule_with_a_coupon_of_its_own_needs_both(shop: Shop, an: Any, lan: Any) -> None:
    item, cup = await shop.item(), await shop.item(price="300")
    choice = [{"item": str(cup), "qty": "1"}, {"item": str(item), "qty": "1"}]
    await running(an, "QUA", ten_and_one(item, coupon="TET"), extras={"gifts": choice})
    customer = await shop.customer()
    assert gifts(await ordered(lan, customer, item, "10", coupons=["QUA~1"])) == []
    assert gifts(await ordered(lan, customer, item, "10", coupons=["TET", "QUA~1"])) == [(str(cup), "1", "QUA~1")]


async def test_a_budget_counts_the_gift_that_was_chosen(shop: Shop, an: Any, lan: Any) -> None:
    item, _, _, on = await choosing(shop, an, budget="700")
    customer = await shop.customer()
    await ordered(lan, customer, item, "10", coupons=["QUA~2"])  # two bowls: 400
    seen = (await an.get(f"/promotions/{on['id']}")).json()
    assert (seen["used"], seen["uses"], seen["used_up"]) == ("400", 1, False)
    assert gifts(await ordered(lan, customer, item, "10", coupons=["QUA~2"])) == []  # 300 left
    assert len(gifts(await ordered(lan, customer, item, "10", coupons=["QUA~1"]))) == 1
    row = (await an.get("/promotions")).json()["items"][0]
    assert (row["budget"], row["used"], row["used_up"], row["choices"]) == ("700", "700", True, 2)


async def test_what_is_used_up_leaves_the_books_and_comes_back(shop: Shop, an: Any, lan: Any) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    on = await running(an, "KM10", percent("10"), extras={"budget": "1000"})
    before, book = await book_of(lan)
    assert [one["id"] for one in book["promotions"]] == ["KM10"]
    placed = await ordered(lan, customer, item, "10")
    after, book = await book_of(lan)
    assert after != before and book["promotions"] == []
    more = await an.patch(f"/promotions/{on['id']}", json={"expected_version": 2, "extras": {"budget": "5000"}})
    assert (more.json()["id"], more.json()["state"], more.json()["used"]) == (on["id"], "active", "1000")
    assert [one["id"] for one in (await book_of(lan))[1]["promotions"]] == ["KM10"]
    less = await an.patch(f"/promotions/{on['id']}", json={"expected_version": 3, "extras": {"budget": "999"}})
    assert (less.status_code, less.json()["code"], less.json()["pointer"]) == (
        422, "promotion-budget-used", "/extras/budget",
    )  # fmt: skip
    await lan.post(f"/orders/{placed['id']}/cancellation", json={"reason": "thôi"})
    gone = await an.patch(f"/promotions/{on['id']}", json={"expected_version": 3, "extras": {"budget": "999"}})
    assert gone.json()["used"] == "0"


async def test_a_book_leaves_out_whom_a_promotion_has_served_and_says_how_often(shop: Shop, an: Any, lan: Any) -> None:
    item, customer, other = await shop.item(price="1000"), await shop.customer(), await shop.customer()
    await running(an, "KM10", percent("10", when={"fact": "order.lines", "op": "ge", "value": "1"}),
                  extras={"per_customer": 1})  # fmt: skip
    assert "limits" not in (await book_of(lan))[1]
    await ordered(lan, customer, item, "10")
    _, book = await book_of(lan)
    (promotion,) = book["promotions"]
    assert promotion["when"]["all"][-1] == {"not": {"fact": "customer.id", "op": "in", "value": [str(customer)]}}
    assert book["limits"] == {"KM10": 1}
    for one, discount in ((customer, "0"), (other, "1000")):
        assert (await ordered(lan, one, item, "10"))["discount"] == discount


async def test_limits_count_over_all_versions_of_a_promotion(shop: Shop, an: Any, lan: Any) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    on = await running(an, "KM10", percent("10"), extras={"budget": "3000", "per_customer": 3})
    await ordered(lan, customer, item, "10")
    answer = await an.patch(f"/promotions/{on['id']}", json={"expected_version": 2, "rule": percent("20")})
    following = answer.json()
    assert (following["code"], following["extras"]) == ("KM10.2", {"budget": "3000", "per_customer": 3})
    on = await put_on(an, following)
    assert (on["used"], on["uses"]) == ("1000", 1)
    assert (await ordered(lan, customer, item, "10"))["discount"] == "2000"
    assert (await ordered(lan, customer, item, "1"))["discount"] == "0"
    await healthy()


async def test_a_next_version_with_less_than_was_given_is_not_put_on(shop: Shop, an: Any, lan: Any) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    on = await running(an, "KM10", percent("10"), extras={"budget": "3000"})
    change = {"expected_version": 2, "rule": percent("20"), "extras": {"budget": "900"}}
    following = (await an.patch(f"/promotions/{on['id']}", json=change)).json()
    await ordered(lan, customer, item, "10")
    refused = await step(an, following, "activation", acknowledged=[one["key"] for one in following["overlaps"]])
    assert (refused.status_code, refused.json()["code"]) == (422, "promotion-budget-used")
    assert (await an.get(f"/promotions/{on['id']}")).json()["state"] == "active"


async def test_what_cannot_be_meant_is_refused_at_its_place(shop: Shop, an: Any) -> None:
    item = await shop.item()
    cup = {"item": str(item), "qty": "1"}
    refusals = [
        (percent("5"), {"gifts": [cup, {**cup, "qty": "2"}]}, "/extras/gifts", "promotion-unsound"),
        (ten_and_one(item), {"gifts": [cup, cup]}, "/extras/gifts/1/item", "promotion-unsound"),
        (ten_and_one(item), {"gifts": [cup, {**cup, "qty": "0"}]}, "/extras/gifts/1/qty", "promotion-unsound"),
        (ten_and_one(item), {"gifts": [cup, {**cup, "unit": "xe"}]}, "/extras/gifts/1/unit", "promotion-name-unknown"),
        (ten_and_one(item), {"gifts": [cup, {**cup, "item": str(new_id())}]}, "/extras/gifts/1/item",
         "promotion-name-unknown"),
        (percent("5"), {"budget": "0"}, "/extras/budget", "promotion-unsound"),
        (percent("5"), {"budget": "0.5"}, "/extras/budget", "promotion-unsound"),
    ]  # fmt: skip
    for rule, extras, pointer, code in refusals:
        answer = await an.post("/promotions", json={"code": "KM1", "rule": rule, "extras": extras})
        assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer)
    for body in ({"code": "KM~1"}, {"extras": {"gifts": [cup]}}, {"extras": {"per_customer": 0}}):
        answer = await an.post("/promotions", json={"code": "KM1", "rule": ten_and_one(item), **body})
        assert answer.status_code in (400, 422), answer.text


async def test_a_trial_says_what_it_would_take_and_which_limit_stands_against_it(shop: Shop, an: Any, lan: Any) -> None:
    item, cup, bowl, on = await choosing(shop, an, budget="1000", per_customer=1)
    customer = await shop.customer()
    trial = {
        "rule": on["rule"], "extras": on["extras"], "promotion_id": on["id"], "customer_id": str(customer),
        "on": str(today()), "lines": [{"item_id": str(item), "unit": "hộp", "qty": "20"}],
    }  # fmt: skip

    async def tried(**more: Any) -> tuple[Any, ...]:
        answer = await an.post("/promotions/trial", json={**trial, **more})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        gift = [(line["item"], line["qty"]) for line in found["gifts"]]
        return gift, found["gives"], found["left"], found["refused"]

    assert await tried() == ([(str(cup), "2")], "600", "1000", None)
    assert await tried(gift=2) == ([(str(bowl), "4")], "800", "1000", None)
    await ordered(lan, await shop.customer(), item, "20", coupons=["QUA~1"])
    assert await tried() == ([(str(cup), "2")], "600", "400", "budget")
    await ordered(lan, customer, item, "10", coupons=["QUA~1"])
    assert (await tried())[3] == "customer"


async def test_a_copy_begins_with_its_own_budget(shop: Shop, an: Any, lan: Any) -> None:
    item, customer = await shop.item(price="1000"), await shop.customer()
    on = await running(an, "KM10", percent("10"), extras={"budget": "1000", "per_customer": 4})
    await ordered(lan, customer, item, "10")
    copy = (await an.post(f"/promotions/{on['id']}/copy", json={"code": "KM11"})).json()
    assert (copy["extras"], copy["used"], copy["uses"]) == ({"budget": "1000", "per_customer": 4}, "0", 0)
    draft = await drafted(an, "KM12", percent("1"))
    assert (draft["extras"], draft["used"]) == ({}, None)


async def test_a_dry_run_says_until_when_a_budget_would_have_lasted(shop: Shop, an: Any, lan: Any) -> None:
    item, one, other = await shop.item(price="1000"), await shop.customer(), await shop.customer()
    for days_ago, customer, qty in ((9, one, "10"), (7, other, "10"), (5, one, "30"), (3, other, "5"), (2, one, "5")):
        with at(now() - timedelta(days=days_ago)):
            await ordered(lan, customer, item, qty)
    await db.execute(
        """INSERT INTO region_sets (id, name_vi, name_en, valid_from, source, licence, approximate)
           VALUES ('TEST-ADM1', 'Thử', 'Test', '2020-01-01', '', '', false)"""
    )

    async def limits(**extras: Any) -> tuple[Any, Any]:
        draft = await drafted(an, f"KM-{new_id().hex[-8:]}", percent("10"), extras=extras)
        asked = await an.post(f"/promotions/{draft['id']}/runs", json={"region_set": "TEST-ADM1"})
        await run_now(rehearsing.JOB, {"run": asked.json()["id"]})
        result = (await an.get(f"/promotions/runs/{asked.json()['id']}")).json()["result"]
        return result["cost"], result.get("limits")

    five_days_ago = str(today() - timedelta(days=5))
    assert await limits() == ("6000", None)
    assert await limits(budget="3000") == (
        "3000", {"budget": "3000", "left": "0", "lasted_until": five_days_ago, "refused": 1},
    )  # fmt: skip
    assert await limits(budget="6000", per_customer=2) == (
        "5500", {"budget": "6000", "left": "500", "lasted_until": None, "refused": 1},
    )  # fmt: skip
    cup, bowl = await shop.item(price="300"), await shop.item(price="200")
    gifts = [{"item": str(cup), "qty": "1"}, {"item": str(bowl), "qty": "2"}]
    draft = await drafted(an, "QUA", ten_and_one(item), extras={"gifts": gifts})
    asked = await an.post(f"/promotions/{draft['id']}/runs", json={"region_set": "TEST-ADM1"})
    await run_now(rehearsing.JOB, {"run": asked.json()["id"]})
    result = (await an.get(f"/promotions/runs/{asked.json()['id']}")).json()["result"]
    assert result["cost"] == str(5 * 400)  # five times ten, the dearer gift each time


async def test_what_would_they_pay_says_that_a_limit_is_reached(shop: Shop, an: Any, lan: Any) -> None:
    item, customer, other = await shop.item(price="1000"), await shop.customer(), await shop.customer()
    await running(an, "KM10", percent("10"), extras={"per_customer": 1})
    await ordered(lan, customer, item, "10")
    for one, amount, why in ((customer, "10000", ["limit"]), (other, "9000", [])):
        asked = f"customer={one}&item={item}&qty=10&on={today()}"
        told = (await an.get(f"/pricing/explain?{asked}")).json()
        assert (told["price"]["amount"], [each["why"] for each in told["skipped"]]) == (amount, why)
