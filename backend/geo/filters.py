"""The filters `tuyen parse-address` and `tuyen locate`: JSON lines in, one JSON line out each, in order.

No network, no database.
A line that cannot be read is answered by `{"id": ..., "error": CODE}` in its place; nothing stops the stream.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import IO, TextIO

import msgspec

from backend.core.node import STATIC, through_phone
from backend.geo.address import Parsed, Style, parse
from backend.geo.locate import DATA, OUTSIDE, PACKAGED, Hit, locate, packaged_set, problem_of

Answer = dict[str, object]
PHONE = STATIC / "address-cli.mjs"
MOST_TEXT = 100_000  # characters of one line that are read at all
_UNITS = ("province_63", "province_34", "ward_old", "ward_new", "lat", "lon")


class BadLine(Exception):
    """A line that is no question: `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_address_lines(stdin: TextIO, stdout: TextIO, engine: str = "server") -> None:
    """`{"id", "text", "style"?}` -> `{"id", "style", codes and centroid when known, "certain", "candidates"}`.

    `engine`: `server` (this Python) or `phone` (the parser the phone ships, under Node, on the tables it is sent).
    """
    if engine == "phone":
        through_phone(PHONE, [str(DATA / "units.json.gz")], stdin, stdout)
    else:
        _each(stdin, stdout, parse_answer)


def locate_lines(stdin: IO[str], stdout: IO[str]) -> None:
    """`{"id", "lat", "lon", "sets"}` -> `{"id", "regions": {SET: region|null}, "problem"?}`."""
    _each(stdin, stdout, locate_answer)


def parse_answer(question: Answer) -> Answer:
    """One answer of `tuyen parse-address`, without its id."""
    text = question.get("text")
    if not isinstance(text, str):
        raise BadLine("text-missing")
    style = question.get("style")
    if style not in (None, "old", "new"):
        raise BadLine("style-unknown")
    return _units(parse(text[-MOST_TEXT:], style=style))


def _units(parsed: Parsed) -> Answer:
    answer: Answer = {"style": parsed.style}
    answer.update((name, getattr(parsed, name)) for name in _UNITS if getattr(parsed, name) is not None)
    answer["certain"] = parsed.certain
    answer["candidates"] = [msgspec.to_builtins(candidate) for candidate in parsed.candidates]
    return answer


def locate_answer(question: Answer) -> Answer:
    """One answer of `tuyen locate`, without its id."""
    sets = question.get("sets", list(PACKAGED))
    if not isinstance(sets, list) or not all(isinstance(code, str) for code in sets):
        raise BadLine("sets-malformed")
    unknown = [code for code in sets if code not in PACKAGED]
    if unknown:
        raise BadLine("set-unknown")
    lat, lon = question.get("lat"), question.get("lon")
    problem: str | None = problem_of(lat, lon)
    regions: dict[str, Answer | None] = dict.fromkeys(sets)
    if problem is None:
        for code in sets:
            hit = locate(float(lat), float(lon), packaged_set(code))  # type: ignore[arg-type]  # problem_of saw numbers
            regions[code] = _region(hit) if hit else None
        if regions and not any(regions.values()):
            problem = OUTSIDE
    answer: Answer = {"regions": regions}
    if problem:
        answer["problem"] = problem
    return answer


def _region(hit: Hit) -> Answer:
    return {"code": hit.code, "name": hit.name, "method": hit.method, "distance_m": hit.distance_m}


def _each(stdin: IO[str], stdout: IO[str], work: Callable[[Answer], Answer]) -> None:
    for stream in (stdin, stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for line in stdin:
        if line.strip():
            stdout.write(_one(line, work) + "\n")
            stdout.flush()


def _one(line: str, work: Callable[[Answer], Answer]) -> str:
    identity: object = None
    try:
        question = _decode(line)
        if not isinstance(question, dict):
            raise BadLine("not-an-object")
        identity = question.get("id")
        answer = {"id": identity, **work(question)}
    except BadLine as fault:
        answer = {"id": identity, "error": fault.code}
    return _encode(answer)


def _encode(answer: Answer) -> str:
    """msgspec where it can; the standard library for half surrogates and very long integers somebody used as an id."""
    try:
        return msgspec.json.encode(answer).decode()
    except (UnicodeEncodeError, OverflowError, RecursionError):
        return json.dumps(answer)


def _decode(line: str) -> object:
    """msgspec first; NaN and Infinity, which some senders write, become null and so an invalid position."""
    try:
        return msgspec.json.decode(line.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError, OverflowError):
        pass
    try:
        return json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as fault:
        raise BadLine("not-json") from fault


__all__ = ["BadLine", "Style", "locate_answer", "locate_lines", "parse_address_lines", "parse_answer"]
