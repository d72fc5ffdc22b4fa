"""The product's own server as a process of its own, spoken to with next to no work, and what processors it used."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from backend.demo.cast import PASSWORD

TICK = os.sysconf("SC_CLK_TCK")


def parent_of(pid: int) -> int:
    """The pid of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


def cpu_seconds(roots: list[int]) -> float:
    """CPU of these processes and all their living descendants, with what their ended children used."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                used[int(entry.name)] = sum(int(ticks) for ticks in fields[11:15]) / TICK
    total, waiting = 0.0, list(roots)
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0.0)
        waiting += children.get(pid, [])
    return total


class Wire:
    """A keep-alive HTTP/1.1 connection with nothing on it: the load generator must not weigh more than the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: str = "") -> None:
        self.reader, self.writer, self.headers = reader, writer, headers

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], Any]:
        """One request; status, headers, JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Accept-Encoding: identity\r\n{self.headers}Content-Length: {len(data)}\r\n\r\n"
        )
        self.writer.write(head.encode() + data)
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split()[1]), headers, json.loads(answer) if answer else None


async def log_in(port: int, login: str = "lan") -> Wire:
    """A connection with a session of somebody's."""
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
    status, headers, answer = await wire.call("POST", "/api/v1/session", {"login": login, "password": PASSWORD})
    assert status == 201, answer
    wire.headers = f"Cookie: {headers['set-cookie'].split(';')[0]}\r\nX-Tuyen-CSRF: {answer['csrf']}\r\n"
    return wire


@contextlib.asynccontextmanager
async def server(data_dir: Path, dsn: str, *, workers: int = 1) -> AsyncIterator[tuple[int, int]]:
    """The product's own server process; gives its port and pid."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = {"TUYEN_DATA_DIR": str(data_dir), "TUYEN_DATABASE_URL": dsn, "TUYEN_LOGIN_PER_ADDRESS": "1000"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "warning", "--workers", str(workers), "backend.app:create", env={**os.environ, **said},
    )  # fmt: skip
    try:
        for _ in range(1_200):
            with contextlib.suppress(OSError):
                status, _, _ = await Wire(*await asyncio.open_connection("127.0.0.1", port)).call("GET", "/health")
                if status == 200:
                    break
            await asyncio.sleep(0.1)
        else:
            raise TimeoutError("the server did not start in two minutes")
        yield port, process.pid
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            raise
