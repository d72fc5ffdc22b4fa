"""The promotion editor through its doors: who may, what is refused and where, and the life of a promotion."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.core.clock import at, now
from backend.core.database import fetch_value
from backend.core.ids import new_id
from backend.stock.receiving import open_warehouse
from tests.pricing.dairy import lay_dairy
from tests.pricing.promoting import day, drafted, gifts_of, percent, put_on, running, step, ten_and_one

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ids(database: str) -> SimpleNamespace:
    """The dairy, with a warehouse."""
    await open_warehouse("KHO1", "Kho chính", default=True, by=None)
    return await lay_dairy()


@pytest.fixture
async def an(client_for: Any, cast: SimpleNamespace) -> Any:
    """The administrator's client."""
    return await client_for(cast.an)


async def test_ten_and_one_gives_its_gift_from_the_moment_it_is_put_on(
    ids: SimpleNamespace, an: Any, client_for: Any
) -> None:
    lan = await client_for("lan")
    draft = await drafted(an, "KM-10-1", ten_and_one(ids.milk))
    assert draft["state"] == "draft" and await gifts_of(lan, ids, "10") == []
    on = await put_on(an, draft)
    assert (on["state"], on["version"]) == ("active", 2)
    told = {qty: await gifts_of(lan, ids, qty) for qty in ("9", "10", "15", "20")}
    assert told == {"9": [], "10": ["1"], "15": ["1"], "20": ["2"]}
    assert await gifts_of(lan, ids, "1", unit="thùng") == ["4"]  # a carton is 48 boxes
    book = (await lan.get("/pricing/book")).json()["book"]
    assert [one["id"] for one in book["promotions"]] == ["KM-10-1"]


async def test_a_pause_takes_it_out_and_an_end_is_final(ids: SimpleNamespace, an: Any, client_for: Any) -> None:
    lan = await client_for("lan")
    on = await running(an, "KM1", ten_and_one(ids.milk))
    paused = (await step(an, on, "pause", reason="Hết hàng tặng")).json()
    assert paused["state"] == "paused" and await gifts_of(lan, ids, "10") == []
    again = (await step(an, paused, "activation")).json()
    assert again["state"] == "active" and await gifts_of(lan, ids, "10") == ["1"]
    ended = (await step(an, again, "ending", reason="Hết ngân sách")).json()
    assert ended["state"] == "ended" and await gifts_of(lan, ids, "10") == []
    refused = await step(an, ended, "activation")
    assert (refused.status_code, refused.json()["code"]) == (409, "promotion-ended")
    assert [(one["step"], one["reason"]) for one in ended["steps"]] == [
        ("ended", "Hết ngân sách"), ("resumed", ""), ("paused", "Hết hàng tặng"), ("activated", ""), ("drafted", ""),
    ]  # fmt: skip
    assert {one["made_by"] for one in ended["steps"]} == {"Nguyễn Hoài An"} or ended["steps"][0]["made_by"]
    audited = await fetch_value("SELECT count(*) FROM audit WHERE entity = 'promotion' AND actor_id IS NOT NULL")
    assert audited == 5


async def test_the_day_makes_it_scheduled_active_and_over(ids: SimpleNamespace, an: Any) -> None:
    await running(an, "TET", ten_and_one(ids.milk, valid_from=day(5), valid_to=day(9)))

    async def state_in(days: int) -> tuple[str, list[str]]:
        from datetime import timedelta

        with at(now() + timedelta(days=days)):
            rows = (await an.get("/promotions")).json()["items"]
            listed = [one["code"] for one in (await an.get(f"/promotions?state={rows[0]['state']}")).json()["items"]]
            return rows[0]["state"], listed

    assert [(await state_in(days)) for days in (0, 5, 9, 10)] == [
        ("scheduled", ["TET"]), ("active", ["TET"]), ("active", ["TET"]), ("ended", ["TET"]),
    ]  # fmt: skip


async def test_what_has_begun_is_not_changed_but_gets_a_next_version(
    ids: SimpleNamespace, an: Any, client_for: Any
) -> None:
    lan = await client_for("lan")
    on = await running(an, "KM1", ten_and_one(ids.milk))
    rule = ten_and_one(ids.milk, effect={"kind": "gift", "item": str(ids.milk), "qty": "2", "every": "10"})
    answer = await an.patch(f"/promotions/{on['id']}", json={"expected_version": on["version"], "rule": rule})
    following = answer.json()
    assert (following["code"], following["state"], following["replaces_code"]) == ("KM1.2", "draft", "KM1")
    kept = (await an.get(f"/promotions/{on['id']}")).json()
    assert kept["rule"] == on["rule"] and kept["version"] == on["version"] and kept["next"] == following["id"]
    assert await gifts_of(lan, ids, "10") == ["1"]
    twice = await an.patch(f"/promotions/{on['id']}", json={"expected_version": on["version"], "rule": rule})
    assert (twice.status_code, twice.json()["code"]) == (409, "promotion-version-open")
    assert following["overlaps"] == []  # it takes the other's place, it does not meet it
    await put_on(an, following)
    assert await gifts_of(lan, ids, "10") == ["2"]
    assert (await an.get(f"/promotions/{on['id']}")).json()["state"] == "ended"


