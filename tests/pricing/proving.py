"""How much of the two price brains the shared cases prove: every condition both ways (`coverage`), and `mutants`.

`make mutants` (`python -m tests.pricing.proving mutants --sample 300`) changes one small thing of a rule at a time and
asks every shared case again; a mutant nobody notices is a rule nobody proves. It is noticed when an answer has other
bytes: `test_engines.py` holds both brains to each other on all of them. What cannot be noticed, because it means the
same, is listed with its reason in `equivalents.json`. The phone's half is pwa/scripts/price-proof.mjs.
"""

import argparse
import ast
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from types import CodeType
from typing import Any

from backend.core.errors import Refusal
from backend.core.node import find_node
from backend.pricing.answering import price_answer
from tests.pricing.mutating import Mutant, Noting, mutants
from tests.pricing.test_cases import CASES
from tests.pricing.test_engines import PWA, requests

ROOT = Path(__file__).parents[2]
EQUIVALENTS = Path(__file__).with_name("equivalents.json")
SLOWEST = 10  # seconds for all questions to one mutant; they take a twentieth of it
# What is imported comes first.
BRAIN = (
    "backend.pricing.numbers", "backend.catalog.units", "backend.pricing.shapes", "backend.pricing.rules_grammar",
    "backend.pricing.rules_lists", "backend.pricing.rules_campaigns", "backend.pricing.rules_book",
    "backend.pricing.rules_order", "backend.pricing.rules_prices", "backend.pricing.rules_conditions",
    "backend.pricing.rules_effects", "backend.pricing.rules_thresholds", "backend.pricing.rules_gifts",
    "backend.pricing.rules_promotions", "backend.pricing.rules_tax", "backend.pricing.rules",
    "backend.pricing.answering",
)  # fmt: skip
Json = dict[str, Any]
Question = tuple[str, Any]


def questions() -> Json:
    """Every shared case as a line, some orders for a book that is kept, and the fractions."""
    convert = json.loads((CASES / "units" / "convert.json").read_text("utf-8"))["cases"]
    price = requests("pricing")
    ordered = [line for line in price if '"book": {"company_currency"' in line]
    refused = [line for line in ordered if '"error"' in price_answer(line)]
    kept = [*ordered[::10], *refused]
    rows = json.loads((CASES / "fractions.json").read_text("utf-8"))["rows"]
    lines = [json.dumps({"id": 1, **one["request"]}) for one in convert]
    return {"price": price, "convert": lines, "kept": kept, "vectors": [rows[:324], rows[324:]]}


def asked(one: Question) -> str:
    """What the brain in `sys.modules` answers."""
    kind, given = one
    answering = sys.modules["backend.pricing.answering"]
    if kind == "vectors":
        numbers = sys.modules["backend.pricing.numbers"]
        pairs = [(Fraction(one), Fraction(other)) for one, other, *_ in given]
        return str([(numbers.at_digits(a, 2), numbers.to_step(a, b), numbers.in_whole([a, b])) for a, b in pairs])
    if kind != "kept":
        return str(getattr(answering, f"{kind}_answer")(given))
    request, price = json.loads(given), sys.modules["backend.pricing.rules"].price_order
    order = request.get("order")
    try:
        book = sys.modules["backend.pricing.rules_book"].Book(request.get("book"))
        answers = [price(book, order), price(book, order, explain=False)]
        answers.append(price(book.with_promotions([]), order))
    except Refusal as refusal:
        return f"{refusal.code} {refusal.pointer} {refusal.numbers}"
    return str(answering.canonical(answers))


def source_of(name: str) -> Path:
    """Where a module of the brain is written."""
    return ROOT / f"{name.replace('.', '/')}.py"


def run(name: str, code: CodeType, **names: Any) -> None:
    """Put a module in place of the one that is there."""
    module = type(sys)(name)
    module.__dict__.update(names)
    sys.modules[name] = module
    exec(code, module.__dict__)


def compiled(tree: ast.Module, name: str) -> CodeType:
    """A tree as code, whatever was put into it."""
    return compile(ast.fix_missing_locations(tree), str(source_of(name)), "exec")


def coverage(questions: Sequence[Question]) -> Json:
    """What no question brought about: how many outcomes there are, and those missed."""
    points: list[Json] = []
    seen: list[set[str]] = []

    def note(place: int, value: Any = None) -> Any:
        seen[place].add("run" if points[place]["kind"] == "run" else str(bool(value)).lower())
        return value

    for name in BRAIN:
        tree = Noting(name, points).visit(ast.parse(source_of(name).read_text("utf-8")))
        seen += [set() for _ in range(len(points) - len(seen))]
        run(name, compiled(tree, name), _note=note)
    for one in questions:
        asked(one)
    wanted = [(place, out) for place, point in enumerate(points) for out in _outcomes(point)]
    missed = [{**points[place], "missing": out} for place, out in wanted if out not in seen[place]]
    return {"outcomes": len(wanted), "missed": missed}


def _outcomes(point: Json) -> tuple[str, ...]:
    return ("run",) if point["kind"] == "run" else ("true", "false")


