"""Reads of stock. Stock is the company's, not a customer's: everyone whose work shows it sees the same numbers."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.people.access import Actor
from backend.stock import rules
from backend.stock.rules import Event
from backend.stock.schemas import Coming, Standing

_STANDINGS = """
    SELECT asked.item AS item_id,
           coalesce(b.on_hand, 0) AS on_hand, coalesce(b.reserved, 0) AS reserved, coalesce(b.picked, 0) AS picked,
           coalesce(b.backlog, 0) AS backlog, coalesce(b.safety, 0) AS safety,
           (SELECT coalesce(json_agg(json_build_array(r.expected_on, r.qty - r.qty_done, r.source)
                                     ORDER BY r.expected_on, r.id), '[]')
              FROM incoming_receipts r WHERE r.item_id = asked.item AND r.state = 'open' AND r.qty > r.qty_done
               AND r.deleted_at IS NULL AND ($2::uuid IS NULL OR r.warehouse_id = $2)) AS supply,
           (SELECT coalesce(json_agg(json_build_array(d.due_on, d.backlog)), '[]')
              FROM reservations d WHERE d.item_id = asked.item AND d.state = 'active' AND d.backlog > 0
               AND ($2::uuid IS NULL OR d.warehouse_id = $2)) AS demand
      FROM unnest($1::uuid[]) AS asked(item)
      LEFT JOIN LATERAL (
            SELECT sum(on_hand)::bigint AS on_hand, sum(reserved)::bigint AS reserved, sum(picked)::bigint AS picked,
                   sum(backlog)::bigint AS backlog, sum(safety)::bigint AS safety
              FROM stock_bins WHERE item_id = asked.item AND ($2::uuid IS NULL OR warehouse_id = $2)) b ON true"""


async def standings(
    wanted: Mapping[UUID, int], *, actor: Actor, on: date | None = None, warehouse: UUID | None = None
) -> dict[UUID, Standing]:
    """The numbers of each item, and when the quantity wanted of it could be promised. One statement for any number.

    `on`: the day asked about (today). `warehouse` None: all of them together.
    """
    rows = await fetch(_STANDINGS, list(wanted), warehouse)
    return {row["item_id"]: _standing(row, wanted[row["item_id"]], on) for row in rows}


def _standing(row: Any, qty: int, on: date | None) -> Standing:
    day = today()
    supply = [(date.fromisoformat(when), amount, source) for when, amount, source in row["supply"]]
    events = [Event(when, amount) for when, amount, _ in supply]
    demand = [Event(date.fromisoformat(when), amount) for when, amount in row["demand"]]
    free = rules.available(row["on_hand"], row["reserved"], row["safety"])
    return Standing(
        item=row["item_id"],
        on_hand=row["on_hand"],
        reserved=row["reserved"],
        picked=row["picked"],
        backlog=row["backlog"],
        free=free,
        promisable=rules.promisable(free, events, demand, today=day, on=on or day),
        earliest_on=rules.earliest(qty, free, events, demand, today=day, on=on or day),
        incoming=[Coming(*coming) for coming in supply],
    )


async def default_warehouse(*, actor: Actor) -> UUID | None:
    """The warehouse orders are served from."""
    rows = await fetch("SELECT id FROM warehouses WHERE is_default AND deleted_at IS NULL")
    return rows[0]["id"] if rows else None
