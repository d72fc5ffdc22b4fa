"""Budget and cap of a promotion in a dry run: past orders take from them in the order they came. Pure."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.core.money import text_of_minor
from backend.pricing.limits import Limit, Standing, refusing, uses_of
from backend.pricing.rules_order import Order

_ROOT = UUID(int=0)


@dataclass(slots=True)
class Limits:
    """What is left as the run goes on. Amounts in minor units of the company's currency.

    `ended_on` is the day of the first order the budget did not reach for; smaller ones may still have got it later.
    `refused` counts the orders that went without.
    """

    code: str
    budget: int | None
    per_customer: int | None
    used: int = 0
    refused: int = 0
    ended_on: str | None = None
    times: dict[UUID, int] = field(default_factory=dict)

    def admits(self, customer: UUID, order: Order) -> bool:
        """Take for an order what the promotion gives on it; false, and nothing taken, where a limit forbids it."""
        amount = sum(use.amount_minor for use in uses_of(order, {self.code: _ROOT}))
        standing = Standing(self.used, self.times.get(customer, 0))
        why = refusing(Limit(_ROOT, self.budget, self.per_customer), standing, amount)
        if why is None:
            self.used += amount
            self.times[customer] = standing.times + 1
            return True
        self.refused += 1
        if why == "budget":
            self.ended_on = self.ended_on or order.on
        return False

    def result(self, digits: int) -> dict[str, Any]:
        """What the answer of the run says of them."""
        budget = None if self.budget is None else text_of_minor(self.budget, digits)
        left = None if self.budget is None else text_of_minor(self.budget - self.used, digits)
        return {"budget": budget, "left": left, "lasted_until": self.ended_on, "refused": self.refused}
