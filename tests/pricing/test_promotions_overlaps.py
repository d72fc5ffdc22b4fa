"""Warnings before a promotion is put on: whom it meets, and what happens then. What is told is what the brain does."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.pricing.promotions.overlaps import judge
from backend.pricing.rules import price_order
from backend.pricing.rules_campaigns import read_promotions
from backend.stock.receiving import open_warehouse
from tests.pricing.dairy import lay_dairy
from tests.pricing.promoting import day, drafted, percent, put_on, running, step


@pytest.fixture
async def ids(database: str) -> SimpleNamespace:
    """The dairy, with a warehouse."""
    await open_warehouse("KHO1", "Kho chính", default=True, by=None)
    return await lay_dairy()


@pytest.fixture
async def an(client_for: Any, cast: SimpleNamespace) -> Any:
    """The administrator's client."""
    return await client_for(cast.an)


def told(promotion: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Kind, code and winner of each warning."""
    return [(one["kind"], one["code"], one["winner"]) for one in promotion["overlaps"]]


@pytest.mark.anyio
async def test_what_meets_is_listed_with_what_will_happen(ids: SimpleNamespace, an: Any) -> None:
    milk = {"match": {"item_groups": ["sua"]}}
    await running(an, "STACK", percent("1", **milk))
    await running(an, "ALONE", percent("2", priority=9, exclusive=True, **milk))
    await running(an, "BEST", percent("3", group="g", **milk), group_pick="best")
    await running(an, "RANKED", percent("4", group="r", priority=5, **milk), group_pick="priority")
    await running(an, "COFFEE", percent("5", match={"item_groups": ["cafe"]}))
    await running(an, "LATER", percent("5", valid_from=day(60), valid_to=day(70), **milk))
    await running(an, "BOBS", percent("5", scope={"customers": [str(ids.other)]}, **milk))
    await running(an, "DOLLARS", percent("5", currency="USD", **milk))
    dealers = {"scope": {"customer_groups": ["dai-ly"]}, "currency": "VND"}
    draft = await drafted(an, "NEW", percent("6", group="g", match={"items": [str(ids.milk)]}, **dealers))
    assert told(draft) == [
        ("exclusive", "ALONE", "ALONE"), ("best", "BEST", None), ("stack", "RANKED", None), ("stack", "STACK", None),
    ]  # fmt: skip
    assert {(one["items"], one["customers"]) for one in draft["overlaps"]} == {(1, 1)}
    assert [one["first"] for one in draft["overlaps"] if one["kind"] == "stack"] == ["RANKED", "NEW"]
    ranked = await drafted(an, "NEW2", percent("6", group="r", match={"items": [str(ids.milk)]}, **dealers))
    assert ("priority", "RANKED", "RANKED") in told(ranked)


@pytest.mark.anyio
async def test_a_tie_in_a_priority_group_is_named_on_both_sides(ids: SimpleNamespace, an: Any) -> None:
    one = await running(an, "ONE", percent("3", group="r", match={"item_groups": ["sua"]}), group_pick="priority")
    two = await drafted(an, "TWO", percent("4", group="r", match={"item_groups": ["sua"]}))
    assert told(two) == [("tie", "ONE", None)] and two["group_pick"] == "priority"
    await put_on(an, two)
    assert told((await an.get(f"/promotions/{one['id']}")).json()) == [("tie", "TWO", None)]


@pytest.mark.anyio
async def test_nothing_is_put_on_before_every_warning_was_read(ids: SimpleNamespace, an: Any) -> None:
    await running(an, "ONE", percent("3"))
    two = await drafted(an, "TWO", percent("4"))
    refused = await step(an, two, "activation")
    assert (refused.status_code, refused.json()["code"]) == (409, "promotion-warnings")
    assert refused.json()["missing"] == ["stack:ONE"] and refused.json()["title"] == "Còn 1 cảnh báo chưa xác nhận"
    on = await put_on(an, two)
    assert on["steps"][0]["acknowledged"] == ["stack:ONE"]


@pytest.mark.anyio
async def test_how_a_group_chooses_is_not_turned_over_under_another(ids: SimpleNamespace, an: Any) -> None:
    await running(an, "ONE", percent("3", group="g"), group_pick="priority")
    answer = await an.post("/promotions", json={"code": "TWO", "rule": percent("4", group="g"), "group_pick": "best"})
    assert (answer.status_code, answer.json()["code"], answer.json()["pick"]) == (
        409, "promotion-group-differs", "priority",
    )  # fmt: skip
    assert (await an.get("/promotions/groups")).json() == [{"code": "g", "pick": "priority", "promotions": 1}]


BOOK: dict[str, Any] = {
    "company_currency": "VND", "currencies": {"VND": {"minor": 0}}, "taxes": {}, "customers": {}, "price_lists": {},
    "items": {"A": {"base_unit": "cái", "list_price": "100000", "groups": ["g"]}},
}  # fmt: skip
ORDER = {"date": "2026-07-01", "lines": [{"id": "1", "item": "A", "qty": "10"}]}
rules = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(["line", "order"]), "priority": st.integers(0, 2),
        "group": st.sampled_from([None, "x", "y"]), "exclusive": st.booleans(),
        "match": st.sampled_from([None, {"items": ["A"]}, {"item_groups": ["g"]}]),
        "effect": st.builds(lambda value: {"kind": "percent", "value": str(value)}, st.integers(1, 9)),
    }
)  # fmt: skip


@given(rules, rules, st.sampled_from(["best", "priority"]))
@settings(max_examples=300, deadline=None)
def test_what_is_told_of_two_is_what_the_brain_does(one: dict[str, Any], two: dict[str, Any], pick: str) -> None:
    raws = [{**one, "id": "P1"}, {**two, "id": "P2"}]
    book = {**BOOK, "promotions": raws, "promotion_groups": {"x": {"pick": pick}, "y": {"pick": pick}}}
    first, second = sorted(read_promotions(raws), key=lambda promotion: promotion.id)
    judged = judge(first, second, by_priority=pick == "priority")
    acted = [one["promotion"] for one in price_order(book, ORDER)["lines"][0]["adjustments"]]
    if judged.kind == "stack":
        assert len(acted) == 2 and acted[0] == judged.first
    else:
        assert len(acted) == 1
        assert judged.winner in (None, acted[0])
