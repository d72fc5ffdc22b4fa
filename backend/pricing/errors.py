"""Refusals of the price brain. The filters print their codes in capitals: `no-price` is `NO_PRICE`."""

from backend.core.errors import Malformed, Refusal


class NoPrice(Refusal):
    """No list, and not the item itself, has a price: the line cannot be sold as it stands."""

    code = "no-price"


class RateMissing(Refusal):
    """No exchange rate of this currency is known on that day."""

    code = "rate-missing"


class CurrencyUnknown(Refusal):
    """The book has no such currency."""

    code = "currency-unknown"


class CustomerUnknown(Refusal):
    """The book has no such customer."""

    code = "customer-unknown"


class TaxUnknown(Refusal):
    """The item names a tax that the book lacks."""

    code = "tax-unknown"


class PriceListUnknown(Refusal):
    """A rule, a customer or the order names a price list that the book lacks."""

    code = "price-list-unknown"


class PriceNesting(Refusal):
    """A list is built on a list on a list...: more than five deep, or in a circle."""

    code = "price-nesting"


class LineRepeated(Malformed):
    """Two lines of an order carry the same id, so nobody could tell their prices apart."""

    code = "line-repeated"


class BookMalformed(Malformed):
    """The book or the order is not in the agreed format."""

    code = "book-malformed"


class AmountTooLarge(Refusal):
    """An amount beyond what any order is; most likely a slip of the finger in a quantity."""

    code = "amount-too-large"


class PriceListCodeTaken(Refusal):
    """Another list has this code already."""

    code = "price-list-code-taken"


class PriceListInUse(Refusal):
    """It is set for customers or groups, other lists are built on it, or it is the company's default."""

    code = "price-list-in-use"


class PriceRuleCodeTaken(Refusal):
    """Another row of the list has this code already."""

    code = "price-rule-code-taken"


class PriceRuleOverlap(Refusal):
    """Rows for the same item, customer, unit and quantity break whose days overlap; both are named."""

    code = "price-rule-overlap"


class PriceRuleTargetUnknown(Refusal):
    """The item, customer or group a row names does not exist (any more)."""

    code = "price-rule-target-unknown"


class PriceRuleTwoTargets(Malformed):
    """A row names an item and an item group, or a customer and a customer group; it may name one of the two."""

    code = "price-rule-two-targets"


class PriceRuleCostNeedsItem(Malformed):
    """A price built on cost must name one item: it becomes a plain amount before it leaves the office."""

    code = "price-rule-cost-needs-item"


class PriceOutOfRange(Malformed):
    """A number of a price outside of what makes sense: a negative amount, more than 100 % off."""

    code = "price-out-of-range"


class BoundsReversed(Malformed):
    """The end lies before the beginning: days, quantities or margins."""

    code = "bounds-reversed"
