"""Pure decisions about promotions: can this rule be meant, what did an edit change, which step may follow which."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal

import msgspec

from backend.core.errors import Refusal
from backend.core.money import NotANumber
from backend.pricing.numbers import HUNDRED, ZERO, dec, optional
from backend.pricing.promotions.errors import PromotionMalformed, PromotionUnsound
from backend.pricing.promotions.schemas_rule import Rule
from backend.pricing.rules_campaigns import read_promotions

Raw = dict[str, Any]
State = Literal["draft", "scheduled", "active", "paused", "ended"]

# What may be corrected at any time: it changes no price.
PLAIN: Final = frozenset({"name", "campaign"})
DEEPEST: Final = 6
MOST_CONDITIONS: Final = 40
NUMBERS: Final = frozenset({"order.amount", "order.amount_running", "order.qty", "order.lines"})
FLAGS: Final = frozenset({"order.is_return", "customer.first_order"})
TEXTS: Final = frozenset(
    {
        "order.date", "order.currency", "order.payment_term", "order.payment_method", "order.channel", "order.coupons",
        "order.items", "customer.id", "customer.groups", "customer.regions",
    }
)  # fmt: skip
_LISTED: Final = frozenset({"in", "not_in", "has_any"})
_ORDERED: Final = frozenset({"lt", "le", "gt", "ge"})
_OPS: Final = {"number": _ORDERED | _LISTED | {"eq", "ne", "between", "exists"}, "flag": {"eq", "ne", "exists"}}
_OPS["text"] = _OPS["number"]
_FAULT: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?P<key>key in )?\$?(?P<path>[^`]*)`)?$", re.DOTALL)


def read_rule(given: Raw, *, root: str = "/rule") -> Raw:
    """A rule checked and in its one form: defaults and nulls left out.

    Refuses, with the pointer of the field under `root`: `promotion-malformed` for what the format does not allow,
    `promotion-unsound` for what cannot be meant.
    """
    try:
        rule = msgspec.convert(given, Rule)
    except msgspec.ValidationError as fault:
        raise _malformed(str(fault), root) from fault
    when = _condition(given.get("when"), f"{root}/when")
    raw: Raw = msgspec.to_builtins(rule)
    raw.pop("when", None)
    if when is not None:
        raw["when"] = when
    raw = _tidy(raw)
    check_rule(raw, root)
    try:
        read_promotions([{**raw, "id": "X"}])  # the brain has the last word
    except Refusal as refusal:
        raise PromotionMalformed(pointer=root) from refusal
    return raw


def _malformed(fault: str, root: str) -> PromotionMalformed:
    """msgspec's "... - at `$.tiers[0].min`" as a pointer."""
    found = _FAULT.match(fault)
    path = (found and found["path"]) or ""
    place = re.sub(r"[.\[]", "/", path.replace("]", ""))
    return PromotionMalformed((found and found["what"]) or fault, pointer=root + place)


def _tidy(value: Any) -> Any:
    """Without nulls and without the parts that say nothing (`scope: {}` is everybody)."""
    if isinstance(value, dict):
        tidied = {name: _tidy(one) for name, one in value.items() if one is not None}
        return {name: one for name, one in tidied.items() if one != {} or name == "min"}
    return [_tidy(one) for one in value] if isinstance(value, list) else value


def check_rule(rule: Raw, root: str = "/rule") -> None:
    """Refuse `promotion-unsound` for a rule that nobody can mean."""

    def unsound(where: str, reason: str) -> PromotionUnsound:
        return PromotionUnsound(pointer=root + where, reason=reason)

    for name in ("valid_from", "valid_to"):
        if name in rule and not _is_day(rule[name]):
            raise unsound(f"/{name}", "day")
    if rule.get("valid_to", "9999") < rule.get("valid_from", ""):
        raise unsound("/valid_to", "dates")
    if ("effect" in rule) == ("tiers" in rule):
        raise unsound("/effect", "effect")
    _check_minimum(rule.get("min"), f"{root}/min")
    for where, effect in effects_of(rule):
        _check_effect(effect, root + where)
    for n, tier in enumerate(rule.get("tiers", ())):
        _check_minimum(tier["min"], f"{root}/tiers/{n}/min")
        if "qty" not in tier["min"] and "amount" not in tier["min"]:
            raise unsound(f"/tiers/{n}/min", "threshold")
        if n and not _rises(rule["tiers"][n - 1]["min"], tier["min"]):
            raise unsound(f"/tiers/{n}/min", "tiers")


def effects_of(rule: Mapping[str, Any]) -> Iterator[tuple[str, Raw]]:
    """Each effect of a rule and where it stands."""
    if "effect" in rule:
        yield "/effect", rule["effect"]
    for n, tier in enumerate(rule.get("tiers", ())):
        yield f"/tiers/{n}/effect", tier["effect"]


def _rises(before: Raw, after: Raw) -> bool:
    """Whether a step of a ladder lies above the one before, by the measure both use."""
    for name in ("qty", "amount"):
        if (name in before) != (name in after):
            return False
        if name in before and dec(after[name]) <= dec(before[name]):
            return False
    return True


def _check_minimum(minimum: Raw | None, where: str) -> None:
    for name in ("qty", "amount"):
        low, high = (optional((minimum or {}).get(part)) for part in (name, f"{name}_max"))
        if low is not None and low <= 0:
            raise PromotionUnsound(pointer=f"{where}/{name}", reason="positive")
        if high is not None and high < (low or ZERO):
            raise PromotionUnsound(pointer=f"{where}/{name}_max", reason="range")


