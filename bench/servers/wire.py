"""The client of the comparison: one keep-alive connection that counts bytes, and what a peer must be able to do."""

import asyncio
import contextlib
import gzip
import os
import socket
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import msgspec
import zstandard


class Wire:
    """One client: a connection, the bytes of bodies that went up and down, JSON in and out."""

    def __init__(self, origin: str, headers: dict[str, str]) -> None:
        self.origin, self.up, self.down = origin, 0, 0
        self._session = aiohttp.ClientSession(
            headers={"Content-Type": "application/json", **headers},
            connector=aiohttp.TCPConnector(limit=1),
            timeout=aiohttp.ClientTimeout(total=300),
            auto_decompress=False,
        )

    async def call(self, method: str, path: str, body: object = None, *, packed: bool = False) -> tuple[int, Any]:
        """Status and JSON of one request; `packed` sends gzip."""
        data = None if body is None else msgspec.json.encode(body)
        headers: dict[str, str] = {}
        if data is not None and packed:
            data, headers = gzip.compress(data, 6), {"Content-Encoding": "gzip"}
        self.up += len(data or b"")
        try:
            return await self._exchange(method, path, data, headers)
        except aiohttp.ServerDisconnectedError:  # a server gave up the idle line: real clients open another
            return await self._exchange(method, path, data, headers)

    async def _exchange(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        async with self._session.request(method, self.origin + path, data=data, headers=headers) as answer:
            raw = await answer.read()
            self.down += len(raw)
            coding = answer.headers.get("content-encoding", "")
            if coding == "zstd":
                raw = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
            elif coding == "gzip":
                raw = gzip.decompress(raw)
            return answer.status, msgspec.json.decode(raw) if raw else None

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()


class Peer(Protocol):
    """A sync server to be measured."""

    name: str
    origin: str
    headers: dict[str, str]

    async def begin(self, folder: Path, dsn: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        """Install if need be, start, and fill with `rows`; gives the rows that later peers get."""

    async def first_sync(self, wire: Wire) -> int:
        """Everything there is, as a new client; the number of rows."""

    async def push(self, wire: Wire, count: int) -> int:
        """That many new rows; how many were not taken."""

    async def here(self, wire: Wire) -> Any:
        """Where a client is that has everything so far."""

    async def exchange(self, wire: Wire, seen: Any, count: int) -> int:
        """Hand in that many new rows, then fetch all that is new since `seen`; how many were not taken."""

    async def end(self) -> None:
        """Stop what was started."""


def free_port() -> int:
    """A port of 127.0.0.1 nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Process:
    """A server process: waited for until it answers, ended by its own pid."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, *command: str, folder: Path, origin: str, path: str = "/", **more: str) -> None:
        """Start it; what it says goes to `<folder>/<program>.log`. Refuses after a minute and a half of silence."""
        with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, cwd=folder, env={**os.environ, **more}, stdout=log, stderr=log
            )
        async with aiohttp.ClientSession() as asking:
            for _ in range(900):
                with contextlib.suppress(aiohttp.ClientError):
                    async with asking.get(origin + path):
                        return
                if self._process.returncode is not None:
                    break
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{command[0]} does not answer at {origin}")

    async def end(self) -> None:
        """Stop it, if it runs."""
        if self._process and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 20)
            except TimeoutError:
                self._process.kill()


async def tool(*command: str, folder: Path) -> None:
    """Run an installer to its end; its complaint is the fault."""
    done = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await done.communicate()
    if done.returncode:
        raise RuntimeError(said.decode(errors="replace")[-300:])
