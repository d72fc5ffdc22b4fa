"""The zip an office file is: judged by its bytes alone, before anything in it is unpacked.

Nothing is ever written to disk under a name from the file; names that try to climb out are refused all the same.
"""

import io
import zipfile

from backend.papers.errors import (
    PaperBroken,
    PaperEmpty,
    PaperLocked,
    PaperMacros,
    PaperOld,
    PaperTooLarge,
    PaperTooWide,
    PaperUnknown,
)

MOST_BYTES = 10 * 2**20
MOST_UNPACKED = 64 * 2**20
MOST_PARTS = 2_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_BIT = 0x1


class Package:
    """An opened office file: its `kind` (xlsx or docx) and its parts."""

    def __init__(self, kind: str, opened: zipfile.ZipFile) -> None:
        self.kind = kind
        self.opened = opened

    def names(self) -> list[str]:
        """The parts that are XML."""
        return [name for name in self.opened.namelist() if name.lower().endswith((".xml", ".rels"))]


def open_package(data: bytes) -> Package:
    """Say what a file is and refuse what no honest one is.

    Refuses: nothing; more than 10 MB, or 64 MB unpacked, or 2,000 parts; the formats before 2007; passwords; macros;
    what is neither a workbook nor a document; names that leave the package; two parts of one name.
    """
    if not data:
        raise PaperEmpty
    if len(data) > MOST_BYTES:
        raise PaperTooLarge(limit_mb=MOST_BYTES // 2**20)
    if data.startswith(_OLE):
        raise PaperLocked if _ENCRYPTED in data else PaperOld
    if not data.startswith(b"PK\x03\x04"):
        raise PaperUnknown
    if data.count(b"PK\x01\x02") > MOST_PARTS:  # before the list of parts is read at all
        raise PaperTooWide(what="parts", limit=MOST_PARTS)
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as fault:
        raise PaperBroken from fault
    _judge(opened.infolist())
    return Package(_kind(opened), opened)


def _judge(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise PaperTooWide(what="parts", limit=MOST_PARTS)
    if any(part.flag_bits & _ENCRYPTED_BIT for part in parts):
        raise PaperLocked
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise PaperTooLarge(limit_mb=MOST_UNPACKED // 2**20)
    names = [part.orig_filename.replace("\\", "/") for part in parts]
    if any(name.startswith("/") or "\0" in name or ":" in name or ".." in name.split("/") for name in names):
        raise PaperBroken("a part lies outside the package")
    if len({name.lower() for name in names}) != len(names):
        raise PaperBroken("two parts have one name")


def _kind(opened: zipfile.ZipFile) -> str:
    names = {name.lower() for name in opened.namelist()}
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name for name in names):
        raise PaperMacros
    if "[content_types].xml" not in names:
        raise PaperUnknown
    types = read_part(opened, "[Content_Types].xml")
    if b"macroEnabled" in types:
        raise PaperMacros
    if b"spreadsheetml.sheet.main+xml" in types and "xl/workbook.xml" in names:
        return "xlsx"
    if b"wordprocessingml.document.main+xml" in types and "word/document.xml" in names:
        return "docx"
    raise PaperUnknown


def read_part(opened: zipfile.ZipFile, name: str, most: int = 2**20) -> bytes:
    """A part of at most `most` bytes, however much it claims to hold."""
    try:
        with opened.open(name) as part:
            content = part.read(most + 1)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as fault:
        raise PaperBroken from fault
    except Exception as fault:  # each decompressor has errors of its own
        if type(fault).__module__ in ("zlib", "lzma", "bz2", "_lzma"):
            raise PaperBroken from fault
        raise
    if len(content) > most:
        raise PaperTooLarge(limit_mb=most // 2**20)
    return content
