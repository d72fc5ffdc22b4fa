"""The limit: bare asyncpg and PostgreSQL doing the same reads and writes, without HTTP, rights or receipts."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import zstandard

from backend.core.clock import now
from backend.core.ids import new_id
from bench.servers.wire import Wire

TOGETHER = 20
INSERT = "INSERT INTO bare.visits (id, at, body) VALUES ($1, $2, $3::jsonb)"
NOTE = '{"note": "' + "Khách hẹn tuần sau giao thêm hai thùng, kệ trưng bày còn trống một nửa " * 3 + '"}'


class Bare:
    """One statement for a first sync, transactions of twenty inserts for a push, eight connections in all."""

    name = "bare"

    def __init__(self) -> None:
        self.origin, self.headers = "http://127.0.0.1:1", dict[str, str]()
        self._pool: Any = None

    async def begin(self, folder: Path, dsn: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        """Tables of its own beside the product's, with the two indexes the work needs."""
        self._pool = await asyncpg.create_pool(dsn, min_size=8, max_size=8)
        async with self._pool.acquire() as connection:
            await connection.execute(
                """CREATE SCHEMA IF NOT EXISTS bare;
                   CREATE TABLE bare.visits (id uuid PRIMARY KEY, at timestamptz NOT NULL, n bigserial, body jsonb);
                   CREATE INDEX ON bare.visits (n);"""
            )
        return rows

    async def first_sync(self, wire: Wire) -> int:
        """All customers as one JSON text, compressed as ours is."""
        async with self._pool.acquire() as connection:
            text = await connection.fetchval(
                """SELECT json_agg(json_build_array(id, code, name, phone, note, position_id, status, version))::text
                     FROM public.customers"""
            )
            wire.down += len(zstandard.ZstdCompressor(3).compress(text.encode()))
            return int(await connection.fetchval("SELECT count(*) FROM public.customers"))

    async def push(self, wire: Wire, count: int) -> int:
        async with self._pool.acquire() as connection:
            for _ in range(0, count, TOGETHER):
                async with connection.transaction():
                    for _ in range(TOGETHER):
                        await connection.execute(INSERT, new_id(), now(), NOTE)
        return 0

    async def here(self, wire: Wire) -> int:
        async with self._pool.acquire() as connection:
            return int(await connection.fetchval("SELECT coalesce(max(n), 0) FROM bare.visits"))

    async def exchange(self, wire: Wire, seen: Any, count: int) -> int:
        await self.push(wire, count)
        async with self._pool.acquire() as connection:
            await connection.fetchval(
                "SELECT json_agg(json_build_array(id, at, body))::text FROM bare.visits WHERE n > $1", seen
            )
        return 0

    async def end(self) -> None:
        if self._pool:
            await asyncio.wait_for(self._pool.close(), 20)
