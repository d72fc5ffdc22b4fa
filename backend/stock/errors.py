"""What stock's verbs refuse with."""

from backend.core.errors import Malformed, Refusal


class NoWarehouse(Refusal):
    """The company has no warehouse orders could be served from."""

    code = "no-warehouse"


class BelowReserved(Refusal):
    """The books cannot go below what orders have reserved, nor below nothing."""

    code = "below-reserved"


class UnknownStock(Malformed):
    """An item, warehouse or receipt named does not exist."""

    code = "unknown-stock"
