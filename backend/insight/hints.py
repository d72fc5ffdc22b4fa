"""What a phone shows of stock and credit while it cannot ask: numbers with their age, never a promise.

Hints are not rows of the sync feed, because they change with every order of everybody; the real check is
`POST /orders/check`.
"""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import fetch
from backend.core.money import text_of_micro, text_of_minor
from backend.credit import queries as credit
from backend.people.access import Actor
from backend.stock import queries as stock

MOST_ITEMS = 2_000


class Incoming(msgspec.Struct):
    """Supply on its way: the day and the quantity in base units."""

    on: date
    qty: str


class StockHint(msgspec.Struct):
    """An item in the warehouse orders are served from, in base units."""

    available: str
    on_hand: str
    reserved: str
    incoming: list[Incoming]


class CreditHint(msgspec.Struct):
    """How a customer stands, in the account's currency. `limit` and `left` null: no limit."""

    limit: str | None
    exposure: str
    left: str | None
    currency: str
    on_hold: bool
    overdue: bool


class Hints(msgspec.Struct):
    """All hints of one person, taken at one moment."""

    as_of: datetime
    stock: dict[UUID, StockHint]
    credit: dict[UUID, CreditHint]


async def hints(*, actor: Actor) -> Hints:
    """Stock of every item sold (at most 2,000) and credit of every customer the actor sees. Four statements."""
    moment = now()
    items = await fetch(
        "SELECT id FROM items WHERE active AND stocked AND deleted_at IS NULL ORDER BY code LIMIT $1", MOST_ITEMS
    )
    warehouse = await stock.default_warehouse(actor=actor)
    standings = await stock.standings({row["id"]: 0 for row in items}, actor=actor, warehouse=warehouse)
    accounts = await credit.standings(None, actor=actor)
    return Hints(
        as_of=moment,
        stock={
            item: StockHint(
                available=text_of_micro(max(0, one.free)),
                on_hand=text_of_micro(one.on_hand),
                reserved=text_of_micro(one.reserved),
                incoming=[Incoming(on=coming.on, qty=text_of_micro(coming.qty)) for coming in one.incoming],
            )
            for item, one in standings.items()
        },
        credit={
            customer: CreditHint(
                limit=None if one.limit is None else text_of_minor(one.limit, one.digits),
                exposure=text_of_minor(one.exposure, one.digits),
                left=None if one.left is None else text_of_minor(one.left, one.digits),
                currency=one.currency,
                on_hold=one.on_hold,
                overdue=one.overdue,
            )
            for customer, one in accounts.items()
        },
    )
