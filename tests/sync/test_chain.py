"""The phone and the office hash a line of operations, and the day's code, alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from sync.chain import day_code, link

CASES = json.loads((Path(__file__).parents[1] / "cases" / "chain.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES["links"], ids=lambda case: case["name"])
def test_a_link_is_the_hash_both_sides_agree_on(case: dict[str, Any]) -> None:
    made = link(case["prev"], case["n"], case["id"], case["name"], case["args"].encode())
    assert made == case["chain"]


@pytest.mark.parametrize("case", CASES["codes"], ids=lambda case: case["code"])
def test_the_code_of_a_day_is_the_one_both_sides_agree_on(case: dict[str, Any]) -> None:
    assert day_code(case["ids"]) == case["code"] == day_code(reversed(case["ids"]))
