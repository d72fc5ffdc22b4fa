"""The audit trail: append-only (the database refuses UPDATE and DELETE), each entity's entries chained by hash."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from uuid import UUID

from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.ids import new_id


class Entry(NamedTuple):
    """One thing somebody did to one entity."""

    entity: str
    entity_id: UUID
    action: str
    details: dict[str, object]


_gathered: ContextVar[tuple[list[Entry], UUID] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathered(into: list[Entry], *, actor_id: UUID) -> Iterator[None]:
    """What this actor records inside goes `into` a list: the caller writes it with its own, in the same transaction.

    What others (the system) record is written at once. For entities whose entries nobody else writes meanwhile: within
    one entity's chain the order is that of writing.
    """
    token = _gathered.set((into, actor_id))
    try:
        yield
    finally:
        _gathered.reset(token)


async def record(
    entity: str, entity_id: UUID, action: str, *, actor_id: UUID | None, details: dict[str, object] | None = None
) -> None:
    """Write one entry in the current transaction. `actor_id` None is the system itself."""
    await record_many([Entry(entity, entity_id, action, details or {})], actor_id=actor_id)


async def record_many(entries: Sequence[Entry], *, actor_id: UUID | None) -> None:
    """Write several entries in one statement."""
    waiting = _gathered.get()
    if waiting is not None and waiting[1] == actor_id:
        waiting[0].extend(entries)
        return
    await execute(
        """INSERT INTO audit (id, entity, entity_id, action, actor_id, at, details)
           SELECT e.id, e.entity, e.entity_id, e.action, $1, $2, e.details
             FROM jsonb_to_recordset($3::jsonb)
                  AS e(id uuid, entity text, entity_id uuid, action text, details jsonb)""",
        actor_id,
        now(),
        [{"id": new_id(), **entry._asdict()} for entry in entries],
    )


async def faults() -> list[str]:
    """Entities whose chain of hashes is broken, for `tuyen doctor`."""
    rows = await fetch(
        """SELECT entity, entity_id FROM (
             SELECT entity, entity_id, prev_hash, hash, audit_hash(a) AS expected,
                    lag(hash) OVER (PARTITION BY entity, entity_id ORDER BY n) AS before
             FROM audit a) chain
           WHERE hash <> expected OR prev_hash IS DISTINCT FROM before LIMIT 20"""
    )
    return [f"audit: the chain of {row['entity']} {row['entity_id']} is broken" for row in rows]
