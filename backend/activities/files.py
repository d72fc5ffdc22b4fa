"""The file store: bytes on disk under their sha256, inspected before they are kept, stripped when they are served."""

import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from backend.activities import pictures
from backend.activities.errors import FileBroken, FileEmpty, FileTooLarge, FileTypeRefused, TooManyPixels
from backend.core.settings import settings

MOST_PIXELS = 40_000_000
THUMB = 320  # pixels of the longer side
_FORMATS = {pictures.JPEG: "JPEG", pictures.PNG: "PNG", pictures.WEBP: "WEBP"}


class Inspected(NamedTuple):
    """What the bytes themselves say."""

    mime: str
    width: int | None
    height: int | None


def inspect(data: bytes) -> Inspected:
    """Judge a whole file by its bytes.

    Refuses: nothing, more than the upload limit, what is not JPEG, PNG, WebP or PDF, pictures above 40 megapixels (read
    from the header before anything is decoded), and pictures that break off.
    """
    if not data:
        raise FileEmpty
    if len(data) > settings().upload_limit_mb * 2**20:
        raise FileTooLarge(limit_mb=settings().upload_limit_mb)
    mime = pictures.sniff(data[:16])
    if mime is None:
        raise FileTypeRefused
    size = pictures.measure(data, mime)
    if size is None:
        return Inspected(mime, None, None)
    if size[0] * size[1] > MOST_PIXELS:
        raise TooManyPixels(limit_megapixels=MOST_PIXELS // 1_000_000, width=size[0], height=size[1])
    if not size[0] or not size[1]:
        raise FileBroken
    pictures.strip(data, mime)
    return Inspected(mime, *size)


def path_of(sha256: str) -> Path:
    """Where the bytes of this hash lie, once kept."""
    return settings().files_dir / sha256[:2] / sha256[2:4] / sha256


def keep(part: Path, sha256: str) -> None:
    """Move a finished, synced part file into the store. Files kept twice are one file. Durable when it returns."""
    target = path_of(sha256)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in this folder survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def hash_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def served(sha256: str, mime: str) -> bytes:
    """The bytes others may see: the kept file without its metadata."""
    return pictures.strip(path_of(sha256).read_bytes(), mime)


def thumb(sha256: str, mime: str) -> tuple[bytes, str]:
    """A small picture and its type, made once and kept beside the files; papers are served as they are."""
    if mime not in _FORMATS:
        return served(sha256, mime), mime
    kept = settings().files_dir / "thumbs" / sha256[:2] / f"{sha256}.jpg"
    if not kept.exists():
        small = _shrink(served(sha256, mime), mime)
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = kept.with_suffix(f".{os.getpid()}.{id(small)}")
        fresh.write_bytes(small)
        fresh.replace(kept)
    return kept.read_bytes(), pictures.JPEG


def _shrink(data: bytes, mime: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[_FORMATS[mime]]) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise TooManyPixels(limit_megapixels=MOST_PIXELS // 1_000_000)
                orientation = opened.getexif().get(0x0112, 1)
                opened.draft("RGB", (THUMB * 2, THUMB * 2))
                opened.thumbnail((THUMB, THUMB))
                turned = _TURNS.get(orientation)
                small = (opened.transpose(turned) if turned is not None else opened).convert("RGB")
        out = io.BytesIO()
        small.save(out, "JPEG", quality=78)
        return out.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise FileBroken from fault


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
