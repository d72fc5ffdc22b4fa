"""Spoils books and orders: nodes swapped for what has no business there, names that trap a language, odd bytes."""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.pricing.baskets import DAYS, Json, basket

# What a node may be swapped for: wrong kinds, numbers at the edges, names objects carry by themselves, half letters.
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, 48.0, 10**30, 2**53, 1e21, 1e400, [], {}, [None], [[]], {"a": 1}, {"not": None},
    "", " ", "x", "0", "-0", "-1", "1e5", "NaN", "Infinity", "0.5", "-5.25", "007", "+1", "1.", ".5", "1,000", "１",
    "999999999999999999.999999999999", "9" * 19, "0.000000000001", "0.0000000000001", "100", "101", "list:L1", "list:",
    "list", "cost", "__proto__", "constructor", "toString", "2026-02-31", "2026-7-1", "2026-07-01\n", "\ud800", "😀",
    "\uffff", "Ê-5", "A", ["A", "A"], ["dai-ly", "dai-ly"], "EUR", "line", "order", "rate", "cai", "d0",
)  # fmt: skip
MEMBERS = ("__proto__", "constructor", "value", "unit", "kind", "min", "not", "all", "items", "extra", "id", "rate")


def spoiled(seed: int) -> str:
    """A basket with one to three of its nodes spoilt, now and then broken as a text, as a line of the filter."""
    random = Random(f"spoiled {seed}")
    request = basket(seed)
    if random.randrange(100) < 45:
        random.choice(SLIPS)(request)
    else:
        for _ in range(random.choice((1, 1, 2, 3))):
            _spoil(random, request)
    line = json.dumps(request, ensure_ascii=random.random() < 0.5, allow_nan=True).replace("Infinity", "1e400")
    if random.randrange(100) < 8:
        place = random.randrange(len(line))
        line = line[:place] + random.choice(("", "[", "{" * 200, '"', "\\", "NaN", "\x00")) + line[place + 1 :]
    return line.replace("\ud800", "\\ud800")


def _spoil(random: Random, request: Json) -> None:
    places = list(_places(random, request[random.choice(("book", "order"))]))
    if not places:
        return
    holder, key = random.choice(places)
    what = random.randrange(100)
    if what < 70:
        holder[key] = copy.deepcopy(random.choice(HOSTILE))
    elif what < 85:
        del holder[key]
    elif isinstance(holder, dict):
        holder[random.choice(MEMBERS)] = copy.deepcopy(random.choice((holder[key], random.choice(HOSTILE))))
    else:
        holder.append(copy.deepcopy(holder[key]))


def _places(random: Random, node: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) below a node; deep ones are as likely as shallow ones."""
    found: list[tuple[Any, Any]] = []
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        found.append((node, key))
        if isinstance(node[key], dict | list):
            found += _places(random, node[key])
    return found


def _first_line(**changes: Any) -> Callable[[Json], None]:
    def slip(request: Json) -> None:
        if request["order"]["lines"]:
            request["order"]["lines"][0].update(changes)

    return slip


def _order(**changes: Any) -> Callable[[Json], None]:
    return lambda request: request["order"].update(changes)


def _lists(**changes: Any) -> Callable[[Json], None]:
    def slip(request: Json) -> None:
        for one in request["book"]["price_lists"].values():
            one.update(changes)

    return slip


def _rules(*prices: Json) -> Callable[[Json], None]:
    return _lists(rules=[{"id": f"r{n}", "price": price} for n, price in enumerate(prices)])


def _promotions(**changes: Any) -> Callable[[Json], None]:
    def slip(request: Json) -> None:
        for one in request["book"]["promotions"]:
            one.update(changes)

    return slip


def _items(**changes: Any) -> Callable[[Json], None]:
    def slip(request: Json) -> None:
        for one in request["book"]["items"].values():
            one.update(changes)

    return slip


def _nothing_priced(request: Json) -> None:
    _lists(rules=[])(request)
    _items(list_price=None)(request)


def _twice(request: Json) -> None:
    lines = request["order"]["lines"]
    lines += [{**line, "id": "d0"} for line in lines]


# Slips people make, each with a refusal of its own; listed so that none of the codes dries up.
SLIPS: tuple[Callable[[Json], None], ...] = (
    _first_line(item="Z"), _first_line(unit="kien"), _first_line(unit="loc", qty="1"),
    _first_line(unit="thung", qty="0.0000001"), _first_line(qty="1e3"), _first_line(qty=5), _first_line(price="-1"),
    _first_line(manual_discount={"percent": "101"}), _first_line(unit=""), _twice, _nothing_priced,
    _order(customer="C9"), _order(currency="EUR"), _order(currency="USD", date="2025-12-31"), _order(date="2026-07"),
    _order(price_list="L99"), _order(lines=[]), _order(lines={}), _order(manual_discount={}),
    _lists(currency="EUR"), _lists(valid_to="tomorrow"), _rules({"kind": "off", "base": "list:L1"}),
    _rules({"kind": "off", "base": "list:L99"}), _rules({"kind": "free"}), _rules({"kind": "fixed", "amount": 7200}),
    _items(tax="V99"), _items(whole_units=True, base_unit="cai", packagings={}), _items(packagings={"thung": "0"}),
    _items(packagings=[{"unit": "thung", "num": "x"}]), _items(list_price="-7"),
    _promotions(effect={"kind": "magic"}), _promotions(stage="later"), _promotions(tiers=[]), _promotions(id="KM 1"),
    _promotions(id="KM"), _promotions(when={"fact": "order.weight", "op": "eq", "value": "1"}),
    _promotions(when={"all": [{"not": {"fact": "customer.groups", "op": ["eq"]}}]}),
    lambda request: request["book"].update(taxes={"V8": "-100", "V10": {"num": "1", "den": "0"}, "V3": "1000000"}),
    lambda request: request["book"]["currencies"]["USD"].update(rate="0"),
    lambda request: request["book"]["currencies"].pop("VND"),
    lambda request: request["order"].update(date=DAYS[0]),
    lambda request: request.update(book=None), lambda request: request.update(order=[]),
)  # fmt: skip
