"""Gifts: whole times only, a line of their own at the promotion's price. Pure. Twin: pwa/src/lib/pricing/gifts.ts."""

from fractions import Fraction

from backend.core.errors import Refusal
from backend.pricing.numbers import ZERO, text
from backend.pricing.rules_campaigns import Effect, Promotion
from backend.pricing.rules_effects import Money
from backend.pricing.rules_order import Line, Order, new_line


def gift_times(effect: Effect, lines: list[Line]) -> int:
    """How often the gift is earned: once, or for every `every` base units above `over`; at most `max_times`."""
    if effect.every is None or effect.every <= 0:
        times = 1
    else:
        beyond = sum((line.base for line in lines), ZERO) - effect.over
        times = max(int(beyond // effect.every), 0)
    return times if effect.max_times is None else max(min(times, effect.max_times), 0)


def gift_value(order: Order, effect: Effect) -> Fraction:
    """What one time of the gift is worth at its list price, minor units, not rounded; 0 where that is not known."""
    try:
        item = order.book.item(effect.item)
        line = _line(order, effect, 1)
        if item.list_price is None:
            return ZERO
        price: Fraction = order.book.exchanged(item.list_price, item.list_currency, order.currency.code, order.on)
    except Refusal:
        return ZERO
    return price * line.base * Fraction(10**order.currency.minor)


def add_gift(order: Order, promotion: Promotion, effect: Effect, lines: list[Line], money: Money) -> None:
    """Add the gift line these lines earn, or note why there is none: too little bought, or nothing to give."""
    times = gift_times(effect, lines)
    if times == 0:
        short = (effect.every or ZERO) + effect.over - sum((line.base for line in lines), ZERO)
        order.skip("min", promotion=promotion.id, **({"missing": text(short), "of": "qty"} if short > 0 else {}))
        return
    try:
        gift = _line(order, effect, times)
    except Refusal:
        order.skip("gift", promotion=promotion.id)
        return
    gift.gift = promotion.id
    gift.source = "gift"
    gift.tax_included = order.first_included
    gift.priced(money.of(effect.price) / 10**order.currency.minor, order.currency)
    order.lines.append(gift)


def _line(order: Order, effect: Effect, times: int) -> Line:
    item = order.book.item(effect.item)
    unit = effect.unit if effect.unit is not None else item.units.base_unit or ""
    return new_line(len(order.lines), None, item, unit, effect.qty * times)
