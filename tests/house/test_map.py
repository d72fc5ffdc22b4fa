"""The house checks its own map: captions, sizes, the README's list of rooms, texts in both languages."""

import ast
import json
import re

import pytest

from backend.core.errors import Refusal
from tests.house.walk import ROOT, files, modules

MOST_LINES = 400
GENERATED = {"80_sync.sql", "keys.ts"}
CAPTION = re.compile(r"^\s*(//|/\*|<!--|--|<script[^>]*>\s*//|\"\"\")", re.MULTILINE)


def test_every_python_file_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in files(".py") if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_every_screen_and_script_of_the_phone_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in files(".ts", ".svelte", ".sql")
        if not CAPTION.match("\n".join(path.read_text("utf-8").splitlines()[:2]))
    ]
    assert silent == []


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files(".py", ".ts", ".svelte")
        if path.name not in GENERATED and (lines := len(path.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_a_package_caption_holds_no_code() -> None:
    with_code = [
        str(path.relative_to(ROOT))
        for path in files(".py")
        if path.name == "__init__.py" and len(ast.parse(path.read_text()).body) != 1
    ]
    assert with_code == []


def test_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rooms = [folder.name for folder in sorted((ROOT / "backend").iterdir()) if (folder / "__init__.py").exists()]
    assert [room for room in [*rooms, "sync", "pwa", "tests", "docs", "bench"] if f"{room}/" not in readme] == []


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    def texts(language: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for file in sorted((ROOT / "pwa/locales" / language).glob("*.json")):
            for key, value in json.loads(file.read_text("utf-8")).items():
                assert key not in found, f"{key} is written twice in {language}"
                found[key] = value
        return found

    def names(message: str) -> set[str]:
        without_branches = re.sub(r"(=\d+|zero|one|two|few|many|other)\s*\{[^{}]*\}", "", message)
        return set(re.findall(r"\{(\w+)[,}]", without_branches))

    vi, en = texts("vi"), texts("en")
    assert sorted(vi.keys() ^ en.keys()) == []
    assert {key for key in vi if names(vi[key]) != names(en[key])} == set()


def _refusals(of: type[Refusal] = Refusal) -> set[type[Refusal]]:
    return {of}.union(*(_refusals(below) for below in of.__subclasses__()))


def test_every_problem_code_is_explained_in_both_languages() -> None:
    list(modules())
    keys = {
        language: {
            key for file in (ROOT / "pwa/locales" / language).glob("*.json") for key in json.loads(file.read_text())
        }
        for language in ("vi", "en")
    }
    codes = sorted(
        {refusal.code for refusal in _refusals() if refusal.__module__.startswith(("backend", "sync", "pwa"))}
    )
    assert [code for code in codes if f"problem.{code}" not in keys["vi"] & keys["en"]] == []


@pytest.mark.parametrize("slice_name", ["core/money.py", "pricing", "credit", "stock", "orders"])
def test_no_float_touches_money(slice_name: str) -> None:
    place = ROOT / "backend" / slice_name
    sources = [place] if place.suffix else sorted(place.rglob("*.py"))
    assert sources
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert guilty == []
