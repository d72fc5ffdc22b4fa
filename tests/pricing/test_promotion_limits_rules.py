"""Limits and choices as pure decisions: what is given never passes a budget, and the grammar says what is meant."""

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.pricing.choices import expanded, left_out, stem
from backend.pricing.limits import Limit, Standing, gone, least_use, refusing, without_customers
from backend.pricing.rules import price_order
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import read_promotions

ROOT = UUID(int=1)
CUSTOMERS = ("an", "binh", "chi")


def book(promotions: list[dict[str, Any]]) -> dict[str, Any]:
    """Milk at 1,000, a cup at 300, a bowl at 200; three customers."""
    return {
        "company_currency": "VND", "currencies": {"VND": {"minor": 0}}, "taxes": {}, "price_lists": {},
        "customers": {name: {} for name in CUSTOMERS}, "promotions": promotions,
        "items": {
            "milk": {"base_unit": "box", "list_price": "1000"}, "cup": {"base_unit": "pc", "list_price": "300"},
            "bowl": {"base_unit": "pc", "packagings": {"pair": "2"}, "list_price": "200"},
        },
    }  # fmt: skip


def order(customer: str, qty: int, *coupons: str) -> dict[str, Any]:
    line = {"id": "1", "item": "milk", "qty": str(qty)}
    return {"customer": customer, "date": "2026-11-22", "coupons": list(coupons), "lines": [line]}


TEN = {"match": {"items": ["milk"]}, "effect": {"kind": "gift", "item": "cup", "qty": "1", "every": "10"}}
GIFTS = [{"item": "cup", "qty": "1"}, {"item": "bowl", "qty": "1", "unit": "pair"}]


@settings(deadline=None)
@given(
    budget=st.none() | st.integers(1, 10_000), cap=st.none() | st.integers(1, 5), least=st.integers(1, 500),
    wanted=st.lists(st.tuples(st.sampled_from(CUSTOMERS), st.integers(0, 4000)), max_size=40),
)  # fmt: skip
def test_what_is_given_never_passes_a_limit_and_is_refused_only_where_it_would(
    budget: int | None, cap: int | None, least: int, wanted: list[tuple[str, int]]
) -> None:
    limit, used, times = Limit(ROOT, budget, cap, least), 0, dict.fromkeys(CUSTOMERS, 0)
    for customer, amount in wanted:
        before = Standing(used, times[customer])
        if gone({"KM": limit}, {ROOT: before}) and amount >= least:
            assert refusing(limit, before, amount)  # what left the books could not have been had
        why = refusing(limit, before, amount)
        if why is None:
            used, times[customer] = used + amount, times[customer] + 1
        elif why == "customer":
            assert times[customer] == cap
        else:
            assert budget is not None and used + amount > budget
        assert budget is None or used <= budget
        assert cap is None or max(times.values()) <= cap


@settings(deadline=None)
@given(out=st.sets(st.sampled_from(CUSTOMERS)), qty=st.integers(1, 40), more=st.booleans())
def test_whom_a_promotion_leaves_out_pays_as_if_it_were_not_there(out: set[str], qty: int, more: bool) -> None:
    rule = {**TEN, "when": {"fact": "order.lines", "op": "ge", "value": "1"}} if more else TEN
    promotion = {**rule, "id": "KM"}
    for customer in CUSTOMERS:
        given_ = price_order(book([without_customers(promotion, out)]), order(customer, qty), explain=False)
        assert given_ == price_order(book([] if customer in out else [promotion]), order(customer, qty), explain=False)


@settings(deadline=None)
@given(qty=st.integers(1, 60), chosen=st.sets(st.sampled_from(["KM~1", "KM~2", "KM~3", "KM", "TET"])))
def test_of_gifts_to_choose_an_order_has_one_at_most_and_none_unasked(qty: int, chosen: set[str]) -> None:
    promotions = expanded("KM", TEN, GIFTS)
    priced = price_order(book(promotions), order("an", qty, *sorted(chosen)))
    gifts = [(line["gift"], line["item"], line["qty"]) for line in priced["lines"] if "gift" in line]
    possible = [("KM~1", "cup", str(qty // 10)), ("KM~2", "bowl", str(qty // 10))]
    asked = [one for one in possible if one[0] in chosen] if qty >= 10 else []
    assert len(gifts) == min(1, len(asked)) and set(gifts) <= set(asked)
    if len(asked) == 2:
        assert gifts[0][0] == "KM~2"  # the pair of bowls is worth more


def test_a_promotion_without_a_choice_is_itself_and_all_choices_go_together() -> None:
    assert expanded("KM", TEN, None) == [{**TEN, "id": "KM"}]
    both = [*expanded("KM", TEN, GIFTS), {**TEN, "id": "KM2"}]
    assert [one.id for one in read_promotions(both)] == ["KM2", "KM~1", "KM~2"]
    assert [one["id"] for one in left_out(both, {"KM"})] == ["KM2"]
    assert {stem(one["id"]) for one in both} == {"KM", "KM2"}


def test_the_least_a_promotion_gives_is_its_smallest_gift() -> None:
    read = Book(book([]))
    assert least_use(read, expanded("KM", TEN, GIFTS)) == 300
    pairs = [{"item": "bowl", "qty": "1"}, {"item": "cup", "qty": "1"}]
    assert least_use(read, expanded("KM", TEN, pairs)) == 200
    assert least_use(read, [{"id": "KM", "effect": {"kind": "percent", "value": "5"}}]) == 1
    assert least_use(read, [{"id": "KM", "effect": {"kind": "gift", "item": "gone", "qty": "1"}}]) == 1
