"""Walking the house: its files and its modules, for the tests that check the map."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON_ROOMS = ("backend", "sync", "pwa", "tests", "bench")
SKIPPED = {"node_modules", "static", "__pycache__"}
# They make the packaged region data from sources the product itself never needs, and so does not install.
BUILD_TOOLS = {"backend.geo.build_data", "backend.geo.build_shapes"}


def files(*suffixes: str) -> Iterator[Path]:
    """Our own source files with one of these suffixes."""
    for room in PYTHON_ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            inside = path.relative_to(ROOT).parts
            if path.suffix in suffixes and not SKIPPED.intersection(inside):
                yield path


def modules() -> Iterator[object]:
    """Every module of the office and the doors, imported."""
    for package in ("backend", "sync", "pwa"):
        root = importlib.import_module(package)
        yield root
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if found.name in BUILD_TOOLS or found.name.endswith("__main__"):
                continue
            if not SKIPPED.intersection(found.name.split(".")):
                yield importlib.import_module(found.name)
