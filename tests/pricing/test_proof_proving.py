"""The shared cases reach every branch of both price brains; the tool that says so would say if they did not."""

import ast
import subprocess
import sys
from typing import Any

import pytest

from tests.pricing import proving
from tests.pricing.mutating import Noting, mutants
from tests.pricing.proving import BRAIN, ROOT, phone, questions, source_of


def test_every_condition_of_the_office_comes_out_both_ways_and_every_function_runs() -> None:
    command = [sys.executable, "-m", "tests.pricing.proving", "coverage", "--brain", "office"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # it puts modules in place
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[1]) > 900


def test_every_condition_of_the_phone_comes_out_both_ways_and_every_function_runs() -> None:
    found = phone("coverage", questions())
    assert found["missed"] == []
    assert found["outcomes"] > 1100


def test_a_case_that_is_missing_is_told() -> None:
    few = {**questions(), "price": [], "kept": []}
    missed = phone("coverage", few)["missed"]
    assert {"name": "prices.ts", "missing": "run"} in [{key: one[key] for key in ("name", "missing")} for one in missed]
    assert len(missed) > 600


def _told(source: str) -> list[tuple[str, str]]:
    tree = ast.parse(source)
    return [
        (ast.unparse(one.was), ast.unparse(one.becomes) or type(one.becomes).__name__) for one in mutants("m", tree)
    ]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = a and not b", [("", "Or"), ("not b", "b")]),
        ("if a:\n    b()", [("a", "True"), ("a", "False"), ("b()", "pass")]),
        ("x = max(a, 1)", [("max(a, 1)", "min(a, 1)"), ("1", "2")]),
        ('def f() -> "X":\n    """Says."""\n    return "x"', [("'x'", "''")]),
        ("x: int = -1", [("-1", "1"), ("1", "2")]),
    ],
)
def test_a_mutant_is_one_small_change(source: str, told: list[tuple[str, str]]) -> None:
    assert _told(source) == told


def test_what_is_noted_is_what_the_condition_came_to() -> None:
    points: list[dict[str, Any]] = []
    noted: list[tuple[str, object]] = []

    def note(place: int, value: object = None) -> object:
        noted.append((points[place]["text"], value))
        return value

    tree = Noting("m", points).visit(ast.parse("def f(a, b):\n    return 1 if a and b else 0"))
    names: dict[str, Any] = {"_note": note}
    exec(compile(ast.fix_missing_locations(tree), "m", "exec"), names)
    assert names["f"](1, 0) == 0
    assert noted == [("f()", None), ("a", 1), ("a and b", 0)]


def test_what_counts_as_the_same_still_stands_in_the_sources() -> None:
    places = {name.rpartition(".")[2]: source_of(name) for name in BRAIN}
    for brain, groups in proving.equivalents().items():
        for group in groups:
            assert len(group["why"]) > 20
            for name, code, was, _ in group["mutants"]:
                path = places[name] if brain == "office" else ROOT / "pwa/src/lib/pricing" / name
                assert code in path.read_text("utf-8"), (name, code, was)
