"""What is stored keeps to the agreed format: random small changes of good rules, past the doors people save by."""

import contextlib
import copy
import json
from collections import Counter
from functools import cache
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.core.errors import Refusal
from backend.pricing.lists.checks import check_price, price_dict
from backend.pricing.lists.schemas import Price
from backend.pricing.promotions.rules import read_rule
from tests.pricing.baskets import basket
from tests.pricing.holding import DEFS, holds_to

Json = dict[str, Any]
# What people, phones and old files put where something else belongs.
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, 5, 1.5, -1, "", "0", "-1", "1e3", "5", "5\n", "１", "1,5", "abc", "line", "percent",
    "gift", "2026-12-01", "2026-12-01\n", "2026-13-45", [], ["a"], ["a", 1], [None], {}, {"kind": "percent"},
    {"qty": "1"},
    {"all": []}, {"fact": "order.qty", "op": "ge", "value": "1"}, {"fact": "nothing", "op": "eq"}, {"x": 1},
)  # fmt: skip
NAMES = ("kind", "value", "qty", "effect", "tiers", "min", "match", "items", "when", "scope", "id", "limit", "percent")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a value, itself first."""
    found = [path]
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(one, (*path, name))
    return found


def changed(value: Json, draw: st.DrawFn) -> Json:
    """One small change: something taken out, put in, or put in its place."""
    made = copy.deepcopy(value)
    *above, last = draw(st.sampled_from(places(made)[1:]))
    at: Any = made
    for name in above:
        at = at[name]
    kind = draw(st.sampled_from(("replace", "replace", "remove", "add", "rename")))
    if kind == "remove":
        del at[last]
    elif kind == "add" and isinstance(at, dict):
        at[draw(st.sampled_from(NAMES))] = draw(st.sampled_from(ODD))
    elif kind == "rename" and isinstance(at, dict):
        at[draw(st.sampled_from(NAMES))] = at.pop(last)
    else:
        at[last] = draw(st.sampled_from(ODD))
    return made


def without_nulls(value: Any) -> Any:
    """What is said; a door takes null for "not said", the format does not know it."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@cache
def good_rules() -> list[Json]:
    """Rules of random books that may be stored as they are."""
    found: list[Json] = []
    for seed in range(1_500):
        for one in basket(seed)["book"].get("promotions") or []:
            rule = {"name": {"vi": "x"}, **{name: part for name, part in one.items() if name not in ("id", "active")}}
            with contextlib.suppress(Refusal):
                read_rule(copy.deepcopy(rule))
                found.append(rule)
    return found


@st.composite
def rules(draw: st.DrawFn) -> Json:
    """A good rule of a promotion, changed once or twice."""
    rule = draw(st.sampled_from(good_rules()))
    for _ in range(draw(st.integers(1, 2))):
        rule = changed(rule, draw)
        if not rule:
            break
    return rule


@settings(max_examples=1_500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rule=rules())
@example(rule={"name": {"vi": "x"}, "effect": {"kind": "percent", "value": "5\n"}})
@example(rule={"name": {"vi": "x"}, "effect": {"kind": "percent", "value": "5"}, "valid_from": "2026-12-01\n"})
@example(rule={"name": {"vi": "x"}, "effect": {"kind": "percent", "value": "5"}, "tiers": []})
@example(rule={"name": {"vi": "x"}, "effect": {"kind": "percent", "value": "5"}, "when": {"fact": [], "op": "eq"}})
def try_promotion(seen: Counter[str], rule: Json) -> None:
    """Save a promotion; what is stored, and what was said, keeps to the format."""
    try:
        stored = read_rule(copy.deepcopy(rule))
    except Refusal:
        seen["refused"] += 1
        return
    seen["stored"] += 1
    assert holds_to(DEFS["promotion"], {**stored, "id": "X"}), json.dumps(stored)
    said = without_nulls(rule)
    assert holds_to(DEFS["promotion"], {**said, "id": "X"}), json.dumps(said)


@st.composite
def prices(draw: st.DrawFn) -> Json:
    """A good price of a row, changed once."""
    good: tuple[Json, ...] = (
        {"kind": "fixed", "amount": "7200"},
        {"kind": "off", "base": "list:DL", "percent": "5", "round_to": "100", "plus": "-1", "min_margin": "0"},
        {"kind": "off", "base": "cost", "percent": "-20", "max_margin": "5000"},
    )
    return changed(draw(st.sampled_from(good)), draw)


@settings(max_examples=600, deadline=None)
@given(price=prices())
@example(price={"kind": "fixed", "amount": "7200\n"})
@example(price={"kind": "off", "base": "list:"})
def try_price(seen: Counter[str], price: Json) -> None:
    """Save a price; what is stored, and what was said, keeps to the format."""
    try:
        read = msgspec.convert(price, Price)
        check_price(read)
    except (Refusal, msgspec.ValidationError):
        seen["refused"] += 1
        return
    seen["stored"] += 1
    form = DEFS["rule"]["properties"]["price"]
    assert holds_to(form, price_dict(read)), price
    assert holds_to(form, without_nulls(price)), price


def test_no_promotion_is_stored_that_the_format_refuses() -> None:
    seen: Counter[str] = Counter()
    try_promotion(seen)
    assert min(seen["refused"], seen["stored"]) >= 100, seen


def test_no_price_is_stored_that_the_format_refuses() -> None:
    seen: Counter[str] = Counter()
    try_price(seen)
    assert min(seen["refused"], seen["stored"]) >= 20, seen


def test_the_yardstick_itself_says_no() -> None:
    good = {"id": "X", "effect": {"kind": "percent", "value": "5"}}
    assert holds_to(DEFS["promotion"], good)
    for bad in (
        {"id": "X"}, {**good, "tiers": [{"min": {}, "effect": good["effect"]}]}, {**good, "colour": "red"},
        {**good, "effect": {"kind": "percent", "value": 5}}, {**good, "valid_from": "1.12.2026"},
        {**good, "match": {"items": []}}, {**good, "stage": "later"}, {**good, "priority": True},
    ):  # fmt: skip
        assert not holds_to(DEFS["promotion"], bad), bad
