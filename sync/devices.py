"""Phones: one install of one person. The office may shut one out; it then hands in what it has, and is wiped."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.core.errors import NotVisible
from backend.people.access import Actor
from backend.people.errors import DeviceRevoked
from sync.protocol import SyncAsk


async def register(device_id: UUID, name: str, *, actor: Actor) -> None:
    """Know a phone. Refuses the id of another person's phone."""
    row = await fetch_row(
        """INSERT INTO devices (id, user_id, name, created_at, last_seen_at) VALUES ($1, $2, $3, $4, $4)
           ON CONFLICT (id) DO UPDATE SET name = excluded.name, last_seen_at = excluded.last_seen_at
            WHERE devices.user_id = excluded.user_id RETURNING id""",
        device_id, actor.user_id, name[:100], now(),
    )  # fmt: skip
    if row is None:
        raise NotVisible


async def revoke(device_id: UUID, *, actor: Actor) -> None:
    """Log one's own phone out for good: its sessions end, its next contact tells it to wipe itself."""
    done = await execute(
        "UPDATE devices SET state = 'revoked' WHERE id = $1 AND user_id = $2", device_id, actor.user_id
    )
    if done == "UPDATE 0":
        raise NotVisible
    await execute("DELETE FROM sessions WHERE device_id = $1 AND user_id = $2", device_id, actor.user_id)
    await audit.record("device", device_id, "device.revoke", actor_id=actor.user_id)


class Known(msgspec.Struct):
    """What the office knows of a phone: the number of the last thing it had from it, and when it called."""

    id: UUID
    name: str
    last_n: int
    last_seen_at: datetime


async def known(device_id: UUID, *, actor: Actor) -> Known:
    """One of the actor's own phones; refuses the absent and the foreign alike (`NotVisible`)."""
    row = await fetch_row(
        """SELECT d.id, d.name, d.last_seen_at,
                  coalesce((SELECT max(m.n) FROM sync_mutations m WHERE m.user_id = $2 AND m.device_id = d.id), 0)
                      AS last_n
             FROM devices d WHERE d.id = $1 AND d.user_id = $2""",
        device_id, actor.user_id,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return Known(**row)


async def meet(ask: SyncAsk, *, actor: Actor) -> bool:
    """Note that a phone called, and say whether it may pull.

    A revoked phone may still hand in what it has; with nothing to hand in, and when it is to be wiped, it is refused
    with `DeviceRevoked(wipe=True)`.
    """
    device_id = ask.device or actor.device_id
    if device_id is None:
        return True
    row: Any = await fetch_row(
        """INSERT INTO devices AS d (id, user_id, app, schema_version, acked_n, created_at, last_seen_at)
           VALUES ($1, $2, $3, $4, coalesce($5, 0), $6, $6)
           ON CONFLICT (id) DO UPDATE SET app = excluded.app, schema_version = excluded.schema_version,
                  last_seen_at = excluded.last_seen_at, acked_n = greatest(d.acked_n, excluded.acked_n),
                  called_before = CASE WHEN d.last_seen_at < excluded.last_seen_at - interval '1 minute'
                                       THEN d.last_seen_at ELSE d.called_before END
            WHERE d.user_id = excluded.user_id RETURNING state""",
        device_id, actor.user_id, ask.app, ask.schema, ask.acked, now(),
    )  # fmt: skip
    if row is None:
        raise NotVisible(pointer="/device")
    if row["state"] == "wipe" or (row["state"] == "revoked" and not ask.push):
        raise DeviceRevoked(wipe=True)
    return bool(row["state"] == "active")
