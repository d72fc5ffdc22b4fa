"""One request of `tuyen price` or `tuyen convert`, answered. Pure. Twin: pwa/src/lib/pricing/answering.ts."""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from math import inf
from typing import Any

from backend.catalog.units import convert, read_units
from backend.core.errors import Refusal
from backend.core.money import text_of_scaled
from backend.pricing.errors import BookMalformed
from backend.pricing.numbers import at_digits, dec, in_whole, share, text
from backend.pricing.rules import price_order
from backend.pricing.shapes import list_of, object_of, text_of

Answer = dict[str, Any]
DEEPEST_JSON = 100
_LONE = re.compile("[\ud800-\udfff]")
_SAFE = 2**53 - 1
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def price_answer(line: str) -> str:
    """`{"id", "book", "order"}` or `{"id", "allocate"}` to its answer, both JSON on one line."""
    return _answered(line, _price)


def convert_answer(line: str) -> str:
    """`{"id", "item", "packagings", "qty", "from", "to"}` to `{"id", "qty"}` or an error."""
    return _answered(line, _convert)


def _answered(line: str, work: Any) -> str:
    if _too_deep(line):
        return canonical({"id": None, "error": "TOO_DEEP"})
    try:
        request: object = json.loads(line, parse_constant=_refuse, parse_int=_integer)
    except ValueError:
        return canonical({"id": None, "error": "NOT_JSON"})
    try:
        answer = work(object_of(request))
    except Refusal as refusal:
        answer = {"error": refusal.code.replace("-", "_").upper()}
    return canonical({"id": _name(request), **answer})


def _too_deep(line: str) -> bool:
    """Whether brackets nest deeper than anything meant; looked at before parsing, which would run out of stack."""
    outside = "".join(line.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    depth = 0
    for bracket in re.sub(r"[^\[\]{}]+", "", outside):
        depth += _STEPS[bracket]
        if depth > DEEPEST_JSON:
            return True
    return False


def _integer(digits: str) -> int | float:
    """A whole JSON number; one too long for a float is infinite, as on the phone."""
    return int(digits) if len(digits) < 300 else inf


def _name(request: object) -> str | int | None:
    """What the asker calls the request: a text or a whole number both languages write alike; else nothing."""
    name = request.get("id") if isinstance(request, Mapping) else None
    if isinstance(name, float) and name.is_integer():
        name = int(name)
    if isinstance(name, str) or (isinstance(name, int) and not isinstance(name, bool) and abs(name) <= _SAFE):
        return name
    return None


def canonical(value: object) -> str:
    """JSON with keys in order and no blanks, the same text the phone writes."""
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _LONE.sub(lambda half: f"\\u{ord(half.group()):04x}", plain)


def _refuse(_: str) -> object:
    raise ValueError("NaN and infinity are no JSON")


def _price(request: Mapping[str, Any]) -> Answer:
    if "allocate" in request:
        return {"shares": allocated(object_of(request["allocate"]))}
    return price_order(request.get("book"), request.get("order"))


def allocated(request: Mapping[str, Any]) -> list[str]:
    """Shares of `total` over `weights`, down to the last decimal the total is written with."""
    total = text_of(request.get("total"))
    exact = dec(total)
    digits = len(total.partition(".")[2])
    weights = [dec(weight) for weight in list_of(request.get("weights"))]
    if any(weight < 0 for weight in weights):
        raise BookMalformed
    return [text_of_scaled(part, digits) for part in share(at_digits(exact, digits), in_whole(weights))]


def _convert(request: Mapping[str, Any]) -> Answer:
    units = read_units(request.get("item"), request.get("packagings"))
    qty: Fraction = dec(request.get("qty"))
    return {"qty": text(convert(units, qty, text_of(request.get("from")), text_of(request.get("to"))))}
