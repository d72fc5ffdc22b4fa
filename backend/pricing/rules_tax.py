"""Manual discounts, tax and totals: what comes after the prices. Pure. Twin: pwa/src/lib/pricing/tax.ts."""

from fractions import Fraction

from backend.pricing.numbers import ONE, ZERO, at_digits, share
from backend.pricing.rules_order import Line, Order, part_left

MANUAL = "manual"
TERMS = "terms"
MANUAL_ORDER = "manual_order"


def manual_discounts(order: Order) -> None:
    """First each line's own discount, then the order's, both on what is left. Returned lines take only their own.

    A line nobody typed a price or a discount for takes the customer's standing discount (`terms`), a return as well: it
    is worth what the goods were sold for.
    """
    scale = 10**order.currency.minor
    for line in order.lines:
        typed = line.manual
        if typed is None:
            standing = order.customer.discount
            if standing is not None and line.given is None and line.gift is None:
                line.left_with(line.remaining * part_left(standing), TERMS)
            continue
        if typed.percent is not None:
            line.left_with(line.remaining * part_left(typed.percent), MANUAL)
        else:
            sign = 1 if line.gross >= 0 else -1
            line.left_with(line.remaining - sign * typed.amount * scale, MANUAL)
    if order.manual is None:
        return
    lines = [line for line in order.lines if line.remaining > 0 and line.gift is None]
    if order.manual.percent is not None:
        for line in lines:
            line.left_with(line.remaining * part_left(order.manual.percent), MANUAL_ORDER)
    else:
        spread(lines, at_digits(order.manual.amount, order.currency.minor), MANUAL_ORDER)


def spread(lines: list[Line], total: int, why: str) -> None:
    """Take an amount (minor units) off lines in proportion to what is left of each, never more than that."""
    limits = [line.remaining for line in lines]
    for line, part in zip(lines, share(total, limits, limits), strict=True):
        line.left_with(Fraction(line.remaining - part), why)


def taxes(order: Order) -> None:
    """R4: net and tax of every line, rounded per line, or per rate where the order or the book says so."""
    buckets: dict[tuple[Fraction, bool], list[Line]] = {}
    for line in order.lines:
        rate = order.rate_of(line.item)
        if order.by_rate:
            buckets.setdefault((rate, line.tax_included), []).append(line)
        else:
            _settle(line, at_digits(exact_tax(line.remaining, rate, line.tax_included), 0), rate)
    for (rate, included), lines in buckets.items():
        exact = [exact_tax(line.remaining, rate, included) for line in lines]
        amount = Fraction(sum(line.remaining for line in lines))
        total = int(amount) - at_digits(amount / (ONE + rate), 0) if included else at_digits(sum(exact, ZERO), 0)
        for line, tax in zip(lines, _to_whole(total, exact), strict=True):
            line.tax = tax
            line.net = line.remaining - tax if included else line.remaining


def exact_tax(amount: int | Fraction, rate: Fraction, included: bool) -> Fraction:
    """Tax on an amount or inside it, before rounding."""
    return amount * rate / (ONE + rate) if included else amount * rate


def _settle(line: Line, tax: int, rate: Fraction) -> None:
    if line.tax_included:
        line.net = at_digits(line.remaining / (ONE + rate), 0)
        line.tax = line.remaining - line.net
    else:
        line.net, line.tax = line.remaining, tax


def _to_whole(total: int, parts: list[Fraction]) -> list[int]:
    """Whole numbers next to the parts that add up to the total: floors first, the rest to the largest fractions."""
    floors = [part.numerator // part.denominator for part in parts]
    order = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    return floors
