"""The filters `tuyen price` and `tuyen convert`: JSON lines in, one JSON line out for each, in order.

`engine="phone"` runs the bundle the phone ships (pwa/static/price-cli.mjs, built from pwa/src/lib/pricing/cli.ts) under
Node, so that anybody can compare the two.
"""

from collections.abc import Callable
from io import TextIOWrapper
from typing import TextIO

from backend.core.node import STATIC, find_node, through_phone
from backend.pricing.answering import convert_answer, price_answer

BUNDLE = STATIC / "price-cli.mjs"
BLANKS = " \t\r\n"
__all__ = ["BUNDLE", "convert_lines", "find_node", "price_lines"]


def price_lines(stdin: TextIO, stdout: TextIO, engine: str = "server") -> None:
    """Price orders or share amounts. `engine`: `server` (this Python) or `phone` (the bundle under Node)."""
    _plain(stdin, stdout)
    if engine == "phone":
        through_phone(BUNDLE, ["price"], stdin, stdout)
    else:
        _through(price_answer, stdin, stdout)


def convert_lines(stdin: TextIO, stdout: TextIO, engine: str = "server") -> None:
    """Convert quantities between units of an item."""
    _plain(stdin, stdout)
    if engine == "phone":
        through_phone(BUNDLE, ["convert"], stdin, stdout)
    else:
        _through(convert_answer, stdin, stdout)


def _through(answer: Callable[[str], str], stdin: TextIO, stdout: TextIO) -> None:
    for line in stdin:
        if line.strip(BLANKS):
            stdout.write(answer(line) + "\n")
            stdout.flush()


def _plain(stdin: TextIO, stdout: TextIO) -> None:
    """UTF-8 whatever the shell's locale, lines end at line feeds only, a byte order mark is no part of the text."""
    if isinstance(stdin, TextIOWrapper):
        stdin.reconfigure(encoding="utf-8-sig", errors="replace", newline="\n")
    if isinstance(stdout, TextIOWrapper):
        stdout.reconfigure(encoding="utf-8", newline="\n")
