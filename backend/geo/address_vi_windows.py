"""Second step of the Vietnamese address parser: runs of words that could name a unit, with their label and place.

Pure. A window's `place` is the part of the score that does not depend on the unit: a whole comma segment is worth
something, words after a house number or "đường" are most likely a street.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from backend.geo.address_vi_text import (
    AFTER,
    CITY,
    DISTRICT_LABELS,
    LABELS_1,
    LABELS_2,
    PROVINCE,
    STREET_WORDS,
    WARD_LABELS,
    Word,
    key_of,
)
from backend.geo.units import Entry, Index, Unit, Units

LONGEST_NAME = 6
NAME = 3.0
INSIDE = -0.8  # in the middle of other words, without a label; twice that where commas are used
EDIT = 1.2  # what one wrong letter costs
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

    def spells(self, unit: Unit) -> bool:
        """Whether this is the unit's own name, not a near spelling."""
        return self.key == key_of(unit.name)


class Scan:
    """Everything the readings need to know about one text."""

    def __init__(self, words: list[Word], units: Units) -> None:
        self.words, self.units = words, units
        self.labels = [label_before(words, start) for start in range(len(words))]
        self.accented = any(word.accented for word in words)
        self.labelled = sorted(
            {left: kind for left, kind in self.labels if kind in WARD_LABELS or kind in DISTRICT_LABELS}.items()
        )
        self.commas = bool(words) and words[0].block != words[-1].block
        self.windows = self._known()
        self.starts = {window.left for window in self.windows} | {left for left, kind in self.labels if kind}
        for window in self.windows:
            window.place -= self._torn(window)
        self._phrases: list[Window] | None = None
        self.near: dict[int, list[tuple[Window, Entry, float]]] = {}

    def _known(self) -> list[Window]:
        """All runs of words that spell a name in the tables."""
        words, keys = self.words, self.units.keys
        windows: list[Window] = []
        for start, first in enumerate(words):
            key = ""
            for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1):
                word = words[end - 1]
                if word.block != first.block:
                    break
                key += word.text
                if key in keys:
                    window = self.window(start, end, key)
                    if window.label or not (key.isdigit() or (len(key) < ABBREVIATIONS and window.place < 0)):
                        windows.append(window)
        return windows

    def phrases(self) -> list[Window]:
        """Labelled or separate runs of words that are no known name: where a typo may hide. Made when first needed."""
        if self._phrases is not None:
            return self._phrases
        words = self.words
        found_: list[Window] = []
        for start, first in enumerate(words):
            opens = start == 0 or words[start - 1].segment != first.segment
            if not (self.labels[start][1] or opens) or first.text[0].isdigit():
                continue
            key = ""
            for end in range(start + 1, min(len(words), start + 4) + 1):
                if words[end - 1].segment != first.segment:
                    break
                key += words[end - 1].text
                if len(key) > ABBREVIATIONS and key not in self.units.keys:
                    window = self.window(start, end, key)
                    window.place -= self._torn(window)
                    if window.label or window.place >= 0:
                        found_.append(window)
        self._phrases = found_
        return found_

    def _torn(self, window: Window) -> float:
        """What it costs to stop inside a segment where no other name begins ("Hòa Hiệp" of "Hòa Hiệp Bắc")."""
        words, right = self.words, window.right
        if right == len(words) or words[right].segment != words[right - 1].segment or right in self.starts:
            return 0.0
        return 1.5

    def window(self, start: int, end: int, key: str) -> Window:
        words = self.words
        left, label = self.labels[start]
        right = end
        if end < len(words) and words[end].segment == words[start].segment and not label and words[end].text in AFTER:
            label, right = AFTER[words[end].text], end + 1
        opens = left == 0 or words[left - 1].segment != words[left].segment
        closes = right == len(words) or words[right].segment != words[right - 1].segment
        place = _place(opens, closes, label, "" if opens else words[left - 1].text)
        if place == INSIDE and self.commas:
            place = 2 * INSIDE
        return Window(start, end, left, right, key, "".join([word.tone for word in words[start:end]]), label, place)


def _place(opens: bool, closes: bool, label: str, before: str) -> float:
    """What the place of a window in its segment is worth."""
    if opens and closes:
        return 0.6
    if label:
        return 0.0
    if before in STREET_WORDS:
        return -3.0
    if before[:1].isdigit():
        return -2.0
    return 0.0 if opens else INSIDE


def label_before(words: list[Word], start: int) -> tuple[int, str]:
    """(where the label begins, its kind) for a name starting at `start`; (start, "") without one."""
    if start == 0 or words[start - 1].block != words[start].block:
        return start, ""
    kind = ""
    size = 2
    if start > 1:
        kind = LABELS_2.get((words[start - 2].text, words[start - 1].text), "")
    if not kind:
        kind, size = LABELS_1.get(words[start - 1].text, ""), 1
    if not kind:
        return start, ""
    left = start - size
    doubled = left > 0 and kind != PROVINCE and words[left - 1].block == words[left].block
    if doubled and LABELS_1.get(words[left - 1].text) == kind:
        left -= 1
    return left, kind


def fit(window: Window, unit: Unit, alias: bool, accented: bool) -> float:
    """How well a window names a unit: label agreement, accents, place. Below zero means "no"."""
    score = NAME + window.place
    label = window.label
    if label:
        score += _label_fit(label, unit, alias)
    if alias:
        score -= 0.3
    elif accented and not window.key.isdigit():
        written = window.tone != window.key
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
    return -0.7 if label in (CITY, PROVINCE) else -4.0


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
    """Names one or two letters away; two only in long names."""
    cached = scan_.near.get(id(index))
    if cached is None:
        cached = []
        keys = [key for key in index if len(key) > ABBREVIATIONS]
        for phrase in scan_.phrases():
            most = 2 if len(phrase.key) > 7 else 1
            for key, edits, _ in process.extract(phrase.key, keys, scorer=OSA.distance, limit=4, score_cutoff=most):
                cached.extend((phrase, entry, float(edits)) for entry in index[key])
        scan_.near[id(index)] = cached
    return [
        (phrase, unit, fit(phrase, unit, False, False) - EDIT * edits - (0.3 if alias else 0.0))
        for phrase, (unit, alias), edits in cached
    ]
