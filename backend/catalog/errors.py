"""Refusals of the catalog: an item, a unit or a quantity that cannot be what was asked."""

from backend.core.errors import Malformed, Refusal


class ItemUnknown(Refusal):
    """No such item is on sale."""

    code = "item-unknown"


class UnitUnknown(Refusal):
    """The item is not counted in this unit."""

    code = "unit-unknown"


class QuantityFraction(Refusal):
    """Part of a unit that is only sold whole (half a carton)."""

    code = "quantity-fraction"


class QuantityInexact(Refusal):
    """The quantity has no exact value in the other unit down to 10^-6 (a third of a piece)."""

    code = "quantity-inexact"


class PackagingMalformed(Refusal):
    """A packaging whose factor is not a positive fraction."""

    code = "packaging-malformed"


class RateExists(Refusal):
    """This currency has a rate from this day on already: correct that one."""

    code = "rate-exists"


class RateWrong(Malformed):
    """A rate is a positive number that can be kept exactly, of a currency other than the company's."""

    code = "rate-wrong"


class RateReasonMissing(Malformed):
    """Whoever changes what past days were reckoned with says why."""

    code = "rate-reason-missing"
