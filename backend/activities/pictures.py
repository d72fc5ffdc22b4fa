"""Pictures by their bytes: what type they are, how large, and the same picture without what it tells about its maker.

Pure. Sizes are read from headers, nothing is decoded; stripping copies the compressed picture bit for bit and leaves
out Exif, XMP, IPTC, comments, embedded previews and whatever hangs behind the end (the orientation alone is kept).
"""

import re
import struct
from collections.abc import Iterator

from backend.activities.errors import FileBroken

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG frames; the three others are tables
_TELLING = frozenset({*range(0xE1, 0xF0), 0xFE} - {0xEE})  # application segments but JFIF and Adobe's colours; comments
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_KEPT_OUT = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_KEPT_OUT = frozenset({b"EXIF", b"XMP "})
_ALPHA_ANIMATION_ICC = 0x32  # the flags of a VP8X header that stay


def sniff(head: bytes) -> str | None:
    """The type the first bytes (12 are enough) speak of; None for everything we do not take."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return PDF if head.startswith(b"%PDF-") else None


def measure(data: bytes, mime: str) -> tuple[int, int] | None:
    """Width and height in pixels as the header says; None for papers. Refuses a header that is not there."""
    try:
        if mime == PNG:
            return _of_png(data)
        if mime == WEBP:
            return _of_webp(data)
        return _of_jpeg(data) if mime == JPEG else None
    except (struct.error, IndexError, ValueError) as fault:
        raise FileBroken from fault


def strip(data: bytes, mime: str) -> bytes:
    """The same picture without position, camera, owner and comments. Refuses one that breaks off."""
    try:
        if mime == PNG:
            return _strip_png(data)
        if mime == WEBP:
            return _strip_webp(data)
        return _strip_jpeg(data) if mime == JPEG else data
    except (struct.error, IndexError, ValueError) as fault:
        raise FileBroken from fault


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """JPEG segments up to the first scan: marker, start (of the marker) and end."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2 or at + 2 + length > len(data):
            raise ValueError("a segment breaks off")
        yield marker, at, at + 2 + length
        if marker == 0xDA:
            return
        at += 2 + length


def _of_jpeg(data: bytes) -> tuple[int, int]:
    for marker, start, _ in _segments(data):
        if marker in _SIZES:
            height, width = struct.unpack_from(">HH", data, start + 5)
            return width, height
    raise ValueError("no frame")


def _strip_jpeg(data: bytes) -> bytes:
    kept, scan, turned = [b"\xff\xd8"], 0, b""
    for marker, start, end in _segments(data):
        body = data[start + 4 : end]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            turned = turned or _orientation(body[6:])
        elif marker not in _TELLING or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")):
            kept.append(data[start:end])
        scan = end
    return b"".join([kept[0], turned, *kept[1:], data[scan : _end_of_jpeg(data, scan)]])


def _end_of_jpeg(data: bytes, at: int) -> int:
    """Just behind the end marker, over every scan of a progressive picture."""
    while True:
        found = _MARKER.search(data, at)
        if found is None:
            raise ValueError("the picture has no end")
        if found.group()[1] == 0xD9:
            return found.end()
        (length,) = struct.unpack_from(">H", data, found.end())
        at = found.end() + length


def _orientation(tiff: bytes) -> bytes:
    """An Exif segment that says how the picture is turned and nothing else; nothing when it is upright or unknown."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, at + 2 + 12 * entry)
            if tag == 0x0112 and kind == 3 and 2 <= value <= 8:
                body = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)
                return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    except (KeyError, struct.error):
        pass
    return b""


def _chunks_of_png(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 8
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk breaks off")
        yield name, at, end
        if name == b"IEND":
            return
        at = end


def _of_png(data: bytes) -> tuple[int, int]:
    name, width, height = struct.unpack_from(">4sII", data, 12)
    if name != b"IHDR" or not (width and height):
        raise ValueError("no header")
    return width, height


def _strip_png(data: bytes) -> bytes:
    kept = [data[start:end] for name, start, end in _chunks_of_png(data) if name not in _PNG_KEPT_OUT]
    return b"".join([data[:8], *kept])


def _chunks_of_webp(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    (size,) = struct.unpack_from("<I", data, 4)
    at, last = 12, size + 8
    if last > len(data):
        raise ValueError("the picture breaks off")
    while at + 8 <= last:
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        if end > last + 1:
            raise ValueError("a chunk breaks off")
        yield name, at, min(end, len(data))
        at = end


def _of_webp(data: bytes) -> tuple[int, int]:
    name, at, _ = next(_chunks_of_webp(data))
    body = data[at + 8 :]
    if name == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no header")


def _strip_webp(data: bytes) -> bytes:
    kept = []
    for name, start, end in _chunks_of_webp(data):
        if name in _WEBP_KEPT_OUT:
            continue
        chunk = data[start:end]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & _ALPHA_ANIMATION_ICC]) + chunk[9:]
        kept.append(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
