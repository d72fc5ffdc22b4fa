"""A refusal tells its numbers, and no number ever passes for what the problem says of itself."""

import ast

import pytest

from backend.core.errors import Refusal
from backend.core.problems import document
from tests.house.walk import ROOT, files, modules

OWN = {"type", "title", "status", "detail", "code", "instance", "pointer"}


def refusals(of: type[Refusal] = Refusal) -> set[type[Refusal]]:
    """Every refusal of the house."""
    list(modules())
    return {of}.union(*(refusals(below) for below in of.__subclasses__()))


def test_no_number_shadows_a_member_of_the_problem_whatever_the_refusal() -> None:
    found = [one for one in refusals() if one.__module__.startswith(("backend", "sync", "pwa"))]
    assert len(found) > 50
    for refusal in found:
        told = document(refusal(**dict.fromkeys(OWN - {"pointer"}, "a number")), "vi")
        assert told["code"] == getattr(refusal, "code", None)
        assert told["type"] == f"urn:tuyen:problem:{refusal.code}" and told["status"] == refusal.status
        assert told["title"] != "a number"


def test_nobody_gives_a_number_the_name_of_a_member() -> None:
    names = {one.__name__ for one in refusals()}
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files(".py")
        if not path.is_relative_to(ROOT / "tests")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in names
        and any(word.arg in OWN - {"pointer"} for word in node.keywords)
    ]  # fmt: skip
    assert guilty == []


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_customer_code_that_is_taken_is_told_under_its_own_code(language: str) -> None:
    from backend.customers.errors import CodeTaken

    told = document(CodeTaken(pointer="/changes/code", taken="KH-1"), language)
    assert (told["code"], told["taken"], told["pointer"]) == ("customer-code-taken", "KH-1", "/changes/code")
    assert "KH-1" in told["title"]
