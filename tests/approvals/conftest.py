"""The shop of the orders' tests serves here too."""

from tests.orders.conftest import shop

__all__ = ["shop"]
