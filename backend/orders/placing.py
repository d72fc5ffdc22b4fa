"""Place an order: price it, ask for credit, reserve what is there, give it a number. One transaction, few statements.

Stock or credit that does not suffice never rejects: the order waits on hold, with its reasons, and what is there is
reserved. See docs/decisions/0030-placing-an-order.md.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from backend.catalog.errors import ItemUnknown
from backend.core import crashing
from backend.core.clock import local_day, now
from backend.core.database import fetch_row, fetch_value, transaction
from backend.core.errors import NotVisible
from backend.core.ids import new_id
from backend.core.jobs import enqueue
from backend.core.settings import settings
from backend.customers.touching import mark_ordered
from backend.orders import pricing, rules
from backend.orders.answering import placed
from backend.orders.errors import AddressUnknown, CustomerClosed, OrderIdReused
from backend.orders.expiring import EXPIRE
from backend.orders.promising import Judged, judge
from backend.orders.schemas import Placed, PlaceOrder
from backend.orders.telling import tell_of_hold
from backend.orders.whole import whole
from backend.people.access import Actor, require, scope
from backend.pricing.spending import as_taken
from backend.stock.errors import NoWarehouse

USED_UP_MEANWHILE = "TU001"  # what `orders_place` raises
# Everything placing needs to know besides prices, in one statement. An order of this id is looked for outside the
# scope: a repeat after the customer went to a colleague still gets the answer its first try got.
_SURROUNDINGS = """
    SELECT c.id AS customer, c.status, c.position_id, w.id AS warehouse, a.id AS address, a.version_id,
           coalesce(k.currency, $5) AS account_currency, coalesce(m.minor_digits, 0) AS account_digits,
           known.id AS known, known.user_id AS known_by, known.body_hash AS known_hash,
           b.mark AS book_mark, b.built_at, b.given_at,
           ARRAY(SELECT i.id FROM items i WHERE i.id = ANY($3::uuid[]) AND i.active AND i.deleted_at IS NULL) AS items,
           ARRAY(SELECT i.id FROM items i WHERE i.id = ANY($3::uuid[]) AND NOT i.stocked) AS unstocked
      FROM (SELECT 1) one
      LEFT JOIN customers c ON c.id = $2 AND c.deleted_at IS NULL AND {predicate}
      LEFT JOIN warehouses w ON w.is_default AND w.deleted_at IS NULL
      LEFT JOIN LATERAL (SELECT id, version_id FROM addresses
            WHERE party_id = c.id AND deleted_at IS NULL AND ($4::uuid IS NULL OR id = $4)
            ORDER BY is_default DESC, id LIMIT 1) a ON true
      LEFT JOIN credit_members cm ON cm.customer_id = c.id
      LEFT JOIN credit_accounts k ON k.id = cm.account_id
      LEFT JOIN currencies m ON m.code = coalesce(k.currency, $5)
      LEFT JOIN price_books b ON b.version = $6
      LEFT JOIN orders known ON known.id = $1"""


async def place_order(command: PlaceOrder, *, actor: Actor, client_at: datetime | None = None) -> Placed:
    """Place an order for a customer the actor sees.

    The answer's state is `confirmed`, or `on_hold` with the reasons: credit (limit, lock, overdue), stock (what is
    short; the rest is reserved), price (the server's differs from the one shown, and the older one does not stand by
    itself). The same id with the same content again gives the first answer.

    Args:
        client_at: the moment the phone claims; kept, never trusted.

    Refuses `NotVisible` for a customer that is absent or another's, `OrderIdReused`, `CustomerClosed`, `NoWarehouse`,
    and with a pointer `QuantityRefused`, `LineIdReused`, `AddressUnknown`, `ItemUnknown` and what pricing refuses.
    """
    require(actor, "order.place")
    quantities = rules.read_quantities(command.lines)
    digest = rules.body_hash(command)
    return await whole(lambda: _place(command, quantities, digest, actor, client_at))


async def _place(
    command: PlaceOrder, quantities: list[int], digest: bytes, actor: Actor, client_at: datetime | None
) -> Placed:
    around = await _surroundings(command, actor)
    if around["known"] is not None:
        return await _first_answer(command, around["known_by"], around["known_hash"], digest, actor)
    _check_surroundings(command, around)
    received_at = now()
    ordered_on = rules.order_day(command.ordered_on, local_day(received_at))
    used_up: set[str] = set()
    while True:
        judged = await judge(
            command, quantities, around, ordered_on=ordered_on, received_at=received_at, client_at=client_at,
            actor=actor, without=used_up,
        )  # fmt: skip
        crashing.point("order.priced")
        written = await _write(
            command, judged, around, actor, digest=digest, ordered_on=ordered_on, received_at=received_at,
            client_at=client_at,
        )  # fmt: skip
        if not isinstance(written, _UsedUp):
            break
        used_up |= written.codes  # rivals were faster: the order is priced without what they used up
    order, outcome = written
    crashing.point("order.written")
    if outcome is None:  # a rival of the same id was faster while this one waited for the customer
        return await _answer_of_rival(command, digest, actor)
    if outcome["state"] == "on_hold":
        await enqueue(EXPIRE, {}, after=timedelta(hours=settings().soft_hours, minutes=1))
        await tell_of_hold(
            command.id, outcome["number"], around["position_id"], owner=actor.user_id, price_code=judged.code
        )
        crashing.point("order.told")
    return placed(order, judged.priced.lines, outcome, judged.priced.quoted.minor_digits)


class _UsedUp(NamedTuple):
    """Promotions that had nothing more to give when the order was to be written; nothing of it was."""

    codes: set[str]


async def _write(
    command: PlaceOrder, judged: Judged, around: Any, actor: Actor, *, digest: bytes, ordered_on: date,
    received_at: datetime, client_at: datetime | None,
) -> tuple[dict[str, Any], Any] | _UsedUp:  # fmt: skip
    """Write a priced order: its columns and what `orders_place` said of it."""
    priced, today = judged.priced, local_day(received_at)
    amount = await pricing.in_account_currency(
        priced.quoted.total_minor, command.currency, priced.quoted.minor_digits, around["account_currency"],
        around["account_digits"], actor=actor,
    )  # fmt: skip
    pricing.spread_credit(priced.lines, amount)
    for line in priced.lines:
        line["stocked"] = line["item_id"] not in around["unstocked"]
    order = {
        "id": command.id, "customer_id": command.customer_id, "user_id": actor.user_id, "currency": command.currency,
        "ordered_on": ordered_on, "requested_on": command.requested_on, "ship_address_id": around["address"],
        "ship_av_id": around["version_id"], "warehouse_id": around["warehouse"], **priced.totals,
        "note": command.note or "", "decided_note": "", "book_version": command.book_version,
        "shown_total": rules.read_shown(command.shown_total, priced.quoted.minor_digits, "/shown_total"),
        "priced_as": judged.priced_as, "diff": judged.diff, "coupons": command.coupons, "credit_amount": amount,
        "claimed_on": command.ordered_on,
        "client_at": client_at, "placed_at": received_at, "received_at": received_at,
        "body_hash": "\\x" + digest.hex(), "version": 1, "changed_at": received_at, "created_by": actor.user_id,
    }  # fmt: skip
    more = {
        "position": around["position_id"],
        "account_currency": around["account_currency"], "account_digits": around["account_digits"],
        "locked": around["status"] == "locked", "differs": judged.code and judged.diff, "price_code": judged.code,
        "expires_at": received_at + timedelta(hours=settings().soft_hours), "today": today, "year": today.year,
        "audit_id": new_id(), "request_id": new_id(), "uses": as_taken(priced.quoted.uses),
    }  # fmt: skip
    if not priced.quoted.uses:
        await mark_ordered(command.customer_id, received_at, actor_id=actor.user_id)  # locks the customer first of all
        crashing.point("order.locked")
        return order, await _store(order, priced.lines, more)
    try:
        async with transaction():  # to come back to: with locks let go, and the customer as the price knew them
            await mark_ordered(command.customer_id, received_at, actor_id=actor.user_id)
            return order, await _store(order, priced.lines, more)
    except asyncpg.PostgresError as fault:
        if fault.sqlstate != USED_UP_MEANWHILE:
            raise
        gone = set(msgspec.json.decode(fault.detail or "[]", type=list[UUID]))
        return _UsedUp({use.code for use in priced.quoted.uses if use.promotion in gone})


async def _surroundings(command: PlaceOrder, actor: Actor) -> Any:
    predicate, arguments = scope(actor, "c.position_id", 7)
    return await fetch_row(
        _SURROUNDINGS.format(predicate=predicate),
        command.id, command.customer_id, [line.item_id for line in command.lines], command.ship_address_id,
        settings().company_currency, command.book_version, *arguments,
    )  # fmt: skip


def _check_surroundings(command: PlaceOrder, around: Any) -> None:
    if around["customer"] is None:
        raise NotVisible(pointer="/customer_id")
    if around["status"] == "closed":
        raise CustomerClosed(pointer="/customer_id")
    if around["warehouse"] is None:
        raise NoWarehouse
    if command.ship_address_id is not None and around["address"] is None:
        raise AddressUnknown(pointer="/ship_address_id")
    for index, line in enumerate(command.lines):
        if line.item_id not in around["items"]:
            raise ItemUnknown(pointer=f"/lines/{index}/item_id")


async def _store(order: dict[str, Any], lines: list[dict[str, Any]], more: dict[str, Any]) -> Any:
    """The one call that takes credit, reserves stock and writes the documents. None: this id is there already."""
    try:
        return await fetch_value(
            "SELECT orders_place($1::jsonb, $2::jsonb, $3::jsonb)",
            *(msgspec.json.encode(part).decode() for part in (order, lines, more)),
        )
    except asyncpg.UniqueViolationError as fault:
        raise OrderIdReused from fault


async def _answer_of_rival(command: PlaceOrder, digest: bytes, actor: Actor) -> Placed:
    row = await fetch_row("SELECT user_id, body_hash FROM orders WHERE id = $1", command.id)
    return await _first_answer(command, row["user_id"], row["body_hash"], digest, actor)


async def _first_answer(command: PlaceOrder, by: Any, known_hash: bytes, digest: bytes, actor: Actor) -> Placed:
    """What the first try was answered. Another person's id, or another content under this id, is refused alike."""
    if by != actor.user_id or known_hash != digest:
        raise OrderIdReused(pointer="/id")
    row = await fetch_row(
        """SELECT o.*, coalesce(k.minor_digits, 0) AS digits,
                  (SELECT json_agg(l ORDER BY l.seq) FROM order_lines l WHERE l.order_id = o.id) AS lines
             FROM orders o LEFT JOIN currencies k ON k.code = o.currency WHERE o.id = $1 AND o.user_id = $2""",
        command.id, actor.user_id,
    )  # fmt: skip
    return placed({**row, "placed_at": row["placed_at"].astimezone(UTC)}, row["lines"], row["outcome"], row["digits"])
