"""Kinto on the same PostgreSQL, served by two gunicorn workers of four threads, as its deployment notes advise."""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from backend.core.ids import new_id
from bench.servers.wire import Process, Wire, free_port, tool

PACKAGES = ("kinto[postgresql]==26.5.0", "gunicorn==23.0.0")
BATCH = 100
RECORDS = "/buckets/bench/collections/rows/records"
CONFIG = """[server:main]
use = egg:gunicorn#main
host = 127.0.0.1
port = {port}
workers = 2
threads = 4
[app:main]
use = egg:kinto
kinto.userid_hmac_secret = bench
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {dsn}
kinto.storage_max_fetch_size = 100000
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {dsn}
kinto.batch_max_requests = 100
kinto.bucket_create_principals = system.Everyone
multiauth.policies = basicauth
multiauth.policy.basicauth.use = kinto.core.authentication.BasicAuthAuthenticationPolicy
[loggers]
keys = root
[handlers]
keys = out
[formatters]
keys =
[logger_root]
level = ERROR
handlers = out
[handler_out]
class = StreamHandler
args = (sys.stderr,)
"""


class Kinto:
    """A bucket and a collection; a batch of a hundred requests is its best form."""

    name = "kinto"

    def __init__(self) -> None:
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}/v1"
        self.headers = {"Authorization": "Basic " + base64.b64encode(b"bench:bench").decode()}
        self._port, self._process = port, Process()

    async def begin(self, folder: Path, dsn: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        bin_dir = folder / "kinto" / "bin"
        if not (bin_dir / "gunicorn").exists():
            await tool(sys.executable, "-m", "venv", str(folder / "kinto"), folder=folder)
            await tool(str(bin_dir / "pip"), "install", "-q", *PACKAGES, folder=folder)
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE DATABASE kinto TEMPLATE template0 ENCODING 'UTF8'")
        await connection.close()
        address = urlsplit(dsn)._replace(scheme="postgresql", path="/kinto").geturl()
        config = folder / "kinto.ini"
        config.write_text(CONFIG.format(port=self._port, dsn=address.replace("%", "%%")), "utf-8")
        await tool(str(bin_dir / "kinto"), "migrate", "--ini", str(config), folder=folder)
        await self._process.run(
            str(bin_dir / "gunicorn"), "--paste", str(config), "-b", f"127.0.0.1:{self._port}", "-w", "2",
            "--threads", "4", folder=folder, origin=self.origin, path="/",
        )  # fmt: skip
        wire = Wire(self.origin, self.headers)
        for path in ("/buckets/bench", "/buckets/bench/collections/rows"):
            status, answer = await wire.call("PUT", path, {})
            assert status in (200, 201), answer
        assert await self._put(wire, rows) == 0
        await wire.close()
        return rows

    async def _put(self, wire: Wire, rows: list[dict[str, object]]) -> int:
        refused = 0
        for at in range(0, len(rows), BATCH):
            requests = [
                {"path": f"/v1{RECORDS}/{row['id']}", "body": {"data": row}, "headers": {"If-None-Match": "*"}}
                for row in rows[at : at + BATCH]
            ]
            status, answer = await wire.call("POST", "/batch", {"defaults": {"method": "PUT"}, "requests": requests})
            assert status == 200, answer
            refused += sum(one["status"] != 201 for one in answer["responses"])
        return refused

    async def first_sync(self, wire: Wire) -> int:
        status, answer = await wire.call("GET", RECORDS)
        assert status == 200, answer
        return len(answer["data"])

    async def push(self, wire: Wire, count: int) -> int:
        return await self._put(wire, new_rows(count))

    async def here(self, wire: Wire) -> int:
        _, answer = await wire.call("GET", f"{RECORDS}?_sort=-last_modified&_limit=1")
        return int(answer["data"][0]["last_modified"])

    async def exchange(self, wire: Wire, seen: Any, count: int) -> int:
        refused = await self.push(wire, count)
        status, answer = await wire.call("GET", f"{RECORDS}?_since={seen}")
        assert status == 200, answer
        return refused

    async def end(self) -> None:
        await self._process.end()


def new_rows(count: int) -> list[dict[str, Any]]:
    """Rows as heavy as a visit of ours on the wire."""
    note = "Khách hẹn tuần sau giao thêm hai thùng, kệ trưng bày còn trống một nửa " * 3
    return [
        {"id": str(new_id()), "customer_id": str(new_id()), "purpose": "sale", "note": note, "started_at": "2026-11-22"}
        for _ in range(count)
    ]
