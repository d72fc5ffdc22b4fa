"""Makes messy addresses from the unit tables, the way people write them, together with the unit they mean."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random

from backend.geo.units import Unit, units

STREETS = (
    "Nguyễn Trãi", "Lê Lợi", "Trần Hưng Đạo", "Hai Bà Trưng", "Quang Trung", "Hùng Vương", "Điện Biên Phủ", "Tân Sơn",
    "Bình Tiên", "Ba Đình", "Phú Nhuận", "Trần Phú", "30/4", "Bạch Đằng", "Hòa Bình", "Tân Thành", "Long Biên", "QL 1A",
    "Vĩnh Viễn", "Tỉnh lộ 10", "Đồng Khởi", "Cộng Hòa",
)  # fmt: skip
SHORT = {
    "Phường": ("P.", "P. ", "p ", "F.", "Ph. "), "Xã": ("X.", "x. ", "Xã "), "Thị trấn": ("TT.", "TT ", "tt. "),
    "Quận": ("Q.", "Q. ", "q "), "Huyện": ("H.", "H. ", "huyện "), "Thị xã": ("TX.", "TX ", "T.X "),
    "Thành phố": ("TP.", "TP ", "Tp. ", "T.P "), "Tỉnh": ("T. ", "tỉnh ", ""), "Đặc khu": ("ĐK ", "Đặc khu "),
}  # fmt: skip
NICKNAMES = {"79": ("TP HCM", "TPHCM", "TP.HCM", "HCM", "Sài Gòn"), "01": ("HN", "Hà Nội", "TP Hà Nội")}
TAILS = (", Việt Nam", ", VN", ", 700000, Vietnam", " 550000")
KINDS = (
    "full",
    "abbreviated",
    "without accents",
    "bare names",
    "no commas",
    "capitals",
    "dashes",
    "tail",
    "short ascii",
)


@dataclass(frozen=True)
class Messy:
    """A text and what it means: `ward` is an old or a new one, `province` of the same regime."""

    text: str
    ward: Unit
    province_34: str
    old: bool


def without_accents(text: str) -> str:
    marks = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(mark for mark in marks if not unicodedata.combining(mark))


def make(random: Random, kind: str) -> Messy:
    tables = units()
    old = random.random() < 0.5
    ward = random.choice(sorted((tables.wards_old if old else tables.wards_new).values(), key=lambda unit: unit.code))
    parts = [ward, tables.districts[ward.parent]] if old else [ward]
    province = tables.p63[parts[-1].parent] if old else tables.p34[ward.parent]
    text = _write(random, kind, parts, province)
    return Messy(text, ward, province.links[0] if old else province.code, old)


def _write(random: Random, kind: str, parts: list[Unit], province: Unit) -> str:
    street = f"{random.choice(('12', '45/6', 'Số 7', 'Hẻm 4', 'Lô B2', '20P'))} {random.choice(('', 'đường '))}"
    street = "" if random.random() < 0.2 else f"{street}{random.choice(STREETS)}, "
    long = f"{street}{', '.join(unit.full_name for unit in parts)}, {_province(random, province, short=False)}"
    short = f"{street}{', '.join(_short(random, unit) for unit in parts)}, {_province(random, province, short=True)}"
    bare = [unit.name if not unit.name.isdigit() else _short(random, unit) for unit in parts]
    return {
        "full": long, "abbreviated": short, "without accents": without_accents(long),
        "bare names": f"{street}{', '.join(bare)}, {province.name}", "no commas": short.replace(",", " "),
        "capitals": long.upper(), "dashes": short.replace(", ", " - "), "tail": long + random.choice(TAILS),
        "short ascii": without_accents(short).lower(),
    }[kind]  # fmt: skip


def _short(random: Random, unit: Unit) -> str:
    return random.choice(SHORT[unit.kind]) + unit.name


def _province(random: Random, province: Unit, *, short: bool) -> str:
    if province.code in NICKNAMES and random.random() < 0.7:
        return random.choice(NICKNAMES[province.code])
    return _short(random, province) if short else random.choice((province.full_name, province.name))
