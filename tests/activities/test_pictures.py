"""Pictures by their bytes: recognised, measured and stripped without decoding a pixel."""

import io
import struct
import zlib

import pytest
from PIL import Image

from backend.activities import files, pictures
from backend.activities.errors import FileBroken, FileEmpty, FileTypeRefused, TooManyPixels

SECRET = b"10.7769N 106.7009E"


def picture(kind: str, size: tuple[int, int] = (64, 48), *, orientation: int = 1, secret: bool = True) -> bytes:
    """A small picture that tells where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if secret:
        exif[0x010E] = SECRET.decode()
        exif.get_ifd(0x8825)[29] = SECRET.decode()
    made = io.BytesIO()
    shown = Image.effect_noise(size, 80).convert("RGB")
    more = {"comment": SECRET} if kind == "JPEG" and secret else {}
    shown.save(made, kind, exif=exif, **more)
    return made.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A true one-bit PNG of any size in a few kilobytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress(b"\0" * ((width // 8 + 2) * min(height, 2000)), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_maker_are_gone_and_the_picture_is_the_same(kind: str) -> None:
    data = picture(kind)
    mime = pictures.sniff(data)
    assert mime is not None and SECRET in data
    stripped = pictures.strip(data, mime)
    assert SECRET not in stripped and len(stripped) < len(data)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(stripped)) as after:
        assert before.tobytes() == after.tobytes()
        assert not dict(after.getexif()) and not after.getexif().get_ifd(0x8825)
    assert pictures.strip(stripped, mime) == stripped


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_size_is_read_from_the_header(kind: str) -> None:
    data = picture(kind, (123, 45))
    assert files.inspect(data) == (pictures.sniff(data), 123, 45)


def test_webp_without_loss_and_with_an_alpha_channel_is_measured_too() -> None:
    for more in ({"lossless": True}, {"lossless": False}):
        for mode in ("RGB", "RGBA"):
            made = io.BytesIO()
            Image.new(mode, (77, 31), 5).save(made, "WEBP", **more)
            assert pictures.measure(made.getvalue(), pictures.WEBP) == (77, 31)


def test_a_progressive_picture_survives_stripping() -> None:
    made = io.BytesIO()
    Image.effect_noise((200, 150), 90).convert("RGB").save(made, "JPEG", progressive=True, quality=90)
    stripped = pictures.strip(made.getvalue(), pictures.JPEG)
    with Image.open(io.BytesIO(made.getvalue())) as before, Image.open(io.BytesIO(stripped)) as after:
        assert before.tobytes() == after.tobytes()


def test_how_a_photograph_is_turned_is_kept_and_its_small_picture_stands_upright(tmp_path: object) -> None:
    data = picture("JPEG", (64, 48), orientation=6)
    stripped = pictures.strip(data, pictures.JPEG)
    with Image.open(io.BytesIO(stripped)) as after:
        assert dict(after.getexif()) == {0x0112: 6}
    with Image.open(io.BytesIO(files._shrink(stripped, pictures.JPEG))) as small:
        assert small.size[0] < small.size[1]


def test_what_hangs_behind_the_end_is_not_served() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        data = picture(kind, secret=False)
        mime = pictures.sniff(data) or ""
        assert b"<script>" not in pictures.strip(data + b"<script>alert(1)</script>", mime)


@pytest.mark.parametrize(
    "data",
    [b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"MZ\x90\0", b"<?php ?>",
     b"GIF89a", b"PK\x03\x04", b"\xff\xd8", b"RIFF\0\0\0\0WAVE"],
)  # fmt: skip
def test_everything_else_is_refused_by_its_bytes(data: bytes) -> None:
    with pytest.raises(FileTypeRefused):
        files.inspect(data.ljust(64, b" "))


def test_nothing_is_refused() -> None:
    with pytest.raises(FileEmpty):
        files.inspect(b"")


@pytest.mark.parametrize("size", [(13_000, 13_000), (50_000, 50_000), (40_000_001, 1)])
def test_a_flood_of_pixels_is_refused_by_the_header(size: tuple[int, int]) -> None:
    with pytest.raises(TooManyPixels):
        files.inspect(huge_png(*size))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_anywhere_is_refused_and_never_a_fault(kind: str) -> None:
    data = picture(kind)
    for end in range(16, len(data) - 3, 37):
        with pytest.raises(FileBroken):
            files.inspect(data[:end])


def test_headers_that_lie_are_refused() -> None:
    assert pictures.sniff(b"\x89PNG\r\n\x1a\n") == pictures.PNG
    for data in (
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"\xff\xd8\xff\xe0\0\1" + b"\0" * 40,
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    ):
        with pytest.raises(FileBroken):
            files.inspect(data)
