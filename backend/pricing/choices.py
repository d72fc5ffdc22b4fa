"""A gift of the customer's choice: one promotion of several gifts, as the price grammar says it. Pure.

The grammar knows no choice. Each gift becomes a promotion of its own ("KM1~1", "KM1~2", ...) with a coupon of the same
name, all in one group: the order's coupons carry the choice, none means no gift. Codes of promotions hold no "~".
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

Raw = dict[str, Any]
MARK: Final = "~"


def stem(code: str) -> str:
    """The promotion behind a code of the book: "KM1~2" is a choice of KM1, all others are themselves."""
    return code.partition(MARK)[0]


def choice(code: str, place: int) -> str:
    """The code, and the coupon, of one gift to choose; places count from 1."""
    return f"{code}{MARK}{place}"


def expanded(code: str, rule: Mapping[str, Any], gifts: Sequence[Mapping[str, str]] | None) -> list[Raw]:
    """A promotion as the book writes it: itself, or one for each gift there is to choose.

    A coupon the rule itself asks for becomes a condition, since a promotion of the grammar has one coupon only.
    """
    if not gifts:
        return [{**rule, "id": code}]
    own = {name: value for name, value in rule.items() if name != "coupon"}
    if "coupon" in rule:
        own = with_condition(own, {"fact": "order.coupons", "op": "has_any", "value": [rule["coupon"]]})
    effect = {name: value for name, value in rule["effect"].items() if name not in ("item", "qty", "unit")}
    return [
        {
            **own,
            "id": choice(code, place),
            "coupon": choice(code, place),
            "group": rule.get("group", choice(code, 0)),
            "effect": {**effect, **gift},
        }
        for place, gift in enumerate(gifts, 1)
    ]


def with_condition(rule: Mapping[str, Any], condition: Raw) -> Raw:
    """A rule with one more condition, the last of its `when.all`."""
    known = rule.get("when")
    return {**rule, "when": {"all": [condition] if known is None else [known, condition]}}


def left_out(promotions: Sequence[Raw], codes: Collection[str]) -> list[Raw]:
    """Promotions of a book without some, and without every choice of theirs."""
    return [one for one in promotions if stem(one["id"]) not in codes]