async def test_its_name_may_be_corrected_while_it_runs(ids: SimpleNamespace, an: Any) -> None:
    on = await running(an, "KM1", ten_and_one(ids.milk))
    rule = {**on["rule"], "name": {"vi": "Sữa 10+1", "en": "Milk 10+1"}}
    changed = (await an.patch(f"/promotions/{on['id']}", json={"expected_version": 2, "rule": rule})).json()
    assert (changed["id"], changed["state"], changed["version"]) == (on["id"], "active", 3)
    assert changed["rule"]["name"]["vi"] == "Sữa 10+1"


async def test_what_has_not_begun_goes_back_to_a_draft_when_it_is_changed(ids: SimpleNamespace, an: Any) -> None:
    on = await running(an, "KM1", ten_and_one(ids.milk, valid_from=day(3)))
    assert on["state"] == "scheduled"
    rule = ten_and_one(ids.milk, valid_from=day(4))
    changed = (await an.patch(f"/promotions/{on['id']}", json={"expected_version": 2, "rule": rule})).json()
    assert (changed["id"], changed["state"]) == (on["id"], "draft")
    gone = await an.delete(f"/promotions/{on['id']}?expected_version=3")
    assert gone.status_code == 200 and (await an.get(f"/promotions/{on['id']}")).status_code == 404


async def test_an_old_version_is_refused_with_the_present_one(ids: SimpleNamespace, an: Any) -> None:
    on = await running(an, "KM1", ten_and_one(ids.milk))
    stale = {**on, "version": 1}
    answers = [
        await an.patch(f"/promotions/{on['id']}", json={"expected_version": 1}),
        await step(an, stale, "pause", reason="x"), await step(an, stale, "ending", reason="x"),
        await step(an, stale, "activation"), await an.delete(f"/promotions/{on['id']}?expected_version=1"),
    ]  # fmt: skip
    assert [(one.status_code, one.json()["current"]) for one in answers] == [(412, 2)] * 5


async def test_a_copy_is_a_draft_under_its_own_code(ids: SimpleNamespace, an: Any) -> None:
    on = await running(an, "KM1", ten_and_one(ids.milk))
    copied = (await an.post(f"/promotions/{on['id']}/copy", json={"code": "KM2"})).json()
    assert (copied["code"], copied["state"], copied["rule"]) == ("KM2", "draft", on["rule"])
    taken = await an.post(f"/promotions/{on['id']}/copy", json={"code": "KM1"})
    assert (taken.status_code, taken.json()["code"], taken.json()["pointer"]) == (409, "promotion-code-taken", "/code")
    over = await drafted(an, "CU", ten_and_one(ids.milk, valid_from=day(-9), valid_to=day(-1)))
    refused = await step(an, over, "activation")
    assert (refused.status_code, refused.json()["code"]) == (409, "promotion-over")


GIFT = {"kind": "gift", "qty": "1"}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"effect": {"kind": "percent", "value": 5}}, "/rule/effect/value", "promotion-malformed"),
    ({"effect": {"kind": "percent", "value": "5", "what": "x"}}, "/rule/effect", "promotion-malformed"),
    ({"effect": {"kind": "percent", "value": "1e3"}}, "/rule/effect/value", "promotion-malformed"),
    ({"effect": {"kind": "percent", "value": "101"}}, "/rule/effect/value", "promotion-unsound"),
    ({"effect": {"kind": "percent", "value": "0"}}, "/rule/effect/value", "promotion-unsound"),
    ({"effect": None}, "/rule/effect", "promotion-unsound"),
    ({"valid_to": "2026-02-30"}, "/rule/valid_to", "promotion-unsound"),
    ({"valid_from": "2026-12-31", "valid_to": "2026-12-30"}, "/rule/valid_to", "promotion-unsound"),
    ({"stage": "later"}, "/rule/stage", "promotion-malformed"),
    ({"active": True}, "/rule", "promotion-malformed"),
    ({"min": {"qty": "0"}}, "/rule/min/qty", "promotion-unsound"),
    ({"min": {"amount": "9", "amount_max": "8"}}, "/rule/min/amount_max", "promotion-unsound"),
    ({"match": {"items": [str(new_id())]}}, "/rule/match/items/0", "promotion-name-unknown"),
    ({"match": {"item_groups": ["sua", "bia"]}}, "/rule/match/item_groups/1", "promotion-name-unknown"),
    ({"scope": {"customer_groups": ["vip"]}}, "/rule/scope/customer_groups/0", "promotion-name-unknown"),
    ({"scope": {"customers": [str(new_id())]}}, "/rule/scope/customers/0", "promotion-name-unknown"),
    ({"scope": {"customers": []}}, "/rule/scope/customers", "promotion-malformed"),
    ({"effect": {**GIFT, "item": str(new_id())}}, "/rule/effect/item", "promotion-name-unknown"),
    ({"when": {"fact": "order.moon", "op": "eq", "value": "1"}}, "/rule/when/fact", "promotion-malformed"),
    ({"when": {"all": [{"fact": "order.lines", "op": "ge", "value": "x"}]}}, "/rule/when/all/0/value",
     "promotion-malformed"),
    ({"when": {"any": [{"fact": "customer.first_order", "op": "gt", "value": True}]}}, "/rule/when/any/0/op",
     "promotion-malformed"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "pointer", "code"), WRONG, ids=[f"{n}{one[1]}" for n, one in enumerate(WRONG)])
