"""Our side of the comparison: the product's own server with two workers (Kinto has as many), spoken to as phones do."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from backend.core import database as db
from backend.core.clock import now
from backend.core.ids import new_id
from backend.core.settings import settings
from bench.served import log_in, server
from bench.servers.wire import Wire
from bench.sync import lay
from sync.tables import CUSTOMER

PAGE, BATCH, WORKERS = 5_000, 50, 2


class Ours:
    """Ten thousand customers of Lan's; what is handed in are visits to them."""

    name = "ours"

    def __init__(self) -> None:
        self.origin, self.headers = "", {"Accept-Encoding": "zstd"}
        self._open = AsyncExitStack()
        self._customers: list[str] = []
        self._next = 0

    async def begin(self, folder: Path, dsn: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        """Lays the company and starts the server; gives the customers as their wire columns say them."""
        db.bind(db.create_engine(dsn, pool_size=4))
        await db.open_pool()
        _, ids = await lay()
        self._customers = [str(one) for one in ids]
        columns = ", ".join(f"{sql} AS {name}" for name, sql in CUSTOMER.columns)
        found = await db.fetch(f"SELECT row_to_json(c)::jsonb AS row FROM (SELECT {columns} FROM customers t) c")
        await db.close_pool()
        db.bind(None)
        port, _ = await self._open.enter_async_context(server(settings().data_dir, dsn, workers=WORKERS))
        self.origin = f"http://127.0.0.1:{port}"
        own = await log_in(port)
        for line in own.headers.splitlines():
            name, _, value = line.partition(": ")
            self.headers[name] = value
        own.writer.close()
        return [one["row"] for one in found]

    async def _sync(self, wire: Wire, body: dict[str, Any]) -> Any:
        status, answer = await wire.call("POST", "/api/v1/sync", {"v": 1, **body}, packed=True)
        assert status == 200, answer
        return answer

    async def _pull(self, wire: Wire, cursor: str | None) -> tuple[str, int]:
        """All pages from a cursor; the next cursor and the rows."""
        more, count = True, 0
        while more:
            page = await self._sync(wire, {"pull": {"cursor": cursor, "limit": PAGE}})
            cursor, more = page["cursor"], page.get("more", False)
            count += sum(len(up["v"][0]) for up in page.get("up", []))
        assert cursor is not None
        return cursor, count

    def _visits(self, count: int) -> list[dict[str, Any]]:
        made = []
        for _ in range(count):
            customer = self._customers[self._next % len(self._customers)]
            self._next += 1
            visit = {"id": str(new_id()), "customer_id": customer, "purpose": "sale", "started_at": now().isoformat()}
            note = {"note": "Khách hẹn tuần sau giao thêm hai thùng, kệ trưng bày còn trống một nửa " * 3}
            made.append({"id": str(new_id()), "name": "visit.log", "lane": customer, "args": visit | note})
        return made

    @staticmethod
    def _refused(answer: Any) -> int:
        return sum(ack["st"] != "applied" for ack in answer["acks"])

    async def first_sync(self, wire: Wire) -> int:
        return (await self._pull(wire, None))[1]

    async def push(self, wire: Wire, count: int) -> int:
        visits = self._visits(count)
        answers = [await self._sync(wire, {"push": visits[at : at + BATCH]}) for at in range(0, count, BATCH)]
        return sum(self._refused(answer) for answer in answers)

    async def here(self, wire: Wire) -> str:
        return (await self._pull(wire, None))[0]

    async def exchange(self, wire: Wire, seen: Any, count: int) -> int:
        """Both in one round trip, as phones do; further pages if there are any."""
        asked = {"push": self._visits(count), "pull": {"cursor": seen, "limit": PAGE}}
        answer = await self._sync(wire, asked)
        if answer.get("more"):
            await self._pull(wire, answer["cursor"])
        return self._refused(answer)

    async def end(self) -> None:
        await self._open.aclose()
