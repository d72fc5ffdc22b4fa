"""Short ways to write mutations as a phone would."""

from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import fetch_value
from backend.core.ids import new_id
from sync.protocol import Mutation


def mutation(name: str, args: Any, **more: Any) -> Mutation:
    """A mutation with a fresh id (or `id=`)."""
    more.setdefault("id", new_id())
    return Mutation(name=name, args=msgspec.Raw(msgspec.json.encode(args)), **more)


def visit(customer: UUID, **more: Any) -> Mutation:
    """`visit.log` with a fresh visit id (or `visit_id=`)."""
    args = {
        "id": str(more.pop("visit_id", new_id())),
        "customer_id": str(customer),
        "purpose": "sale",
        "started_at": now().isoformat(),
        "note": more.pop("note", "gặp chị Hoa"),
    }
    more.setdefault("lane", str(customer))
    return mutation("visit.log", args, **more)


def expense(**more: Any) -> Mutation:
    """`expense.claim`, by default of 20.000 đồng for nobody in particular."""
    own = {key: more.pop(key) for key in ("id", "lane", "deps") if key in more}
    args = {"id": str(new_id()), "category": "parking", "amount": "20000", "currency": "VND", "spent_on": "2026-11-22"}
    return mutation("expense.claim", {**args, **more}, **own)


def subject(one: Mutation) -> UUID:
    """The id of the row a mutation makes."""
    return UUID(msgspec.json.decode(one.args)["id"])


async def count(table: str) -> int:
    """How many rows a table holds."""
    return int(await fetch_value(f"SELECT count(*) FROM {table}"))
