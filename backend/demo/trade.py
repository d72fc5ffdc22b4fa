"""Three years of orders: who ordered what, when, at the price then in effect. Exact integers, the rules' rounding."""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from backend.demo.calendar import orders_by_day
from backend.demo.customers import Customer
from backend.demo.goods import TAXES, Item
from backend.demo.prices import Tag, tags
from backend.demo.promotions import Campaign, past_campaigns
from backend.demo.seeds import chance, midnight

RATES: Final = {code: percent for code, percent, _, _ in TAXES}
CANCELLED_IN_A_THOUSAND: Final = 12
STOPPED_DAYS: Final = 120
_GROUPS_OF: Final = {"DL1": ("DL1", "DL"), "DL2": ("DL2", "DL"), "TH": ("TH",), "ST": ("ST",), "HRC": ("HRC",)}
# channel -> cartons ordered at once
_CARTONS: Final = {"TH": (1, 1, 1, 2, 2, 3), "HRC": (1, 1, 2, 2), "ST": (2, 3, 4, 6, 8), "DL2": (4, 6, 10, 12, 15),
                   "DL1": (10, 15, 20, 30, 40)}  # fmt: skip


@dataclass(slots=True)
class Head:
    """An order of the past before its lines are drawn. `placed`: seconds since 1970; `line` numbers its first line."""

    n: int
    line: int
    size: int
    customer: Customer
    day: date
    placed: int
    cancelled: bool
    number: str


@dataclass(slots=True)
class Line:
    """A priced line. Money in đồng, quantities in whole units and base units."""

    item: Item
    unit: str
    factor: int
    qty: int
    price: int
    gross: int
    discount: int
    net: int
    tax: int


@dataclass(slots=True)
class Trade:
    """The generator of history: heads are drawn at once, lines as they are asked for, always in the same order."""

    heads: list[Head]
    items: list[Item]
    campaigns: list[Campaign]
    tags: dict[str, list[Tag]]
    baskets: dict[int, list[Item]] = field(default_factory=dict)

    def orders(self) -> Iterator[tuple[Head, list[Line]]]:
        """Every order with its lines, in the order they were placed. May be walked once for a `Trade`."""
        draw = chance("lines")
        appetites = list(accumulate(item.appetite for item in self.items))
        running: tuple[date, list[Campaign]] = (date.min, [])
        for head in self.heads:
            if running[0] != head.day:
                running = (head.day, [c for c in self.campaigns if c.first <= head.day <= c.last])
            basket = self.baskets.get(head.customer.n)
            if basket is None:
                basket = self.baskets[head.customer.n] = _basket(draw, self.items, appetites)
            percents = _percents(head.customer, running[1])
            table = self.tags[head.customer.price_list]
            chosen = draw.sample(basket, head.size)
            yield head, [_line(draw, head, item, table[item.n], percents) for item in chosen]


def _percents(customer: Customer, campaigns: list[Campaign]) -> dict[str, int]:
    return {c.top: c.percent for c in campaigns if c.customers in _GROUPS_OF[customer.channel]}


def _basket(draw: Random, items: list[Item], appetites: list[float]) -> list[Item]:
    """What a customer keeps buying: ten items or more."""
    found: dict[Item, None] = {}
    while len(found) < 10:
        found.update(dict.fromkeys(draw.choices(items, cum_weights=appetites, k=28)))
    return list(found)


def _line(draw: Random, head: Head, item: Item, tag: Tag, percents: dict[str, int]) -> Line:
    unit, factor, qty = _quantity(draw, item, head.customer.channel)
    price = tag.on(head.day.toordinal(), factor * qty) * factor
    gross = price * qty
    percent = percents.get(item.top, 0)
    net = (gross * (100 - percent) * 2 + 100) // 200 if percent else gross  # what is left is rounded, not the discount
    return Line(item, unit, factor, qty, price, gross, gross - net, net, tax_of(net, RATES[item.kind.tax]))


def tax_of(net: int, percent: int) -> int:
    """Tax on a net amount in đồng, rounded half away from zero."""
    return (net * percent * 2 + 100) // 200


def _quantity(draw: Random, item: Item, channel: str) -> tuple[str, int, int]:
    """Unit, base units in it, how many: small shops buy packs and pieces too, the others cartons."""
    small = channel in ("TH", "HRC")
    turn = draw.random() if small else 1.0
    if turn < 0.25 and len(item.kind.packagings) > 1:
        unit, factor = item.kind.packagings[0]
        return unit, factor, draw.randrange(2, 9)
    if turn < 0.12:
        return item.kind.unit, 1, draw.randrange(3, 21)
    return "thùng", item.carton, draw.choice(_CARTONS[channel])


def make_trade(customers: list[Customer], items: list[Item], *, start: date, today: date, count: int) -> Trade:
    """Draw `count` orders from `start` to the day before yesterday; four lines each on average, exactly."""
    draw = chance("orders")
    buyers = sorted((c for c in customers if c.weight > 0), key=lambda c: (c.since, c.n))
    born = [buyer.since for buyer in buyers]
    weights = list(accumulate(buyer.weight for buyer in buyers))
    quitting = today - timedelta(days=STOPPED_DAYS)
    heads: list[Head] = []
    numbers: dict[int, int] = {}
    line = 0
    for day, orders in orders_by_day(count, start, today - timedelta(days=2)):
        known = max(1, bisect(born, day))
        seconds = sorted(draw.randrange(27_000, 64_000) for _ in range(orders))
        for second in seconds:
            buyer = buyers[bisect(weights, draw.random() * weights[known - 1], 0, known - 1)]
            while buyer.status != "active" and day > quitting:
                buyer = buyers[bisect(weights, draw.random() * weights[known - 1], 0, known - 1)]
            n = len(heads)
            size = _size(draw, heads, count)
            numbers[day.year] = numbers.get(day.year, 0) + 1
            heads.append(
                Head(n, line, size, buyer, day, midnight(day) + second,
                     draw.randrange(1000) < CANCELLED_IN_A_THOUSAND, f"SO-{day.year}-{numbers[day.year]:06d}")
            )  # fmt: skip
            line += size
    return Trade(heads, items, past_campaigns(start, today), tags(items, today))


def _size(draw: Random, heads: list[Head], count: int) -> int:
    """Lines of the next order: two neighbours together always have eight."""
    if len(heads) % 2:
        return 8 - heads[-1].size
    return draw.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7)) if len(heads) + 1 < count else 4
