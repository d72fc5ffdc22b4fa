"""Which parts of the price brain an order reached, told from its answer: no branch of the generator may dry up."""

import json
from collections.abc import Iterator

from tests.pricing.baskets import Json

CODES = (
    "BOOK_MALFORMED", "CURRENCY_UNKNOWN", "CUSTOMER_UNKNOWN", "ITEM_UNKNOWN", "LINE_REPEATED", "NOT_A_NUMBER",
    "NOT_JSON", "NO_PRICE", "PACKAGING_MALFORMED", "PRICE_LIST_UNKNOWN", "PRICE_NESTING", "QUANTITY_FRACTION",
    "QUANTITY_INEXACT", "RATE_MISSING", "TAX_UNKNOWN", "TOO_DEEP", "UNIT_UNKNOWN",
)  # fmt: skip
SKIPS = (
    "base", "buy_get", "channel", "coupon", "currency", "customer_groups", "customers", "date", "exclusive", "gift",
    "group:g1", "group:g2", "group:g3", "match", "max_qty", "min", "min_qty", "outranked", "payment_method",
    "payment_term", "price_list", "regions", "tier", "unit", "when",
)  # fmt: skip
EFFECTS = ("percent", "amount", "price", "gift", "buy_get")
SHAPES = (
    "priced", "from list", "from item", "from given", "return", "in USD", "tax inside", "tax by rate", "manual",
    "manual_order", "terms", "tiers", "nested five deep", "gift more than once", "three promotions on a line",
    "lines from different lists", "raised", "above 2^53",
)  # fmt: skip
EVERYTHING = (*CODES, *(f"skip {one}" for one in SKIPS), *(f"effect {one}" for one in EFFECTS), *SHAPES)


def reached(line: str, answer: str) -> set[str]:
    """The parts of `EVERYTHING` (and perhaps others) that an answered line reached."""
    given = json.loads(answer)
    if "error" in given:
        return {given["error"]}
    request: Json = json.loads(line)
    return {
        "priced",
        *(f"skip {one['code']}" for one in given["trace"]),
        *_of_promotions(request["book"], given["lines"]),
        *_of_lists(request["book"], given["lines"]),
        *(part for one in given["lines"] for part in _of_line(one)),
        *(["tax by rate"] if request["order"].get("tax_rounding") == "rate" else []),
        *(["in USD"] if request["order"].get("currency") == "USD" else []),
        *(["above 2^53"] if len(given["gross"].partition(".")[0]) > 16 else []),
    }


def _of_promotions(book: Json, lines: list[Json]) -> Iterator[str]:
    acted = {one["promotion"] for line in lines for one in line["adjustments"]}
    acted |= {line["gift"] for line in lines if "gift" in line}
    yield from acted & {"manual", "manual_order", "terms"}
    for promotion in book.get("promotions") or ():
        if isinstance(promotion.get("id"), str) and promotion["id"] in acted:
            tiers = promotion.get("tiers")
            yield from ["tiers"] if tiers else []
            yield from (f"effect {one['effect']['kind']}" for one in tiers or [promotion])


def _of_line(line: Json) -> Iterator[str]:
    yield "from " + line["source"].partition(":")[0]
    if line["qty"].startswith("-"):
        yield "return"
    elif any(one["amount"].startswith("-") for one in line["adjustments"]):
        yield "raised"
    if line["tax"] != "0" and line["net"] != line["amount"]:
        yield "tax inside"
    if len(line["adjustments"]) > 2:
        yield "three promotions on a line"
    if "gift" in line and line["qty"] not in ("0.5", "1", "2"):
        yield "gift more than once"


def _of_lists(book: Json, lines: list[Json]) -> Iterator[str]:
    sources = {line["source"] for line in lines if line["source"].startswith("list:")}
    if len({source.partition("/")[0] for source in sources}) > 1:
        yield "lines from different lists"
    if any(source.endswith("/chain") and _depth(book, source[5:-6]) == 5 for source in sources):
        yield "nested five deep"


def _depth(book: Json, code: str) -> int:
    """On how many lists one of a chain stands."""
    base = str(book["price_lists"][code]["rules"][0]["price"].get("base", ""))
    return 1 + _depth(book, base.removeprefix("list:")) if base.startswith("list:") else 0
