"""The shop, laid anew for each test."""

import pytest

from tests.orders.shop import Shop, lay_shop


@pytest.fixture
async def shop(database: str) -> Shop:
    """An open shop with no goods and no customers yet."""
    return await lay_shop()
