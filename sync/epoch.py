"""The lives of a database: a restored backup is another life, and cursors made in the old one start over."""

from datetime import timedelta
from typing import NamedTuple

from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value, in_transaction

KEPT_DAYS = 180  # tombstones and moves
RECEIPT_DAYS = 365  # answers given; a phone may retry for 90 days and more


class Head(NamedTuple):
    """What every pull reads first, in its own snapshot."""

    snapshot: str
    epoch: str
    floor: int
    moved: bool  # the database lives elsewhere than its epoch says: it was restored


async def read_head() -> Head:
    """Snapshot, epoch and floor as the current transaction sees them."""
    row = await fetch_row(
        """SELECT pg_current_snapshot()::text AS snapshot, left(epoch::text, 8) AS epoch, floor,
                  life <> sync_life() AS moved FROM sync_meta"""
    )
    return Head(row["snapshot"], row["epoch"], row["floor"], row["moved"])


async def begin_new_epoch(*, only_if_moved: bool = False) -> None:
    """After a restore: every phone starts over, and stamps of the old life, which mean nothing here, are renewed."""

    async def renew() -> None:
        moved = await fetch_value("SELECT life <> sync_life() FROM sync_meta FOR UPDATE")
        if only_if_moved and not moved:
            return
        await execute("UPDATE sync_rows SET seq = sync_xid()")
        await execute("DELETE FROM sync_moves")
        await execute("DELETE FROM sync_ticks")
        await execute(
            """UPDATE sync_meta SET epoch = gen_random_uuid(), life = sync_life(),
                      floor = pg_snapshot_xmin(pg_current_snapshot())::text::bigint"""
        )

    await in_transaction(renew)


async def compact() -> int:
    """Forget tombstones and moves older than 180 days and answers older than a year; meant to run once a day.

    Returns:
        How many tombstones went. Cursors older than the new floor start over (their outbox is untouched).
    """
    moment = now()

    async def forget() -> int:
        await execute(
            """INSERT INTO sync_ticks (at, horizon)
               VALUES ($1, pg_snapshot_xmin(pg_current_snapshot())::text::bigint) ON CONFLICT DO NOTHING""",
            moment,
        )
        floor = await fetch_value(
            "SELECT max(horizon) FROM sync_ticks WHERE at <= $1", moment - timedelta(days=KEPT_DAYS)
        )
        await execute("DELETE FROM sync_mutations WHERE received_at < $1", moment - timedelta(days=RECEIPT_DAYS))
        if floor is None:
            return 0
        await execute("UPDATE sync_meta SET floor = greatest(floor, $1)", floor)
        await execute("DELETE FROM sync_moves WHERE seq < $1", floor)
        await execute("DELETE FROM sync_ticks WHERE horizon < $1", floor)
        return int((await execute("DELETE FROM sync_rows WHERE del AND seq < $1", floor)).split()[-1])

    return await in_transaction(forget)
