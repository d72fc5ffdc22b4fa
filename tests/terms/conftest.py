"""A small tree of customer groups and a shop to trade in."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import database as db
from backend.core.ids import new_id
from backend.pricing.storing import NewPriceList, insert_price_lists
from tests.orders.shop import Shop, lay_shop


async def join(customer: UUID, *groups: UUID) -> None:
    """Put a customer into groups, the first being the primary one."""
    await db.execute("DELETE FROM customer_group_links WHERE customer_id = $1", customer)
    await db.execute(
        """INSERT INTO customer_group_links (customer_id, group_id, is_primary)
           SELECT $1, g.id, g.n = 1 FROM unnest($2::uuid[]) WITH ORDINALITY AS g (id, n)""",
        customer, list(groups),
    )  # fmt: skip


async def set_terms(client: Any, path: str, **changes: str | None) -> dict[str, Any]:
    """Change terms as a person does: read the version, then change it. Gives the new terms."""
    version = (await client.get(f"{path}/terms")).json()["version"]
    answer = await client.patch(f"{path}/terms", json={"expected_version": version, "changes": changes})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def shop(database: str) -> Shop:
    return await lay_shop()


@pytest.fixture
async def tree(shop: Shop) -> SimpleNamespace:
    """Dealers with two grades below them, a display programme beside them, and two price lists."""
    ids = SimpleNamespace(**{name: new_id() for name in ("dealers", "grade1", "grade2", "display", "dl", "base")})
    await db.execute(
        """INSERT INTO customer_groups (id, parent_id, code, name)
           VALUES ($1, NULL, 'DL', 'Đại lý'), ($2, $1, 'DL1', 'Đại lý cấp 1'), ($3, $1, 'DL2', 'Đại lý cấp 2'),
                  ($4, NULL, 'TB', 'Trưng bày')""",
        ids.dealers, ids.grade1, ids.grade2, ids.display,
    )  # fmt: skip
    await insert_price_lists(
        [
            NewPriceList(id=ids.dl, code="DL", name_vi="Giá đại lý", name_en="Dealers", currency="VND"),
            NewPriceList(
                id=ids.base, code="BASE", name_vi="Giá chung", name_en="Everybody", currency="VND", is_default=True
            ),
        ]
    )
    return ids
