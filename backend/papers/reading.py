"""Reads an uploaded paper in a process of its own, with an end to its time and its memory.

Whatever a file does to a parser, it does it there: the process has `SECONDS` of processor time and `MEMORY`, knows no
database and no network address, and gets the bytes and nothing else. `examine` only judges, for the upload itself;
`read` gives the grids.
"""

import asyncio
import os
import resource
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from backend.core.errors import Refusal
from backend.papers import errors
from backend.papers.errors import PaperBroken, PaperEmpty, PaperSlow
from backend.papers.examining import examine as walk
from backend.papers.grids import Paper
from backend.papers.packages import open_package

SECONDS = 20  # of processor time
PATIENCE = 90  # seconds by the clock: a machine may have other things to do
MEMORY = 768 * 2**20
AT_ONCE = 2
_ROOT = Path(__file__).parents[2]
_waiting: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class _Answer(msgspec.Struct):
    """What the reader's process says: the paper, or the refusal it met."""

    kind: str = ""
    paper: Paper | None = None
    refusal: str = ""
    detail: str = ""
    numbers: dict[str, Any] = msgspec.field(default_factory=dict)


async def examine(data: bytes) -> str:
    """Judge a file without reading it: `xlsx` or `docx`. Refuses everything in `papers.errors`."""
    return (await _ask("examine", data)).kind


async def read(data: bytes) -> Paper:
    """Every visible sheet or table of a file. Refuses everything in `papers.errors`."""
    answer = await _ask("read", data)
    if answer.paper is None:
        raise PaperBroken
    return answer.paper


async def _ask(what: Literal["examine", "read"], data: bytes) -> _Answer:
    loop = asyncio.get_running_loop()
    for gone in [one for one in _waiting if one.is_closed()]:
        del _waiting[gone]
    async with _waiting.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "backend.papers.reading", what,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            cwd=_ROOT, env=_surroundings(),
        )  # fmt: skip
        try:
            said, _ = await asyncio.wait_for(process.communicate(data), PATIENCE)
        except TimeoutError as fault:
            raise PaperSlow(limit=SECONDS) from fault
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode or not said:
        raise PaperSlow(limit=SECONDS)
    answer = msgspec.msgpack.decode(said, type=_Answer)
    if answer.refusal:
        raise getattr(errors, answer.refusal)(answer.detail, **answer.numbers)
    return answer


def _surroundings() -> dict[str, str]:
    """Nothing of the server's own: no database address, no keys."""
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV", "LANG") if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def answer(what: str, data: bytes) -> _Answer:
    """What the process answers for a file."""
    try:
        package = open_package(data)
        facts = walk(package)
        if what == "examine":
            return _Answer(kind=package.kind)
        if package.kind == "xlsx":
            from backend.papers.reading_excel import read_workbook

            paper = read_workbook(data, facts)
        else:
            from backend.papers.reading_word import read_document

            paper = read_document(data)
        if not paper.grids:
            raise PaperEmpty
    except Refusal as refusal:
        return _Answer(refusal=type(refusal).__name__, detail=refusal.detail, numbers=refusal.numbers)
    except (MemoryError, RecursionError):
        return _Answer(refusal="PaperSlow", numbers={"limit": SECONDS})
    return _Answer(kind=package.kind, paper=paper)


def main() -> None:
    """`python -m backend.papers.reading examine|read` with the file on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer(sys.argv[1], sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
