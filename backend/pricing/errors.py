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


class BookMalformed(Malformed):
    """The book or the order is not in the agreed format."""

    code = "book-malformed"


class AmountTooLarge(Refusal):
    """An amount beyond what any order is; most likely a slip of the finger in a quantity."""

    code = "amount-too-large"
