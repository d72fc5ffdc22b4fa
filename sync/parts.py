"""Part files of uploads: appended to as bytes arrive. Their length is the offset: a crash leaves nothing to repair."""

import asyncio
import base64
import binascii
import errno
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from backend.core.settings import settings
from sync.errors import ChecksumWrong, DiskFull, MetadataWrong, UploadBusy, UploadTooLong
from sync.turns import turns

ALGORITHMS = ("sha1", "sha256")
BLOCK = 256 * 1024  # bytes gathered from the line before they go to the disk: what phones send at a time
MOST_PIECES = 1024  # of a block, however small they drip in


def path_of(upload_id: UUID) -> Path:
    """Where the bytes of an unfinished upload lie."""
    return settings().files_dir / "parts" / str(upload_id)


def offset_of(upload_id: UUID) -> int:
    """How many bytes have arrived."""
    try:
        return path_of(upload_id).stat().st_size
    except FileNotFoundError:
        return 0


def remove(upload_id: UUID) -> None:
    """Throw the bytes away."""
    path_of(upload_id).unlink(missing_ok=True)


@contextmanager
def writing(upload_id: UUID) -> Iterator[BinaryIO]:
    """The part file, open at its end, for one writer at a time over all server processes; others get `UploadBusy`."""
    path = path_of(upload_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with room_on_disk(), path.open("ab") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadBusy from None
        if not path.exists():  # removed while it was being opened
            raise UploadBusy
        yield part


@contextmanager
def room_on_disk() -> Iterator[None]:
    """A full disk is a clear answer, not a fault."""
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull from fault
        raise


class Checksum:
    """`Upload-Checksum`: the hash the part being sent must have."""

    def __init__(self, header: str) -> None:
        name, _, encoded = header.strip().partition(" ")
        if name not in ALGORITHMS:
            raise MetadataWrong(field="Upload-Checksum")
        try:
            self.wanted = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise MetadataWrong(field="Upload-Checksum") from None
        self.running = hashlib.new(name, usedforsecurity=False)

    def check(self) -> None:
        if self.running.digest() != self.wanted:
            raise ChecksumWrong


async def append(
    part: BinaryIO, chunks: AsyncIterator[bytes], *, most: int, checksum: Checksum | None, durable: bool = True
) -> None:
    """Write what arrives, up to `most` bytes in all, block by block, each in its turn and off the event loop.

    When the line is cut, what came before stays, unless a checksum was announced that can no longer be proven. More
    than `most` bytes, or a wrong checksum, leave the part as it was before. `durable`: a power cut leaves it too.
    """
    start = end = part.tell()
    try:
        async for pieces in _blocks(chunks):
            end += sum(map(len, pieces))
            if end > most:
                raise UploadTooLong(length=most)
            async with turns().turn():
                await asyncio.to_thread(_write, part, pieces, checksum)
        if checksum is not None:
            checksum.check()
    except (ChecksumWrong, UploadTooLong):
        _cut_back(part, start)
        raise
    except BaseException:
        if checksum is not None:
            _cut_back(part, start)
        raise
    finally:
        part.flush()
        if durable:
            await asyncio.to_thread(os.fsync, part.fileno())


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """What arrives, gathered into blocks; when the line is cut, first what came before the cut."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= BLOCK or len(pieces) >= MOST_PIECES:
                yield pieces
                pieces, size = [], 0
    except Exception:
        if pieces:
            yield pieces
        raise
    if pieces:
        yield pieces


def _write(part: BinaryIO, pieces: Sequence[bytes], checksum: Checksum | None) -> None:
    for piece in pieces:
        if checksum is not None:
            checksum.running.update(piece)
        part.write(piece)


def _cut_back(part: BinaryIO, start: int) -> None:
    part.flush()
    part.truncate(start)
