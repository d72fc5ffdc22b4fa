"""Once a day: price books that no phone was given for a quarter and no order refers to are thrown away."""

from datetime import timedelta

from backend.core.clock import now
from backend.core.database import fetch
from backend.pricing.books import forget_books, old_books

KEPT_FOR = timedelta(days=90)


async def forget_unused_books() -> int:
    """Forget them; how many. A book an order was priced by stays as long as the order."""
    before = now() - KEPT_FOR
    old = await old_books(before)
    if not old:
        return 0
    rows = await fetch("SELECT DISTINCT book_version FROM orders WHERE book_version = ANY($1::text[])", old)
    unused = set(old) - {row["book_version"] for row in rows}
    await forget_books(sorted(unused), before)
    return len(unused)
