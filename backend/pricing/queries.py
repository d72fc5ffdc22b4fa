"""Reads of pricing: the price book of whoever asks."""

from typing import Any

from backend.core import database as db
from backend.people.access import Actor, scope
from backend.pricing.books import keep_book
from backend.pricing.shelf import FACTS, Shelf, current_shelf


async def book_of(*, actor: Actor) -> tuple[str, bytes]:
    """The version of the actor's price book and its JSON text, zlib compressed.

    It holds the customers they see today with their group facts; two small statements while nothing has changed.
    """
    shelf = await current_shelf()
    return await keep_book(shelf, await _customers(shelf, actor=actor))


async def _customers(shelf: Shelf, *, actor: Actor) -> dict[str, dict[str, Any]]:
    predicate, arguments = scope(actor, "c.position_id", 1)
    rows = await db.fetch(
        f"""SELECT c.id, {FACTS} FROM customers c
             WHERE c.deleted_at IS NULL AND c.status <> 'closed' AND {predicate}""",
        *arguments,
    )
    return {str(row["id"]): shelf.facts(row) for row in rows}
