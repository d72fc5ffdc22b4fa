"""Price an order once more by the book its phone had: what was promised, and whether the phone computed right."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec

from backend.core.money import text_of_micro
from backend.pricing.books import stored_book
from backend.pricing.choices import stem
from backend.pricing.limits import UsedUp, refusing, uses_of
from backend.pricing.quoting import Quoted, QuoteLine, settled
from backend.pricing.rules_book import Book
from backend.pricing.rules_order import Order, read_order
from backend.pricing.shelf import without as left_without
from backend.pricing.spending import known_limits

KEPT = 16
_read: dict[str, Book] = {}


async def replay(
    version: str, *, customer_id: UUID, ordered_on: date, currency: str, lines: Sequence[QuoteLine],
    coupons: Sequence[str] = (), without: Collection[str] = (), used_up: Collection[str] = (),
) -> Quoted | None:  # fmt: skip
    """The order as the phone priced it: same book, same day, same function. None when the book is not kept (any more).

    `uses` and `used_up` of the answer say which limited promotions it has and which of them it cannot have today.

    Args:
        coupons: what the customer brought or chose.
        without: promotions to leave out of the book.
        used_up: promotions already known to have nothing more to give.

    Refuses what `price_order` refuses: then that book could not have priced this order.
    """
    book = await _book(version)
    if book is None:
        return None
    if without:
        book = left_without(book, without)
    asked = {
        "customer": str(customer_id),
        "date": ordered_on.isoformat(),
        "currency": currency,
        "coupons": list(coupons),
        "lines": [
            {"id": str(line.id), "item": str(line.item_id), "unit": line.unit, "qty": text_of_micro(line.qty_micro)}
            for line in lines
        ],
    }
    order = read_order(book, asked, explain=False)
    return await _limited(settled(order, [line.id for line in lines]), order, customer_id, used_up)


async def _limited(quoted: Quoted, order: Order, customer_id: UUID, told: Collection[str]) -> Quoted:
    """The promise with what it takes of limited promotions, and what of that is used up by now."""
    acting = {stem(why) for line in order.lines for why, _ in line.adjustments}
    acting |= {stem(line.gift) for line in order.lines if line.gift is not None}
    known = await known_limits(acting, customer_id)
    uses = uses_of(order, {code: one.limit.root for code, one in known.items()})
    used_up = []
    for use in uses:
        one = known[use.code]
        why = refusing(one.limit, one.standing, use.amount_minor)
        if why is not None or use.code in told:
            used_up.append(UsedUp(use.code, why or "budget", one.vi, one.en))
    return msgspec.structs.replace(quoted, uses=uses, used_up=tuple(used_up))


async def _book(version: str) -> Book | None:
    """A stored book, read once for the orders of a phone that come together."""
    known = _read.get(version)
    if known is None:
        raw = await stored_book(version)
        if raw is None:
            return None
        known = Book(raw)
        while len(_read) >= KEPT:
            _read.pop(next(iter(_read)))
        _read[version] = known
    return known
