"""What holds for every book and every order, tried on random ones."""

import json
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import Refusal
from backend.pricing.numbers import share
from backend.pricing.rules import price_order
from tests.pricing.baskets import basket

SEEDS = st.integers(min_value=0, max_value=2**48)
tried = settings(max_examples=100, deadline=None)


def priced(seed: int) -> tuple[Any, Any, Any] | None:
    """A basket and its answer; None where the order is refused."""
    asked = basket(seed)
    try:
        return asked["book"], asked["order"], price_order(asked["book"], asked["order"])
    except Refusal:
        return None


def total(answer: Any, field: str) -> Decimal:
    return sum((Decimal(line[field]) for line in answer["lines"]), Decimal(0))


@tried
@given(SEEDS)
def test_totals_are_the_sums_of_the_lines(seed: int) -> None:
    if found := priced(seed):
        answer = found[2]
        for field in ("gross", "discount", "net", "tax"):
            assert Decimal(answer[field]) == total(answer, field)
        assert Decimal(answer["total"]) == Decimal(answer["net"]) + Decimal(answer["tax"])


@tried
@given(SEEDS)
def test_the_adjustments_of_a_line_are_its_discount(seed: int) -> None:
    if found := priced(seed):
        for line in found[2]["lines"]:
            assert sum(Decimal(one["amount"]) for one in line["adjustments"]) == Decimal(line["discount"])
            assert Decimal(line["gross"]) - Decimal(line["discount"]) == Decimal(line["amount"])


@tried
@given(SEEDS)
def test_no_line_is_discounted_below_nothing_and_returns_take_no_promotion(seed: int) -> None:
    if found := priced(seed):
        for line in found[2]["lines"]:
            if Decimal(line["gross"]) >= 0:
                assert Decimal(line["amount"]) >= 0
            if Decimal(line["qty"]) < 0:
                assert {one["promotion"] for one in line["adjustments"]} <= {"manual", "terms"}
            if "gift" in line:
                assert line["adjustments"] == []


@tried
@given(SEEDS)
def test_a_discount_is_never_below_nothing_nor_above_the_line_unless_a_promotion_may_raise(seed: int) -> None:
    found = priced(seed)
    if found and '"raise": true' not in json.dumps(found[0]["promotions"]):
        for line in found[2]["lines"]:
            gross, discount = Decimal(line["gross"]), Decimal(line["discount"])
            assert min(gross, 0) <= discount <= max(gross, 0)
            assert gross >= 0 or Decimal(line["qty"]) < 0


@tried
@given(SEEDS, st.integers(min_value=0, max_value=10**9))
def test_an_amount_for_the_order_is_taken_to_the_last_minor_unit_and_never_more_than_there_is(
    seed: int, amount: int
) -> None:
    asked = basket(seed)
    only = {"id": "ALL", "stage": "order", "effect": {"kind": "amount", "value": str(amount)}}
    order = {**asked["order"], "currency": "VND", "manual_discount": None, "lines": [
        {**line, "manual_discount": None} for line in asked["order"]["lines"]
    ]}  # fmt: skip
    book = {**asked["book"], "promotions": [only]}
    book["customers"] = {code: {**one, "discount": None} for code, one in book["customers"].items()}
    try:
        answer = price_order(book, order)
    except Refusal:
        return
    worth = sum(Decimal(line["gross"]) for line in answer["lines"] if not line["qty"].startswith("-"))
    assert Decimal(answer["discount"]) == min(Decimal(amount), worth)


@tried
@given(SEEDS)
def test_the_order_of_promotions_in_the_book_never_matters(seed: int) -> None:
    if found := priced(seed):
        book, order, answer = found
        shuffled = Random(seed).sample(book["promotions"], len(book["promotions"]))
        assert price_order({**book, "promotions": book["promotions"][::-1]}, order) == answer
        assert price_order({**book, "promotions": shuffled}, order) == answer


@tried
@given(SEEDS)
def test_pricing_changes_neither_book_nor_order_and_answers_the_same_again(seed: int) -> None:
    if found := priced(seed):
        book, order, answer = found
        before = json.dumps([book, order])
        assert price_order(book, order) == answer
        assert json.dumps([book, order]) == before


@tried
@given(SEEDS)
def test_another_line_never_changes_a_lines_list_price(seed: int) -> None:
    if found := priced(seed):
        book, order, answer = found
        for place, line in enumerate(order["lines"]):
            alone = price_order(book, {**order, "lines": [line]})["lines"][0]
            together = answer["lines"][place]
            assert (alone["unit_price"], alone["gross"], alone["source"]) == (
                together["unit_price"], together["gross"], together["source"],
            )  # fmt: skip


@tried
@given(SEEDS)
def test_the_trace_costs_nothing_but_itself(seed: int) -> None:
    if found := priced(seed):
        book, order, answer = found
        assert price_order(book, order, explain=False) == {**answer, "trace": []}


@tried
@given(
    st.integers(min_value=0, max_value=10**15),
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=8),
)
def test_shares_add_up_and_keep_to_their_limits(amount: int, lines: list[tuple[Any, int]]) -> None:
    weights, limits = [weight for weight, _ in lines], [limit for _, limit in lines]
    assert sum(share(amount, weights)) == amount
    parts = share(amount, weights, limits)
    assert sum(parts) == min(amount, sum(limits))
    assert all(0 <= part <= limit for part, limit in zip(parts, limits, strict=True))
