"""Our door for phones beside three known sync servers and bare PostgreSQL, all in one run: `python -m bench peers`.

Kinto (PostgreSQL), PouchDB's server (LevelDB) and RxDB's server (memory) are installed from the package registries into
a throw-away folder; `TUYEN_PEERS=<folder>` keeps it for another run. Everybody serves HTTP on 127.0.0.1 to the same
client process, in each peer's best batch form, in interleaved rounds.

* a: a first sync of 10,000 customers. b: 1,000 new rows, a hundred a request (ours at most fifty).
* c: fifty clients at once, each hands in twenty rows and then pulls what is new to it.

They do not do the same work: only ours knows rights, scope and commands with receipts; RxDB's keeps nothing on disk,
PouchDB's does not wait for the disk. Times are medians; bytes are those of bodies as they travel.
"""

import asyncio
import os
import statistics
import time
from pathlib import Path

from bench.place import place
from bench.servers.bare import Bare
from bench.servers.kinto import Kinto
from bench.servers.nodes import PouchDB, RxDB
from bench.servers.ours import Ours
from bench.servers.wire import Peer, Wire
from bench.table import Row

ROUNDS, PUSHED, CLIENTS, EACH = 3, 1_000, 50, 20
WORK = {"a": "first sync of 10,000 rows", "b": f"push of {PUSHED:,}", "c": f"{CLIENTS} clients x {EACH} and a pull"}
# The goals of the sync plan: work -> peer -> (time at most this share of theirs, bytes down at most this share).
GOALS: dict[str, dict[str, tuple[float, float | None]]] = {
    "a": {"kinto": (1.0, 0.16), "pouchdb": (0.25, 0.70), "rxdb": (1.6, None)},
    "b": {"kinto": (0.04, None), "pouchdb": (3.0, None)},
    "c": {"pouchdb": (0.5, None), "rxdb": (1.5, None)},
}


class Figures:
    """What was measured of one peer: milliseconds and bytes of each round, and writes that were not taken."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {work: [] for work in WORK}
        self.up: dict[str, list[int]] = {work: [] for work in WORK}
        self.down: dict[str, list[int]] = {work: [] for work in WORK}
        self.failed = 0

    def median(self, work: str) -> float:
        """Milliseconds."""
        return statistics.median(self.times[work])


async def one_round(peer: Peer, figures: Figures, rows: int) -> None:
    """The three pieces of work once, each with connections of its own."""
    for work in WORK:
        wires = [Wire(peer.origin, peer.headers) for _ in range(CLIENTS if work == "c" else 1)]
        seen = await asyncio.gather(*(peer.here(wire) for wire in wires)) if work == "c" else []
        for wire in wires:
            wire.up = wire.down = 0
        began = time.perf_counter()
        if work == "a":
            count = await peer.first_sync(wires[0])
            assert count >= rows, f"{peer.name}: {count} of {rows} rows"
        elif work == "b":
            figures.failed += await peer.push(wires[0], PUSHED)
        else:
            both = (peer.exchange(wire, at, EACH) for wire, at in zip(wires, seen, strict=True))
            figures.failed += sum(await asyncio.gather(*both))
        figures.times[work].append(1000 * (time.perf_counter() - began))
        figures.up[work].append(sum(wire.up for wire in wires))
        figures.down[work].append(sum(wire.down for wire in wires))
        for wire in wires:
            await wire.close()


async def compare(peers: list[Peer], folder: Path, dsn: str) -> dict[str, Figures]:
    """Every peer's figures; whoever comes first in a round is another each time."""
    found = {peer.name: Figures() for peer in peers}
    try:
        rows: list[dict[str, object]] = []
        for peer in peers:  # ours comes first and says what the rows are
            rows = await peer.begin(folder, dsn, rows)
        for number in range(ROUNDS + 1):
            turn = number % len(peers)
            for peer in peers[turn:] + peers[:turn]:
                await one_round(peer, found[peer.name] if number else Figures(), len(rows))
    finally:
        for peer in reversed(peers):
            await peer.end()
    return found


def table(found: dict[str, Figures]) -> list[Row]:
    """One row for each work and each of the others."""
    rows = []
    ours = found["ours"]
    for work, what in WORK.items():
        for name, theirs in found.items():
            if name == "ours":
                continue
            share = ours.median(work) / theirs.median(work)
            bytes_share = statistics.median(ours.down[work]) / (statistics.median(theirs.down[work]) or 1)
            wire = f", bytes down {bytes_share:.2f}" if name != "bare" and work != "b" else ""
            goal, bytes_goal = GOALS[work].get(name, (None, None))
            aim = "" if goal is None else f"<= {goal:g}x" + ("" if bytes_goal is None else f", {bytes_goal:.2f}")
            times = f"{ours.median(work):.0f} of {theirs.median(work):.0f} ms"
            failed = f", {theirs.failed} of theirs refused" if theirs.failed and work == "c" else ""
            rows.append(Row("peers", f"{what}: ours / {name} ({times}{failed})", f"{share:.2f}x{wire}", "", aim))
        down, up = (statistics.median(side[work]) / 1000 for side in (ours.down, ours.up))
        rows.append(Row("peers", f"{what}: our bytes down, up", f"{down:,.0f} KB, {up:,.0f} KB", "", ""))
    rows.append(Row("peers", "writes of ours that were not taken", str(ours.failed), "0", "0"))
    return rows


def measure() -> list[Row]:
    """The rows of the benchmark table."""
    with place() as here:
        kept = Path(os.environ.get("TUYEN_PEERS", here.data_dir))
        peers: list[Peer] = [Ours(), Bare(), Kinto(), PouchDB(), RxDB()]
        return table(asyncio.run(compare(peers, kept, here.dsn)))
