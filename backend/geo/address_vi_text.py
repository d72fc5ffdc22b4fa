"""First step of the Vietnamese address parser: words, segments and labels ("P.", "quận") of a text, and name keys.

Pure. Accents are kept beside the folded words, because they tell "Tân Phú" from "Tấn Phú" when the writer used them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 56  # words read, counted from the right: an address says where it is at its end
LONGEST_TEXT = 700  # characters read, from the right

_TONES = {"\u0300": "1", "\u0301": "2", "\u0303": "3", "\u0309": "4", "\u0323": "5"}
_WORD = re.compile(r"[^\W\d_]+|\d+[^\W\d_]*|[,;\n|()\[\]/]|\s-\s|-", re.UNICODE)
_GLUED = re.compile(r"(\b[pqf]\s?\.?\s?\d{1,2})(?=[pqfth])")
_DOTTED = (
    (re.compile(r"\bt\s?[.]\s?p\b"), "tp"),
    (re.compile(r"\bt\s?[./]\s?x\b"), "tx"),
    (re.compile(r"\bt\s?[./]\s?t\b"), "tt"),
)
_BREAKS = frozenset(",;\n|()[]")
_OLD_MARK = re.compile(r"\b(?:cũ|trước đây|nay là|nay thuộc)(?!\w)|\(\s*mới\s*\)")

WARD, COMMUNE, TOWNLET, ZONE = "Phường", "Xã", "Thị trấn", "Đặc khu"
DISTRICT, RURAL, TOWN, CITY, PROVINCE = "Quận", "Huyện", "Thị xã", "Thành phố", "Tỉnh"
LABELS: dict[tuple[str, ...], str] = {
    ("p",): WARD, ("f",): WARD, ("ph",): WARD, ("phuong",): WARD, ("phg",): WARD, ("ward",): WARD, ("fuong",): WARD,
    ("x",): COMMUNE, ("xa",): COMMUNE, ("commune",): COMMUNE,
    ("tt",): TOWNLET, ("thi", "tran"): TOWNLET, ("ttr",): TOWNLET, ("thitran",): TOWNLET, ("township",): TOWNLET,
    ("dk",): ZONE, ("dac", "khu"): ZONE,
    ("q",): DISTRICT, ("quan",): DISTRICT, ("district",): DISTRICT, ("dist",): DISTRICT, ("qu",): DISTRICT,
    ("h",): RURAL, ("huyen",): RURAL,
    ("tx",): TOWN, ("thi", "xa"): TOWN, ("thixa",): TOWN,
    ("tp",): CITY, ("thanh", "pho"): CITY, ("thanhpho",): CITY,
    ("t",): PROVINCE, ("tinh",): PROVINCE,
}  # fmt: skip
LABELS_1 = {label[0]: kind for label, kind in LABELS.items() if len(label) == 1}
LABELS_2 = {(label[0], label[1]): kind for label, kind in LABELS.items() if len(label) == 2}
AFTER = {
    "ward": WARD, "commune": COMMUNE, "township": TOWNLET, "district": DISTRICT, "dist": DISTRICT, "town": TOWN,
    "city": CITY, "province": PROVINCE,
}  # fmt: skip
WARD_LABELS = frozenset((WARD, COMMUNE, TOWNLET, ZONE))
DISTRICT_LABELS = frozenset((DISTRICT, RURAL, TOWN, CITY))
STREET_WORDS = frozenset(
    (
        "duong", "pho", "ngo", "ngach", "hem", "kiet", "hxh", "kdc", "kdt", "kcn", "ccn", "ql", "tl", "dt", "cau",
        "cho", "ap", "thon", "to", "kp", "khom", "so", "toa", "lo", "lau", "tang", "nha", "street", "st", "road", "bai",
        "khu", "ben", "cang", "benh", "truong", "chua", "dinh", "ga", "quoc", "dai", "d",
    )
)  # fmt: skip
ABROAD = frozenset(
    (
        "campuchia", "cambodia", "lao", "laos", "thailan", "thailand", "trungquoc", "china", "singapore", "malaisia",
        "indonesia", "hanquoc", "korea", "nhatban", "japan", "dailoan", "taiwan", "mi", "usa", "mianmar", "philippines",
    )
)  # fmt: skip
TAIL_WORDS = frozenset(("vn", "vietnam", "viet", "nam"))


@dataclass(slots=True)
class Word:
    """One word: folded form, accented form, its segment (between commas) and whether a hard break stands before it."""

    text: str
    tone: str
    segment: int
    block: int
    accented: bool


@lru_cache(maxsize=8192)
def fold_word(word: str) -> tuple[str, str]:
    """(folded with i for y, accent form: letters with hats and horns, then tone digits in any order of writing)."""
    marks = unicodedata.normalize("NFD", word.replace("đ", "\x01"))
    letters = "".join(mark for mark in marks if mark not in _TONES)
    tones = "".join(sorted(_TONES[mark] for mark in marks if mark in _TONES))
    plain = "".join(mark for mark in letters if not unicodedata.combining(mark)).replace("\x01", "d")
    if plain.isdigit():
        plain = plain.lstrip("0") or "0"
        return plain, plain
    hatted = unicodedata.normalize("NFC", letters).replace("\x01", "đ")
    return _iy(plain), _iy(hatted) + tones


def _iy(word: str) -> str:
    return re.sub(r"(?<![aeouâ])y|(?<=qu)y", "i", word) if "y" in word else word


def clean(text: str) -> str:
    """Lower case, composed accents, one kind of đ, no dots that only abbreviate."""
    lowered = unicodedata.normalize("NFC", text[-LONGEST_TEXT:]).replace("Ð", "đ").replace("ð", "đ").lower()
    lowered = _OLD_MARK.sub(" ", lowered)
    for pattern, short in _DOTTED:
        lowered = pattern.sub(short, lowered)
    return _GLUED.sub(r"\1 ", lowered)


def words_of(text: str) -> list[Word]:
    """The last words of the text, without the country, the post code and phone numbers at its end."""
    words: list[Word] = []
    segment = block = 0
    for match in _WORD.finditer(clean(text)):
        part = match.group()
        if part in _BREAKS:
            segment += 1
            block += 1
        elif part.strip() == "-":
            segment += len(part) > 1
        elif part != "/":
            plain, tone = fold_word(part)
            words.append(Word(plain, tone, segment, block, tone != plain))
    while words and (words[-1].text in TAIL_WORDS or (words[-1].text.isdigit() and len(words[-1].text) > 4)):
        if words[-1].text == "nam" and not (len(words) > 1 and words[-2].text == "viet"):
            break
        words.pop()
    return words[-LONGEST:]


def is_abroad(words: list[Word]) -> bool:
    """Whether the last segment is nothing but the name of another country."""
    last = [word.text for word in words if word.segment == words[-1].segment] if words else []
    return len(words) > len(last) and "".join(last) in ABROAD


def key_of(name: str) -> str:
    """The key of a name: "Bà Rịa - Vũng Tàu" -> "bariavungtau"; "07" -> "7"."""
    return "".join(fold_word(match.group())[0] for match in _WORD.finditer(name.lower()) if match.group()[0].isalnum())


def tone_of(name: str) -> str:
    """The accent form of a name, to compare with what was typed."""
    composed = unicodedata.normalize("NFC", name).lower()
    return "".join(fold_word(match.group())[1] for match in _WORD.finditer(composed) if match.group()[0].isalnum())
