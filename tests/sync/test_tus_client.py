"""The real tus-js-client, a program of other people, uploads to a real server of ours."""

import asyncio
import hashlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from backend.core.database import fetch_row
from backend.core.ids import new_id
from backend.core.node import find_node
from backend.demo.cast import PASSWORD
from tests.activities.test_pictures import picture

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "pwa" / "node_modules"


@pytest.fixture
async def served(database: str, cast: SimpleNamespace, tmp_path: Path) -> AsyncIterator[str]:
    """A real server process on this test's database; gives its address."""
    async with serving(database, tmp_path) as address:
        yield address


@asynccontextmanager
async def serving(database: str, tmp_path: Path, **chosen: str) -> AsyncIterator[str]:
    """A real server process with these settings (`TUYEN_...`); gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "TUYEN_DATABASE_URL": database,
        "TUYEN_DATA_DIR": str(tmp_path),
        "TUYEN_POOL_SIZE": "4",
        **chosen,
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1",
               "--port", str(port), "--log-level", "warning", "backend.app:create"]  # fmt: skip
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                try:
                    if (await client.get(f"{address}/health")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield address
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def send(
    address: str, mode: str, data: bytes, tmp_path: Path, *, through: int | None = None
) -> tuple[str, dict[str, Any]]:
    """Log in as Lan and let the client upload, by a port of its own if need be; gives the attachment id and what the
    client says."""
    node = find_node()
    assert node and (MODULES / "tus-js-client").exists(), (
        "the phone app's packages are not installed: `make test` does it"
    )
    async with httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        answer = await client.post("/session", json={"login": "lan", "password": PASSWORD})
        headers = {
            "X-Tuyen-CSRF": answer.json()["csrf"],
            "Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items()),
        }
    file, attachment = tmp_path / "photo", str(new_id())
    file.write_bytes(data)
    metadata = {"att_id": attachment, "sha256": hashlib.sha256(data).hexdigest(), "filename": "ảnh quầy hàng.jpg"}
    door = f"http://127.0.0.1:{through}" if through else address
    asked = {"endpoint": f"{door}/api/v1/files", "file": str(file), "headers": headers, "metadata": metadata,
             "modules": str(MODULES)}  # fmt: skip
    program = await asyncio.create_subprocess_exec(
        node, str(Path(__file__).with_name("tus_client.mjs")), mode,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(program.communicate(json.dumps(asked).encode()), 60)
    return attachment, json.loads(said)


async def test_the_real_client_uploads_whole_in_chunks_and_after_giving_up_half_way(
    served: str, tmp_path: Path
) -> None:
    data = picture("PNG", (1100, 900))
    assert len(data) > 2**20
    digest = hashlib.sha256(data).hexdigest()
    for mode in ("whole", "chunks", "abort"):
        attachment, said = await send(served, mode, data, tmp_path)
        assert said["done"], said
        row = await fetch_row(
            "SELECT sha256, size FROM attachment_files WHERE attachment_id = $1::text::uuid", attachment
        )
        assert row is not None and (row["sha256"], row["size"]) == (digest, len(data))
    kept = tmp_path / "files" / digest[:2] / digest[2:4] / digest
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == digest
    assert not list((tmp_path / "files" / "parts").glob("*"))


async def test_the_real_client_gives_up_at_once_on_what_is_no_photograph(served: str, tmp_path: Path) -> None:
    _, said = await send(served, "whole", b"<html><script>alert(1)</script></html>" * 40, tmp_path)
    assert not said["done"] and said["status"] == 415
    assert said["seen"] == ["POST"], "a refusal is final: nothing is tried again"
