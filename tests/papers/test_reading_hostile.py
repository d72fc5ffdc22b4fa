"""Files made to hurt: each is refused with a code of its own, soon (as honest files go) and in little memory.

Seconds are measured by `python -m bench imports`.
"""

import io
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from backend.core.errors import Refusal
from backend.papers import reading
from backend.papers.packages import MOST_BYTES
from tests.pricing.imports_files import document, part_of, with_part, workbook

pytestmark = pytest.mark.anyio
SHEET = "xl/worksheets/sheet1.xml"
PAGE = "word/document.xml"
TIMES, MEGABYTES = 8, 120  # of the processor an honest file of one row takes, most of it starting the reader


def _sheet(body: str, dimension: str = "A1") -> bytes:
    content = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{body}</sheetData></worksheet>'
    )
    return with_part(workbook([["x"]]), SHEET, content.encode())


def zip_bomb() -> bytes:
    """A sheet of 300 MB that packs into 300 kB."""
    return with_part(workbook([["x"]]), SHEET, b" " * (300 * 2**20))


def lying_bomb() -> bytes:
    """The same, where the list of parts says it is small."""
    bomb = bytearray(with_part(workbook([["x"]]), SHEET, b"<a>" + b" " * (200 * 2**20)))
    at = bomb.rfind(b"PK\x01\x02")  # the last entry is the sheet
    bomb[at + 24 : at + 28] = struct.pack("<I", 1000)
    return bytes(bomb)


def many_parts() -> bytes:
    buffer = io.BytesIO(workbook([["x"]]))
    with zipfile.ZipFile(buffer, "a") as opened:
        for n in range(10_000):
            opened.writestr(f"xl/{n}.xml", "")
    return buffer.getvalue()


def entity_bomb() -> bytes:
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    content = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{layers}]><x>&l9;</x>'
    return with_part(workbook([["x"]]), SHEET, content.encode())


def foreign_entity(package: bytes, part: str) -> bytes:
    content = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    return with_part(package, part, content.encode())


def entity_in_utf16() -> bytes:
    content = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "ha">]><x>&e;</x>'
    return with_part(workbook([["x"]]), SHEET, content.encode("utf-16"))


def deep_tables() -> bytes:
    opened, closed = b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"
    page = part_of(document([["x"]]), PAGE)
    return with_part(
        document([["x"]]), PAGE, page.replace(b"<w:sectPr", opened * 50_000 + closed * 50_000 + b"<w:sectPr", 1)
    )


def climbing_name() -> bytes:
    return with_part(workbook([["x"]]), "../../etc/cron.d/x", b"* * * * * root true")


def twice_the_same_name() -> bytes:
    buffer = io.BytesIO(workbook([["x"]]))
    with zipfile.ZipFile(buffer, "a") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr(SHEET, "<x/>")
    return buffer.getvalue()


def with_password() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500


def encrypted_parts() -> bytes:
    package = bytearray(workbook([["x"]]))
    at = package.rfind(b"PK\x01\x02")
    package[at + 8] |= 1
    return bytes(package)


def with_macros() -> bytes:
    types = part_of(workbook([["x"]]), "[Content_Types].xml").replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    return with_part(workbook([["x"]]), "[Content_Types].xml", types)


def fetching_document() -> bytes:
    """A document whose template lies on another machine."""
    relations = part_of(document([["x"]]), "word/_rels/document.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        b' Target="http://127.0.0.1:1/evil.dotm" TargetMode="External"/></Relationships>',
    )
    return with_part(document([["x"]]), "word/_rels/document.xml.rels", relations)


