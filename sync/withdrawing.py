"""A person takes back what they did on their phone: the office keeps who, what, when and why: no number is missing."""

from typing import Annotated
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import execute
from backend.people.access import Actor

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class Withdrawn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One operation that will not come (again): its number on the phone, its id and its name."""

    n: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    id: UUID
    name: Name


class Withdraw(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What was taken back. `reason`: the person's words, or `mended` when it goes again under another id."""

    id: UUID
    device: UUID
    what: Annotated[list[Withdrawn], msgspec.Meta(min_length=1, max_length=500)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Noted(msgspec.Struct, frozen=True):
    """How many were noted."""

    count: int


async def withdraw(command: Withdraw, *, actor: Actor) -> Noted:
    """Note what the actor took back. Effects the office has committed are not undone by this."""
    await execute(
        """INSERT INTO sync_withdrawals (user_id, device_id, n, mutation_id, name, reason, at)
           SELECT $1, $2, w.n, w.id, w.name, $3, $4 FROM unnest($5::bigint[], $6::uuid[], $7::text[]) AS w(n, id, name)
           ON CONFLICT (user_id, mutation_id) DO NOTHING""",
        actor.user_id, command.device, command.reason, now(), [one.n for one in command.what],
        [one.id for one in command.what], [one.name for one in command.what],
    )  # fmt: skip
    return Noted(len(command.what))
