"""The filters of the command line: one answer per line, in order, whatever the line says."""

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.geo.filters import locate_lines, parse_address_lines


def ask(filter_: Any, *lines: object) -> list[dict[str, Any]]:
    stdin = io.StringIO("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    stdout = io.StringIO()
    filter_(stdin, stdout)
    return [json.loads(line) for line in stdout.getvalue().split("\n") if line]


def test_parse_address_answers_the_codes_of_the_story_address() -> None:
    [answer] = ask(parse_address_lines, {"id": "x", "text": "45/88/20P Bình Tiên, P7, Q6, TP HCM"})
    assert answer.pop("lat") == 10.7425
    assert answer.pop("lon") == 106.643
    assert answer == {
        "id": "x", "style": "old", "province_63": "79", "province_34": "79", "ward_old": "27382", "ward_new": "27373",
        "certain": True, "candidates": [],
    }  # fmt: skip


def test_a_told_style_and_an_unreadable_text() -> None:
    new, nothing = ask(
        parse_address_lines,
        {"id": 1, "text": "Phường Tân Định, TP HCM", "style": "new"},
        {"id": 2, "text": "Gần chợ"},
    )
    assert (new["style"], new["ward_new"]) == ("new", "26737")
    assert nothing == {"id": 2, "style": "new", "certain": False, "candidates": []}


def test_locate_answers_every_set_or_says_what_is_wrong() -> None:
    sets = ["VN-ADM1-34", "VN-ADM1-63"]
    answers = ask(
        locate_lines,
        {"id": 1, "lat": 10.9804, "lon": 106.6519, "sets": sets},
        {"id": 2, "lat": 106.6, "lon": 10.9, "sets": sets},
        {"id": 3, "lat": 0, "lon": 0, "sets": sets[:1]},
        {"id": 4, "lat": 11.5564, "lon": 104.9282, "sets": sets[:1]},
        '{"id": 5, "lat": NaN, "lon": 106.0, "sets": ["VN-ADM1-34"]}',
    )
    assert answers[0]["regions"] == {
        "VN-ADM1-34": {"code": "79", "name": "Hồ Chí Minh", "method": "polygon", "distance_m": 0.0},
        "VN-ADM1-63": {"code": "74", "name": "Bình Dương", "method": "polygon", "distance_m": 0.0},
    }
    assert "problem" not in answers[0]
    assert [answer.get("problem") for answer in answers[1:]] == ["swapped", "null-island", "outside", "invalid"]
    assert answers[1]["regions"] == {"VN-ADM1-34": None, "VN-ADM1-63": None}


def test_a_bad_line_is_answered_in_its_place_and_the_rest_flows() -> None:
    answers = ask(
        parse_address_lines,
        "not json",
        [1, 2],
        {"id": 7},
        {"id": 8, "text": "x", "style": "ancient"},
        {"id": 9, "text": "Đà Nẵng"},
        "[" * 100_000,
        '{"id": "\\ud800", "text": "Huế"}',
        '{"id": 123456789012345678901234567890, "text": "Huế"}',
    )
    assert [answer.get("error") for answer in answers] == [
        "not-json", "not-an-object", "text-missing", "style-unknown", None, "not-json", None, None,
    ]  # fmt: skip
    assert [answer["id"] for answer in answers] == [None, None, 7, 8, 9, None, "\ud800", 123456789012345678901234567890]
    assert ask(locate_lines, {"id": 1, "lat": 1, "lon": 1, "sets": ["MOON"]}) == [{"id": 1, "error": "set-unknown"}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"id": json_values, "text": json_values, "lat": json_values, "lon": json_values}))
)
def test_one_answer_for_every_line_whatever_it_holds(lines: list[dict[str, object]]) -> None:
    assert len(ask(parse_address_lines, *lines)) == len(lines)
    assert len(ask(locate_lines, *lines)) == len(lines)
