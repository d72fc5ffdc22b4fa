"""An upload cut at every boundary of a chunk and inside chunks goes on in another process: whole, proven, sent once.

Two clients: the phone's own code, and the real tus-js-client. The server is a real one, the line a real one that dies.
"""

import asyncio
import hashlib
import json
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.core.database import execute, fetch, fetch_row, fetch_value
from backend.core.ids import new_id
from backend.core.node import find_node
from backend.demo.cast import PASSWORD
from tests.activities.test_pictures import picture
from tests.sync.scissors import Scissors
from tests.sync.test_tus_client import MODULES, ROOT, served
from tests.sync.uploading import sha

__all__ = ["served"]
CHUNK = 256 * 1024
HERE = Path(__file__).parent


def cuts(size: int) -> list[int]:
    """Every boundary of a chunk, one byte to either side of it, and the middle of each."""
    edges = range(CHUNK, size, CHUNK)
    near = {edge + off for edge in edges for off in (-1, 0, 1)}
    middles = {edge - CHUNK // 2 for edge in [*edges, size]}
    return sorted({1, *near, *middles, size - 1})


async def headers_of(address: str) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        answer = await client.post("/session", json={"login": "lan", "password": PASSWORD})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return {"X-Tuyen-CSRF": answer.json()["csrf"], "Cookie": cookie}


async def run(program: str, asked: dict[str, Any]) -> Any:
    """One process of a client; gives what it says at its end."""
    node = find_node()
    assert node and MODULES.exists(), "the phone app's packages are not installed: `make test` does it"
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / program), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), 240)
    except TimeoutError:
        process.terminate()  # it says what it was waiting for
        raise
    assert process.returncode == 0, (process.returncode, said)
    return json.loads(said)


async def promise(cast: SimpleNamespace, data: bytes) -> UUID:
    """The row of a photo, as `attachment.add` would have made it."""
    customer = await fetch_value("SELECT id FROM customers LIMIT 1")
    if customer is None:
        customer = new_id()
        await execute("INSERT INTO customers (id, code, name, position_id) VALUES ($1, 'K1', 'Quán Ảnh', 3)", customer)
    visit, made = new_id(), new_id()
    await execute(
        "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'sale', now())",
        visit, customer, cast.lan.user_id,
    )  # fmt: skip
    await execute(
        """INSERT INTO attachments (id, owner, owner_id, customer_id, user_id, sha256, size, mime)
           VALUES ($1, 'visit', $2, $3, $4, $5, $6, 'image/png')""",
        made, visit, customer, cast.lan.user_id, sha(data), len(data),
    )  # fmt: skip
    return made


async def nothing_half(data: bytes, tmp_path: Path) -> None:
    """Nobody has been told of a file that is not whole."""
    assert await fetch_value("SELECT count(*) FROM attachment_files") == 0
    assert {row["state"] for row in await fetch("SELECT state FROM attachments")} == {"awaited"}
    digest = sha(data)
    assert not (tmp_path / "files" / digest[:2] / digest[2:4] / digest).exists()


async def whole(attachments: list[UUID], data: bytes, tmp_path: Path) -> None:
    """Every one arrived, once, byte for byte, and nothing else is left."""
    for attachment in attachments:
        row = await fetch_row("SELECT sha256, size FROM attachment_files WHERE attachment_id = $1", attachment)
        assert row is not None and (row["sha256"], row["size"]) == (sha(data), len(data))
    assert {row["state"] for row in await fetch("SELECT state FROM attachments")} == {"stored"}
    assert await fetch_value("SELECT count(*) FROM attachment_files") == len(attachments)
    kept = tmp_path / "files" / sha(data)[:2] / sha(data)[2:4] / sha(data)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == sha(data)
    assert not list((tmp_path / "files" / "parts").glob("*"))


@pytest.mark.parametrize("knows_where", [True, False], ids=["with its address", "by its id alone"])
async def test_the_phones_own_client_goes_on_after_a_cut_anywhere(
    served: str, cast: SimpleNamespace, tmp_path: Path, knows_where: bool
) -> None:
    data = picture("PNG", (640, 560))
    points = cuts(len(data))
    assert len(data) > 3 * CHUNK and len(points) > 12
    headers = await headers_of(served)
    attachments = [await promise(cast, data) for _ in points]
    file = tmp_path / "photo"
    file.write_bytes(data)
    asked = {"address": served, "file": str(file), "headers": headers, "modules": str(MODULES),
             "source": str(ROOT / "pwa/src/lib"), "folder": str(tmp_path)}  # fmt: skip
    blob = {"sha256": sha(data), "size": len(data), "mime": "image/png", "owner_id": "v", "taken_at": "2026-11-22",
            "tries": 0}  # fmt: skip
    async with AsyncExitStack() as lines:
        port = int(served.rsplit(":", 1)[1])
        cut = [await lines.enter_async_context(Scissors(port, at)) for at in points]
        jobs = [
            {"port": line.port, "blob": {**blob, "id": str(one)}} for line, one in zip(cut, attachments, strict=True)
        ]
        first = (await run("own_client.mjs", {**asked, "jobs": jobs}))["left"]
        assert [one["outcome"] for one in first] == ["offline"] * len(points)
        assert [line.sent for line in cut] == points
        await nothing_half(data, tmp_path)
        for line in cut:
            line.mend()
        for job, said in zip(jobs, first, strict=True):
            job["blob"] = {**said["blob"], **({} if knows_where else {"url": None})}
        second = await run("own_client.mjs", {**asked, "jobs": jobs})
        assert second["chunk"] == CHUNK
        assert [one["blob"]["st"] for one in second["left"]] == ["done"] * len(points), second["left"]
        twice = [at + line.sent - len(data) for at, line in zip(points, cut, strict=True)]
    await whole(attachments, data, tmp_path)
    assert max(twice) <= CHUNK, dict(zip(points, twice, strict=True))


async def test_the_real_client_goes_on_after_a_cut_anywhere(served: str, cast: SimpleNamespace, tmp_path: Path) -> None:
    data = picture("PNG", (640, 560))
    points = cuts(len(data))
    headers = await headers_of(served)
    attachments = [await promise(cast, data) for _ in points]
    file = tmp_path / "photo"
    file.write_bytes(data)
    asked = {"file": str(file), "headers": headers, "modules": str(MODULES)}
    async with AsyncExitStack() as lines:
        port = int(served.rsplit(":", 1)[1])
        cut = [await lines.enter_async_context(Scissors(port, at)) for at in points]
        jobs = [
            {"endpoint": f"http://127.0.0.1:{line.port}/api/v1/files",
             "metadata": {"att_id": str(one), "sha256": sha(data), "filename": "ảnh.png"}}
            for line, one in zip(cut, attachments, strict=True)
        ]  # fmt: skip
        first = await run("tus_cut.mjs", {**asked, "jobs": jobs})
        assert not any(one["done"] for one in first)
        assert [line.sent for line in cut] == points
        await nothing_half(data, tmp_path)
        for line in cut:
            line.mend()
        again = [{**job, "url": one["url"]} for job, one in zip(jobs, first, strict=True)]
        second = await run("tus_cut.mjs", {**asked, "jobs": again})
        assert all(one["done"] for one in second), second
        twice = [at + line.sent - len(data) for at, line in zip(points, cut, strict=True)]
    await whole(attachments, data, tmp_path)
    assert max(twice) <= CHUNK, dict(zip(points, twice, strict=True))
