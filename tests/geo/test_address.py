"""The Vietnamese address parser: a hand-checked corpus, generated messy addresses, and texts made to break it."""

import json
import socket
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.geo.address import Parsed, parse
from backend.geo.units import units
from tests.geo.messy import KINDS, Messy, make

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases/addresses.json").read_text("utf-8"))


def right(case: dict[str, Any], parsed: Parsed) -> bool:
    """Province, ward and style as the corpus says; an old ward that was split may name any of its successors."""
    ward = parsed.ward_new in case["ward_new"] if case["ward_new"] else parsed.ward_new is None
    old = "ward_old" not in case or parsed.ward_old == case["ward_old"]
    return (
        parsed.province_34 == case.get("province_34")
        and ward
        and old
        and parsed.style == case.get("style", parsed.style)
    )


def silently_wrong(case: dict[str, Any], parsed: Parsed) -> bool:
    """Sure of itself and mistaken; or naming a province which is not the one."""
    wrong_province = parsed.province_34 not in (None, case.get("province_34"))
    return wrong_province or (parsed.certain and not right(case, parsed))


def test_the_corpus_is_large_and_its_codes_exist() -> None:
    tables = units()
    assert len(CASES) >= 150
    for case in CASES:
        assert set(case["ward_new"]) <= set(tables.wards_new)
        assert case.get("ward_old") in {None, *tables.wards_old}


def test_messy_addresses_are_read_and_none_is_silently_wrong() -> None:
    parsed = [(case, parse(case["text"])) for case in CASES]
    wrong = [case["text"] for case, answer in parsed if silently_wrong(case, answer)]
    missed = [case["text"] for case, answer in parsed if not right(case, answer)]
    assert wrong == []
    assert len(missed) <= 0.01 * len(CASES), missed


def test_the_story_address_reaches_its_ward() -> None:
    parsed = parse("45/88/20P Bình Tiên, P7, Q6, TP HCM")
    assert (parsed.ward_old, parsed.province_63, parsed.province_34, parsed.certain) == ("27382", "79", "79", True)
    assert units().wards_new[parsed.ward_new or ""].name == "Bình Tiên"


def score(made: Messy) -> str:
    parsed = parse(made.text)
    if parsed.province_34 not in (None, made.province_34):
        return "province wrong"
    reached = parsed.ward_old == made.ward.code if made.old else parsed.ward_new == made.ward.code
    if parsed.certain and not reached:
        return "silently wrong"
    return "right" if reached else "flagged"


@pytest.mark.parametrize("kind", KINDS)
def test_generated_addresses_keep_the_rates_that_were_promised(kind: str) -> None:
    random = Random(f"addresses {kind}")
    scores = Counter(score(make(random, kind)) for _ in range(400))
    assert scores["province wrong"] == 0
    assert scores["silently wrong"] <= 1, scores
    assert scores["right"] >= 388, scores


def test_a_code_used_twice_is_read_in_the_regime_of_its_writer() -> None:
    before, after = parse("Phường Bến Nghé, Quận 1, TP HCM"), parse("Phường Sài Gòn, TP HCM")
    assert (before.style, before.ward_old) == ("old", "26740")
    assert (after.style, after.ward_new, after.ward_old) == ("new", "26740", None)
    assert before.ward_new == "26740"


def test_an_old_ward_that_was_split_is_never_certain_and_lists_its_successors() -> None:
    parsed = parse("12 Láng Hạ, P. Thành Công, Q. Ba Đình, Hà Nội")
    assert parsed.province_certain
    assert not parsed.certain
    assert {candidate.ward_new for candidate in parsed.candidates} == set(
        units().wards_old[parsed.ward_old or ""].links
    )


def test_a_new_ward_written_beside_a_split_old_one_settles_which_it_is() -> None:
    parsed = parse("12 Láng Hạ, P. Thành Công, Q. Ba Đình (nay là P. Ô Chợ Dừa), Hà Nội")
    assert parsed.certain
    assert units().wards_new[parsed.ward_new or ""].name == "Ô Chợ Dừa"


def test_a_told_style_is_obeyed() -> None:
    text = "Phường Tân Định, TP HCM"
    assert parse(text, style="new").ward_old is None
    assert parse(text, style="old").ward_old == "26734"


def test_a_province_alone_is_given_but_nothing_more() -> None:
    parsed = parse("Đà Nẵng")
    assert (parsed.province_34, parsed.ward_new, parsed.certain) == ("48", None, False)
    assert parsed.lat is None


def test_a_foreign_country_and_an_unknown_one_are_not_guessed_at() -> None:
    assert parse("45 Street 63, Phnom Penh, Campuchia").abroad
    assert parse("Phường 7, Quận 6, TP HCM", country="KH").province_34 is None


@pytest.mark.parametrize(
    "junk",
    [
        "P1 " * 700, "phường " * 300, "a," * 1000, "Quận 1, " * 250, "12/" * 700, "Hà Nội " * 300, "\u0301" * 2000,
        "xã an phú huyện châu thành tỉnh " * 60, "" , " ", "🏠" * 500, "ĐƯỜNG" * 400, "1" * 2000, "-" * 2000,
    ],
)  # fmt: skip
def test_junk_is_answered_and_reads_no_more_words_than_an_address_has(junk: str) -> None:
    assert isinstance(parse(junk), Parsed)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    parsed = parse(text)
    assert not parsed.certain or parsed.ward_new in units().wards_new


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the parser opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for case in CASES[:50]:
        parse(case["text"])
