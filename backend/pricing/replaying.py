"""Price an order once more by the book its phone had: what was promised, and whether the phone computed right."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from backend.core.money import text_of_micro
from backend.pricing.books import stored_book
from backend.pricing.quoting import Quoted, QuoteLine, settled
from backend.pricing.rules_book import Book
from backend.pricing.rules_order import read_order

KEPT = 16
_read: dict[str, Book] = {}


async def replay(
    version: str, *, customer_id: UUID, ordered_on: date, currency: str, lines: Sequence[QuoteLine]
) -> Quoted | None:
    """The order as the phone priced it: same book, same day, same function. None when the book is not kept (any more).

    Refuses what `price_order` refuses: then that book could not have priced this order.
    """
    book = await _book(version)
    if book is None:
        return None
    asked = {
        "customer": str(customer_id),
        "date": ordered_on.isoformat(),
        "currency": currency,
        "lines": [
            {"id": str(line.id), "item": str(line.item_id), "unit": line.unit, "qty": text_of_micro(line.qty_micro)}
            for line in lines
        ],
    }
    return settled(read_order(book, asked, explain=False), [line.id for line in lines])


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
