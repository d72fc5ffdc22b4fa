"""The one search box: customers, items and orders a typed text means, grouped by type."""

from typing import Final

from backend.catalog.queries import list_items
from backend.core.database import fetch
from backend.core.money import text_of_minor
from backend.customers.ranking import prepare
from backend.customers.search import search_customers
from backend.insight.schemas import Found, OrderGlance
from backend.people.access import Actor, scope

LEAST: Final = 3


async def search_all(text: str, *, actor: Actor, limit: int = 10) -> Found:
    """The best hits of each type, at most `limit` each, of the actor's own people's customers and orders."""
    text = text.replace("\x00", "")
    if not prepare(text).folded:
        return Found(customers=[], items=[], orders=[])
    return Found(
        customers=list(await search_customers(text, actor=actor, limit=limit)),
        items=list((await list_items(actor=actor, q=text, limit=limit)).items),
        orders=list(await search_orders(text, actor=actor, limit=limit)),
    )


async def search_orders(text: str, *, actor: Actor, limit: int = 10) -> list[OrderGlance]:
    """Orders whose number ends with the text or holds it, newest first; needs three signs and a digit."""
    wanted = "".join(text.upper().split())[:40]
    if len(wanted) < LEAST or not any(sign.isdigit() for sign in wanted):
        return []
    plain = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    predicate, arguments = scope(actor, "c.position_id", 4)
    rows = await fetch(
        f"""SELECT o.id, o.number, o.state, o.ordered_on, o.total, o.currency, coalesce(k.minor_digits, 0) AS digits
              FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN currencies k ON k.code = o.currency
             WHERE o.deleted_at IS NULL AND o.number LIKE '%' || $1 || '%' AND {predicate}
             ORDER BY right(o.number, length($2)) = $2 DESC, o.placed_at DESC, o.id LIMIT $3""",
        plain, wanted, limit, *arguments,
    )  # fmt: skip
    return [
        OrderGlance(
            id=row["id"], number=row["number"], state=row["state"], ordered_on=row["ordered_on"],
            total=text_of_minor(row["total"], row["digits"]), currency=row["currency"],
        )
        for row in rows
    ]  # fmt: skip
