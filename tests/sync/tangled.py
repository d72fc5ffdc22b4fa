"""A phone behind a line with every fault hands in its operations: each happens once, and the office is not tied up.

`python -m tests.sync.tangled [SEEDS] [--operations N] [--faults N] [--from SEED]` tells many of them. The phone is its
own code (own_phone.mjs), the server a real process, the line `tangle.py`. The phone works on beyond its operations
until every fault that was planned has been met.
"""

import argparse
import asyncio
import base64
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx

from backend.core import database as db
from backend.core.clock import today
from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import new_id
from backend.core.patience import PACE
from backend.demo.cast import PASSWORD
from backend.doctoring import all_faults
from tests.makers import a_credit_line, an_item, photo
from tests.sync.mortal import Mortal, mortal
from tests.sync.tangle import FATES, Tangle
from tests.sync.test_tus_client import MODULES, ROOT
from tests.sync.test_uploads_cut import run
from tests.sync.uploading import sha

GRACE, GIVES_UP_MS = 2, 600
WORK_A_FAULT = 4  # operations the phone enters for it beyond those asked for, at the most
IMPATIENT = {"TUYEN_BODY_GRACE_S": str(GRACE)}
TABLES = {"visit.log": "visits", "expense.claim": "expenses", "order.place": "orders", "attachment.add": "attachments"}


def sockets(port: int) -> int:
    """Connections that the server on that port still has open."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] in ("01", "08") for row in rows)


async def transactions(silent_s: float) -> int:
    """Transactions of the office in which nothing has been said for longer than that."""
    count: int = await fetch_value(
        """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND state LIKE 'idle in transaction%' AND clock_timestamp() - state_change > make_interval(secs => $1)""",
        silent_s,
    )
    return count


class Tied:
    """Looks all the while whether a fault of the line holds a transaction in the office."""

    def __init__(self) -> None:
        self.worst = 0

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            self.worst = max(self.worst, await transactions(GRACE * 0.7))
            await asyncio.sleep(0.2)


async def hand_in(server: Mortal, folder: Path, *, seed: int, operations: int, faults: int) -> Counter[str]:
    """One phone, so many operations or more, so many faults; gives what was done, after everything was looked at."""
    item = await an_item(f"D{seed}", on_hand=10_000)
    customers = [new_id() for _ in range(4)]
    for one in customers:
        await execute(
            "INSERT INTO customers (id, code, name, position_id, currency) VALUES ($1, $2, 'Minh', 3, 'VND')",
            one, one.hex[-12:],
        )  # fmt: skip
        await a_credit_line(one, None)
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/session", json={"login": "lan", "password": PASSWORD})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    picture = photo(f"tangle {seed}", (320, 240))
    async with Tangle(server.port, seed, faults) as line, Tied() as tied:
        said = await run("own_phone.mjs", {
            "address": f"http://127.0.0.1:{line.port}", "headers": {"X-Tuyen-CSRF": answer.json()["csrf"],
            "Cookie": cookie}, "user": str(new_id()), "device": str(new_id()),
            "customers": [str(one) for one in customers], "item": str(item),
            "photo": base64.b64encode(picture).decode(), "sha256": sha(picture), "operations": operations,
            "most": operations + WORK_A_FAULT * faults, "seed": seed, "gives_up_ms": GIVES_UP_MS,
            "modules": str(MODULES), "source": str(ROOT / "pwa/src/lib"), "folder": str(folder), "today": str(today()),
        })  # fmt: skip
        await _falls_back(server, line)
        met = line.met
        assert not line.to_come, f"planned and not met: {Counter(line.to_come)}, met: {met}"
    await _once(said, customers, item, operations)
    assert tied.worst == 0, "no fault of the line holds a transaction open"
    assert met.total() - met["pass"] == faults
    met["operations"] = sum(len(ids) for ids in said["entered"].values())
    return met


async def _falls_back(server: Mortal, line: Tangle) -> None:
    """Soon after the phone has gone the office has ended every connection that was left hanging.

    The more of a body had come, the longer it waits for the rest (`patience.PACE`).
    """
    until = time.monotonic() + GRACE + line.longest / PACE + 8
    while line.waiting or sockets(server.port):
        assert time.monotonic() < until, f"{line.waiting} requests, {sockets(server.port)} sockets hang"
        await asyncio.sleep(0.1)


async def _once(said: dict[str, Any], customers: list[UUID], item: UUID, operations: int) -> None:
    """What was entered took effect, all of it, once."""
    left = said["left"]
    assert (left["items"], left["photos"], left["attention"]) == (0, 0, 0), left
    entered: dict[str, list[str]] = said["entered"]
    assert sum(len(ids) for ids in entered.values()) >= operations
    for name, table in TABLES.items():
        rows = await fetch(f"SELECT id FROM {table} WHERE customer_id = ANY($1::uuid[])", customers)
        assert sorted(str(row["id"]) for row in rows) == sorted(entered[name]), f"{table}: lost or doubled"
    args = (customers,)
    stored = "SELECT count(*) FROM attachments WHERE customer_id = ANY($1::uuid[]) AND state = 'stored'"
    assert await fetch_value(stored, *args) == len(entered["attachment.add"])
    held = await fetch_value("SELECT coalesce(sum(held), 0) FROM reservations WHERE item_id = $1", item)
    assert held == len(entered["order.place"]) * 1_000_000, "stock is reserved once for each order"
    twice = await fetch("SELECT entity_id FROM audit WHERE entity = 'mutation' GROUP BY 1 HAVING count(*) > 1")
    assert twice == [], "in the audit once"
    assert await fetch_value("SELECT count(*) FROM sync_mutations WHERE st <> 'applied'") == 0
    assert await all_faults() == []


async def many(dsn: str, folder: Path, seeds: range, operations: int, faults: int) -> Counter[str]:
    """One seed after the other, on one server."""
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    met: Counter[str] = Counter()
    try:
        with mortal(dsn, folder, **IMPATIENT) as server:
            for seed in seeds:
                one = await hand_in(server, folder, seed=seed, operations=operations, faults=faults)
                print(f"seed {seed}: {dict(one)}", flush=True)
                met += one
            assert no_faults(folder)
    finally:
        await db.close_pool()
        db.bind(None)
    return met


def no_faults(folder: Path) -> bool:
    """Whether the server never took a fault of the line for one of its own."""
    log = (folder / "server.log").read_text()
    assert "fault" not in log and "Traceback" not in log, log[-3000:]
    return True


def main() -> int:
    """Print what was done; an assertion that fails ends it."""
    from tests.sync.soak import database

    asking = argparse.ArgumentParser()
    asking.add_argument("seeds", type=int, nargs="?", default=20)
    asking.add_argument("--operations", type=int, default=200)
    asking.add_argument("--faults", type=int, default=150)
    asking.add_argument("--from", type=int, default=1, dest="first")
    asked = asking.parse_args()
    began = time.monotonic()
    seeds = range(asked.first, asked.first + asked.seeds)
    with database() as dsn, tempfile.TemporaryDirectory() as folder:
        met = asyncio.run(many(dsn, Path(folder), seeds, asked.operations, asked.faults))
    done, faults = met["operations"], sum(met[fate] for fate in FATES)
    print(f"{time.monotonic() - began:.0f} s: {done} operations, {faults} faults; lost 0, doubled 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
