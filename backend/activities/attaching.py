"""Promise a file (the row), and take its bytes when they have come: in whichever order the two arrive."""

from uuid import UUID

from backend.activities.errors import ActivityIdTaken, FileDiffers, FileEmpty, FileTooLarge
from backend.activities.files import Inspected
from backend.activities.schemas import AddAttachment, Attached
from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import NotVisible
from backend.core.settings import settings
from backend.people.access import Actor, require, sees

_OWNERS = {
    "visit": "SELECT o.user_id, o.customer_id, NULL::int AS position_id, c.position_id AS key"
    " FROM visits o JOIN customers c ON c.id = o.customer_id WHERE o.id = $1 AND o.deleted_at IS NULL",
    "expense": "SELECT o.user_id, o.customer_id, CASE WHEN o.customer_id IS NULL THEN o.position_id END AS position_id,"
    " coalesce(c.position_id, o.position_id) AS key"
    " FROM expenses o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.id = $1 AND o.deleted_at IS NULL",
}


async def add_attachment(command: AddAttachment, *, actor: Actor, late: bool = False) -> Attached:
    """Store the promise of a file of a visit or expense that is the actor's own or in their sight.

    Saying the same again gives the same answer. Refuses foreign owners, empty and oversized files, and an id that
    stands for another file. Whoever made the owner may attach to it even after losing the customer (`late`).
    """
    require(actor, "activity.write")
    await _one_at_a_time(command.id)
    if (known := await _already(command, actor)) is not None:
        return known
    if command.size == 0:
        raise FileEmpty(pointer="/size")
    if command.size > settings().upload_limit_mb * 2**20:
        raise FileTooLarge(pointer="/size", limit_mb=settings().upload_limit_mb)
    owner = await fetch_row(_OWNERS[command.owner], command.owner_id)
    if owner is None or not (sees(actor, owner["key"]) or owner["user_id"] == actor.user_id):
        raise NotVisible(pointer="/owner_id")
    late = late or not sees(actor, owner["key"])
    stored = await fetch_row("SELECT sha256, user_id FROM attachment_files WHERE attachment_id = $1", command.id)
    if stored is not None and (stored["user_id"] != actor.user_id or stored["sha256"] != command.sha256):
        raise FileDiffers(pointer="/sha256")
    state = "awaited" if stored is None else "stored"
    await execute(
        """INSERT INTO attachments (id, owner, owner_id, customer_id, position_id, user_id, sha256, size, mime,
                                    taken_at, lat, lon, state, late, received_at, changed_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $6)""",
        command.id, command.owner, command.owner_id, owner["customer_id"], owner["position_id"], actor.user_id,
        command.sha256, command.size, command.mime, command.taken_at, command.lat, command.lon, state, late, now(),
    )  # fmt: skip
    await audit.record(
        "attachment", command.id, "attachment.add", actor_id=actor.user_id,
        details={"owner": command.owner, "owner_id": str(command.owner_id), "sha256": command.sha256},
    )  # fmt: skip
    return Attached(command.id, 1, state, await _seen_before(command, actor), late)


async def take_file(attachment_id: UUID, *, sha256: str, size: int, inspected: Inspected, actor: Actor) -> None:
    """Note that the proven bytes of an attachment lie in the store; a promise that waits for them is fulfilled.

    Refuses bytes other than the promised ones (`FileDiffers`) and the attachments of other people (`NotVisible`).
    """
    await _one_at_a_time(attachment_id)
    promised = await fetch_row("SELECT user_id, sha256 FROM attachments WHERE id = $1", attachment_id)
    if promised is not None and promised["user_id"] != actor.user_id:
        raise NotVisible
    if promised is not None and promised["sha256"] != sha256:
        raise FileDiffers
    holder = await fetch_value(
        """INSERT INTO attachment_files (attachment_id, user_id, sha256, size, mime, width, height, stored_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (attachment_id) DO UPDATE SET stored_at = attachment_files.stored_at RETURNING user_id""",
        attachment_id, actor.user_id, sha256, size, inspected.mime, inspected.width, inspected.height, now(),
    )  # fmt: skip
    if holder != actor.user_id:
        raise NotVisible
    if promised is not None:
        await execute(
            """UPDATE attachments SET state = 'stored', mime = $2, size = $3, version = version + 1, changed_at = $4
                WHERE id = $1 AND state = 'awaited'""",
            attachment_id, inspected.mime, size, now(),
        )  # fmt: skip


async def _one_at_a_time(attachment_id: UUID) -> None:
    """Row and bytes may come at the same moment: the second must see the first."""
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"attachment {attachment_id}")


async def _already(command: AddAttachment, actor: Actor) -> Attached | None:
    row = await fetch_row(
        "SELECT version, user_id, owner_id, sha256, state, late FROM attachments WHERE id = $1", command.id
    )
    if row is None:
        return None
    if (row["user_id"], row["owner_id"], row["sha256"]) != (actor.user_id, command.owner_id, command.sha256):
        raise ActivityIdTaken(pointer="/id")
    return Attached(command.id, row["version"], row["state"], False, row["late"])


async def _seen_before(command: AddAttachment, actor: Actor) -> bool:
    return bool(
        await fetch_value(
            "SELECT EXISTS (SELECT 1 FROM attachments WHERE sha256 = $1 AND user_id = $2 AND owner_id <> $3)",
            command.sha256,
            actor.user_id,
            command.owner_id,
        )
    )
