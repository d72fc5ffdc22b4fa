"""Uploads: the row beside a part file, from its announcement to the moment its bytes are proven and kept."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from backend.activities import files
from backend.activities.attaching import check_taken
from backend.activities.errors import FileEmpty, FileTooLarge, FileTypeRefused
from backend.activities.pictures import sniff
from backend.core import crashing
from backend.core.clock import now
from backend.core.database import execute, fetch, fetch_row, fetch_value, in_transaction
from backend.core.errors import Refusal
from backend.core.ids import new_id
from backend.core.settings import settings
from backend.people.access import Actor
from sync import parts
from sync.errors import (
    HashWrong,
    NoRoomLeft,
    OffsetWrong,
    TooManyUploads,
    UploadBusy,
    UploadGone,
    UploadTooLong,
    UploadUnknown,
)
from sync.turns import turns

KEPT = timedelta(days=7)
DAY = timedelta(days=1)
MOST_UNFINISHED = 300  # of one person: a day of work offline, twice
HEAD_BYTES = 16  # enough to know a type


@dataclass(frozen=True)
class Upload:
    """One upload and how far it is. `finished`: its bytes are proven and kept."""

    id: UUID
    attachment_id: UUID
    length: int
    sha256: str | None
    expires_at: datetime
    finished: bool

    @property
    def offset(self) -> int:
        return self.length if self.finished else parts.offset_of(self.id)


def _of(row: Any) -> Upload:
    return Upload(
        row["id"],
        row["attachment_id"],
        row["length"],
        row["sha256"],
        row["expires_at"],
        row["finished_at"] is not None,
    )


# What stands against a new upload, and the upload itself when nothing does; in one statement.
_ANNOUNCE = """
    WITH owner AS (SELECT user_id, sha256 FROM attachments WHERE id = $2),
         known AS (SELECT * FROM sync_uploads WHERE user_id = $1 AND attachment_id = $2),
         quota AS (
            SELECT count(*) FILTER (WHERE finished_at IS NULL AND expires_at > $6) AS unfinished,
                   coalesce(sum(length) FILTER (WHERE created_at > $8), 0)::bigint AS bytes,
                   min(created_at) FILTER (WHERE created_at > $8) AS oldest
              FROM sync_uploads WHERE user_id = $1 AND (finished_at IS NULL OR created_at > $8)),
         made AS (
            INSERT INTO sync_uploads (user_id, attachment_id, id, length, sha256, created_at, expires_at)
            SELECT $1, $2, $3, $4::int, coalesce($5::text, (SELECT sha256 FROM owner)), $6, $7 FROM quota
             WHERE unfinished < $9::int AND bytes + $4::int <= $10::bigint AND NOT EXISTS (SELECT 1 FROM known)
               AND NOT EXISTS (SELECT 1 FROM owner WHERE user_id <> $1)
            ON CONFLICT (user_id, attachment_id) DO NOTHING RETURNING *)
    SELECT u.*, quota.unfinished, quota.bytes, quota.oldest, (SELECT user_id FROM owner) AS owner
      FROM quota LEFT JOIN (SELECT * FROM known UNION ALL SELECT * FROM made) u ON true"""


async def announce(attachment_id: UUID, length: int, sha256: str | None, *, actor: Actor) -> Upload:
    """Begin an upload, or find the one begun before for the same attachment (with its offset).

    Refuses nothing at all, more than the limit, other people's attachments, the 301st unfinished one,
    and more in a day than one person may send (`NoRoomLeft`).
    """
    if length == 0:
        raise FileEmpty
    if length > settings().upload_limit_mb * 2**20:
        raise FileTooLarge(limit_mb=settings().upload_limit_mb)
    for _ in range(3):  # again after throwing away one that stood in the way, or when a rival request was faster
        moment = now()
        row = await fetch_row(
            _ANNOUNCE,
            actor.user_id, attachment_id, new_id(), length, sha256, moment, moment + KEPT, moment - DAY,
            MOST_UNFINISHED, settings().upload_quota_mb * 2**20,
        )  # fmt: skip
        if row["owner"] not in (None, actor.user_id):
            raise UploadUnknown
        if row["id"] is None:
            _refuse_beyond_quota(row, length, moment)
            continue
        found = _of(row)
        same = found.length == length and (sha256 or found.sha256) == found.sha256
        if same and (found.finished or found.expires_at > moment):
            return found
        if found.finished:
            raise HashWrong
        await forget(found, actor=actor)
    raise UploadBusy


def _refuse_beyond_quota(row: Any, length: int, moment: datetime) -> None:
    """So many unfinished uploads, and so many bytes a day, may one person have here."""
    if row["unfinished"] >= MOST_UNFINISHED:
        raise TooManyUploads(limit=MOST_UNFINISHED, retry_after=3600)
    limit = settings().upload_quota_mb
    if row["bytes"] + length > limit * 2**20:
        wait = (row["oldest"] or moment) + DAY - moment
        used = row["bytes"] / 2**20
        raise NoRoomLeft(limit_mb=limit, used_mb=round(used, 1), retry_after=max(60, round(wait.total_seconds())))


async def find(upload_id: UUID, *, actor: Actor) -> Upload:
    """An upload of the actor's own; refuses unknown (404) and expired ones (410)."""
    row = await fetch_row("SELECT * FROM sync_uploads WHERE user_id = $1 AND id = $2", actor.user_id, upload_id)
    if row is None:
        raise UploadUnknown
    upload = _of(row)
    if not upload.finished and upload.expires_at < now():
        await forget(upload, actor=actor)
        raise UploadGone
    return upload


