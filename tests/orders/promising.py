"""A phone that shows prices from the book it was given, and an office that changes them meanwhile."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec

import backend.orders.resuming  # noqa: F401 -- registers the job that goods given back ask for
from backend.core import database as db
from backend.core.ids import new_id
from backend.core.money import MICRO, text_of_micro, text_of_minor
from backend.core.settings import using
from backend.orders.accepting import accept_price
from backend.orders.placing import place_order
from backend.orders.schemas import AcceptPrice, GiftIn, Moved, Placed, PlaceOrder
from backend.people.access import Actor
from backend.pricing.queries import book_of
from backend.pricing.quoting import QuoteLine
from backend.pricing.replaying import replay
from backend.pricing.storing import NewPromotion, insert_promotions
from tests.orders.shop import Shop, basket

AN_HOUR = timedelta(hours=1)


async def as_the_phone_shows(
    actor: Actor, customer: UUID, *lines: tuple[UUID, str], unit: str = "hộp", **more: Any
) -> PlaceOrder:
    """An order priced on the actor's phone from the book it was just given."""
    version, _ = await book_of(actor=actor)
    one = basket(customer, *lines, unit=unit, **more)
    asked = [QuoteLine(line.id, line.item_id, line.unit, int(line.qty) * MICRO) for line in one.lines]
    shown = await replay(version, customer_id=customer, ordered_on=one.ordered_on, currency="VND", lines=asked)
    assert shown is not None
    prices = [text_of_micro(line.unit_price_micro) for line in shown.lines]
    return msgspec.structs.replace(
        one,
        book_version=version,
        shown_total=text_of_minor(shown.total_minor, 0),
        shown_gifts=[GiftIn(gift.item_id, gift.unit, text_of_micro(gift.qty_micro)) for gift in shown.gifts],
        lines=[msgspec.structs.replace(line, shown_price=price) for line, price in zip(one.lines, prices, strict=True)],
    )


async def reprice(item: UUID, amount: int) -> None:
    """The office changes a list price."""
    await db.execute("UPDATE items SET list_price_micro = $2 WHERE id = $1", item, amount * MICRO)


async def ten_and_one(item: UUID, gift: UUID, code: str = "10+1") -> None:
    """A promotion: one gift for every ten."""
    rule = {"match": {"items": [str(item)]}, "effect": {"kind": "gift", "item": str(gift), "qty": "1", "every": "10"}}
    await insert_promotions([NewPromotion(new_id(), code, rule)])


async def held_for_an_old_price(shop: Shop, cast: SimpleNamespace, **account: Any) -> tuple[Placed, UUID, UUID]:
    """Lan sold 10 at 1,000 from a book too old to stand; the office wants 1,200 now."""
    item, customer = await shop.item(100, price="1000"), await shop.customer(**account)
    one = await as_the_phone_shows(cast.lan, customer, (item, "10"))
    await reprice(item, 1200)
    with using(honour_hours=0):
        return await place_order(one, actor=cast.lan), item, customer


async def accept(actor: Actor, placed: Placed, version: int = 1) -> Moved:
    return await accept_price(AcceptPrice(placed.id, version), actor=actor)


async def column(name: str) -> Any:
    return await db.fetch_value(f"SELECT {name} FROM orders ORDER BY placed_at DESC LIMIT 1")
