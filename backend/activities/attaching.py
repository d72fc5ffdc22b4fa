"""Promise files (the rows), and judge their bytes when they have come: in whichever order the two arrive."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from backend.activities.errors import ActivityIdTaken, FileDiffers, FileEmpty, FileTooLarge
from backend.activities.schemas import AddAttachment, Attached
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.errors import NotVisible, Refusal, granted
from backend.core.settings import settings
from backend.people.access import Actor, require, sees


class _Fresh(NamedTuple):
    """A promise that is new and in order, what it belongs to, and what it is answered."""

    command: AddAttachment
    customer_id: UUID | None
    position_id: int | None
    answer: Attached


async def add_attachment(command: AddAttachment, *, actor: Actor, late: bool = False) -> Attached:
    """Store the promise of a file of a visit or expense that is the actor's own or in their sight.

    Saying the same again gives the same answer. Refuses foreign owners, empty and oversized files, and an id that
    stands for another file. Whoever made the owner may attach to it even after losing the customer (`late`).
    """
    return granted((await add_attachments([command], actor=actor, late=late))[0])


async def add_attachments(
    commands: Sequence[AddAttachment], *, actor: Actor, late: bool = False
) -> list[Attached | Refusal]:
    """`add_attachment` for many files with ids of their own, in their order; what is refused leaves nothing."""
    require(actor, "activity.write")
    await _one_at_a_time([command.id for command in commands])
    answers: list[Attached | Refusal] = []
    fresh: list[_Fresh] = []
    for command, around in zip(commands, await _around(commands, actor), strict=True):
        try:
            known = _known(command, around, actor)
            if known is None:
                _check(command, around, actor)
                fresh.append(_promised(command, around, late or not sees(actor, around["key"]), fresh))
            answers.append(known or fresh[-1].answer)
        except Refusal as refusal:
            answers.append(refusal)
    if fresh:
        await _write(fresh, now(), actor)
    return answers


async def _around(commands: Sequence[AddAttachment], actor: Actor) -> list[Any]:
    """For each: the promise, if it was made already, the visit or expense it belongs to, and the bytes that came."""
    return await fetch(
        """SELECT a.version, a.user_id AS made_by, a.owner_id AS made_for, a.sha256, a.state, a.late,
                  coalesce(v.user_id, e.user_id) AS owned_by, coalesce(v.customer_id, e.customer_id) AS customer_id,
                  CASE WHEN e.customer_id IS NULL THEN e.position_id END AS position_id,
                  coalesce(c.position_id, e.position_id) AS key, f.user_id AS file_of, f.sha256 AS file_sha256,
                  EXISTS (SELECT 1 FROM attachments s WHERE s.sha256 = w.sha256 AND s.user_id = $5
                                                        AND s.owner_id <> w.owner_id) AS seen_before
             FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) WITH ORDINALITY
                  AS w(id, owner, owner_id, sha256, n)
             LEFT JOIN attachments a ON a.id = w.id
             LEFT JOIN attachment_files f ON f.attachment_id = w.id
             LEFT JOIN visits v ON v.id = w.owner_id AND w.owner = 'visit' AND v.deleted_at IS NULL
             LEFT JOIN expenses e ON e.id = w.owner_id AND w.owner = 'expense' AND e.deleted_at IS NULL
             LEFT JOIN customers c ON c.id = coalesce(v.customer_id, e.customer_id)
            ORDER BY w.n""",
        [command.id for command in commands], [command.owner for command in commands],
        [command.owner_id for command in commands], [command.sha256 for command in commands], actor.user_id,
    )  # fmt: skip


def _known(command: AddAttachment, row: Any, actor: Actor) -> Attached | None:
    """What is answered when the promise was made already."""
    if row["made_by"] is None:
        return None
    if (row["made_by"], row["made_for"], row["sha256"]) != (actor.user_id, command.owner_id, command.sha256):
        raise ActivityIdTaken(pointer="/id")
    return Attached(command.id, row["version"], row["state"], False, row["late"])


def _check(command: AddAttachment, row: Any, actor: Actor) -> None:
    if command.size == 0:
        raise FileEmpty(pointer="/size")
    if command.size > settings().upload_limit_mb * 2**20:
        raise FileTooLarge(pointer="/size", limit_mb=settings().upload_limit_mb)
    if row["owned_by"] is None or not (sees(actor, row["key"]) or row["owned_by"] == actor.user_id):
        raise NotVisible(pointer="/owner_id")
    if row["file_of"] is not None and (row["file_of"], row["file_sha256"]) != (actor.user_id, command.sha256):
        raise FileDiffers(pointer="/sha256")


def _promised(command: AddAttachment, row: Any, late: bool, before: Sequence[_Fresh]) -> _Fresh:
    """The promise as it will be stored; `before`: those of the same request that come first."""
    state = "awaited" if row["file_of"] is None else "stored"
    same = (one.command for one in before if one.command.sha256 == command.sha256)
    seen = row["seen_before"] or any(one.owner_id != command.owner_id for one in same)
    return _Fresh(command, row["customer_id"], row["position_id"], Attached(command.id, 1, state, seen, late))


async def _write(fresh: Sequence[_Fresh], moment: datetime, actor: Actor) -> None:
    columns = zip(*(_row(one) for one in fresh), strict=True)
    await execute(
        """INSERT INTO attachments (user_id, created_by, received_at, changed_at, id, owner, owner_id, customer_id,
                                    position_id, sha256, size, mime, taken_at, lat, lon, state, late)
           SELECT $1, $1, $2, $2, w.*
             FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::int[], $8::text[], $9::int[], $10::text[],
                         $11::timestamptz[], $12::float8[], $13::float8[], $14::text[], $15::boolean[]) AS w""",
        actor.user_id, moment, *columns,
    )  # fmt: skip
    await audit.record_many([_entry(one.command) for one in fresh], actor_id=actor.user_id)


def _row(one: _Fresh) -> tuple[object, ...]:
    """The columns that differ from file to file, in the order of the statement."""
    command, answer = one.command, one.answer
    return (
        command.id, command.owner, command.owner_id, one.customer_id, one.position_id, command.sha256, command.size,
        command.mime, command.taken_at, command.lat, command.lon, answer.state, answer.late,
    )  # fmt: skip


def _entry(command: AddAttachment) -> audit.Entry:
    details: dict[str, object] = {
        "owner": command.owner, "owner_id": str(command.owner_id), "sha256": command.sha256,
    }  # fmt: skip
    return audit.Entry("attachment", command.id, "attachment.add", details)


def check_taken(outcome: str) -> None:
    """What `attachment_take` answered, as a refusal: bytes other than the promised ones (`FileDiffers`), or another
    person's attachment (`NotVisible`)."""
    if outcome == "foreign":
        raise NotVisible
    if outcome == "differs":
        raise FileDiffers


async def _one_at_a_time(attachment_ids: Sequence[UUID]) -> None:
    """Row and bytes may come at the same moment: the second must see the first. Locked in one order by everybody."""
    await execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('attachment ' || id, 0)) FROM unnest($1::uuid[]) AS id",
        sorted(attachment_ids),
    )
