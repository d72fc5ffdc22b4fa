"""Addresses to compare two parsers on: every way of writing, misspelt, cut short, mixed up, and plain noise."""

from __future__ import annotations

from random import Random

from tests.geo.messy import KINDS, make, without_accents

LETTERS = "abcdeghiklmnopqrstuvxyăâđêôơưáàảãạ"
NOISE = (
    "p", "q", "tp", "tx", "tt", "f1", "p07", "Q.10", "phường", "xã", "huyện", "thị trấn", "Thành phố", "tỉnh", "ward",
    "district", "city", "cũ", "(mới)", "nay là", "trước đây", "hẻm", "đường", "số", "12/3", "45", "700000", "²", "½",
    "Việt Nam", "VN", "Campuchia", "Lào", "T.X", "T/T", "t . p", "Sài Gòn", "HCM", "An Phú", "Tân Phú", "Hòa Hiệp",
    "Châu Thành", "Long Mỹ", "Mĩ Tho", "Bà Rịa - Vũng Tàu", "Ba Đình", "Đắk Lắk", "Quy Nhơn", "Huế", "ĐÔNG HÀ", "🏠",
    "\u0301", "Ð", "ð", "İ", "\u00a0", "\ufeff", "\x1c", "০৭", "かな", "கோ", "𝒫", "-", " - ", "–", "|", ";", "(", ")",
    "[", "/", "\n", ",", ".", "constructor", "__proto__",
)  # fmt: skip


def misspelt(random: Random, text: str, mistakes: int) -> str:
    """The text with letters dropped, doubled, swapped or replaced."""
    letters = list(text)
    for _ in range(mistakes):
        if len(letters) < 3:
            break
        at = random.randrange(len(letters) - 1)
        kind = random.randrange(4)
        if kind == 0:
            del letters[at]
        elif kind == 1:
            letters.insert(at, random.choice(LETTERS))
        elif kind == 2:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters[at] = random.choice(LETTERS)
    return "".join(letters)


def _mixed(random: Random, text: str) -> str:
    parts = [part.strip() for part in text.split(",")]
    kind = random.randrange(7)
    if kind == 0:  # no province
        parts = parts[:-1]
    elif kind == 1:  # no district
        parts = [part for n, part in enumerate(parts) if n != len(parts) - 2]
    elif kind == 2:
        random.shuffle(parts)
    elif kind == 3:
        parts = [without_accents(part) if random.random() < 0.5 else part for part in parts]
    elif kind == 4:
        parts.insert(random.randrange(len(parts) + 1), random.choice(NOISE))
    elif kind == 5:
        parts = [*parts[:-1], *parts]
    else:
        parts = [part.swapcase() for part in parts]
    return random.choice((", ", ",", " - ", " ", "; ", "\n")).join(parts)


def text_of(random: Random, n: int) -> str:
    """The n-th address to compare: the ways of writing take turns."""
    if n % 10 == 9:
        return random.choice((" ", ", ", "")).join(random.choice(NOISE) for _ in range(random.randrange(1, 14)))
    made = make(random, KINDS[n % len(KINDS)]).text
    if n % 3 == 1:
        made = _mixed(random, made)
    if n % 2:
        made = misspelt(random, made, random.randrange(1, 4))
    if n % 97 == 0:
        made = f"{made}, {make(random, 'full').text} " * 4
    return made


def questions(count: int) -> list[dict[str, object]]:
    """Questions for `tuyen parse-address`, the same ones every time; one in five tells the style."""
    random = Random("twins")
    asked: list[dict[str, object]] = []
    for n in range(count):
        question: dict[str, object] = {"id": n, "text": text_of(random, n)}
        if n % 5 == 0:
            question["style"] = random.choice(("old", "new"))
        asked.append(question)
    return asked
