"""Addresses: what a parser answers, and which parser reads which country. Pure, offline, opens no socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

Style = Literal["old", "new"]


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """One possible reading, for a person to choose from. Codes are those of the National Statistics Office."""

    style: str
    name: str
    province_63: str | None = None
    province_34: str | None = None
    ward_old: str | None = None
    ward_new: str | None = None


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A read address.

    `certain`: a ward was reached and no other reading comes close; an old ward that was split in 2025 is never certain,
    `ward_new` is then the main successor and `candidates` lists all. `province_certain`: the provinces given are beyond
    doubt, whatever the ward. `abroad`: the text ends in the name of another country. `lat`, `lon` (WGS 84 degrees):
    centroid of `ward_new`, never a door. Codes are strings.
    """

    style: Style
    province_63: str | None = None
    province_34: str | None = None
    district: str | None = None
    ward_old: str | None = None
    ward_new: str | None = None
    lat: float | None = None
    lon: float | None = None
    certain: bool = False
    province_certain: bool = False
    abroad: bool = False
    candidates: tuple[Candidate, ...] = ()


Parser = Callable[[str, Style | None], Parsed]
PARSER_VERSION = "vi-1"


def parse(text: str, *, style: Style | None = None, country: str = "VN") -> Parsed:
    """Reads an address of that country (ISO 3166 alpha-2). Countries without a parser answer nothing, and say so."""
    parser = _parsers().get(country)
    return parser(text, style) if parser else Parsed(style=style or "new")


def _parsers() -> dict[str, Parser]:
    from backend.geo.address_vi import parse_vietnamese

    return {"VN": parse_vietnamese}