async def test_a_wrong_rule_is_refused_with_the_field_named(
    ids: SimpleNamespace, an: Any, part: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await an.post("/promotions", json={"code": "KM1", "rule": {**percent("5"), **part}})
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer), answer.text


async def test_a_ladder_must_rise_and_a_gifts_unit_be_its_own(ids: SimpleNamespace, an: Any) -> None:
    one = {"min": {"amount": "5"}, "effect": {"kind": "percent", "value": "1"}}
    two = {"min": {"amount": "5"}, "effect": {"kind": "percent", "value": "2"}}
    rule = {"name": {"vi": "Thang"}, "tiers": [one, two]}
    answer = await an.post("/promotions", json={"code": "KM1", "rule": rule})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/rule/tiers/1/min")
    gift = {**GIFT, "item": str(ids.cup), "unit": "thùng"}
    answer = await an.post("/promotions", json={"code": "KM1", "rule": {"name": {"vi": "Ly"}, "effect": gift}})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/rule/effect/unit")


async def test_the_list_is_filtered_and_paged(ids: SimpleNamespace, an: Any) -> None:
    await running(an, "B-SUA", percent("3", match={"item_groups": ["sua"]}, scope={"customer_groups": ["dai-ly"]}))
    await running(an, "A-CAFE", percent("4", match={"items": [str(ids.coffee)]}))
    await drafted(an, "C-DON", percent("1", stage="order", valid_from=day(40), valid_to=day(50)))

    async def codes(query: str) -> list[str]:
        answer = await an.get(f"/promotions?{query}")
        assert answer.status_code == 200, answer.text
        return [one["code"] for one in answer.json()["items"]]

    assert await codes("") == ["A-CAFE", "B-SUA", "C-DON"]
    assert await codes("state=draft") == ["C-DON"]
    assert await codes("q=giam+4") == ["A-CAFE"]
    assert await codes(f"item={ids.milk}") == ["B-SUA", "C-DON"]
    assert await codes(f"item={ids.coffee}") == ["A-CAFE", "C-DON"]
    assert await codes(f"group={ids.dealers_1}") == ["A-CAFE", "B-SUA", "C-DON"]
    assert await codes(f"on={day(45)}") == ["C-DON"]
    first = (await an.get("/promotions?limit=2")).json()
    rest = (await an.get(f"/promotions?limit=2&cursor={first['next']}")).json()
    assert [one["code"] for one in first["items"] + rest["items"]] == ["A-CAFE", "B-SUA", "C-DON"]
    assert rest["next"] is None


@pytest.mark.parametrize("login", ["hung", "lan", "bob", "mai", "tuan", "sau"])
async def test_only_the_administrator_writes_and_only_managers_read_beside(
    ids: SimpleNamespace, an: Any, client_for: Any, login: str
) -> None:
    on = await running(an, "KM1", ten_and_one(ids.milk))
    client = await client_for(login)
    writes = [
        await client.post("/promotions", json={"code": "KM2", "rule": percent("5")}),
        await client.patch(f"/promotions/{on['id']}", json={"expected_version": 2}),
        await client.delete(f"/promotions/{on['id']}?expected_version=2"),
        await client.post(f"/promotions/{on['id']}/copy", json={"code": "KM2"}),
        await step(client, on, "activation"), await step(client, on, "pause", reason="x"),
        await step(client, on, "ending", reason="x"),
    ]  # fmt: skip
    assert {one.status_code for one in writes} == {403}
    reads = [await client.get("/promotions"), await client.get(f"/promotions/{on['id']}"),
             await client.get("/promotions/groups"), await client.get(f"/promotions/{on['id']}/runs")]  # fmt: skip
    assert {one.status_code for one in reads} == ({200} if login == "hung" else {403})


async def test_a_manager_meets_no_name_of_anothers_customer(ids: SimpleNamespace, an: Any, client_for: Any) -> None:
    both = await running(an, "HAI", percent("5", scope={"customers": [str(ids.customer), str(ids.other)]}))
    bobs = await running(an, "BOB", percent("5", scope={"customers": [str(ids.other)]}))
    hung = await client_for("hung")
    seen = (await hung.get(f"/promotions/{both['id']}")).json()
    assert seen["rule"]["scope"]["customers"] == [str(ids.customer)] and seen["hidden_customers"] == 1
    assert str(ids.other) not in str(seen)
    assert (await hung.get(f"/promotions/{bobs['id']}")).status_code == 404
    assert [one["code"] for one in (await hung.get("/promotions")).json()["items"]] == ["HAI"]
