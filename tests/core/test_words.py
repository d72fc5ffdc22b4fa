"""Folding, languages, paging and settings: small things everybody leans on."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Malformed
from backend.core.folding import digits, fold
from backend.core.ids import new_id
from backend.core.languages import text
from backend.core.paging import decode_cursor, encode_cursor
from backend.core.settings import settings, using


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Cửa hàng Minh", "cua hang minh"), ("ĐÔNG  Đô", "dong do"), ("Ngô\u0302", "ngo"), ("  a\t b ", "a b")],
)
def test_folding_keeps_letters_and_drops_marks(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(written: str) -> None:
    assert fold(fold(written)) == fold(written)


@pytest.mark.parametrize("written", ["+84 901 234 789", "0084901234789", "0901.234.789", "(090) 1234-789"])
def test_a_phone_number_has_one_form(written: str) -> None:
    assert digits(written) == "0901234789"


def test_a_text_is_filled_in_either_language() -> None:
    assert "7" in text("problem.stale-version", "vi", current=7) and "7" in text(
        "problem.stale-version", "en", current=7
    )
    assert text("problem.not-found", "vi") != text("problem.not-found", "en")
    assert text("no.such.key", "en") == "no.such.key"


def test_a_cursor_gives_back_what_it_was_made_of() -> None:
    one = new_id()
    assert decode_cursor(encode_cursor("Đông", 5, str(one)), str, int, UUID) == ("Đông", 5, one)
    assert decode_cursor(None, str) is None


@pytest.mark.parametrize("cursor", ["x", "!!!", "bnVsbA", "WzEsMl0", "é"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Malformed):
        decode_cursor(cursor, str, int, UUID)


def test_settings_change_for_a_while_only() -> None:
    before = settings()
    with using(time_zone="UTC"):
        assert settings().time_zone == "UTC"
    assert settings() is before


def test_ids_sort_by_the_moment_of_their_making() -> None:
    made = [new_id() for _ in range(100)]
    assert made == sorted(made) and {one.version for one in made} == {7}
