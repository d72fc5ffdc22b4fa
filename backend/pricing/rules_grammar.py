"""The closed grammar of promotion conditions, checked as a promotion is read. Pure.

A condition nobody can read must not quietly hold or not hold, least of all under a `not`: it is refused as it is read.
Twin: pwa/src/lib/pricing/grammar.ts.
"""

from backend.pricing.errors import BookMalformed
from backend.pricing.shapes import object_of, only, word

DEEPEST_CONDITION = 32
FACTS = (
    "order.amount", "order.amount_running", "order.qty", "order.lines", "order.date", "order.currency",
    "order.payment_term", "order.payment_method", "order.channel", "order.is_return", "order.coupons", "order.items",
    "customer.id", "customer.groups", "customer.regions", "customer.first_order",
)  # fmt: skip
OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "has_any", "exists")


def condition(given: object, depth: int = 0) -> object:
    """A condition tree, as it was given: None, `{all}`, `{any}`, `{not}` or `{fact, op, value?}`, at most 32 deep."""
    if given is None:
        return None
    raw = object_of(given)
    if depth == DEEPEST_CONDITION:
        raise BookMalformed
    for name in ("all", "any"):
        if name in raw:
            only(raw, (name,))
            if not isinstance(raw[name], list):
                raise BookMalformed
            for branch in raw[name]:
                condition(branch, depth + 1)
            return raw
    if "not" in raw:
        only(raw, ("not",))
        condition(raw["not"], depth + 1)
        return raw
    only(raw, ("fact", "op", "value"))
    word(raw.get("fact") or "", FACTS)
    word(raw.get("op") or "", OPERATORS)
    return raw