def broken_off() -> bytes:
    whole = workbook([["x"] * 10] * 100)
    return whole[: len(whole) // 2]


def bad_bytes() -> bytes:
    package = workbook([["x"]])
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        at = opened.getinfo(SHEET).header_offset
    return package[: at + 60] + b"\xff" * 40 + package[at + 100 :]


def far_cell() -> bytes:
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = "x"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _plain_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("a.txt", "x")
    return buffer.getvalue()


HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("a zip bomb", zip_bomb, "paper-too-large"),
    ("a zip bomb that lies about its size", lying_bomb, "paper-broken"),
    ("ten thousand parts", many_parts, "paper-too-wide"),
    ("entities within entities", entity_bomb, "paper-linked"),
    ("a file of the server as an entity", lambda: foreign_entity(workbook([["x"]]), SHEET), "paper-linked"),
    (
        "the same in the names of the sheets",
        lambda: foreign_entity(workbook([["x"]]), "xl/workbook.xml"),
        "paper-linked",
    ),
    ("the same in a document", lambda: foreign_entity(document([["x"]]), PAGE), "paper-linked"),
    ("the same in another encoding", entity_in_utf16, "paper-linked"),
    ("a template on another machine", fetching_document, "paper-linked"),
    ("a cell at the far corner", far_cell, "paper-too-wide"),
    ("a million columns", lambda: _sheet('<row r="1">' + "<c><v>1</v></c>" * 1_000_000 + "</row>"), "paper-too-wide"),
    ("a column beyond all columns", lambda: _sheet('<row r="1"><c r="ABCDE1"><v>1</v></c></row>'), "paper-broken"),
    ("a million empty cells", lambda: _sheet("<row>" + "<c/>" * 2_000_000 + "</row>"), "paper-too-wide"),
    ("a row that is no number", lambda: _sheet('<row r="１"><c r="A１"><v>1</v></c></row>'), "paper-broken"),
    ("tables fifty thousand deep", deep_tables, "paper-too-wide"),
    ("a part that climbs out", climbing_name, "paper-broken"),
    ("two parts of one name", twice_the_same_name, "paper-broken"),
    ("a password", with_password, "paper-locked"),
    ("parts with a password", encrypted_parts, "paper-locked"),
    ("macros", with_macros, "paper-macros"),
    ("macros under another name", lambda: with_part(workbook([["x"]]), "xl/vbaProject.bin", b"x"), "paper-macros"),
    ("Excel of 1997", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "paper-old"),
    ("a csv with another name", "Mã;Giá\nA;1".encode, "paper-unknown"),
    ("a zip of something else", _plain_zip, "paper-unknown"),
    ("nothing", lambda: b"", "paper-empty"),
    ("more than ten megabytes", lambda: b"PK\x03\x04" + b"\0" * MOST_BYTES, "paper-too-large"),
    ("half a file", broken_off, "paper-broken"),
    ("bytes gone wrong", bad_bytes, "paper-broken"),
    ("a sheet without cells", lambda: _sheet(""), "paper-empty"),
]


@pytest.mark.parametrize(
    ("make", "code"), [(make, code) for _, make, code in HOSTILE], ids=[name for name, *_ in HOSTILE]
)
async def test_a_hostile_file_is_refused_soon(make: Callable[[], bytes], code: str) -> None:
    content = make()
    began = _spent()
    await reading.read(workbook([["x"]]))
    honest = _spent() - began
    with pytest.raises(Refusal) as refusal:
        await reading.read(content)
    assert refusal.value.code == code
    assert _spent() - began - honest < TIMES * honest


def _spent() -> float:
    """Seconds of processor time of the readers so far: what the machine does besides is not theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("make", [zip_bomb, entity_bomb, far_cell, deep_tables], ids=lambda make: str(make.__name__))
def test_refusing_takes_little_memory(make: Callable[[], bytes]) -> None:
    script = (
        "import resource, sys\n"
        "from backend.papers.reading import answer\n"
        "said = answer('read', sys.stdin.buffer.read())\n"
        "high = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0]\n"
        "print(said.refusal, high.split()[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=make(), capture_output=True, check=True)
    refusal, kilobytes = done.stdout.decode().split()
    assert refusal.startswith("Paper") and int(kilobytes) < MEGABYTES * 1024


async def test_a_declared_size_is_not_believed() -> None:
    began = _spent()
    await reading.read(workbook([["x"]]))
    honest = _spent() - began
    paper = await reading.read(_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', dimension="A1:XFD1048576"))
    assert [row.cells for row in paper.grids[0].rows] == [[paper.grids[0].rows[0].cells[0]]]
    assert _spent() - began - honest < TIMES * honest


async def test_cells_only_coloured_may_lie_anywhere() -> None:
    body = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert len((await reading.read(_sheet(body))).grids[0].rows) == 1


async def test_a_reader_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.01)
    with pytest.raises(Refusal) as refusal:
        await reading.read(workbook([["x"]]))
    assert refusal.value.code == "paper-slow"


async def test_the_reader_knows_nothing_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret@localhost/x")
    monkeypatch.setenv("TUYEN_PUSH_CONTACT", "mailto:x@example.com")
    seen: dict[str, Any] = reading._surroundings()
    assert not [name for name in seen if "DATABASE" in name or "TUYEN" in name]


async def test_hyperlinks_are_no_danger_and_are_never_followed() -> None:
    relations = part_of(document([["Mã", "Giá"]]), "word/_rels/document.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rId98" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"'
        b' Target="mailto:sales@example.com" TargetMode="External"/></Relationships>',
    )
    content = with_part(document([["Mã", "Giá"]]), "word/_rels/document.xml.rels", relations)
    assert len((await reading.read(content)).grids) == 1
