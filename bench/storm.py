"""The morning after a day without a line: 200 phones hand in at once, managers look on: `python -m bench storm`.

Rates are those of 200 reps whose day comes in within five minutes: 13.3 orders, 20 visits and 40 photos of 300 KB a
second, and two looks a second at the revenue map. Every piece of data has its moment, whether or not the one before is
done; its wait counts from that moment. Photos go when their visit is in, and yield to data: what they cannot do in the
time they do after it, and the last rows say how long that took.

Server, PostgreSQL and the 200 phones share the machine's cores; what each used is said apart, and so is what others
used meanwhile. `TUYEN_STORM` is the seconds of one storm (default 60; 300 is the whole), `TUYEN_STORM_AT` the parts of
the full rates to run one after the other (`0.25,0.5,1`), `TUYEN_STORM_SCALE` the history (`R1`: 300,000 orders).
"""

import asyncio
import contextlib
import os
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from backend.core import database as db
from bench.place import place
from bench.served import TICK, cpu_seconds, log_in, parent_of, server
from bench.storm_phones import A_SECOND, Phones
from bench.storm_town import Town, lay
from bench.table import Row
from tests.orders.shop import healthy

SECONDS = int(os.environ.get("TUYEN_STORM", "60"))
PARTS = [float(part) for part in os.environ.get("TUYEN_STORM_AT", "1").split(",")]
WORKERS = 2
BOUNDS = {"order": 250, "visit": None, "pull": 500, "look": 500, "photo": None}


class Cpu(NamedTuple):
    """Seconds of processor time used until now."""

    server: float
    postgres: float
    phones: float
    machine: float

    def since(self, before: "Cpu", seconds: float) -> list[float]:
        """Percent of all cores: server, PostgreSQL, phones, and what others used meanwhile."""
        cores = os.cpu_count() or 1
        used = [100 * (now - then) / seconds / cores for now, then in zip(self, before, strict=True)]
        return [*used[:3], max(0.0, used[3] - sum(used[:3]))]


def used_until_now(pid: int, postmaster: int) -> Cpu:
    """The processors' time so far. The phones are this very process."""
    user, nice, system, _, _, irq, soft, *_ = (
        int(ticks) / TICK for ticks in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return Cpu(cpu_seconds([pid]), cpu_seconds([postmaster]), time.process_time(), user + nice + system + irq + soft)


def resident(root: int) -> float:
    """Megabytes of a process and its children that are in memory and their own."""
    total, page = 0, os.sysconf("SC_PAGE_SIZE")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (int(entry.name) == root or parent_or_zero(entry) == root):
            with contextlib.suppress(OSError):
                numbers = (entry / "statm").read_text().split()
                total += (int(numbers[1]) - int(numbers[2])) * page
    return total / 1e6


def parent_or_zero(entry: Path) -> int:
    """The parent of a process that may be gone by now."""
    try:
        return parent_of(int(entry.name))
    except OSError:
        return 0


async def arrived() -> dict[str, int]:
    """What is in the books."""
    row = await db.fetch_row(
        """SELECT (SELECT count(*) FROM orders) AS order, (SELECT count(*) FROM visits) AS visit,
                  (SELECT count(*) FROM attachments a JOIN attachment_files f ON f.attachment_id = a.id
                    WHERE a.state = 'stored' AND f.sha256 = a.sha256 AND f.user_id = a.user_id) AS photo"""
    )
    return dict(row)


async def one_storm(phones: Phones, part: float, pid: int, postmaster: int) -> list[Row]:
    """One storm at a part of the full rates, as rows."""
    phones.begin(SECONDS, part)
    before, there, began = used_until_now(pid, postmaster), await arrived(), time.perf_counter()
    memory = [resident(pid)]

    async def watch() -> None:
        while True:
            await asyncio.sleep(2)
            memory.append(resident(pid))

    watching = asyncio.create_task(watch())
    cpu: list[float] = []

    async def at_the_end_of_data() -> None:
        await asyncio.sleep(SECONDS)
        cpu.extend(used_until_now(pid, postmaster).since(before, time.perf_counter() - began))

    (data, photos), _ = await asyncio.gather(phones.storm(), at_the_end_of_data())
    watching.cancel()
    now = await arrived()
    expected = {"order": phones.count("order"), "visit": phones.count("visit"), "photo": 2 * phones.count("visit")}
    lost = {kind: count - (now[kind] - there[kind]) for kind, count in expected.items()}
    sent = ", ".join(f"{phones.count(kind):,} {kind}s" for kind in A_SECOND)
    name = "storm" if part == 1 else f"storm x{part:g}"
    rows = [
        Row(name, f"{SECONDS} s of {len(phones.town.phones)} phones ({sent}): data in after", f"{data:.0f} s", "", "")
    ]
    for kind, bound in BOUNDS.items():
        waits = sorted(phones.waits[kind])
        figures = f"p50 {statistics.median(waits):.0f}, p95 {waits[len(waits) * 95 // 100]:.0f} ms"
        rows.append(Row(name, kind, figures, "" if bound is None else f"p95 <= {bound} ms", ""))
    megabytes = len(phones.waits["photo"]) * phones.album.size / 1e6
    late = len(phones.waits["photo"]) - phones.arrived_in_time
    rows += [
        Row(name, f"photos: all in after (late: {late})", f"{photos:.0f} s, {megabytes / photos:.1f} MB/s", "", ""),
        Row(name, "photos told to wait, cut off", f"{phones.told_to_wait}, {phones.cut_off}", "", ""),
        Row(name, "CPU of server + PostgreSQL, of all cores", f"{cpu[0]:.0f} + {cpu[1]:.0f} %", "<= 60 %", ""),
        Row(name, "CPU of the phones, of others on the machine", f"{cpu[2]:.0f}, {cpu[3]:.0f} %", "", ""),
        Row(name, f"memory of the server, {WORKERS} workers, at most", f"{max(memory):.0f} MB", "<= 600 MB", ""),
        Row(name, "lost or doubled: orders, visits, photos", f"{lost}", "0", "0"),
        Row(name, "data asked to come again (503)", str(phones.busy), "", "0"),
        Row(name, "refused", f"{len(phones.refused)} {phones.refused[:1] or ''}", "0", "0"),
    ]
    return rows


async def run(dsn: str, data_dir: Path, town: Town) -> list[Row]:
    """Let it storm over a company, count what arrived."""
    rows: list[Row] = []
    async with server(data_dir, dsn, workers=WORKERS) as (port, pid):
        phones = Phones(f"http://127.0.0.1:{port}", town)
        try:
            for login in [*(phone.login for phone in town.phones), *town.managers]:
                wire = await log_in(port, login)
                phones.connect(dict(line.split(": ", 1) for line in wire.headers.splitlines()))
                wire.writer.close()
            for phone in range(len(town.phones)):
                await phones.sync(phone)
            postmaster = parent_of(await db.fetch_value("SELECT pg_backend_pid()"))
            phones.begin(10, 0.2)  # plans, price books and pools are warm from here on
            await phones.storm()
            for part in PARTS:
                rows += await one_storm(phones, part, pid, postmaster)
        finally:
            await phones.close()
    await healthy()
    await db.close_pool()
    db.bind(None)
    return rows


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with place() as here:

        async def whole() -> list[Row]:
            return await run(here.dsn, here.data_dir, await lay(here.dsn))

        return asyncio.run(whole())
