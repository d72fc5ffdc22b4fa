"""A real server with the demo company, a bad line in front of it, and a real browser."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from backend.core.embedded import start
from tests.browser.proxy import BadLine

CHROMIUM = os.environ.get("TUYEN_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}


class Served(NamedTuple):
    """A running demo company."""

    port: int
    data_dir: Path

    def sql(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of the office's own tables."""

        async def act(dsn: str) -> list[dict[str, Any]]:
            connection = await asyncpg.connect(dsn)
            try:
                return [dict(row) for row in await connection.fetch(statement, *arguments)]
            finally:
                await connection.close()

        database = start(self.data_dir)
        try:
            with ThreadPoolExecutor(1) as elsewhere:  # the browser keeps this thread's event loop
                return elsewhere.submit(asyncio.run, act(database.dsn)).result()
        finally:
            database.stop()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(data_dir: Path, **settings: str) -> Iterator[Served]:
    """`tuyen demo`, as a newcomer would start it; `settings` are environment variables."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", "demo", "--port", str(port), "--data-dir", str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TUYEN_LOGIN_PER_ADDRESS": "1000", **settings},
    )
    said: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.startswith("ready "):
                break
        assert said and said[-1].startswith("ready "), "".join(said)
        yield Served(port, data_dir)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo company all stories share."""
    with serving(tmp_path_factory.mktemp("demo") / "data") as company:
        yield company


@pytest.fixture
def line(served: Served) -> Iterator[BadLine]:
    """The line a phone has to the office."""
    with BadLine(served.port) as bad_line:
        yield bad_line


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
