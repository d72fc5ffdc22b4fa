"""Promotions of an order: who may act, on which lines, in which order. Pure. Twin: pwa/src/lib/pricing/promotions.ts.

Source: the domain agreement, "Order of work and stacking". Line stage: all who may act are chosen on the state before
the stage, line by line, then act in order. Order stage: one after the other, each on what the others left.
"""

from dataclasses import dataclass
from fractions import Fraction

from backend.pricing.numbers import ZERO
from backend.pricing.rules_campaigns import Promotion
from backend.pricing.rules_conditions import bought
from backend.pricing.rules_effects import Pieces, benefit, buy_get, rests_of
from backend.pricing.rules_gifts import add_gift, gift_times, gift_value
from backend.pricing.rules_order import Line, Order
from backend.pricing.rules_thresholds import Hit, Skip, eligible, touched

Gain = Fraction | int


@dataclass(slots=True)
class _Entry:
    """A promotion that may act in the line stage, with what it would take off each line it reaches."""

    promotion: Promotion
    hits: list[Hit]
    benefits: dict[int, Gain]


def promote(order: Order) -> None:
    """Apply the book's promotions: the line stage, then the order stage."""
    promotions = order.book.promotions
    if not promotions:
        return
    pieces = _line_stage(order, [one for one in promotions if not one.order_stage], Pieces.of(bought(order)))
    _order_stage(order, [one for one in promotions if one.order_stage], pieces)


def _line_stage(order: Order, promotions: list[Promotion], pieces: Pieces) -> Pieces:
    pool = bought(order)
    entries: list[_Entry] = []
    for promotion in promotions:
        found = _looked_at(order, promotion, pool)
        if found is not None:
            entries.append(_Entry(promotion, found, _benefits(order, promotion, found, pool, pieces)))
    allowed: dict[str, set[int]] = {entry.promotion.id: set() for entry in entries}
    for line in pool:
        for entry in _actors(order, line, [entry for entry in entries if line.seq in entry.benefits]):
            allowed[entry.promotion.id].add(line.seq)
    for entry in entries:
        lines = [line for line in pool if line.seq in allowed[entry.promotion.id]]
        if lines:
            pieces = _act(order, entry.promotion, entry.hits, lines, pieces)
    return pieces


def _actors(order: Order, line: Line, entries: list[_Entry]) -> list[_Entry]:
    """Who may act on a line: the best exclusive one alone, else one of each group and all without a group."""
    alone = [entry for entry in entries if entry.promotion.exclusive]
    if alone:
        best = max(alone, key=lambda entry: (entry.promotion.priority, entry.benefits[line.seq]))
        for entry in entries:
            if entry is not best:
                order.skip("exclusive", line=line.name, promotion=entry.promotion.id)
        return [best]
    kept: list[_Entry] = []
    for entry in entries:
        group = entry.promotion.group
        if group is not None:
            rivals = [one for one in entries if one.promotion.group == group]
            if entry.promotion is not _winner(
                order, group, [(one.promotion, one.benefits[line.seq]) for one in rivals]
            ):
                order.skip(f"group:{group}", line=line.name, promotion=entry.promotion.id)
                continue
        kept.append(entry)
    return kept


def _order_stage(order: Order, promotions: list[Promotion], pieces: Pieces) -> None:
    winners: dict[str, Promotion] = {}
    stopped = False
    for promotion in promotions:
        if stopped:
            order.skip("exclusive", promotion=promotion.id)
            continue
        pool = bought(order)
        found = _looked_at(order, promotion, pool)
        if found is None:
            continue
        group = promotion.group
        if group is not None:
            if group not in winners:
                rivals = [one for one in promotions if one.group == group]
                winners[group] = _best_now(order, group, rivals, pool, pieces)
            if winners[group] is not promotion:
                order.skip(f"group:{group}", promotion=promotion.id)
                continue
        pieces = _act(order, promotion, found, pool, pieces)
        stopped = promotion.exclusive


def _best_now(order: Order, group: str, rivals: list[Promotion], pool: list[Line], pieces: Pieces) -> Promotion:
    """Which promotion of a group wins on what is left now."""
    ready: list[tuple[Promotion, Gain]] = []
    for rival in rivals:
        found = eligible(order, rival, pool)
        if not isinstance(found, Skip):
            ready.append((rival, sum(_benefits(order, rival, found.hits, pool, pieces).values(), 0)))
    return _winner(order, group, ready)


def _winner(order: Order, group: str, rivals: list[tuple[Promotion, Gain]]) -> Promotion:
    """Largest benefit, then priority, then id; in a `priority` group priority and how closely it is meant come first.

    Rivals come by id within a priority, and the first of equals wins.
    """
    by_priority = order.book.picks_by_priority(group)

    def rank(rival: tuple[Promotion, Gain]) -> tuple[Fraction | int, ...]:
        promotion, gain = rival
        if by_priority:
            return (promotion.priority, promotion.item_rank, promotion.customer_rank, gain)
        return (gain, promotion.priority)

    return max(rivals, key=rank)[0]


def _looked_at(order: Order, promotion: Promotion, pool: list[Line]) -> list[Hit] | None:
    """Where a promotion hits, its refusals noted in the trace; None where it does not."""
    found = eligible(order, promotion, pool)
    if isinstance(found, Skip):
        order.skip(found.code, promotion=promotion.id, **found.numbers)
        return None
    if found.next_tier is not None:
        order.skip("tier", promotion=promotion.id, **found.next_tier)
    return found.hits


def _benefits(order: Order, promotion: Promotion, hits: list[Hit], pool: list[Line], pieces: Pieces) -> dict[int, Gain]:
    """What a promotion alone would take off each line it reaches, minor units. A gift is worth its price, shared by
    quantity over the lines that earn it."""
    found: dict[int, Gain] = {}
    for hit in hits:
        effect = hit.effect
        if effect.kind == "gift":
            worth = gift_value(order, effect) * gift_times(effect, hit.lines)
            counted = sum((line.base for line in hit.lines), ZERO)
            gains: dict[int, Gain] = {line.seq: worth * line.base / counted for line in hit.lines}
        elif effect.kind == "buy_get":
            rests, _ = buy_get(effect, promotion.match, pool, pieces)
            gains = dict.fromkeys((line.seq for line in hit.lines), 0)
            gains.update({line.seq: benefit([(line, rest)]) for line, rest in rests})
        else:
            rests = rests_of(effect, touched(effect, hit, pool), hit.money)
            gains = {line.seq: benefit([(line, rest)]) for line, rest in rests}
        for seq, gain in gains.items():
            found[seq] = found.get(seq, 0) + gain
    return found


def _act(order: Order, promotion: Promotion, hits: list[Hit], lines: list[Line], pieces: Pieces) -> Pieces:
    """Let a promotion act on the lines it may touch; gives the pieces that are left for other buy_get promotions."""
    for hit in hits:
        effect = hit.effect
        if effect.kind == "gift":
            counted = [line for line in hit.lines if line in lines]
            if counted:
                add_gift(order, promotion, effect, counted, hit.money)
        elif effect.kind == "buy_get":
            rests, pieces = buy_get(effect, promotion.match, lines, pieces)
            if not rests:
                order.skip("buy_get", promotion=promotion.id)
            for line, rest in rests:
                line.left_with(rest, promotion.id)
        else:
            reached = [line for line in touched(effect, hit, lines) if line in lines]
            for line, rest in rests_of(effect, reached, hit.money):
                line.left_with(rest, promotion.id)
    return pieces
