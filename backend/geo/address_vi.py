"""The Vietnamese address parser: chooses among the readings of a text, and says when it cannot.

Pure. A reading is certain only when it beats every reading that would put the address elsewhere by `MARGIN`; otherwise
the answer carries the candidates and a person decides. Rule source: docs/decisions/0010-region-data.md.
"""

from __future__ import annotations

from backend.geo.address import Candidate, Parsed, Style
from backend.geo.address_vi_readings import Reader, Reading
from backend.geo.address_vi_text import is_abroad, words_of
from backend.geo.address_vi_windows import Scan
from backend.geo.units import Units, units

MARGIN = 1.0
MOST_CANDIDATES = 8
TRUST = 2.9  # a name inside other words, or two letters off, is never certain
UNREAD = 2.0  # a district was written which the reading does not use: no certainty
GOOD_ENOUGH = 2.5  # below this a "reading" is a coincidence


def parse_vietnamese(text: str, style: Style | None) -> Parsed:
    """Units of one address; never raises, whatever the text."""
    tables = units()
    words = words_of(text)
    if not words or is_abroad(words):
        return Parsed(style=style or "new", abroad=bool(words))
    scanned = Scan(words, tables)
    readings = _ranked(Reader(scanned, tables, fuzzy=False), style)
    if not readings or readings[0].ward is None or _doubtful(readings[0]):
        readings = _ranked(Reader(scanned, tables, fuzzy=True), style)
    if not readings:
        return Parsed(style=style or "new")
    return _answer(readings, style, tables)


def _ranked(reader: Reader, style: Style | None) -> list[Reading]:
    kept = [
        reading for reading in reader.all() if reading.score >= GOOD_ENOUGH and style in (None, reading.style or style)
    ]
    return sorted(kept, key=lambda reading: (-reading.score, -len(reading.news), reading.news))


def _doubtful(best: Reading) -> bool:
    """Whether something in the text stayed unread, so that a typo is worth looking for."""
    return best.lost >= MARGIN or best.score < (9.0 if best.style == "old" else 8.0)


def _conflict(a: Reading, b: Reading) -> bool:
    """Whether two readings put the address into different places."""
    if a.province_34 != b.province_34:
        return True
    if a.ward is None or b.ward is None:
        return b.ward is not None
    if a.style == b.style == "old" and a.ward is not b.ward:
        return True
    return not set(a.news) & set(b.news)


def _answer(readings: list[Reading], style: Style | None, tables: Units) -> Parsed:
    best = readings[0]
    close = [other for other in readings if best.score - other.score < MARGIN]
    rivals = [other for other in close[1:] if _conflict(best, other)]
    news = _successors(best, readings)
    province_34 = best.province_34 if all(other.province_34 == best.province_34 for other in close) else None
    olds = {
        _province_63(other, tables) for other in close if other.ward is not None or other.style or best.ward is None
    }
    province_63 = olds.pop() if len(olds) == 1 and province_34 else None
    certain = best.ward is not None and not rivals and len(news) == 1 and best.lost < UNREAD and best.trust >= TRUST
    ward_new = tables.wards_new[news[0]] if news and (best.ward is not None or len(news) == 1) else None
    is_old = best.style == "old"
    return Parsed(
        style="old" if is_old else style or "new",
        province_63=province_63,
        province_34=province_34,
        district=best.district.code if best.district and province_34 else None,
        ward_old=best.ward.code if best.ward and is_old else None,
        ward_new=ward_new.code if ward_new else None,
        lat=ward_new.lat if ward_new else None,
        lon=ward_new.lon if ward_new else None,
        certain=certain,
        province_certain=province_34 is not None,
        candidates=() if certain else _candidates([best, *rivals], news, tables),
    )


def _successors(best: Reading, readings: list[Reading]) -> tuple[str, ...]:
    """The new wards of the best reading; a new ward written beside a split old one settles which it is."""
    if len(best.news) == 1 or best.ward is None:
        return best.news
    for other in readings:
        said = other.ward if other.style == "new" and other.score > best.score - 6.0 else None
        if said is not None and said.code in best.news and said.tone != best.ward.tone:
            return other.news
    return best.news


def _province_63(reading: Reading, tables: Units) -> str | None:
    if reading.style == "old" and reading.province_63:
        return reading.province_63.code
    if reading.ward is not None:
        if reading.province_63 is not None:
            return reading.province_63.code
        return reading.ward.links[0] if len(reading.ward.links) == 1 else None
    if reading.province_63 is None:
        return None
    merged = [unit for unit in tables.p63.values() if unit.links[0] == reading.province_34]
    named_like_merged = tables.p34[reading.province_34].name == reading.province_63.name
    return None if len(merged) > 1 and named_like_merged else reading.province_63.code


def _candidates(readings: list[Reading], news: tuple[str, ...], tables: Units) -> tuple[Candidate, ...]:
    listed: list[Candidate] = []
    for index, reading in enumerate(readings):
        targets = (news if index == 0 else reading.news) or ("",)
        for code in targets:
            ward_new = tables.wards_new.get(code)
            listed.append(
                Candidate(
                    style=reading.style or "new",
                    name=_name(reading, code, tables),
                    province_63=_province_63(reading, tables),
                    province_34=reading.province_34,
                    ward_old=reading.ward.code if reading.ward and reading.style == "old" else None,
                    ward_new=ward_new.code if ward_new and reading.ward else None,
                )
            )
    unique = dict.fromkeys(listed)
    return tuple(unique)[:MOST_CANDIDATES] if len(unique) > 1 or readings[0].ward is not None else ()


def _name(reading: Reading, code: str, tables: Units) -> str:
    parts: list[str] = []
    if reading.ward is not None:
        parts.append(reading.ward.full_name)
    if reading.style == "old":
        if reading.district:
            parts.append(reading.district.full_name)
        if reading.province_63:
            parts.append(reading.province_63.full_name)
        if reading.ward is not None and code in tables.wards_new:
            parts[-1] += f" → {tables.wards_new[code].full_name}"
    else:
        parts.append(tables.p34[reading.province_34].full_name)
    return ", ".join(parts)
