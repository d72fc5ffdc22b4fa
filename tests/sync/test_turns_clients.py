"""A phone that is told to wait goes on when there is room, and its photo arrives once: our client and tus-js-client.

The server is a real one with a single slot, held by a photo on a line that does not move; each client has to be told
at least once before the line is let go.
"""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from backend.activities import files
from backend.core.database import fetch
from backend.core.ids import new_id
from backend.core.settings import using
from tests.activities.test_pictures import picture
from tests.sync.scissors import Scissors
from tests.sync.test_tus_client import MODULES, ROOT, send, serving
from tests.sync.test_uploads_cut import headers_of, promise, run
from tests.sync.uploading import PART, TUS, sha

BYTES = PART["Content-Type"]


@pytest.fixture
async def narrow(database: str, cast: SimpleNamespace, tmp_path: Path) -> AsyncIterator[str]:
    """A server with one slot, for which nobody waits longer than a second."""
    async with serving(database, tmp_path, TUYEN_UPLOAD_SLOTS="1", TUYEN_UPLOAD_WAIT_S="1") as address:
        yield address


@asynccontextmanager
async def slot_held(address: str, headers: dict[str, str]) -> AsyncIterator[asyncio.StreamWriter]:
    """Half of somebody's photo, and a line that stands still: its slot is taken from when its first byte is kept."""
    _, writer = await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))
    named = base64.b64encode(str(new_id()).encode()).decode()
    head = {**headers, **TUS, "Host": "tuyen.test", "Content-Length": "1000", "Upload-Length": "1000",
            "Upload-Metadata": f"att_id {named}", "Content-Type": BYTES}  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST /api/v1/files HTTP/1.1\r\n{lines}\r\n".encode() + os.urandom(10))
    await writer.drain()
    try:
        yield writer
    finally:
        writer.close()


async def told(line: Scissors) -> None:
    """Until the client on this line has asked twice: the first time it was told to wait."""
    async with asyncio.timeout(120):
        while len(line.requests) < 2:  # noqa: ASYNC110 -- it counts what another process does
            await asyncio.sleep(0.01)


async def taken(address: str, headers: dict[str, str]) -> None:
    """Until the slot is really held: somebody else is told to wait."""
    status, tries = 0, 0
    async with httpx.AsyncClient(base_url=address, headers={**headers, **TUS}, timeout=60) as client:
        while status != 503:
            named = base64.b64encode(str(new_id()).encode()).decode()
            more = {"Upload-Length": "20", "Upload-Metadata": f"att_id {named}", "Content-Type": BYTES}
            answer = await client.post("/api/v1/files", content=b"x", headers=more)
            status, tries = answer.status_code, tries + 1
            assert status in (201, 503) and tries < 100, answer.text
    assert int(answer.headers["Retry-After"]) > 0


async def arrived_once(attachment: str, data: bytes) -> None:
    rows = await fetch("SELECT attachment_id::text AS id, sha256, size FROM attachment_files")
    assert [tuple(row.values()) for row in rows] == [(attachment, sha(data), len(data))]
    assert sha(await asyncio.to_thread(files.path_of(sha(data)).read_bytes)) == sha(data)


async def test_the_phones_own_client_waits_and_its_photo_arrives_once(
    narrow: str, cast: SimpleNamespace, tmp_path: Path
) -> None:
    data = picture("PNG", (640, 560))
    attachment, headers = await promise(cast, data), await headers_of(narrow)
    file = tmp_path / "photo"
    file.write_bytes(data)
    async with slot_held(narrow, headers) as holder, Scissors(int(narrow.rsplit(":", 1)[1])) as line:
        await taken(narrow, headers)
        blob = {"id": str(attachment), "sha256": sha(data), "size": len(data), "mime": "image/png", "owner_id": "v",
                "taken_at": "2026-11-22", "tries": 0}  # fmt: skip
        asked: dict[str, Any] = {
            "address": narrow, "file": str(file), "headers": headers, "modules": str(MODULES), "folder": str(tmp_path),
            "source": str(ROOT / "pwa/src/lib"), "jobs": [{"port": line.port, "blob": blob}],
        }  # fmt: skip
        client = asyncio.create_task(run("own_client.mjs", asked))
        await told(line)
        holder.close()
        (said,) = (await client)["left"]
    assert said["blob"]["st"] == "done", said
    assert said["blob"]["tries"] >= 1, "it had been told to wait"
    with using(data_dir=tmp_path):
        await arrived_once(str(attachment), data)


async def test_the_real_client_waits_and_its_photo_arrives_once(
    narrow: str, cast: SimpleNamespace, tmp_path: Path
) -> None:
    data, headers = picture("PNG", (640, 560)), await headers_of(narrow)
    async with slot_held(narrow, headers) as holder, Scissors(int(narrow.rsplit(":", 1)[1])) as line:
        await taken(narrow, headers)
        client = asyncio.create_task(send(narrow, "whole", data, tmp_path, through=line.port))
        await told(line)
        holder.close()
        attachment, said = await client
    assert said["done"], said
    assert said["seen"].count("POST") >= 2, "it had been told to wait"
    with using(data_dir=tmp_path):
        await arrived_once(attachment, data)
