"""The built files of the phone app, as the handlers serve them.

Only files found by walking `pwa/static` can be asked for, so a path from outside can name nothing else.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

STATIC = Path(__file__).parent / "static"
MEDIA = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Asset(NamedTuple):
    """One file of the build, with the media type it is served as."""

    path: Path
    media_type: str


class Bundle(msgspec.Struct, frozen=True):
    """What the shell page must load: the entry script, scripts to preload and style sheets, as URLs."""

    entry: str
    preloads: tuple[str, ...]
    styles: tuple[str, ...]


def built() -> float | None:
    """When the app was last built, as a file time in seconds, or None when it is not built."""
    manifest = STATIC / ".vite" / "manifest.json"
    return manifest.stat().st_mtime if manifest.is_file() else None


@cache
def assets(stamp: float) -> dict[str, Asset]:
    """Every servable file of the build made at `stamp`, by its path below /static/."""
    found = (path for path in STATIC.rglob("*") if path.is_file() and path.suffix in MEDIA)
    named = {path.relative_to(STATIC).as_posix(): Asset(path, MEDIA[path.suffix]) for path in found}
    return {name: asset for name, asset in named.items() if not name.startswith(".vite/")}


@cache
def bundle(stamp: float) -> Bundle:
    """The entry of the build made at `stamp`, with everything it imports statically."""
    manifest = json.loads((STATIC / ".vite" / "manifest.json").read_text("utf-8"))
    seen: dict[str, None] = {}

    def walk(key: str) -> None:
        if key not in seen:
            seen[key] = None
            for imported in manifest[key].get("imports", []):
                walk(imported)

    walk("src/main.ts")
    first, *rest = (manifest[key] for key in seen)
    styles = dict.fromkeys(css for part in (first, *rest) for css in part.get("css", []))
    return Bundle(
        entry=f"/static/{first['file']}",
        preloads=tuple(f"/static/{part['file']}" for part in rest),
        styles=tuple(f"/static/{css}" for css in styles),
    )


@cache
def read(path: Path, stamp: float) -> bytes:
    """The bytes of a file of the build made at `stamp`; kept in memory, a build is about two megabytes."""
    return path.read_bytes()


def pick(asset: Asset, accept_encoding: str, stamp: float) -> tuple[bytes, str | None]:
    """The best stored form of a file for a client: (bytes, its Content-Encoding or None)."""
    offered = {part.partition(";")[0].strip().lower() for part in accept_encoding.split(",") if "q=0" not in part}
    for encoding, suffix in ENCODINGS:
        packed = asset.path.with_name(asset.path.name + suffix)
        if encoding in offered and packed.is_file():
            return read(packed, stamp), encoding
    return read(asset.path, stamp), None
