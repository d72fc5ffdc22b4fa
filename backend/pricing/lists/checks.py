"""What a row of a price list may say, and how it is scaled for a copy. Pure.

The price brain itself takes any well-formed number; these are the bounds of what a person can mean.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from backend.core.money import MICRO, exact, round_half_away, text_of_micro, text_of_scaled
from backend.pricing.errors import BoundsReversed, PriceOutOfRange, PriceRuleCostNeedsItem, PriceRuleTwoTargets
from backend.pricing.lists.schemas import FixedPrice, OffPrice, Price, RuleFields
from backend.pricing.numbers import HUNDRED, to_step

MOST = 10**12  # currency units: a price above it is a slip of the finger


def check_days(first: date | None, last: date | None) -> None:
    """Refuse a last day before the first."""
    if first is not None and last is not None and last < first:
        raise BoundsReversed(pointer="/valid_to")


def check_fields(fields: RuleFields) -> None:
    """Refuse a row that contradicts itself, with a pointer to the field."""
    if fields.item_id is not None and fields.item_group_id is not None:
        raise PriceRuleTwoTargets(pointer="/item_group_id")
    if fields.customer_id is not None and fields.customer_group_id is not None:
        raise PriceRuleTwoTargets(pointer="/customer_group_id")
    check_days(fields.valid_from, fields.valid_to)
    if fields.max_qty is not None and exact(fields.max_qty) < exact(fields.min_qty or "0"):
        raise BoundsReversed(pointer="/max_qty")
    check_price(fields.price)
    if isinstance(fields.price, OffPrice) and fields.price.base == "cost" and fields.item_id is None:
        raise PriceRuleCostNeedsItem(pointer="/price/base")


def check_price(price: Price) -> None:
    """Refuse amounts below 0 or beyond reason, more than 100 % off, a step of 0, margins the wrong way round."""
    if isinstance(price, FixedPrice):
        _within("amount", price.amount, least=0)
        return
    _within("percent", price.percent, least=-100 * 100, most=100)
    _within("round_to", price.round_to, least=Fraction(1, MICRO))
    for field in ("plus", "min_margin", "max_margin"):
        _within(field, getattr(price, field), least=-MOST)
    least, most = price.min_margin, price.max_margin
    if least is not None and most is not None and exact(most) < exact(least):
        raise BoundsReversed(pointer="/price/max_margin")


def _within(field: str, value: str | None, *, least: Fraction | int, most: int = MOST) -> None:
    if value is not None and not least <= exact(value) <= most:
        raise PriceOutOfRange(pointer=f"/price/{field}", value=value)


def price_dict(price: Price) -> dict[str, str]:
    """A price as it is stored and as the book writes it."""
    found: dict[str, str] = msgspec.to_builtins(price)
    return found


def micro_or_none(value: str | None) -> int | None:
    """A quantity in 10^-6; absent and 0 are the same."""
    return None if value is None else round_half_away(exact(value) * MICRO) or None


def scaled(price: Price, factor: Fraction, step: Fraction | None, digits: int) -> Price:
    """A price so much dearer.

    A plain amount is multiplied and rounded to `step`, else to `digits` decimals. A price off a base leaves a larger
    share of the base and a larger `plus`; its steps and margins, which are amounts of money, stay as they are.
    """
    if isinstance(price, FixedPrice):
        amount = exact(price.amount) * factor
        rounded = to_step(amount, step if step is not None else Fraction(1, 10**digits))
        return FixedPrice(_text(rounded)) if factor != 1 or step is not None else price
    if factor == 1:
        return price
    percent = HUNDRED - (HUNDRED - exact(price.percent or "0")) * factor
    plus = to_step(exact(price.plus or "0") * factor, Fraction(1, 10**digits))
    return msgspec.structs.replace(price, percent=_text(percent), plus=_text(plus) if plus else None)


def limited(price: Price) -> bool:
    """Whether a price holds limits in money that a copy leaves as they are."""
    return isinstance(price, OffPrice) and (price.min_margin is not None or price.max_margin is not None)


def merged(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> RuleFields:
    """The fields of a stored row (`price_rules`) with the changed ones in their place."""
    fields = {
        name: stored[name]
        for name in ("priority", "item_id", "item_group_id", "customer_id", "customer_group_id", "unit", "valid_from",
                     "valid_to")
    }  # fmt: skip
    return RuleFields(
        **{
            **fields,
            "min_qty": _qty(stored["min_qty_micro"]),
            "max_qty": _qty(stored["max_qty_micro"]),
            "price": msgspec.json.decode(stored["price"], type=FixedPrice | OffPrice),
            **changes,
        }
    )


def _qty(micro: int | None) -> str | None:
    return None if micro is None else text_of_micro(micro)


def _text(value: Fraction) -> str:
    return text_of_scaled(round_half_away(value * MICRO), 6)
