"""Budget, cap per customer and choice of gifts of a promotion: read, checked, and put into columns."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.money import text_of_minor, text_of_scaled
from backend.pricing.numbers import at_digits, dec
from backend.pricing.promotions.errors import PromotionBudgetUsed, PromotionUnsound
from backend.pricing.promotions.schemas_rule import Extras
from backend.pricing.shelf import Shelf

Raw = dict[str, Any]
MOST = 10**15


class Stored(msgspec.Struct, frozen=True):
    """The columns: budget in minor units of the company's currency, gifts as the price book writes them."""

    budget: int | None = None
    per_customer: int | None = None
    gifts: list[dict[str, str]] | None = None

    @property
    def gifts_json(self) -> str | None:
        return None if self.gifts is None else msgspec.json.encode(self.gifts).decode()

    def as_wire(self, digits: int) -> Raw:
        """What the editor is shown; what is not set is left out."""
        shown: Raw = {} if self.budget is None else {"budget": text_of_minor(self.budget, digits)}
        if self.per_customer is not None:
            shown["per_customer"] = self.per_customer
        return shown if self.gifts is None else {**shown, "gifts": self.gifts}


def of_row(row: Mapping[str, Any]) -> Stored:
    """The columns of a row that has `budget`, `per_customer` and `gifts` as text."""
    gifts = None if row["gifts"] is None else msgspec.json.decode(row["gifts"])
    return Stored(row["budget"], row["per_customer"], gifts)


def company_digits(shelf: Shelf) -> int:
    """Decimals of the company's currency."""
    minor: int = shelf.book.currency(str(shelf.book.company_currency)).minor
    return minor


def read_extras(extras: Extras, rule: Raw, digits: int) -> tuple[Raw, Stored]:
    """The rule with the first gift of a choice as its own, and the columns.

    Refuses `promotion-unsound` with its place: a budget that is nothing or finer than the currency (`positive`,
    `digits`), gifts of a rule that gives none or has steps (`choice`), a gift twice (`twice`), a quantity of nothing.
    """
    budget = None if extras.budget is None else _budget(extras.budget, digits)
    if extras.gifts is None:
        return rule, Stored(budget, extras.per_customer)
    effect = rule.get("effect")
    if effect is None or effect["kind"] != "gift":
        raise PromotionUnsound(pointer="/extras/gifts", reason="choice")
    gifts: list[dict[str, str]] = []
    for place, gift in enumerate(extras.gifts):
        if dec(gift.qty) <= 0:
            raise PromotionUnsound(pointer=f"/extras/gifts/{place}/qty", reason="positive")
        one = {"item": gift.item, "qty": text_of_scaled(at_digits(dec(gift.qty), 6), 6)}
        one |= {} if gift.unit is None else {"unit": gift.unit}
        if one in gifts:
            raise PromotionUnsound(pointer=f"/extras/gifts/{place}/item", reason="twice")
        gifts.append(one)
    own = {name: value for name, value in effect.items() if name not in ("item", "qty", "unit")}
    return {**rule, "effect": {**own, **gifts[0]}}, Stored(budget, extras.per_customer, gifts)


def _budget(text: str, digits: int) -> int:
    amount: Fraction = dec(text) * 10**digits
    if amount <= 0:
        raise PromotionUnsound(pointer="/extras/budget", reason="positive")
    if amount.denominator != 1 or amount > MOST:
        raise PromotionUnsound(pointer="/extras/budget", reason="digits")
    return amount.numerator


async def check_budget(root: UUID, budget: int | None, digits: int) -> None:
    """Refuse `promotion-budget-used` for a budget below what was given already. Locks the limits of the promotion."""
    used = await db.fetch_value("SELECT used FROM promotion_limits WHERE promotion_id = $1 FOR NO KEY UPDATE", root)
    if budget is not None and used is not None and used > budget:
        raise PromotionBudgetUsed(pointer="/extras/budget", used=text_of_minor(used, digits))
