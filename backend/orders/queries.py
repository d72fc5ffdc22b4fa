"""Reads of orders: the list, one order, the pickers' queue. Each keeps to the actor's own people, and shows a picker or
a guard no price: their answers have no such fields at all.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import today
from backend.core.database import fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.paging import Page, decode_cursor, encode_cursor
from backend.orders.schemas_views import OrderPaper, OrderRow, QueueRow, paper_of, queue_row_of, row_of
from backend.people.access import Actor, scope


class Filters(msgspec.Struct, frozen=True):
    """What a list of orders may be narrowed by. Order days, both included; a position counts with its subtree."""

    state: str | None = None
    customer: UUID | None = None
    from_on: date | None = None
    to_on: date | None = None
    position: int | None = None


_HEAD = """o.id, o.number, o.customer_id, c.name AS customer_name, c.code AS customer_code, o.position_id, o.user_id,
           u.name AS user_name, o.state, o.ordered_on, o.requested_on, o.placed_at, o.version, o.currency,
           o.gross, o.discount, o.net, o.tax, o.total, coalesce(k.minor_digits, 0) AS digits,
           ARRAY(SELECT h.kind || ':' || h.code FROM order_holds h WHERE h.order_id = o.id AND h.lifted_at IS NULL
                  ORDER BY h.id) AS hold_codes"""
_FROM = """FROM orders o JOIN customers c ON c.id = o.customer_id JOIN users u ON u.id = o.user_id
           LEFT JOIN currencies k ON k.code = o.currency"""


def narrowed(filters: Filters, *, actor: Actor, first: int) -> tuple[str, list[object]]:
    """The WHERE text over `orders o` and `customers c`, with the actor's scope, from placeholder `$first` on."""
    predicate, arguments = scope(actor, "c.position_id", first)
    texts = ["o.deleted_at IS NULL", predicate]
    wanted: list[tuple[str, object]] = [
        ("o.state = ${n}", filters.state),
        ("o.customer_id = ${n}", filters.customer),
        ("o.ordered_on >= ${n}", filters.from_on),
        ("o.ordered_on <= ${n}", filters.to_on),
    ]
    for text, value in wanted:
        if value is not None:
            texts.append(text.format(n=first + len(arguments)))
            arguments.append(value)
    if filters.position is not None:
        at = first + len(arguments)
        texts.append(f"o.position_id IN (SELECT id FROM positions_below(ARRAY[${at}::int], ${at + 1}::date))")
        arguments += [filters.position, today()]
    return " AND ".join(texts), arguments