def survivors(questions: list[Question], sample: int, seed: int, only: str) -> Json:
    """Some mutants (0: all), and those no question kills. The question that killed last is asked first."""
    trees = {name: ast.parse(source_of(name).read_text("utf-8")) for name in BRAIN}
    plain = {name: compiled(tree, name) for name, tree in trees.items()}
    everything = [one for name, tree in trees.items() if only in name for one in mutants(name, tree)]
    tried = Random(seed).sample(everything, sample) if 0 < sample < len(everything) else everything
    expected = [(one, asked(one)) for one in questions]
    survived: list[Json] = []
    for one in tried:
        one.put(ast.copy_location(one.becomes, one.was))
        try:
            plain_or_changed = {**plain, one.module: compiled(trees[one.module], one.module)}
        finally:
            one.put(one.was)
        killer = _killer(one.module, plain_or_changed, expected)
        if killer is None:
            survived.append(_told(one))
            print(f"office: {survived[-1]}", file=sys.stderr)  # all mutants take minutes: see what comes of them
        elif killer:
            expected.insert(0, expected.pop(killer))
    return {"mutants": len(everything), "tried": len(tried), "survived": survived}


def _killer(changed: str, modules: dict[str, CodeType], expected: list[tuple[Question, str]]) -> int | None:
    """Which question a mutant answers otherwise, asked in a process of its own; 0 where it falls over."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(SLOWEST)
            for name in BRAIN[BRAIN.index(changed) :]:
                run(name, modules[name])
            found = next((n for n, (one, answer) in enumerate(expected) if asked(one) != answer), -1)
            os.write(writing, str(found).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return None if said == "-1" else int(said or 0)


def _told(one: Mutant) -> Json:
    code = source_of(one.module).read_text("utf-8").splitlines()[one.line - 1].strip()
    was, becomes = (_text(node) for node in (one.was, one.becomes))
    return {"name": one.module.rpartition(".")[2], "line": one.line, "code": code, "was": was, "becomes": becomes}


def _text(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text or type(node).__name__


def phone(what: str, asking: Json) -> Json:
    """The same of the phone's brain."""
    node = find_node()
    assert node is not None, "the phone's price brain needs Node"
    command = [node, "scripts/price-proof.mjs", what]
    done = subprocess.run(command, cwd=PWA, input=json.dumps(asking), stdout=subprocess.PIPE, text=True, check=True)
    found: Json = json.loads(done.stdout)
    return found


def judged(brain: str, found: Json) -> list[Json]:
    """The survivors that mean something else than the rule; the others are in the list of equivalents."""
    same = {tuple(one) for group in equivalents()[brain] for one in group["mutants"]}
    return [
        one for one in found["survived"] if tuple(one[key] for key in ("name", "code", "was", "becomes")) not in same
    ]


def equivalents() -> dict[str, list[Json]]:
    """Of each brain: a reason, and the mutants it holds for as [name, line of code, was, becomes]."""
    found: dict[str, list[Json]] = json.loads(EQUIVALENTS.read_text("utf-8"))
    return found


def main() -> int:
    """Print the figures of both brains and what nobody notices; non-zero below the wanted score."""
    parser = argparse.ArgumentParser(prog="python -m tests.pricing.proving")
    parser.add_argument("what", choices=("coverage", "mutants"))
    parser.add_argument("--sample", type=int, default=300, help="mutants of each brain; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=int, default=90, help="percent of the mutants that must be noticed")
    parser.add_argument("--only", default="", help="only files with this in their name: prices")
    parser.add_argument("--brain", choices=("office", "phone"))
    wanted = parser.parse_args()
    for name in BRAIN:
        importlib.import_module(name)
    lines = questions()
    flat = [(kind, line) for kind, some in lines.items() for line in some]
    asking = {**lines, "sample": wanted.sample, "seed": wanted.seed, "only": wanted.only}
    passed = True
    for brain in (wanted.brain,) if wanted.brain else ("office", "phone"):
        if wanted.what == "coverage":
            found = coverage(flat) if brain == "office" else phone("coverage", asking)
            print(
                f"{brain}: {found['outcomes']} outcomes of conditions and functions, {len(found['missed'])} never met"
            )
            for one in found["missed"]:
                print(f"  {one['name']}:{one['line']} never {one['missing']}: {one['text']}")
            passed &= not found["missed"]
            continue
        found = (
            survivors(flat, wanted.sample, wanted.seed, wanted.only) if brain == "office" else phone("mutants", asking)
        )
        alive = judged(brain, found)
        same, killed = len(found["survived"]) - len(alive), found["tried"] - len(found["survived"])
        score = 100 * killed / max(1, found["tried"] - same)
        print(f"{brain}: {found['tried']} of {found['mutants']} mutants, {same} mean the same, {score:.1f} % noticed")
        for one in alive:
            print(f"  {one['name']}:{one['line']} {one['was']!r} -> {one['becomes']!r} in: {one['code']}")
        passed &= score >= wanted.least
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
