"""Second step of the Vietnamese address parser: runs of words that could name a unit, with their label and place.

Pure. A window's `place` is the part of the score that does not depend on the unit: a whole comma segment is worth
something, words after a house number or "đường" are most likely a street.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from backend.geo.address_vi_text import (
    AFTER,
    CITY,
    DISTRICT_LABELS,
    LABELS,
    PROVINCE,
    STREET_WORDS,
    WARD_LABELS,
    Word,
    key_of,
)
from backend.geo.units import Entry, Index, Unit, Units

LONGEST_NAME = 6
NAME = 3.0
MIN_FUZZY = 80.0
ABBREVIATIONS = 4  # shorter keys are only believed as a whole segment or behind a label


@dataclass(slots=True)
class Window:
    """Words [start, end) that spell `key`; the label stands in [left, start), or behind in [end, right)."""

    start: int
    end: int
    left: int
    right: int
    key: str
    tone: str
    label: str
    place: float
    exact: bool = False

    def spells(self, unit: Unit) -> bool:
        """Whether this is the unit's own name, not a near spelling."""
        return self.key == key_of(unit.name)


@dataclass(slots=True)
class Scan:
    """Everything the readings need to know about one text."""

    words: list[Word]
    windows: list[Window]
    labelled: list[tuple[int, str]]
    phrases: list[Window]
    accented: bool
    fuzzy: dict[int, list[tuple[Window, Entry, float]]] = field(default_factory=dict)


def label_before(words: list[Word], start: int) -> tuple[int, str]:
    """(where the label begins, its kind) for a name starting at `start`; (start, "") without one."""
    for size in (2, 1):
        if start >= size and words[start - 1].block == words[start].block:
            kind = LABELS.get(tuple(word.text for word in words[start - size : start]))
            if kind:
                left = start - size
                doubled = left > 0 and LABELS.get((words[left - 1].text,)) == kind
                return left - doubled, kind
    return start, ""


def _window(words: list[Word], start: int, end: int, key: str) -> Window:
    left, label = label_before(words, start)
    right = end
    if end < len(words) and words[end].segment == words[start].segment and not label and words[end].text in AFTER:
        label, right = AFTER[words[end].text], end + 1
    opens = left == 0 or words[left - 1].segment != words[left].segment
    closes = right == len(words) or words[right].segment != words[right - 1].segment
    place = 0.0
    if opens and closes:
        place = 0.6
    elif not label:
        before = "" if opens else words[left - 1].text
        if before in STREET_WORDS:
            place = -3.0
        elif before[:1].isdigit():
            place = -2.0
        elif not opens:
            place = -0.8
        elif not closes:
            place = -0.4
    return Window(start, end, left, right, key, "".join(word.tone for word in words[start:end]), label, place)


def scan(words: list[Word], units: Units) -> Scan:
    """All windows that spell a known name, and the labelled or separate phrases a typo may hide in."""
    windows: list[Window] = []
    labelled: dict[int, str] = {}
    phrases: dict[tuple[int, int], Window] = {}
    count = len(words)
    for start in range(count):
        key = ""
        for end in range(start + 1, min(count, start + LONGEST_NAME) + 1):
            if words[end - 1].block != words[start].block:
                break
            key += words[end - 1].text
            if units.known(key):
                window = _window(words, start, end, key)
                if window.label or not (key.isdigit() or (len(key) < ABBREVIATIONS and window.place < 0)):
                    windows.append(window)
        left, kind = label_before(words, start)
        opens = start == 0 or words[start - 1].segment != words[start].segment
        if kind in WARD_LABELS or kind in DISTRICT_LABELS:
            labelled[left] = kind
        if (kind or opens) and not words[start].text[0].isdigit():
            for end in range(start + 1, min(count, start + 4) + 1):
                if words[end - 1].segment != words[start].segment:
                    break
                phrases[start, end] = _window(words, start, end, "".join(word.text for word in words[start:end]))
    accented = any(not word.tone.isascii() or word.tone[-1:].isdigit() for word in words if not word.text[0].isdigit())
    usable = [window for window in phrases.values() if len(window.key) > 4]
    for window in usable:
        window.exact = units.known(window.key)
    return Scan(words, windows, sorted(labelled.items()), usable, accented)


def fit(window: Window, unit: Unit, alias: bool, accented: bool) -> float:
    """How well a window names a unit: label agreement, accents, place. Below zero means "no"."""
    score = NAME + window.place
    label = window.label
    if label:
        score += _label_fit(label, unit, alias)
    if alias:
        score -= 0.3
    elif accented and not window.key.isdigit():
        written = not window.tone.isascii() or any(mark in "12345" for mark in window.tone)
        if written:
            score += 0.5 if window.tone == unit.tone else -0.9
    return score


def _label_fit(label: str, unit: Unit, alias: bool) -> float:
    if label == unit.kind:
        return 1.0
    if unit.level in ("ward_old", "ward_new"):
        if label not in WARD_LABELS:
            return -4.0
        return 0.2 if alias else -0.7
    if unit.level == "district":
        if label in WARD_LABELS or label == PROVINCE:
            return -4.0
        return 0.5 if alias else -0.5
    return -0.2 if label in (CITY, PROVINCE) else -4.0


def found(scan_: Scan, index: Index, *, fuzzy: bool) -> list[tuple[Window, Unit, float]]:
    """Every (window, unit, score) of the index in the text; with `fuzzy` also near spellings."""
    accented = scan_.accented
    hits = [
        (window, unit, fit(window, unit, alias, accented))
        for window in scan_.windows
        if window.key in index
        for unit, alias in index[window.key]
    ]
    if fuzzy:
        hits.extend(_near(scan_, index))
    return [hit for hit in hits if hit[2] >= 2.0]


def _near(scan_: Scan, index: Index) -> list[tuple[Window, Unit, float]]:
    cached = scan_.fuzzy.get(id(index))
    if cached is None:
        cached = []
        keys = [key for key in index if len(key) > 4]
        for phrase in scan_.phrases:
            if phrase.key in index or phrase.exact or (not phrase.label and phrase.place < 0):
                continue
            for key, ratio, _ in process.extract(phrase.key, keys, scorer=fuzz.ratio, limit=2, score_cutoff=MIN_FUZZY):
                cached.extend((phrase, entry, ratio) for entry in index[key])
        scan_.fuzzy[id(index)] = cached
    return [
        (phrase, entry[0], fit(phrase, entry[0], True, False) - 0.6 - (100.0 - ratio) * 0.05)
        for phrase, entry, ratio in cached
    ]
