"""The two peers that run on Node: PouchDB's server and RxDB's server, from a folder of their own."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.servers.kinto import new_rows
from bench.servers.wire import Process, Wire, free_port, tool

BATCH = 100


class OnNode(ABC):
    """A server of a few lines of JavaScript beside this file, with its packages in the throw-away folder."""

    name = ""
    packages: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._port, self._process = free_port(), Process()
        self.origin = f"http://127.0.0.1:{self._port}"
        self.headers: dict[str, str] = {"Accept-Encoding": "gzip"}

    async def begin(self, folder: Path, dsn: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        import hatch_build

        node, npm, _ = hatch_build.node_and_npm()
        home = folder / self.name
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "node_modules").exists():
            (home / "package.json").write_text('{"private": true, "type": "module"}', "utf-8")
            await tool(*npm, "install", "--no-audit", "--no-fund", "--silent", *self.packages, folder=home)
        script = home / "server.mjs"
        script.write_text((Path(__file__).parent / f"{self.name}.mjs").read_text("utf-8"), "utf-8")
        for old in home.glob("data*"):
            await tool("rm", "-r", str(old), folder=home)
        await self._process.run(*node, str(script), str(self._port), folder=home, origin=self.origin)
        wire = Wire(self.origin, self.headers)
        assert await self._put(wire, rows) == 0
        await wire.close()
        return rows

    @abstractmethod
    async def _put(self, wire: Wire, rows: list[dict[str, object]]) -> int:
        """Hand these rows in, a hundred a request; how many were not taken."""

    async def push(self, wire: Wire, count: int) -> int:
        return await self._put(wire, new_rows(count))

    async def end(self) -> None:
        await self._process.end()


class PouchDB(OnNode):
    """express-pouchdb over LevelDB."""

    name = "pouchdb"
    packages = ("pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.21.2", "compression@1.7.5")

    async def _put(self, wire: Wire, rows: list[dict[str, object]]) -> int:
        refused = 0
        for at in range(0, len(rows), BATCH):
            # A leading underscore is PouchDB's own.
            docs = [
                {"_id": row["id"], **{key: value for key, value in row.items() if not key.startswith("_")}}
                for row in rows[at : at + BATCH]
            ]
            status, answer = await wire.call("POST", "/rows/_bulk_docs", {"docs": docs})
            assert status == 201, answer
            refused += sum("error" in one for one in answer)
        return refused

    async def _changes(self, wire: Wire, since: int) -> Any:
        status, answer = await wire.call("GET", f"/rows/_changes?include_docs=true&since={since}")
        assert status == 200, answer
        return answer

    async def first_sync(self, wire: Wire) -> int:
        return len((await self._changes(wire, 0))["results"])

    async def here(self, wire: Wire) -> int:
        _, answer = await wire.call("GET", "/rows")
        return int(answer["update_seq"])

    async def exchange(self, wire: Wire, seen: Any, count: int) -> int:
        refused = await self.push(wire, count)
        await self._changes(wire, seen)
        return refused


class RxDB(OnNode):
    """rxdb-server over RxDB's memory storage."""

    name = "rxdb"
    packages = ("rxdb@15.39.0", "rxdb-server@15.22.0", "express@4.19.2", "rxjs@7.8.1", "cors@2.8.5")
    PAGE = 20_000

    async def _put(self, wire: Wire, rows: list[dict[str, object]]) -> int:
        refused = 0
        for at in range(0, len(rows), BATCH):
            body = [
                {"newDocumentState": {"id": row["id"], "body": row, "_deleted": False}} for row in rows[at : at + BATCH]
            ]
            status, answer = await wire.call("POST", "/rows/0/push", body)
            assert status == 200, answer
            refused += len(answer)
        return refused

    async def _pull(self, wire: Wire, at: dict[str, Any]) -> Any:
        place = f"id={quote(str(at['id']))}&lwt={at['lwt']}"
        status, answer = await wire.call("GET", f"/rows/0/pull?{place}&limit={self.PAGE}")
        assert status == 200, answer
        return answer

    async def first_sync(self, wire: Wire) -> int:
        count, at = 0, {"id": "", "lwt": 0}
        while True:
            page = await self._pull(wire, at)
            count, at = count + len(page["documents"]), page["checkpoint"]
            if len(page["documents"]) < self.PAGE:
                return count

    async def here(self, wire: Wire) -> Any:
        at = {"id": "", "lwt": 0}
        while (page := await self._pull(wire, at))["documents"]:
            at = page["checkpoint"]
        return at

    async def exchange(self, wire: Wire, seen: Any, count: int) -> int:
        refused = await self.push(wire, count)
        await self._pull(wire, seen)
        return refused
