"""Tell somebody: a line in their inbox and, once the transaction has committed, a push to their browsers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from backend.core.clock import now
from backend.core.database import execute
from backend.core.ids import new_id
from backend.core.jobs import enqueue, enqueue_many
from backend.notices import sending


async def notify(user_id: UUID, kind: str, numbers: Mapping[str, object], link: str | None = None) -> UUID:
    """Write a notice in the current transaction and ask for its push.

    Args:
        kind: its texts are `notice.<kind>.title`, `notice.<kind>.body` (inbox) and `notice.<kind>.push` (lock screen).
        numbers: what fills the texts. Only `number`, `count` and `on` ever reach a lock screen.
        link: the place inside the app a tap opens, like `/orders/...`.

    A rollback leaves neither notice nor push. Nothing is sent from here, so a slow push service delays nobody.
    """
    notice_id = new_id()
    await execute(
        "INSERT INTO notices (id, user_id, kind, numbers, link, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        notice_id, user_id, kind, dict(numbers), link, now(),
    )  # fmt: skip
    await enqueue(sending.JOB, {"notice_id": str(notice_id), "attempt": 1})
    return notice_id


class Notice(NamedTuple):
    """What `notify` takes, for `notify_many`."""

    user_id: UUID
    kind: str
    numbers: Mapping[str, object]
    link: str | None = None


async def notify_many(notices: Sequence[Notice]) -> None:
    """Tell several people, in two statements whatever their number."""
    if not notices:
        return
    ids = [new_id() for _ in notices]
    await execute(
        """INSERT INTO notices (id, user_id, kind, numbers, link, created_at)
           SELECT n.*, $6 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::text[]) AS n""",
        ids,
        [one.user_id for one in notices],
        [one.kind for one in notices],
        [dict(one.numbers) for one in notices],
        [one.link for one in notices],
        now(),
    )
    await enqueue_many(sending.JOB, [{"notice_id": str(notice_id), "attempt": 1} for notice_id in ids])


async def mark_read(notice_id: UUID, user_id: UUID, at: datetime) -> None:
    """Remember that somebody read their notice; the first reading counts. The caller has checked that it is theirs."""
    await execute(
        """INSERT INTO notice_readings (notice_id, read_at)
           SELECT id, $3 FROM notices WHERE id = $1 AND user_id = $2 ON CONFLICT DO NOTHING""",
        notice_id, user_id, at,
    )  # fmt: skip
