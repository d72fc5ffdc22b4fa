"""What an effect would do to the lines it may touch: the exact rest of each, in minor units, nothing changed yet. Pure.

Benefits are compared and effects applied from the same answer. Twin: pwa/src/lib/pricing/effects.ts.
"""

from dataclasses import dataclass
from fractions import Fraction

from backend.pricing.numbers import HUNDRED, ONE, ZERO, at_digits, share
from backend.pricing.rules_campaigns import Effect, Selector
from backend.pricing.rules_conditions import selects
from backend.pricing.rules_order import Line

Rests = list[tuple[Line, Fraction]]


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts of a promotion's currency in minor units of the order's."""

    factor: Fraction

    def of(self, amount: Fraction) -> Fraction:
        """Exactly, not rounded."""
        return amount * self.factor


class Pieces:
    """Base units of each line (by its place in the order) that no buy_get has used yet."""

    def __init__(self, free: dict[int, Fraction]) -> None:
        self.free = free

    @classmethod
    def of(cls, lines: list[Line]) -> "Pieces":
        """All pieces of these lines."""
        return cls({line.seq: line.base for line in lines})

    def without(self, picked: dict[int, Fraction], times: int = 1) -> "Pieces":
        """What is left after picking so many, so often."""
        return Pieces(self.free | {seq: self.free[seq] - qty * times for seq, qty in picked.items()})


def benefit(rests: Rests) -> int:
    """What an effect takes off, in minor units."""
    return sum(line.remaining - landed(line, rest) for line, rest in rests)


def landed(line: Line, rest: Fraction) -> int:
    """R3, and never past zero."""
    return max(at_digits(rest, 0), 0)


def rests_of(effect: Effect, lines: list[Line], money: Money) -> Rests:
    """The rests of the touched lines of a percent, amount or price effect."""
    if effect.kind == "price":
        return [(line, _priced(effect, line, money)) for line in lines]
    if effect.kind == "amount" and effect.per == "order":
        return _spread(effect, lines, money)
    rests = [(line, line.remaining - _capped(effect, _off(effect, line, money), money)) for line in lines]
    return rests if effect.cap_total is None else _within(rests, money.of(effect.cap_total))


def _off(effect: Effect, line: Line, money: Money) -> Fraction:
    if effect.kind == "percent":
        whole = effect.value * (line.gross if effect.original else line.remaining) / HUNDRED
    elif effect.per == "line":
        return money.of(effect.value)
    else:
        whole = money.of(effect.value) * (line.qty if effect.per_line_unit else line.base)
    return whole if effect.max_qty is None else whole * min(ONE, effect.max_qty / line.base)


def _capped(effect: Effect, off: Fraction, money: Money) -> Fraction:
    return off if effect.cap is None else min(off, money.of(effect.cap))


def _priced(effect: Effect, line: Line, money: Money) -> Fraction:
    wanted = money.of(effect.value) * (line.qty if effect.per_line_unit else line.base)
    off = (line.gross if effect.original else line.remaining) - wanted
    return Fraction(line.remaining) if off < 0 and not effect.may_raise else line.remaining - off


def _spread(effect: Effect, lines: list[Line], money: Money) -> Rests:
    """An amount for the whole order, shared over the lines by what they come to."""
    cap = None if effect.cap is None else at_digits(money.of(effect.cap), 0)
    limits = [line.remaining if cap is None else min(line.remaining, cap) for line in lines]
    weights = [line.gross if effect.original else line.remaining for line in lines]
    parts = share(at_digits(money.of(effect.value), 0), weights, limits)
    return [(line, Fraction(line.remaining - part)) for line, part in zip(lines, parts, strict=True)]


def _within(rests: Rests, most: Fraction) -> Rests:
    """The same discounts, cut to a total in proportion where they come to more."""
    offs = [line.remaining - landed(line, rest) for line, rest in rests]
    parts = share(at_digits(most, 0), offs, offs)
    return [(line, Fraction(line.remaining - part)) for (line, _), part in zip(rests, parts, strict=True)]


def buy_get(effect: Effect, match: Selector, lines: list[Line], pieces: Pieces) -> tuple[Rests, Pieces]:
    """The dearest matching pieces are bought, then the cheapest (or dearest) of the rest get the discount, and again.

    Returns the rests and the pieces left; no rest where there are too few pieces.
    """
    got: dict[int, Fraction] = {}
    buys = _by_price([line for line in lines if selects(effect.buy_match or match, line)], dearest=True)
    gets = _by_price([line for line in lines if selects(effect.get_match or match, line)], dearest=effect.dearest)
    left = effect.max_times
    while left is None or left > 0:
        bought = _pick(buys, effect.buy_qty, pieces)
        given = None if bought is None else _pick(gets, effect.qty, pieces.without(bought))
        if bought is None or given is None:
            break
        picked = {seq: bought.get(seq, ZERO) + given.get(seq, ZERO) for seq in {**bought, **given}}
        times = _repeats(picked, pieces, left)  # once where a line is used up
        pieces = pieces.without(picked, times)
        for seq, qty in given.items():
            got[seq] = got.get(seq, ZERO) + qty * times
        left = None if left is None else left - times
    part = effect.percent / HUNDRED
    rests = [(line, line.remaining * (ONE - got[line.seq] / line.base * part)) for line in lines if line.seq in got]
    return rests, pieces


def _by_price(lines: list[Line], *, dearest: bool) -> list[Line]:
    """By list price per base unit; the earlier line first where they cost the same."""
    return sorted(lines, key=lambda line: line.unit_price / line.factor * (-1 if dearest else 1))


def _pick(lines: list[Line], qty: Fraction, pieces: Pieces) -> dict[int, Fraction] | None:
    """So many pieces off the front of the lines; None when there are not enough."""
    picked: dict[int, Fraction] = {}
    for line in lines:
        part = min(qty, pieces.free[line.seq])
        if part > 0:
            picked[line.seq] = part
            qty -= part
    return None if qty else picked


def _repeats(picked: dict[int, Fraction], pieces: Pieces, left: int | None) -> int:
    """How often the very same picking can be done in a row: many pieces of a line take one step, not thousands."""
    times = min(int(pieces.free[seq] // qty) for seq, qty in picked.items())
    return times if left is None else min(times, left)
