"""Which orders used a price: asked by pricing before it takes prices back."""

from backend.core.database import fetch
from backend.pricing.using import Sought, Uses, answers_for_uses

NAMED = 5


@answers_for_uses
async def orders_priced_by(sought: Sought) -> Uses:
    """Orders placed since a moment, and not called off, with a line priced by one of the sources.

    A list built on another passes its prices on under a name of its own, so lines priced from such a list count when
    they are about the goods in question.
    """
    rows = await fetch(
        """SELECT o.number, count(*) OVER () AS total FROM orders o
            WHERE o.placed_at >= $1 AND o.state NOT IN ('cancelled', 'rejected') AND EXISTS (
                SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND (
                       l.price_source = ANY($2::text[])
                    OR split_part(l.price_source, '/', 1) = ANY($3::text[])
                       AND ($4::uuid[] IS NULL OR l.item_id = ANY($4))))
            ORDER BY o.placed_at, o.id LIMIT $5""",
        sought.since, sought.sources, sought.lists, sought.items, NAMED,
    )  # fmt: skip
    return Uses([row["number"] for row in rows], rows[0]["total"] if rows else 0)
