"""The closed grammar of promotion conditions: all, any, not, and one fact compared with a value. Pure.

A fact that is missing, or a value of another kind, makes a comparison false, whatever the operator. Twin:
pwa/src/lib/pricing/conditions.ts.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from backend.core.money import NotANumber
from backend.pricing.numbers import ZERO, dec
from backend.pricing.rules_campaigns import Selector
from backend.pricing.rules_order import Line, Order

Fact = Fraction | str | bool | tuple[str, ...] | None


def bought(order: Order) -> list[Line]:
    """The lines promotions look at: ordered, not returned and not given."""
    return [line for line in order.lines if line.base.numerator > 0 and line.gift is None]


def selects(selector: Selector, line: Line) -> bool:
    """Whether a line is among those a selector names."""
    item = line.item
    return (
        (selector.items is None or item.id in selector.items)
        and item.id not in selector.not_items
        and (selector.item_groups is None or not selector.item_groups.isdisjoint(item.groups))
        and (selector.units is None or line.unit in selector.units)
    )


def holds(order: Order, condition: Any) -> bool:
    """Whether a condition tree, checked by `rules_grammar.condition`, holds; no condition always does."""
    if condition is None:
        return True
    if "all" in condition:
        return all(holds(order, branch) for branch in condition["all"])
    if "any" in condition:
        return any(holds(order, branch) for branch in condition["any"])
    if "not" in condition:
        return not holds(order, condition["not"])
    return compare(_FACTS[condition["fact"]](order), condition["op"], condition.get("value"))


def _sum(order: Order, of: Callable[[Line], int]) -> Fraction:
    return Fraction(sum(of(line) for line in bought(order)), 10**order.currency.minor)


def _is_return(order: Order) -> bool:
    if order.is_return is not None:
        return order.is_return
    # A gift comes with a line that is no return.
    return bool(order.lines) and all(line.base < 0 for line in order.lines)


_FACTS: dict[str, Callable[[Order], Fact]] = {
    "order.amount": lambda order: _sum(order, lambda line: line.gross),
    "order.amount_running": lambda order: _sum(order, lambda line: line.remaining),
    "order.qty": lambda order: sum((line.base for line in bought(order)), ZERO),
    "order.lines": lambda order: Fraction(len(bought(order))),
    "order.date": lambda order: order.on,
    "order.currency": lambda order: order.currency.code,
    "order.payment_term": lambda order: order.payment_term,
    "order.payment_method": lambda order: order.payment_method,
    "order.channel": lambda order: order.channel,
    "order.is_return": _is_return,
    "order.coupons": lambda order: order.coupons,
    "order.items": lambda order: tuple(line.item.id for line in bought(order)),
    "customer.id": lambda order: order.customer.id,
    "customer.groups": lambda order: order.customer.groups,
    "customer.regions": lambda order: order.regions,
    "customer.first_order": lambda order: order.customer.first_order,
}


def compare(fact: Fact, op: str, value: Any) -> bool:  # noqa: PLR0911  one answer per kind of operator
    """One comparison. A fact that is a list is `eq` to each of its members and `in` a list that shares one."""
    if op == "exists":
        return (fact is not None and fact != ()) is not (value is False)
    if fact is None:
        return False
    facts = fact if isinstance(fact, tuple) else (fact,)
    if op in ("eq", "ne"):
        known = _alike(fact, value)
        return known is not None and (known in facts) is (op == "eq")
    if op in ("in", "not_in", "has_any"):
        if not isinstance(value, list):
            return False
        shared = any(_alike(fact, one) in facts for one in value if _alike(fact, one) is not None)
        return shared is (op != "not_in")
    if isinstance(fact, tuple | bool):
        return False
    return _ordered(fact, op, value)


def _ordered(fact: Fraction | str, op: str, value: Any) -> bool:
    if op == "between":
        if not isinstance(value, list) or len(value) != 2:
            return False
        low, high = _alike(fact, value[0]), _alike(fact, value[1])
        return low is not None and high is not None and _key(low) <= _key(fact) <= _key(high)
    known = _alike(fact, value)
    if known is None:
        return False
    here, there = _key(fact), _key(known)
    outcomes: dict[str, bool] = {"lt": here < there, "le": here <= there, "gt": here > there, "ge": here >= there}
    return outcomes[op]


def _key(value: Fraction | str) -> Any:
    """What it sorts by: texts by UTF-16 units, as the phone's language does."""
    return value.encode("utf-16-be", "surrogatepass") if isinstance(value, str) else value


def _alike(fact: Fact, value: Any) -> Any:
    """A value of the fact's kind, or None: numbers are decimal texts, flags are true or false, the rest is text."""
    if isinstance(fact, bool):
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if isinstance(fact, Fraction):
        try:
            return dec(value)
        except NotANumber:
            return None
    return value
