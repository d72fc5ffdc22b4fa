"""Uploads: the row beside a part file, from its announcement to the moment its bytes are proven and kept."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.activities import files
from backend.activities.attaching import take_file
from backend.activities.errors import FileEmpty, FileTooLarge, FileTypeRefused
from backend.activities.pictures import sniff
from backend.core import crashing
from backend.core.clock import now
from backend.core.database import execute, fetch, fetch_row, in_transaction
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


async def announce(attachment_id: UUID, length: int, sha256: str | None, *, actor: Actor) -> Upload:
    """Begin an upload, or find the one begun before for the same attachment (with its offset).

    Refuses nothing at all, more than the limit, other people's attachments, the 301st unfinished one,
    and more in a day than one person may send (`NoRoomLeft`).
    """
    if length == 0:
        raise FileEmpty
    if length > settings().upload_limit_mb * 2**20:
        raise FileTooLarge(limit_mb=settings().upload_limit_mb)
    owner = await fetch_row("SELECT user_id, sha256 FROM attachments WHERE id = $1", attachment_id)
    if owner is not None and owner["user_id"] != actor.user_id:
        raise UploadUnknown
    await sweep(actor.user_id)
    known = await _by_attachment(attachment_id, actor)
    if known is not None and known.length == length and (sha256 or known.sha256) == known.sha256:
        return known
    if known is not None:
        if known.finished:
            raise HashWrong
        await forget(known, actor=actor)
    await _refuse_beyond_quota(length, actor)
    row = await fetch_row(
        """INSERT INTO sync_uploads (user_id, attachment_id, id, length, sha256, created_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (user_id, attachment_id) DO UPDATE SET length = sync_uploads.length RETURNING *""",
        actor.user_id, attachment_id, new_id(), length, sha256 or (owner and owner["sha256"]), now(), now() + KEPT,
    )  # fmt: skip
    return _of(row)


async def _refuse_beyond_quota(length: int, actor: Actor) -> None:
    """So many unfinished uploads, and so many bytes a day, may one person have here."""
    row = await fetch_row(
        """SELECT count(*) FILTER (WHERE finished_at IS NULL) AS unfinished,
                  coalesce(sum(length) FILTER (WHERE created_at > $2), 0)::bigint AS bytes,
                  min(created_at) FILTER (WHERE created_at > $2) AS oldest
             FROM sync_uploads WHERE user_id = $1 AND (finished_at IS NULL OR created_at > $2)""",
        actor.user_id, now() - DAY,
    )  # fmt: skip
    if row["unfinished"] >= MOST_UNFINISHED:
        raise TooManyUploads(limit=MOST_UNFINISHED, retry_after=3600)
    limit = settings().upload_quota_mb
    if row["bytes"] + length > limit * 2**20:
        wait = (row["oldest"] or now()) + DAY - now()
        used = row["bytes"] / 2**20
        raise NoRoomLeft(limit_mb=limit, used_mb=round(used, 1), retry_after=max(60, round(wait.total_seconds())))


async def _by_attachment(attachment_id: UUID, actor: Actor) -> Upload | None:
    row = await fetch_row(
        "SELECT * FROM sync_uploads WHERE user_id = $1 AND attachment_id = $2", actor.user_id, attachment_id
    )
    return None if row is None else _of(row)


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
    """Take bytes that start at `offset`; gives the new offset. With the last byte the file is proven and kept."""
    if upload.finished:
        raise OffsetWrong(offset=upload.length)
    with parts.writing(upload.id) as part:
        if part.tell() != offset:
            raise OffsetWrong(offset=part.tell())
        try:
            await parts.append(part, chunks, most=upload.length, checksum=checksum)
        except UploadTooLong:
            await forget(upload, actor=actor)
            raise
        finally:
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


async def _finish(upload: Upload, actor: Actor) -> None:
    """Prove hash and content, keep the bytes, and fulfil the attachment's promise. What fails is thrown away."""
    part = parts.path_of(upload.id)
    try:
        sha256 = await asyncio.to_thread(files.hash_of, part)
        if upload.sha256 is not None and sha256 != upload.sha256:
            raise HashWrong
        inspected = await asyncio.to_thread(lambda: files.inspect(part.read_bytes()))

        async def fulfil() -> None:
            await take_file(upload.attachment_id, sha256=sha256, size=upload.length, inspected=inspected, actor=actor)
            await execute("UPDATE sync_uploads SET finished_at = $2 WHERE id = $1", upload.id, now())
            crashing.point("upload.before-commit")

        with parts.room_on_disk():
            await asyncio.to_thread(_keep_beside, upload.id, sha256)
        crashing.point("upload.kept")
        await in_transaction(fulfil)
    except Refusal as refusal:
        if refusal.status != 507:
            await forget(upload, actor=actor)
        raise
    crashing.point("upload.after-commit")
    parts.remove(upload.id)


def _keep_beside(upload_id: UUID, sha256: str) -> None:
    """Into the store by a second name: the part itself goes only when the database knows of the file."""
    beside = parts.path_of(upload_id).with_suffix(".done")
    beside.unlink(missing_ok=True)
    os.link(parts.path_of(upload_id), beside)
    files.keep(beside, sha256)


async def forget(upload: Upload, *, actor: Actor) -> None:
    """Throw an unfinished upload away; a finished one only loses its place here, the file stays."""
    parts.remove(upload.id)
    await execute("DELETE FROM sync_uploads WHERE id = $1 AND user_id = $2", upload.id, actor.user_id)


async def sweep(user_id: UUID | None = None) -> int:
    """Throw away what was not finished in seven days (of one person, or of everybody); gives how many."""
    rows = await fetch(
        """DELETE FROM sync_uploads WHERE expires_at < $1 AND finished_at IS NULL
              AND ($2::uuid IS NULL OR user_id = $2) RETURNING id""",
        now(),
        user_id,
    )
    for row in rows:
        parts.remove(row["id"])
    return len(rows)
