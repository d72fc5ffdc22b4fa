"""Verbs of the ramp: goods come in, books are corrected, supply is announced."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import now
from backend.core.database import execute, fetch_value, transaction
from backend.core.ids import new_id
from backend.stock.errors import BelowReserved, UnknownStock
from backend.stock.schemas import Arrival, MoveKind


async def receive(
    *, item_id: UUID, warehouse_id: UUID, qty_micro: int, reference: UUID | None = None, by: UUID | None = None
) -> UUID:
    """Write one item's goods into the books; see `receive_many`."""
    return await receive_many([Arrival(item_id, warehouse_id, qty_micro)], reference=reference, by=by)


async def receive_many(
    arrivals: Sequence[Arrival], *, kind: MoveKind = "receipt", reference: UUID | None = None, by: UUID | None
) -> UUID:
    """Write goods into the books, in one statement however many; the id of the movement.

    A receipt named is marked done by as much. Kind `adjust` corrects the books and may take away.

    Refuses `BelowReserved` when a correction would leave less than orders have reserved, `UnknownStock` for an item,
    warehouse or receipt that does not exist.
    """
    reference = reference or new_id()
    try:
        async with transaction():
            await execute(
                "SELECT stock_receive($1, $2::jsonb, $3, $4, $5)",
                reference, msgspec.json.encode(list(arrivals)).decode(), kind, now(), by,
            )  # fmt: skip
    except asyncpg.CheckViolationError as fault:
        raise BelowReserved from fault
    except asyncpg.ForeignKeyViolationError as fault:
        raise UnknownStock from fault
    return reference


async def expect(
    item: UUID, warehouse: UUID, qty: int, on: date, *, source: str = "",
    kind: Literal["purchase", "production", "transfer"] = "purchase", by: UUID | None,
) -> UUID:  # fmt: skip
    """Announce supply expected on a day, so that it can be promised. The id of the receipt."""
    receipt: UUID = await fetch_value(
        """INSERT INTO incoming_receipts (id, item_id, warehouse_id, qty, expected_on, kind, source, changed_at,
                                          created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id""",
        new_id(), item, warehouse, qty, on, kind, source, now(), by,
    )  # fmt: skip
    return receipt


async def open_warehouse(code: str, name: str, *, default: bool, by: UUID | None) -> UUID:
    """Add a warehouse. Orders are served from the default one."""
    warehouse: UUID = await fetch_value(
        """INSERT INTO warehouses (id, code, name, is_default, changed_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING id""",
        new_id(), code, name, default, now(), by,
    )  # fmt: skip
    return warehouse
