"""How the tests upload: announcing a file, sending it whole or on a line that is cut, asking what became of it."""

import base64
import hashlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx

from backend.core.database import fetch_value
from backend.core.ids import new_id
from sync.push import push
from tests.sync.handing import mutation, subject, visit
from tests.sync.phone import make_customer

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def described(attachment: UUID, data: bytes, **more: str) -> dict[str, str]:
    named = {"att_id": str(attachment), "sha256": sha(data), **more}
    pairs = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in named.items())
    return {"Upload-Length": str(len(data)), "Upload-Metadata": pairs}


async def begin(client: httpx.AsyncClient, attachment: UUID, data: bytes, first: bytes = b"", **more: str) -> Any:
    headers = {**TUS, **described(attachment, data, **more)}
    if first:
        headers["Content-Type"] = PART["Content-Type"]
    return await client.post("/files", content=first, headers=headers)


def place(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].removeprefix("/api/v1")


async def cut_off(data: bytes, after: int) -> AsyncIterator[bytes]:
    """A body whose line breaks: the server hears a disconnect."""
    yield data[:after]
    raise ConnectionResetError


async def send_cut(app: Any, client: httpx.AsyncClient, path: str, offset: int, data: bytes, **more: str) -> None:
    """PATCH whose connection dies after `data`."""
    messages = [
        {"type": "http.request", "body": data, "more_body": True},
        {"type": "http.disconnect"},
    ]
    headers = {**PART, **more, "Upload-Offset": str(offset), "X-Tuyen-CSRF": client.headers["X-Tuyen-CSRF"],
               "Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}  # fmt: skip
    scope = {
        "type": "http", "method": "PATCH", "path": f"/api/v1{path}", "raw_path": f"/api/v1{path}".encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1", "server": ("tuyen.test", 80),
        "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        return None

    await app(scope, receive, send)


async def attach(cast: SimpleNamespace, data: bytes, mime: str = "image/jpeg", owner: Any = None) -> UUID:
    """A visit with the promise of this file."""
    one = owner or visit(await make_customer())
    args = {"id": str(new_id()), "owner": "visit", "owner_id": str(subject(one)), "sha256": sha(data),
            "size": len(data), "mime": mime}  # fmt: skip
    promise = mutation("attachment.add", args)
    acks = await push([one, promise], actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "applied"], acks
    return subject(promise)


async def state(attachment: UUID) -> str:
    return str(await fetch_value("SELECT state FROM attachments WHERE id = $1", attachment))
