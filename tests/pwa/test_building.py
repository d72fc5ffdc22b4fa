"""The app stays within its budgets, and its lock file tells nobody where packages came from."""

import json
import subprocess
from pathlib import Path

import hatch_build

PWA = Path(hatch_build.PWA)


def test_the_build_weighs_no_more_than_its_budgets(built: None) -> None:
    node, _, _ = hatch_build.node_and_npm()
    answer = subprocess.run([*node, "scripts/budget.mjs"], cwd=PWA, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_a_build_of_unchanged_sources_does_nothing(built: None) -> None:
    assert hatch_build.build() is False


def test_the_lock_file_holds_no_registry_addresses() -> None:
    packages = json.loads((PWA / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package and not package.get("link")]


def test_both_languages_say_the_same_keys_and_no_two_slices_claim_one() -> None:
    node, _, _ = hatch_build.node_and_npm()
    answer = subprocess.run([*node, "scripts/keys.mjs"], cwd=PWA, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
