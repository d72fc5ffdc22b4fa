"""A small random company: customers in known and unknown places, and orders in every state, currency and month."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from backend.core.database import execute, execute_many, fetch_value
from backend.core.ids import new_id
from backend.demo.cast import person_id
from backend.geo.addresses import AddressRow, insert_addresses, prepare_addresses
from tests.makers import currencies

STATES = ("submitted", "on_hold", "confirmed", "picking", "picked", "dispatched", "cancelled", "rejected")
PLACES: Sequence[tuple[str, tuple[float, float] | None]] = (
    ("45 Bình Tiên, Phường 7, Quận 6, TP HCM", None),
    ("11A Phạm Ngọc Thạch, Phường Xuân Hòa, TP HCM", (10.7866, 106.6953)),
    ("12 Hàng Bông, Phường Hoàn Kiếm, Hà Nội", None),
    ("Thị trấn Mậu A, huyện Văn Yên, tỉnh Yên Bái", None),
    ("Phường Thủ Dầu Một, TP HCM", None),
    ("đối diện cây xăng", None),
    ("gần chợ", (11.5564, 104.9282)),  # Phnom Penh: outside every set
    ("Phường Cái Răng, TP Cần Thơ", (10.0, 105.78)),
)


async def make_ground() -> UUID:
    """Currencies with a rate and a warehouse; gives the warehouse."""
    await currencies()
    await execute_many(
        "INSERT INTO currency_rates (currency, from_on, num, den) VALUES ('USD', $1, $2, $3) ON CONFLICT DO NOTHING",
        [(date(2020, 1, 1), 25_001, 1), (date(2026, 3, 15), 51_007, 2)],
    )
    found: UUID | None = await fetch_value("SELECT id FROM warehouses LIMIT 1")
    if found is None:
        found = new_id()
        await execute("INSERT INTO warehouses (id, code, name) VALUES ($1, 'K1', 'Kho 1')", found)
    return found


async def make_customers(chance: Random, count: int, positions: Sequence[int]) -> list[tuple[UUID, int, UUID | None]]:
    """(customer, position, address version or None) of each."""
    made: list[tuple[UUID, int]] = [(new_id(), chance.choice(positions)) for _ in range(count)]
    await execute_many(
        "INSERT INTO customers (id, code, name, position_id) VALUES ($1, $2, $3, $4)",
        [(one, f"KH{one.hex[-10:]}", f"Khách {n}", position) for n, (one, position) in enumerate(made)],
    )
    await execute(
        """INSERT INTO credit_accounts (id, currency) SELECT id, coalesce(currency, 'VND') FROM customers
           ON CONFLICT DO NOTHING"""
    )
    placed = [one for one, _ in made if chance.random() < 0.9]
    chosen = [chance.choice(PLACES) for _ in placed]
    prepared = prepare_addresses([text for text, _ in chosen], [point for _, point in chosen])
    versions = await insert_addresses(
        [AddressRow(new_id(), one, ready) for one, ready in zip(placed, prepared, strict=True)]
    )
    by_customer = dict(zip(placed, versions, strict=True))
    return [(one, position, by_customer.get(one)) for one, position in made]


async def make_orders(
    chance: Random, customers: Sequence[tuple[UUID, int, UUID | None]], count: int, *, first: date = date(2026, 1, 1)
) -> list[dict[str, Any]]:
    """Orders over a year; the position credited is not always the customer's present one."""
    warehouse = await make_ground()
    orders = []
    for n in range(count):
        customer, position, version = chance.choice(customers)
        day = first + timedelta(days=chance.randrange(365))
        orders.append(
            {
                "id": new_id(), "number": f"SO-{first.year}-{new_id().hex[-9:].upper()}-{n}", "customer_id": customer,
                "position_id": position if chance.random() < 0.8 else chance.choice([c[1] for c in customers]),
                "state": chance.choice(STATES), "currency": "USD" if chance.random() < 0.15 else "VND",
                "ordered_on": day,
                "ship_av_id": version if chance.random() < 0.95 else None,
                "net": chance.choice([0, 1, chance.randrange(10**7), chance.randrange(10**10)]),
                "deleted": chance.random() < 0.03,
            }
        )  # fmt: skip
    at = datetime(2026, 1, 1, tzinfo=UTC)
    await execute_many(
        """INSERT INTO orders (id, number, customer_id, position_id, user_id, state, currency, ordered_on, ship_av_id,
                               warehouse_id, gross, discount, net, tax, total, credit_account_id, credit_amount,
                               credit_taken, claimed_on, placed_at, received_at, body_hash, outcome, changed_at,
                               deleted_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $11, 0, $11, $3, 0, FALSE, $8, $12, $12, ''::bytea,
                   '{}', $12, $13)""",
        [
            (one["id"], one["number"], one["customer_id"], one["position_id"], person_id(3), one["state"],
             one["currency"], one["ordered_on"], one["ship_av_id"], warehouse, one["net"], at,
             at if one["deleted"] else None)
            for one in orders
        ],
    )  # fmt: skip
    return orders
