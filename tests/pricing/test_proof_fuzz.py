"""A thousand random orders through both engines in the default run; `make fuzz` takes twenty thousand."""

import sys

import pytest

from tests.pricing import fuzzing
from tests.pricing.fuzzing import asked, compared
from tests.pricing.reaching import EVERYTHING, reached
from tests.pricing.test_engines import bundle

__all__ = ["bundle"]
CASES = 1_000


@pytest.mark.usefixtures("bundle")
def test_both_engines_answer_a_thousand_random_orders_alike_and_every_part_is_reached() -> None:
    differing, parts = compared(range(CASES))
    again = [f"python -m tests.pricing.fuzzing --from {seed} --cases 1" for seed in differing[:5]]
    assert not differing, f"{len(differing)} of {CASES} differ; run again: {again}"
    assert [part for part in EVERYTHING if not parts[part]] == []
    assert parts["priced"] > CASES / 3


@pytest.mark.usefixtures("bundle")
def test_a_difference_is_told_with_the_seed_that_shows_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzzing, "price_answer", lambda line: '{"error":"ELSE"}' if '"id": 4,' in line else "{}")
    monkeypatch.setattr(fuzzing, "price_lines", lambda lines, out, engine: out.write("{}\n" * len(lines.readlines())))
    monkeypatch.setattr(fuzzing, "reached", lambda line, answer: set())
    monkeypatch.setattr(sys, "argv", ["fuzzing", "--cases", "9"])
    assert fuzzing.main() == 1
    assert "--from 4 --cases 1" in capsys.readouterr().out


def test_a_seed_gives_the_same_line_every_time() -> None:
    assert [asked(seed) for seed in range(30)] == [asked(seed) for seed in range(30)]


def test_a_part_is_told_from_the_answer_alone() -> None:
    assert reached("{", '{"error": "NOT_JSON", "id": null}') == {"NOT_JSON"}
