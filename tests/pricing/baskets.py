"""Random books and orders from a seed: everything the format allows, also the odd corners, for both engines alike."""

from collections.abc import Callable
from random import Random
from typing import Any

Json = dict[str, Any]
DAYS = ("2026-06-30", "2026-07-01", "2026-07-02")
ITEMS = ("A", "B", "C", "D", "Ê-5")
GROUPS = ("sua", "do-uong", "cafe")
CUSTOMER_GROUPS = ("dai-ly-1", "dai-ly", "le")
REGIONS = ("q1", "mien-nam")
LISTS = ("L1", "L2", "L3", "L4", "L5", "L6", "L7")
UNITS = ("cai", "thung", "loc")


class Dice:
    """A seeded source of pieces of a book."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def some(self, names: tuple[str, ...]) -> list[str]:
        """At least one of them, in a random order."""
        return self.random.sample(names, self.random.randint(1, len(names)))

    def amount(self, most: int, decimals: int = 2) -> str:
        """A decimal text from 0 to `most`, sometimes with decimals, once in a while absurdly large or small."""
        if self.random.randrange(400) == 0:
            return self.random.choice(("999999999999999999.999999999999", "0.000000000001", "123456789012345678"))
        whole = str(self.random.randint(0, most))
        if not decimals or self.chance(70):
            return whole
        return f"{whole}.{self.random.randint(0, 10**decimals - 1):0{decimals}d}"

    def maybe(self, chance: int, made: Json, /, **fields: Callable[[], Any]) -> Json:
        """Add each field with that chance."""
        for name, make in fields.items():
            if self.chance(chance):
                made[name] = make()
        return made

    def dates(self) -> Json:
        return self.maybe(
            15, {}, valid_from=lambda: self.random.choice(DAYS), valid_to=lambda: self.random.choice(DAYS)
        )


def basket(seed: int) -> Json:
    """`{"id", "book", "order"}`."""
    dice = Dice(seed)
    return {"id": seed, "book": _book(dice), "order": _order(dice)}


def _book(dice: Dice) -> Json:
    book: Json = {
        "company_currency": "VND",
        "currencies": {
            "VND": {"minor": 0, "price_digits": dice.random.choice((0, 2))},
            "USD": {
                "minor": 2,
                "rates": [{"from": "2026-01-01", "num": "25000"}, {"from": DAYS[2], "num": "76543", "den": "3"}],
            },
        },
        "taxes": {"V8": {"rate": "8"}, "V10": "10", "V3": {"num": "1", "den": "3"}},
        "items": {code: _item(dice) for code in ITEMS},
        "customers": {"C1": _customer(dice), "C2": {}},
        "customer_groups": {
            group: {"price_list": dice.random.choice(LISTS)} for group in CUSTOMER_GROUPS if dice.chance(40)
        },
        "regions": {region: {"price_list": dice.random.choice(LISTS)} for region in REGIONS if dice.chance(20)},
        "price_lists": _lists(dice),
        "promotions": [_promotion(dice, place) for place in range(dice.random.randint(0, 9))],
        "promotion_groups": {"g1": {"pick": "best"}, "g2": {"pick": "priority"}},
    }
    return dice.maybe(50, book, default_price_list=lambda: dice.random.choice(LISTS))


def _item(dice: Dice) -> Json:
    packagings: Json = {
        "thung": {"num": str(dice.random.choice((12, 24, 48))), "den": "1"},
        "loc": {"num": "1", "den": "3"},
    }
    item: Json = {"base_unit": "cai", "packagings": packagings, "groups": dice.some(GROUPS) if dice.chance(70) else []}
    if dice.chance(15):
        item["whole_units"] = True
    if dice.chance(97):
        item["list_price"] = dice.amount(90_000)
    return dice.maybe(
        85,
        item,
        tax=lambda: dice.random.choice(("V8", "V10", "V3")),
        cost=lambda: dice.amount(50_000),
        list_currency=lambda: "USD" if dice.chance(10) else "VND",
    )


def _customer(dice: Dice) -> Json:
    made = dice.maybe(
        60,
        {},
        groups=lambda: dice.some(CUSTOMER_GROUPS),
        regions=lambda: dice.some(REGIONS),
        price_list=lambda: dice.random.choice(LISTS),
        first_order=lambda: dice.chance(50),
        payment_term=lambda: dice.random.choice(("COD", "N30")),
    )
    return dice.maybe(
        25,
        made,
        channel=lambda: dice.random.choice(("van", "shop")),
        discount=lambda: dice.random.choice(("0", "2.5", "7", "33.33", "100")),
        tax=lambda: dice.random.choice(("V8", "V10", "V3")),
    )


def _lists(dice: Dice) -> Json:
    """Seven lists; in some books each stands on the next, so that five of them are worked through for one price."""
    lists = {code: _list(dice, place) for place, code in enumerate(LISTS)}
    if dice.chance(12):
        for below, code in zip((*LISTS[1:6], None), LISTS[:6], strict=True):
            price = {"kind": "off", "base": f"list:{below}", "percent": dice.amount(9)} if below else _price(dice, 6)
            lists[code] = {"currency": lists[code]["currency"], "rules": [{"id": "chain", "price": price}]}
    return lists


def _list(dice: Dice, place: int) -> Json:
    rules = [_rule(dice, place, number) for number in range(dice.random.randint(0, 8))]
    made = {"currency": "USD" if dice.chance(15) else "VND", "rules": rules, **dice.dates()}
    return dice.maybe(30, made, tax_included=lambda: dice.chance(60))


def _rule(dice: Dice, place: int, number: int) -> Json:
    rule: Json = {"id": f"r{number}", "price": _price(dice, place), **dice.dates()}
    rule["item" if dice.chance(55) else "item_group"] = dice.random.choice(ITEMS)
    if "item_group" in rule:
        rule["item_group"] = dice.random.choice(GROUPS)
    dice.maybe(
        20,
        rule,
        customer=lambda: "C1",
        customer_group=lambda: dice.random.choice(CUSTOMER_GROUPS),
        unit=lambda: dice.random.choice(UNITS),
        min_qty=lambda: dice.amount(60),
        max_qty=lambda: dice.amount(200),
        priority=lambda: dice.random.randint(-1, 2),
    )
    if dice.chance(10):
        rule.pop("item", None)
        rule.pop("item_group", None)
    return rule


def _price(dice: Dice, place: int) -> Json:
    if dice.chance(55):
        return {"kind": "fixed", "amount": dice.amount(80_000, 3)}
    bases = ["list", "cost", *(f"list:{code}" for code in LISTS[place + 1 :])]
    return dice.maybe(
        40,
        {"kind": "off"},
        base=lambda: dice.random.choice(bases),
        percent=lambda: ("-" if dice.chance(20) else "") + dice.amount(60, 1),
        round_to=lambda: dice.random.choice(("0", "0.5", "100")),
        plus=lambda: ("-" if dice.chance(30) else "") + dice.amount(900),
        min_margin=lambda: dice.amount(500),
        max_margin=lambda: dice.amount(5_000),
    )


def _selector(dice: Dice) -> Json | None:
    if dice.chance(10):
        return None if dice.chance(50) else {}
    return dice.maybe(
        35,
        {},
        items=lambda: dice.some(ITEMS),
        not_items=lambda: dice.some(ITEMS[:2]),
        item_groups=lambda: dice.some(GROUPS),
        units=lambda: dice.some(UNITS),
    )


def _minimum(dice: Dice) -> Json:
    return dice.maybe(
        30,
        {},
        qty=lambda: dice.amount(40),
        amount=lambda: dice.amount(900_000),
        qty_max=lambda: dice.amount(300),
        amount_max=lambda: dice.amount(9_000_000),
        tax=lambda: dice.random.choice(("incl", "excl")),
        basis=lambda: dice.random.choice(("before", "running")),
        scope=lambda: dice.random.choice(("all", "line")),
    )


def _promotion(dice: Dice, place: int) -> Json:
    made: Json = {"id": f"KM{place}", "stage": dice.random.choice(("line", "line", "order")), **dice.dates()}
    dice.maybe(
        35,
        made,
        priority=lambda: dice.random.randint(0, 3),
        group=lambda: dice.random.choice(("g1", "g1", "g2", "g3")),
        match=lambda: _selector(dice),
        min=lambda: _minimum(dice),
        when=lambda: _condition(dice, 2),
    )
    dice.maybe(
        8,
        made,
        exclusive=lambda: True,
        coupon=lambda: "TET",
        currency=lambda: dice.random.choice(("VND", "USD")),
        active=lambda: dice.chance(50),
        scope=lambda: _scope(dice),
    )
    if dice.chance(20):
        made["tiers"] = [{"min": _minimum(dice), "effect": _effect(dice)} for _ in range(dice.random.randint(1, 3))]
    else:
        made["effect"] = _effect(dice)
    return made


def _scope(dice: Dice) -> Json:
    return dice.maybe(
        30,
        {},
        customers=lambda: ["C1"],
        customer_groups=lambda: dice.some(CUSTOMER_GROUPS),
        regions=lambda: dice.some(REGIONS),
        channel=lambda: ["van"],
        payment_term=lambda: ["COD"],
        payment_method=lambda: ["cash"],
        price_list=lambda: dice.some(LISTS),
    )


def _condition(dice: Dice, depth: int) -> Any:
    if depth and dice.chance(50):
        word = dice.random.choice(("all", "any", "not"))
        return {
            word: _condition(dice, depth - 1)
            if word == "not"
            else [_condition(dice, depth - 1) for _ in range(dice.random.randint(0, 3))]
        }
    fact = dice.random.choice(
        (
            "order.amount",
            "order.amount_running",
            "order.qty",
            "order.lines",
            "order.date",
            "order.currency",
            "order.payment_term",
            "order.channel",
            "order.is_return",
            "order.coupons",
            "order.items",
            "customer.id",
            "customer.groups",
            "customer.regions",
            "customer.first_order",
            "order.payment_method",
        )
    )
    op = dice.random.choice(("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "has_any", "exists"))

    def value() -> Any:
        return dice.random.choice(
            (dice.amount(500_000), "2", True, False, "sua", "A", "dai-ly", "VND", DAYS[1], "COD", "x")
        )

    many = op in ("between", "in", "not_in", "has_any") and dice.chance(90)
    return {"fact": fact, "op": op, "value": [value(), value()] if many else value()}


def _effect(dice: Dice) -> Json:
    kind = dice.random.choice(("percent", "percent", "amount", "amount", "price", "gift", "buy_get"))
    if kind == "gift":
        made: Json = {
            "kind": kind,
            "item": dice.random.choice((*ITEMS, "NONE")),
            "qty": dice.random.choice(("1", "2", "0.5")),
        }
        return dice.maybe(
            40,
            made,
            unit=lambda: dice.random.choice(UNITS),
            every=lambda: dice.amount(20),
            over=lambda: dice.amount(5),
            max_times=lambda: dice.random.choice(("0", "3", "2.5")),
            price=lambda: dice.amount(900),
        )
    if kind == "buy_get":
        get = dice.maybe(
            50,
            {"qty": dice.random.choice(("1", "2", "0.5"))},
            match=lambda: _selector(dice),
            percent=lambda: dice.amount(100),
        )
        made = {"kind": kind, "buy": dice.maybe(30, {"qty": dice.amount(6)}, match=lambda: _selector(dice)), "get": get}
        return dice.maybe(
            60,
            made,
            repeat=lambda: dice.chance(80),
            max_times=lambda: dice.random.choice((None, "2", "5")),
            pick=lambda: dice.random.choice(("cheapest", "dearest")),
        )
    made = {"kind": kind, "value": dice.amount(60 if kind == "percent" else 30_000)}
    dice.maybe(30, made, basis=lambda: dice.random.choice(("original", "running")), target=lambda: _selector(dice))
    if kind == "price":
        return dice.maybe(20, made, unit=lambda: dice.random.choice(("base", "line")), **{"raise": lambda: True})
    dice.maybe(25, made, max_qty=lambda: dice.amount(30), cap=lambda: dice.amount(90_000))
    if kind == "percent":
        return dice.maybe(25, made, cap_total=lambda: dice.amount(90_000))
    return dice.maybe(
        60,
        made,
        per=lambda: dice.random.choice(("unit", "line", "order")),
        unit=lambda: dice.random.choice(("base", "line")),
    )


def _order(dice: Dice) -> Json:
    lines = [_line(dice, place) for place in range(dice.random.randint(0 if dice.chance(5) else 1, 6))]
    order: Json = {
        "customer": dice.random.choice(("C1", "C1", "C1", "C2")),
        "date": dice.random.choice(DAYS),
        "lines": lines,
    }
    dice.maybe(
        12,
        order,
        currency=lambda: dice.random.choice(("VND", "USD")),
        price_list=lambda: dice.random.choice(LISTS),
        payment_method=lambda: "cash",
        channel=lambda: "van",
        coupons=lambda: dice.some(("TET", "HE")),
        tax_rounding=lambda: "rate",
        is_return=lambda: dice.chance(50),
        regions=lambda: dice.some(REGIONS),
        manual_discount=lambda: _typed(dice),
    )
    return order


def _line(dice: Dice, place: int) -> Json:
    unit = dice.random.choice(("cai", "cai", "cai", "thung", "loc"))
    qty = str(3 * dice.random.randint(1, 40)) if unit == "loc" else dice.amount(60, 3 if dice.chance(30) else 0)
    line: Json = {"item": dice.random.choice(ITEMS), "unit": unit, "qty": ("-" if dice.chance(8) else "") + qty}
    if dice.chance(70):
        line["id"] = f"d{place}"
    return dice.maybe(8, line, price=lambda: dice.amount(50_000, 3), manual_discount=lambda: _typed(dice))


def _typed(dice: Dice) -> Json:
    return {"percent": dice.amount(100, 1)} if dice.chance(50) else {"amount": dice.amount(200_000)}
