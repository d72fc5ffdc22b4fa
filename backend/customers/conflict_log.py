"""The conflict log: what lost a merge is kept for a person to settle, whatever it was a value of."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, execute_many, fetch_value
from backend.core.editing import Base, Merge
from backend.core.ids import new_id
from backend.people.access import Actor


class Place(NamedTuple):
    """What the values belong to: the thing itself and its customer, or the position of what has no customer."""

    entity: str
    entity_id: UUID
    customer_id: UUID | None
    position_id: int | None = None


async def keep_losers(place: Place, merged: Merge, base: Base | None, version: int, *, actor: Actor) -> None:
    """Note the values that lost, in the transaction of the edit.

    Whoever writes a field again has answered for it: their older open conflicts of that field are `superseded`.
    """
    fields = [*merged.changes, *(one.field for one in merged.lost)]
    if not fields:
        return
    moment = now()
    await execute(
        """UPDATE conflict_log SET choice = 'superseded', settled_by = $3, settled_at = $4, version = version + 1,
                  changed_at = $4
            WHERE entity_id = $1 AND field = ANY($2::text[]) AND lost_by = $3 AND settled_at IS NULL""",
        place.entity_id, fields, actor.user_id, moment,
    )  # fmt: skip
    if not merged.lost:
        return
    await execute_many(
        """INSERT INTO conflict_log (id, entity, entity_id, customer_id, position_id, field, base_value, kept_value,
                                     lost_value, base_version, kept_version, lost_by, lost_at, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)""",
        [
            (new_id(), *place, one.field, *(msgspec.json.encode(value).decode() for value in one[1:]),
             base.ver if base else None, version, actor.user_id, moment)
            for one in merged.lost
        ],
    )  # fmt: skip
    await audit.record(
        place.entity, place.entity_id, f"{place.entity}.conflict", actor_id=actor.user_id,
        details={"fields": [one.field for one in merged.lost], "kept_version": version},
    )  # fmt: skip


async def close(conflict_id: UUID, choice: str, *, actor: Actor) -> int:
    """A person's answer to a conflict; gives the version of its row."""
    version: int = await fetch_value(
        """UPDATE conflict_log SET choice = $2, settled_by = $3, settled_at = $4, version = version + 1, changed_at = $4
            WHERE id = $1 RETURNING version""",
        conflict_id, choice, actor.user_id, now(),
    )  # fmt: skip
    return version
