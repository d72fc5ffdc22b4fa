"""What the shared cases cannot say: a book read once, a basket that shrinks again, the facts of the grammar."""

import json
from typing import Any

from backend.pricing.rules import price_order
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import read_promotions
from backend.pricing.rules_conditions import _FACTS
from backend.pricing.rules_grammar import FACTS
from tests.pricing.test_cases import CASES

ORDER = {"customer": "C01", "date": "2026-07-01", "lines": [{"item": "SUA180", "unit": "thùng", "qty": "12"}]}


def ten_and_one(qty: str) -> list[tuple[str, str | None]]:
    """(quantity, gift of which promotion) of each line when so many are ordered."""
    book: dict[str, Any] = {
        "company_currency": "VND",
        "currencies": {"VND": {"minor": 0}},
        "taxes": {},
        "items": {"MI": {"base_unit": "gói", "whole_units": True, "list_price": "4000"}},
        "customers": {},
        "price_lists": {},
        "promotions": [{"id": "10+1", "effect": {"kind": "gift", "item": "MI", "qty": "1", "every": "10"}}],
    }
    answer = price_order(book, {"date": "2026-07-01", "lines": [{"item": "MI", "qty": qty}]})
    return [(line["qty"], line.get("gift")) for line in answer["lines"]]


def test_a_gift_comes_and_goes_with_the_quantity_typed() -> None:
    typed = [ten_and_one(qty) for qty in ("9", "10", "15", "20", "9")]
    assert [len(lines) for lines in typed] == [1, 2, 2, 2, 1]
    assert [lines[1] for lines in typed[1:4]] == [("1", "10+1"), ("1", "10+1"), ("2", "10+1")]


def test_a_book_is_read_once_for_many_orders() -> None:
    raw = json.loads((CASES / "pricing" / "dairy.json").read_text("utf-8"))["book"]
    book = Book(raw)
    assert price_order(book, ORDER) == price_order(book, ORDER) == price_order(raw, ORDER)
    assert book.promotions is book.promotions


def test_a_book_with_other_promotions_is_the_same_book_otherwise() -> None:
    raw = json.loads((CASES / "pricing" / "dairy.json").read_text("utf-8"))["book"]
    book = Book(raw)
    others = book.with_promotions(read_promotions([{"id": "P", "effect": {"kind": "percent", "value": "10"}}]))
    assert price_order(others, ORDER)["discount"] == "406080"
    assert price_order(book, ORDER) == price_order(raw, ORDER)


def test_without_a_reason_asked_for_only_the_reasons_are_missing() -> None:
    raw = json.loads((CASES / "pricing" / "dairy.json").read_text("utf-8"))["book"]
    assert price_order(raw, ORDER, explain=False) == {**price_order(raw, ORDER), "trace": []}


def test_the_grammar_knows_exactly_the_facts_that_can_be_read() -> None:
    assert set(FACTS) == set(_FACTS)
