"""The cases phone and office must agree on: each says a book, an order and what must come out of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import Refusal
from backend.pricing.answering import convert_answer, price_answer
from backend.pricing.rules import price_order

CASES = Path(__file__).parents[1] / "cases"


def cases(folder: str) -> list[Any]:
    """All cases of a folder, each named after its file and itself."""
    found = []
    for path in sorted((CASES / folder).glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        for case in content["cases"]:
            book = {**content.get("book", {}), **case.get("with", {})}
            found.append(pytest.param({**case, "book": book}, id=f"{path.stem}: {case['name']}"))
    return found


def line_of(case: Any, name: object) -> str:
    """What a case asks, as a line of the filter: written down as a line, as a request, or as an order from the book."""
    request = case.get("request") or {"book": case["book"], "order": case.get("order")}
    return case.get("line") or json.dumps({"id": name, **request}, ensure_ascii=False)


def within(part: Any, whole: Any) -> bool:
    """Whether everything the expectation says is there; lists have the same length."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and within(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


@pytest.mark.parametrize("case", cases("pricing"))
def test_a_price_is_what_the_case_says(case: Any) -> None:
    answer = json.loads(price_answer(line_of(case, 1)))
    expected = case.get("answer") or ({"error": case["error"]} if "error" in case else case["expect"])
    assert within(expected, answer), answer
    for reason in case.get("trace", []):
        assert any(within(reason, one) for one in answer["trace"]), answer["trace"]


REFUSED = [case for case in cases("pricing") if "error" in case.values[0] and "line" not in case.values[0]]


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_where_and_about_what(case: Any) -> None:
    request = json.loads(line_of(case, 1))
    with pytest.raises(Refusal) as refused:
        price_order(request.get("book"), request.get("order"))
    assert (refused.value.pointer, refused.value.numbers) == (case.get("pointer"), case.get("numbers", {}))


@pytest.mark.parametrize("case", cases("units"))
def test_a_quantity_converts_as_the_case_says(case: Any) -> None:
    assert json.loads(convert_answer(json.dumps({"id": 1, **case["request"]}))) == {"id": 1, **case["answer"]}
