"""Benchmarks of the price brain: 50 lines against 5,000 rules and 60 promotions in both languages; its size on a phone.

The book is a wholesaler's: 2,000 items in a tree of groups, two lists one of which stands on the other, most rules for
one item with quantity breaks, promotions of every kind. Run `python -m bench pricing`.
"""

import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import brotli

from backend.core.node import through_phone
from backend.pricing.filters import BUNDLE
from backend.pricing.rules import price_order
from backend.pricing.rules_book import Book
from bench.table import Row, show

ROOT = Path(__file__).parents[1]
TIMES = 40
ITEMS, RULES, PROMOTIONS, LINES = 2_000, 5_000, 60, 50
DAY = "2026-07-01"
Json = dict[str, Any]


def big_book(random: Random) -> Json:
    """2,000 items, 5,000 rules in two lists, 60 promotions."""
    items = {
        f"I{n}": {
            "base_unit": "hộp", "packagings": {"thùng": {"num": "24", "whole_units": True}},
            "groups": [f"G{n % 100}", f"G{100 + n % 10}"], "tax": random.choice(("V8", "V10")),
            "list_price": str(random.randint(3, 900) * 500),
        }
        for n in range(ITEMS)
    }  # fmt: skip
    rules = [_rule(random, n) for n in range(RULES)]
    return {
        "company_currency": "VND",
        "currencies": {"VND": {"minor": 0, "price_digits": 2}},
        "taxes": {"V8": "8", "V10": "10"},
        "items": items,
        "customers": {"C": {"groups": ["dai-ly-1", "dai-ly"], "regions": ["q1", "nam"], "payment_term": "N30"}},
        "customer_groups": {"dai-ly": {"price_list": "DL"}},
        "price_lists": {
            "DL": {"currency": "VND", "rules": rules[: RULES // 2]},
            "BASE": {"currency": "VND", "rules": rules[RULES // 2 :]},
        },
        "default_price_list": "BASE",
        "promotions": [_promotion(random, n) for n in range(PROMOTIONS)],
        "promotion_groups": {"best": {"pick": "best"}},
    }


def _rule(random: Random, n: int) -> Json:
    price: Json = {"kind": "fixed", "amount": str(random.randint(3, 900) * 480)}
    if n < RULES // 2 and random.random() < 0.3:
        price = {"kind": "off", "base": random.choice(("list", "list:BASE")), "percent": "6", "round_to": "100"}
    rule: Json = {"id": f"R{n}", "price": price, "item": f"I{random.randrange(ITEMS)}"}
    if random.random() < 0.08:
        rule = {"id": f"R{n}", "price": price, "item_group": f"G{random.randrange(110)}"}
    if random.random() < 0.5:
        rule["min_qty"] = str(random.choice((12, 24, 48, 96)))
    if random.random() < 0.2:
        rule["customer_group"] = random.choice(("dai-ly-1", "dai-ly", "si"))
    return rule


def _promotion(random: Random, n: int) -> Json:
    effects: tuple[Json, ...] = (
        {"kind": "percent", "value": "3"},
        {"kind": "amount", "per": "unit", "value": "200"},
        {"kind": "gift", "item": f"I{n}", "qty": "1", "every": "10"},
        {"kind": "buy_get", "buy": {"qty": "5"}, "get": {"qty": "1"}, "repeat": True},
        {"kind": "price", "value": "4000"},
    )
    made: Json = {"id": f"KM{n:02}", "priority": n % 4, "effect": effects[n % 5]}
    made["match"] = {"item_groups": [f"G{random.randrange(100)}"]} if n % 3 else {"items": [f"I{n * 7}", f"I{n * 11}"]}
    if n % 4 == 0:
        made["group"] = "best"
    if n % 10 == 9:
        made = {"id": f"KM{n:02}", "stage": "order", "group": "best", "min": {"amount": str(n * 100_000)}}
        made["effect"] = {"kind": "percent", "value": "1"}
    return made


def big_order(random: Random) -> Json:
    """50 different items, half of them by the carton."""
    lines = [
        {"id": f"l{n}", "item": f"I{item}", "unit": random.choice(("hộp", "thùng")), "qty": str(random.randint(1, 60))}
        for n, item in enumerate(random.sample(range(ITEMS), LINES))
    ]
    return {"customer": "C", "date": DAY, "lines": lines}


def _ms(work: Callable[[], object]) -> float:
    """Processor time: what else the machine does is not the price brain's."""
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def speed() -> list[Row]:
    """Medians: the first order of a fresh book (as a phone meets it after a pull), then order after order."""
    random = Random("bench pricing")
    book, order = big_book(random), big_order(random)
    fresh = statistics.median(_ms(lambda: price_order(Book(book), order)) for _ in range(TIMES // 4))
    kept = Book(book)
    price_order(kept, order)
    office = statistics.median(_ms(lambda: price_order(kept, order)) for _ in range(TIMES))
    out = io.StringIO()
    asked = json.dumps({"book": book, "order": order, "times": 5 * TIMES}, ensure_ascii=False)
    through_phone(BUNDLE, ["time"], io.StringIO(asked), out)
    phone = json.loads(out.getvalue())
    size = len(json.dumps(book, ensure_ascii=False, separators=(",", ":")).encode())
    what = f"{LINES} lines, {RULES} rules, {PROMOTIONS} promotions ({size / 1000:.0f} KB book)"
    return [
        Row("pricing", f"office: {what}", f"{office:.1f} ms", "<= 15 ms", ""),
        Row("pricing", "office: the first order of a fresh book", f"{fresh:.1f} ms", "", ""),
        Row("pricing", f"phone: {what}", f"{statistics.median(phone['next']):.1f} ms", "<= 10 ms", ""),
        Row("pricing", "phone: the first order of a fresh book", f"{phone['first']:.1f} ms", "", ""),
    ]


def weight() -> list[Row]:
    """Bytes the price brain adds to the phone, bundled and minified as the app is, compressed with brotli."""
    sys.path.insert(0, str(ROOT))
    import hatch_build

    node, _, _ = hatch_build.node_and_npm()
    code = subprocess.run([*node, "scripts/price-weight.mjs"], cwd=ROOT / "pwa", capture_output=True, check=True).stdout
    kb = len(brotli.compress(code, quality=11)) / 1000
    return [Row("pricing", "price brain on the phone, everything included", f"{kb:.1f} KB", "<= 12 KB", "")]


def measure() -> list[Row]:
    """Speed and weight."""
    return [*speed(), *weight()]


if __name__ == "__main__":
    show(measure())