# Fields that must be above nothing wherever they stand, and those that may be nothing.
_ABOVE: Final = {
    "percent": ("value", "max_qty", "cap", "cap_total"), "amount": ("value", "max_qty", "cap"), "price": (),
    "gift": ("qty", "every", "max_times"), "buy_get": ("max_times",), "buy": ("qty",), "get": ("qty", "percent"),
}  # fmt: skip
_NOT_BELOW: Final = {"price": ("value",), "gift": ("over", "price")}
_PERCENT: Final = {"percent": "value", "get": "percent"}


def _check_effect(effect: Raw, where: str) -> None:
    kind = effect["kind"]
    for part, fields in ((kind, effect), *((name, effect[name]) for name in ("buy", "get") if name in effect)):
        place = where if part == kind else f"{where}/{part}"
        for name in _ABOVE[part]:
            if name in fields and dec(fields[name]) <= 0:
                raise PromotionUnsound(pointer=f"{place}/{name}", reason="positive")
        for name in _NOT_BELOW.get(part, ()):
            if name in fields and dec(fields[name]) < 0:
                raise PromotionUnsound(pointer=f"{place}/{name}", reason="positive")
        percent = _PERCENT.get(part)
        if percent is not None and percent in fields and dec(fields[percent]) > HUNDRED:
            raise PromotionUnsound(pointer=f"{place}/{percent}", reason="percent")
    if "max_times" in effect and dec(effect["max_times"]).denominator != 1:
        raise PromotionUnsound(pointer=f"{where}/max_times", reason="whole")


def _condition(given: Any, where: str, depth: int = 1, left: list[int] | None = None) -> Any:
    """A condition tree of the closed grammar, or None. Empty branches fall away."""
    left = [MOST_CONDITIONS] if left is None else left
    left[0] -= 1
    if given is None:
        return None
    if not isinstance(given, dict) or depth > DEEPEST or left[0] < 0:
        raise PromotionMalformed(pointer=where)
    for word in ("all", "any"):
        if word in given:
            if set(given) != {word} or not isinstance(given[word], list):
                raise PromotionMalformed(pointer=where)
            parts = [_condition(one, f"{where}/{word}/{n}", depth + 1, left) for n, one in enumerate(given[word])]
            kept = [one for one in parts if one is not None]
            return {word: kept} if kept else None
    if "not" in given:
        if set(given) != {"not"}:
            raise PromotionMalformed(pointer=where)
        inner = _condition(given["not"], f"{where}/not", depth + 1, left)
        return None if inner is None else {"not": inner}
    return _comparison(given, where)


def _comparison(given: Raw, where: str) -> Raw:
    fact, op, value = given.get("fact"), given.get("op"), given.get("value")
    named = fact if isinstance(fact, str) else ""
    kind = "number" if named in NUMBERS else "flag" if named in FLAGS else "text" if named in TEXTS else None
    if kind is None or set(given) - {"fact", "op", "value"}:
        raise PromotionMalformed(pointer=f"{where}/fact")
    if not isinstance(op, str) or op not in _OPS[kind]:
        raise PromotionMalformed(pointer=f"{where}/op")
    if op == "exists":
        return {"fact": fact, "op": op, "value": value is not False}
    many = op in _LISTED or op == "between"
    values = value if many and isinstance(value, list) else [value]
    if many and (not isinstance(value, list) or not value or (op == "between" and len(value) != 2)):
        raise PromotionMalformed(pointer=f"{where}/value")
    if not all(_fits(named, kind, one) for one in values):
        raise PromotionMalformed(pointer=f"{where}/value")
    return {"fact": fact, "op": op, "value": value}


def _fits(fact: str, kind: str, value: object) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if not isinstance(value, str) or not 1 <= len(value) <= 80:
        return False
    if kind == "text":
        return fact != "order.date" or _is_day(value)
    try:
        dec(value)
    except NotANumber:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def costs_change(before: Raw, after: Raw) -> bool:
    """Whether an edit touches more than what people call it."""
    return any(before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - PLAIN)


def state_on(stored: str, rule: Raw, day: date) -> State:
    """The state people speak of. The same decision as the database's `promotion_state`, which lists filter by."""
    if stored == "draft":
        return "draft"
    if stored == "ended" or rule.get("valid_to", "9999") < str(day):
        return "ended"
    if stored == "paused":
        return "paused"
    return "scheduled" if rule.get("valid_from", "") > str(day) else "active"


def has_begun(rule: Raw, day: date) -> bool:
    """Whether its first day has come: orders may have been priced with it."""
    first: str = rule.get("valid_from", "")
    return first <= str(day)


# Step -> the states it may be taken from.
STEPS: Final[dict[str, frozenset[State]]] = {
    "activation": frozenset({"draft", "paused"}),
    "pause": frozenset({"scheduled", "active"}),
    "ending": frozenset({"scheduled", "active", "paused"}),
    "discarding": frozenset({"draft"}),
}


def next_code(code: str) -> str:
    """The code of the next version: KM1 -> KM1.2 -> KM1.3, never longer than a code may be."""
    stem, dot, tail = code.rpartition(".")
    if dot and tail.isdigit() and int(tail) > 1:
        return f"{stem[:36]}.{int(tail) + 1}"
    return f"{code[:36]}.2"
