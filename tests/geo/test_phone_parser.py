"""The phone reads addresses as the office does: every field of every reading, of the corpus and of thousands made."""

import io
import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from rapidfuzz import process
from rapidfuzz.distance import OSA

from backend.core.node import find_node
from backend.geo.address import Parsed, parse
from backend.geo.assigning import centroid
from backend.geo.filters import PHONE, parse_address_lines
from backend.geo.locate import DATA
from tests.geo.test_address import CASES
from tests.geo.twins import questions

PWA = Path(__file__).parents[2] / "pwa"
MADE = 4000
STORY = "45/88/20P Bình Tiên, P7, Q6, TP HCM"
EMPTY = {"province_63": None, "province_34": None, "ward_old": None, "ward_new": None}


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the phone's parser as of today's sources."""
    found = find_node()
    assert found is not None, "the phone's parser needs Node"
    sources = (PWA / "src/lib/address").glob("*.ts")
    if not PHONE.is_file() or PHONE.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        subprocess.run([found, "scripts/filters.mjs", "address"], cwd=PWA, check=True)
    return found


def phone(node: str, asked: list[dict[str, Any]], mode: str) -> list[Any]:
    """What the phone's bundle answers to each line."""
    done = subprocess.run(
        [node, str(PHONE), str(DATA / "units.json.gz"), mode],
        input="\n".join(json.dumps(one) for one in asked).encode(), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.decode().splitlines() if line]


def whole(parsed: Parsed) -> dict[str, Any]:
    """A reading of the office with every field spelt out, and the centre it would be placed at."""
    place = centroid(parsed)
    centre = {"lat": place.lat, "lon": place.lon, "accuracy_m": place.accuracy_m} if place else None
    candidates = [EMPTY | msgspec.to_builtins(one) for one in parsed.candidates]
    return {**msgspec.to_builtins(parsed), "candidates": candidates, "centre": centre}


def test_the_phone_and_the_office_read_thousands_of_addresses_alike_in_every_field(node: str) -> None:
    asked = questions(MADE) + [{"id": case["id"], "text": case["text"]} for case in CASES]
    office = [{"id": one["id"], **whole(parse(one["text"], style=one.get("style")))} for one in asked]
    answers = phone(node, asked, "whole")
    assert len(answers) == len(office)
    differences = [(one, a, b) for one, a, b in zip(asked, office, answers, strict=True) if a != b]
    assert differences == [], f"{len(differences)} of {len(asked)}"
    # The comparison is worth something only when all sorts of readings occur in it.
    sure = sum(one["certain"] for one in office)
    assert sure > MADE / 2
    assert sum(one["certain"] and one["style"] == "new" for one in office) > MADE / 6
    assert sum(bool(one["candidates"]) for one in office) > MADE / 20
    assert sum(one["province_34"] is None for one in office) > MADE / 20
    assert any(one["abroad"] for one in office)


def test_near_spellings_are_those_of_the_office_in_its_order(node: str) -> None:
    random = Random("near")
    asked: list[tuple[str, list[str], int]] = []
    for n in range(1500):
        letters = ("ab", "abcd", "aăâeê𝒫")[n % 3]
        words = ["".join(random.choice(letters) for _ in range(random.randrange(1, 12))) for _ in range(30)]
        asked.append((words[0], list(dict.fromkeys(words[1:])), random.choice((1, 2))))
    office = [
        process.extract(text, keys, scorer=OSA.distance, limit=4, score_cutoff=most) for text, keys, most in asked
    ]
    answers = phone(node, [{"text": text, "keys": keys, "most": most} for text, keys, most in asked], "near")
    assert answers == [[[key, edits] for key, edits, _ in near] for near in office]
    assert sum(len(near) == 4 for near in office) > 100


@pytest.mark.usefixtures("node")
def test_the_filter_answers_alike_with_either_engine() -> None:
    lines = [json.dumps(one) for one in [*questions(200), {"id": "story", "text": STORY}]]
    lines += ["{", "null", "[]", "{}", '{"id": 1, "text": 2}', '{"id": 2, "text": "x", "style": "future"}']
    answers = []
    for engine in ("server", "phone"):
        out = io.StringIO()
        parse_address_lines(io.StringIO("\n".join(lines) + "\n"), out, engine=engine)
        answers.append([json.loads(line) for line in out.getvalue().splitlines()])
    assert answers[0] == answers[1]
    assert len(answers[0]) == len(lines)
    assert answers[0][200]["ward_old"] == "27382"