async def receive(
    upload: Upload, offset: int, chunks: AsyncIterator[bytes], checksum: parts.Checksum | None, *, actor: Actor
) -> int:
    """Take bytes that start at `offset`; gives the new offset. With the last byte the file is proven and kept.

    Parts of a file whose sha256 is known need not survive a power cut: what they lost shows when it is proven.
    """
    if upload.finished:
        raise OffsetWrong(offset=upload.length)
    with parts.writing(upload.id) as part:
        if part.tell() != offset:
            raise OffsetWrong(offset=part.tell())
        try:
            await parts.append(part, chunks, most=upload.length, checksum=checksum, durable=upload.sha256 is None)
        except UploadTooLong:
            await forget(upload, actor=actor)
            raise
        reached = parts.offset_of(upload.id)
        crashing.point("upload.written")
        await _refuse_early(upload, reached, actor)
        if reached == upload.length:
            await _finish(upload, actor)
    return reached


async def settle(upload: Upload, *, actor: Actor) -> Upload:
    """Finish an upload whose last byte arrived just before the server stopped."""
    if upload.finished or upload.offset != upload.length:
        return upload
    try:
        with parts.writing(upload.id):
            await _finish(upload, actor)
    except UploadBusy:
        return upload
    return await find(upload.id, actor=actor)


async def _refuse_early(upload: Upload, reached: int, actor: Actor) -> None:
    """What is no picture and no paper by its first bytes need not be sent to the end."""
    if reached < HEAD_BYTES:
        return
    with parts.path_of(upload.id).open("rb") as part:
        known = sniff(part.read(HEAD_BYTES))
    if known is None:
        await forget(upload, actor=actor)
        raise FileTypeRefused


# Taking the file and ending the upload, or neither.
_FINISH = """
    UPDATE sync_uploads u SET finished_at = CASE t.outcome WHEN 'taken' THEN $9 ELSE u.finished_at END
      FROM attachment_take($2, $3, $4, $5, $6, $7, $8, $9) AS t(outcome) WHERE u.id = $1 RETURNING t.outcome"""


async def _finish(upload: Upload, actor: Actor) -> None:
    """In a turn of its own: prove hash and content, keep the bytes, and fulfil the attachment's promise. What fails is
    thrown away."""
    try:
        async with turns().turn():
            with parts.room_on_disk():
                sha256, seen = await asyncio.to_thread(_prove_and_keep, upload)
            crashing.point("upload.kept")

            async def fulfil() -> Any:
                return await fetch_value(
                    _FINISH,
                    upload.id, upload.attachment_id, actor.user_id, sha256, upload.length, seen.mime, seen.width,
                    seen.height, now(),
                )  # fmt: skip

            crashing.point("upload.before-commit")
            try:
                outcome = await fulfil()
            except asyncpg.DeadlockDetectedError:
                outcome = await in_transaction(fulfil)  # tries more than once
        check_taken(outcome or "taken")  # None: its own phone ended it meanwhile
    except Refusal as refusal:
        if refusal.status != 507:
            await forget(upload, actor=actor)
        raise
    crashing.point("upload.after-commit")
    parts.remove(upload.id)


def _prove_and_keep(upload: Upload) -> tuple[str, files.Inspected]:
    """Hash and content of a whole file, read once; then into the store, durably, by a second name: the part itself
    goes only when the database knows of the file."""
    path = parts.path_of(upload.id)
    with path.open("rb") as part:
        data = part.read()
        sha256 = hashlib.sha256(data).hexdigest()
        if upload.sha256 is not None and sha256 != upload.sha256:
            raise HashWrong
        inspected = files.inspect(data)
        os.fsync(part.fileno())
    beside = path.with_suffix(".done")
    beside.unlink(missing_ok=True)
    os.link(path, beside)
    files.keep(beside, sha256)
    return sha256, inspected


async def forget(upload: Upload, *, actor: Actor) -> None:
    """Throw an unfinished upload away; a finished one only loses its place here, the file stays."""
    parts.remove(upload.id)
    await execute("DELETE FROM sync_uploads WHERE id = $1 AND user_id = $2", upload.id, actor.user_id)


async def sweep() -> int:
    """Throw away what was not finished in seven days; gives how many."""
    rows = await fetch("DELETE FROM sync_uploads WHERE expires_at < $1 AND finished_at IS NULL RETURNING id", now())
    for row in rows:
        parts.remove(row["id"])
    return len(rows)
