"""Whether a promotion holds for an order, and which lines it hits with which effect. Pure.

Twin: pwa/src/lib/pricing/thresholds.ts.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from backend.pricing.errors import RateMissing
from backend.pricing.numbers import ONE, ZERO, text
from backend.pricing.rules_campaigns import SCOPES, Effect, Minimum, Promotion
from backend.pricing.rules_conditions import holds, selects
from backend.pricing.rules_effects import Money
from backend.pricing.rules_lists import valid
from backend.pricing.rules_order import Line, Order


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a promotion does not hold, with what is missing where that can be said."""

    code: str
    numbers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """An effect and the matched lines that earned it."""

    effect: Effect
    lines: list[Line]
    money: Money


@dataclass(frozen=True, slots=True)
class Found:
    """The hits, and what is missing for the first tier that was not reached."""

    hits: list[Hit]
    next_tier: dict[str, str] | None


def eligible(order: Order, promotion: Promotion, pool: list[Line]) -> Skip | Found:
    """Check a promotion from its dates to its tiers, on the lines in `pool` as they stand now."""
    code = _closed(order, promotion)
    if code is not None:
        return Skip(code, {"coupon": str(promotion.coupon)} if code == "coupon" else {})
    try:
        money = _money(order, promotion)
    except RateMissing:
        return Skip("currency")
    if not holds(order, promotion.when):
        return Skip("when")
    items, groups = promotion.match.items, promotion.match.item_groups
    apart = items is not None and items.isdisjoint(order.item_ids)  # most promotions, said at once
    apart = apart or (groups is not None and groups.isdisjoint(order.item_groups))
    matched = [] if apart else [line for line in pool if selects(promotion.match, line)]
    if not matched:
        return Skip("match")
    passing = _passing(order, promotion.minimum, matched, money)
    if not passing:
        return Skip("min", _missing(order, promotion.minimum, matched, money))
    return _tiers(order, promotion, passing, money)


def touched(effect: Effect, hit: Hit, pool: list[Line]) -> list[Line]:
    """The lines an effect changes: its target's, else those that earned it."""
    return hit.lines if effect.target is None else [line for line in pool if selects(effect.target, line)]


def _closed(order: Order, promotion: Promotion) -> str | None:
    if not valid(order.on, promotion.valid_from, promotion.valid_to):
        return "date"
    if promotion.coupon is not None and promotion.coupon not in order.coupons:
        return "coupon"
    if promotion.currency is not None and promotion.currency != order.currency.code:
        return "currency"
    for name in SCOPES:
        if name in promotion.scope and promotion.scope[name].isdisjoint(_about(order, name)):
            return name
    return None


def _about(order: Order, name: str) -> tuple[str, ...]:
    """What the order is, by the words of a scope."""
    customer = order.customer
    if name in ("customer_groups", "regions"):
        return customer.groups if name == "customer_groups" else order.regions
    one = {
        "customers": customer.id,
        "channel": order.channel,
        "payment_term": order.payment_term,
        "payment_method": order.payment_method,
        "price_list": order.first_list,
    }[name]
    return () if one is None else (one,)


def _money(order: Order, promotion: Promotion) -> Money:
    """Amounts are in the promotion's currency, or the company's where it names none."""
    own = promotion.currency or str(order.book.company_currency)
    factor = order.factors.get(own)
    if factor is None:
        factor = order.book.exchanged(ONE, own, order.currency.code, order.on) * 10**order.currency.minor
        order.factors[own] = factor
    return Money(factor)


def _tiers(order: Order, promotion: Promotion, passing: list[Line], money: Money) -> Skip | Found:
    reached: dict[int, int] = {}
    for place, tier in enumerate(promotion.tiers):
        for line in _passing(order, tier.minimum, passing, money):
            reached[line.seq] = place
    if not reached:
        return Skip("tier", _missing(order, promotion.tiers[0].minimum, passing, money))
    hits = [
        Hit(tier.effect, lines, money)
        for place, tier in enumerate(promotion.tiers)
        if (lines := [line for line in passing if reached.get(line.seq) == place])
    ]
    beyond = max(reached.values()) + 1
    if beyond == len(promotion.tiers):
        return Found(hits, None)
    return Found(hits, _missing(order, promotion.tiers[beyond].minimum, passing, money))


def _passing(order: Order, minimum: Minimum, lines: list[Line], money: Money) -> list[Line]:
    if minimum.by_line:
        return [line for line in lines if _meets(order, minimum, [line], money)]
    return lines if _meets(order, minimum, lines, money) else []


def _meets(order: Order, minimum: Minimum, lines: list[Line], money: Money) -> bool:
    if minimum.qty is not None or minimum.qty_max is not None:
        qty = sum((line.base for line in lines), ZERO)
        if (minimum.qty is not None and qty < minimum.qty) or (minimum.qty_max is not None and qty > minimum.qty_max):
            return False
    if minimum.amount is None and minimum.amount_max is None:
        return True
    amount = _amount(order, minimum, lines)
    return (minimum.amount is None or amount >= money.of(minimum.amount)) and (
        minimum.amount_max is None or amount <= money.of(minimum.amount_max)
    )


def _amount(order: Order, minimum: Minimum, lines: list[Line]) -> Fraction:
    """Minor units, before promotions or what is left, with or without tax, not rounded."""
    plain = 0
    taxed: dict[Fraction, int] = {}
    for line in lines:
        amount = line.remaining if minimum.running else line.gross
        if minimum.tax is None or (minimum.tax == "incl") == line.tax_included:
            plain += amount
        else:
            rate = order.rate_of(line.item)
            taxed[rate] = taxed.get(rate, 0) + amount
    with_tax = minimum.tax == "incl"
    others = [amount * (ONE + rate) if with_tax else amount / (ONE + rate) for rate, amount in taxed.items()]
    return sum(others, Fraction(plain))


def _missing(order: Order, minimum: Minimum, lines: list[Line], money: Money) -> dict[str, str]:
    """How much more of what: base units, or the order's currency. Nothing where each line counts alone."""
    if minimum.by_line:
        return {}
    qty = sum((line.base for line in lines), ZERO)
    if minimum.qty is not None and qty < minimum.qty:
        return {"missing": text(minimum.qty - qty), "of": "qty"}
    if minimum.amount is not None:
        short = money.of(minimum.amount) - _amount(order, minimum, lines)
        if short > 0:
            return {"missing": text(short / 10**order.currency.minor), "of": "amount"}
    return {}