async def list_orders(filters: Filters, *, actor: Actor, limit: int = 50, cursor: str | None = None) -> Page[OrderRow]:
    """Orders, newest first. One statement however many there are."""
    where, arguments = narrowed(filters, actor=actor, first=4)
    after = decode_cursor(cursor, datetime, UUID) or (None, None)
    rows = await fetch(
        f"""SELECT {_HEAD} {_FROM}
             WHERE {where} AND ($1::timestamptz IS NULL OR (o.placed_at, o.id) < ($1, $2::uuid))
             ORDER BY o.placed_at DESC, o.id DESC LIMIT $3""",
        *after, limit + 1, *arguments,
    )  # fmt: skip
    more = encode_cursor(rows[limit - 1]["placed_at"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page([row_of(row, actor=actor) for row in rows[:limit]], more)


async def find_order(order_id: UUID, *, actor: Actor) -> OrderPaper:
    """One order with its lines, holds and what was done to it, in one statement. Refuses `NotVisible`."""
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT {_HEAD}, o.note, o.decided_note, o.diff, o.book_version, o.priced_as, o.client_at, o.ship_address_id,
               a.text AS address,
               (SELECT json_agg(json_build_object('id', l.id, 'seq', l.seq, 'item_id', l.item_id, 'code', i.code,
                       'name_vi', i.name_vi, 'name_en', i.name_en, 'unit', l.unit, 'base_unit', i.base_unit,
                       'qty', l.qty, 'qty_base', l.qty_base,
                       'unit_price', l.unit_price, 'gross', l.gross, 'discount', l.discount, 'net', l.net, 'tax', l.tax,
                       'gift_of', l.gift_of, 'reserved', l.reserved, 'picked', l.picked, 'dispatched', l.dispatched,
                       'cut', l.cut) ORDER BY l.seq)
                  FROM order_lines l JOIN items i ON i.id = l.item_id WHERE l.order_id = o.id) AS lines,
               (SELECT coalesce(json_agg(json_build_object('kind', h.kind, 'code', h.code, 'numbers', h.numbers)
                       ORDER BY h.id), '[]')
                  FROM order_holds h WHERE h.order_id = o.id AND h.lifted_at IS NULL) AS holds,
               (SELECT coalesce(json_agg(json_build_object('id', d.id, 'packages', d.packages, 'plate', d.plate,
                       'note', d.note, 'by', w.name, 'at', d.dispatched_at) ORDER BY d.dispatched_at), '[]')
                  FROM order_dispatches d JOIN users w ON w.id = d.dispatched_by WHERE d.order_id = o.id) AS dispatches,
               (SELECT w.name FROM order_claims m JOIN users w ON w.id = m.claimed_by
                 WHERE m.order_id = o.id AND m.ended_at IS NULL) AS picker,
               (SELECT json_build_object('id', q.id, 'version', q.version) FROM approval_requests q
                 WHERE q.reference = o.id AND q.event = 'order.hold' AND q.state = 'open') AS request
             {_FROM} LEFT JOIN addresses a ON a.id = o.ship_address_id WHERE o.id = $1 AND {predicate}""",
        order_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return paper_of(row, actor=actor)


async def queue(*, actor: Actor, limit: int = 50, cursor: str | None = None) -> Page[QueueRow]:
    """What the warehouse has to do: orders with goods to pick or to let out, those wanted soonest first. No prices."""
    predicate, arguments = scope(actor, "c.position_id", 5)
    after = decode_cursor(cursor, date, datetime, UUID) or (None, None, None)
    rows: list[Any] = await fetch(
        f"""SELECT o.id, o.number, o.state, o.requested_on, o.placed_at, o.version, o.note, c.name AS customer_name,
                   a.text AS address, coalesce(o.requested_on, o.ordered_on) AS due_on,
                   m.claimed_by, w.name AS picker, entries.lines
              FROM orders o JOIN customers c ON c.id = o.customer_id
              LEFT JOIN addresses a ON a.id = o.ship_address_id
              LEFT JOIN order_claims m ON m.order_id = o.id AND m.ended_at IS NULL
              LEFT JOIN users w ON w.id = m.claimed_by
             CROSS JOIN LATERAL (
                   SELECT json_agg(json_build_object('id', l.id, 'seq', l.seq, 'item_id', l.item_id, 'code', i.code,
                          'name_vi', i.name_vi, 'name_en', i.name_en, 'base_unit', i.base_unit, 'unit', l.unit,
                          'qty', l.qty, 'qty_base', l.qty_base, 'reserved', l.reserved, 'picked', l.picked,
                          'gift', l.gift_of IS NOT NULL)
                          ORDER BY i.code, l.seq) AS lines,
                          bool_or(l.reserved > 0 OR NOT l.stocked) AS goods
                     FROM order_lines l JOIN items i ON i.id = l.item_id WHERE l.order_id = o.id) entries
             WHERE o.state IN ('confirmed', 'picking', 'picked') AND entries.goods AND o.deleted_at IS NULL
               AND {predicate}
               AND ($1::date IS NULL OR (coalesce(o.requested_on, o.ordered_on), o.placed_at, o.id)
                    > ($1, $2::timestamptz, $3::uuid))
             ORDER BY due_on, o.placed_at, o.id LIMIT $4""",
        *after, limit + 1, *arguments,
    )  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    more = encode_cursor(last["due_on"], last["placed_at"], last["id"]) if last else None
    return Page([queue_row_of(row) for row in rows[:limit]], more)
