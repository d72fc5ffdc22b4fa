"""The phone's brain and the office's give the same bytes: on every shared case and on hostile lines.

Random orders: test_proof_fuzz.py.
"""

import io
import json
import subprocess
from pathlib import Path

import pytest

from backend.pricing.filters import BUNDLE, convert_lines, find_node, price_lines
from tests.pricing.test_cases import CASES, line_of

PWA = Path(__file__).parents[2] / "pwa"


@pytest.fixture(scope="module")
def bundle() -> None:
    """The phone's bundle as of today's sources."""
    sources = (PWA / "src/lib/pricing").glob("*.ts")
    if not BUNDLE.is_file() or BUNDLE.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        node = find_node()
        assert node is not None, "the phone's price brain needs Node"
        subprocess.run([node, "scripts/filters.mjs", "price"], cwd=PWA, check=True)


def both(lines: list[str], *, of: str = "price") -> tuple[list[str], list[str]]:
    """What the office and the phone answer."""
    ask = price_lines if of == "price" else convert_lines
    answers = []
    for engine in ("server", "phone"):
        out = io.StringIO()
        ask(io.StringIO("\n".join(lines) + "\n"), out, engine=engine)
        answers.append(out.getvalue().splitlines())
    return answers[0], answers[1]


def requests(folder: str) -> list[str]:
    """Every shared case as a line."""
    found = []
    for path in sorted((CASES / folder).glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        for case in content["cases"]:
            book = {**content.get("book", {}), **case.get("with", {})}
            found.append(line_of({**case, "book": book}, case["name"]).replace("\n", " "))
    return found


@pytest.mark.usefixtures("bundle")
def test_both_engines_answer_the_shared_cases_alike() -> None:
    office, phone = both(requests("pricing"))
    assert office == phone
    assert len(office) > 80
    office, phone = both(requests("units"), of="convert")
    assert office == phone


@pytest.mark.usefixtures("bundle")
def test_both_engines_refuse_hostile_lines_alike() -> None:
    book = {
        "company_currency": "VND",
        "currencies": {"VND": {"minor": 0}},
        "items": {"A": {"list_price": "1"}},
        "customers": {},
        "taxes": {},
        "price_lists": {},
        "promotions": [],
    }
    line = {"item": "A", "qty": "1"}

    def ask(**order: object) -> str:
        return json.dumps({"id": 1, "book": book, "order": {"date": "2026-07-01", "lines": [line], **order}})

    asked = [
        "{",
        "null",
        "[]",
        '"x"',
        "{}",
        '{"id": 1.0}',
        '{"id": {"b": 1, "a": 2}}',
        '{"id": "\\ud800"}',
        '{"id": NaN}',
        ask(),
        ask(lines=None),
        ask(lines={}),
        ask(lines=[None]),
        ask(date="2026-7-1"),
        ask(date="２０２６-07-01"),
        ask(lines=[{"item": "__proto__", "qty": "1"}]),
        ask(lines=[{"item": "A", "qty": "1e9"}]),
        ask(lines=[{"item": "A", "qty": "NaN"}]),
        ask(lines=[{"item": "A", "qty": " 1"}]),
        ask(lines=[{"item": "A", "qty": "１"}]),
        ask(lines=[{"item": "A", "qty": "9" * 19}]),
        ask(lines=[{"item": "A", "qty": "999999999999999999.999999"}]),
        ask(lines=[{"item": "A", "qty": "-0"}]),
        ask(coupons="x"),
        ask(manual_discount={}),
        ask(manual_discount={"percent": "-1"}),
        ask(customer="constructor"),
        ask(price_list="toString"),
        ask(lines=[line] * 3, tax_rounding="rate"),
        '{"allocate": {"total": "1.5", "weights": ["0.1", "0.2"]}}',
        '{"allocate": {"total": 1}}',
        '{"allocate": 1}',
    ]
    office, phone = both(asked)
    assert office == phone
    assert len(office) == len(asked)
