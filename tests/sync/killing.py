"""Kills a real server at named points and at random ones, and PostgreSQL under it; everything must have happened once.

`python -m tests.sync.killing [KILLS] [--postgresql KILLS] [--seed N]` does it many times and prints what came of it
(part of `make soak`).
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.sync.mortal import Mortal, mortal
from tests.sync.rep import Rep, rep_of, whole
from tests.sync.storm import storm

PUSH_POINTS = ("push.claimed", "push.done", "push.before-commit", "push.after-commit")
ORDER_POINTS = ("order.priced", "order.locked", "order.written", "order.told")
UPLOAD_POINTS = ("upload.written", "upload.kept", "upload.before-commit", "upload.after-commit")
POINTS = (*PUSH_POINTS, *ORDER_POINTS, *UPLOAD_POINTS)


async def die_at(server: Mortal, rep: Rep, point: str) -> None:
    """A day during which the server is killed at that point."""
    server.order.write_text(point)
    await rep.hand_in(rep.day())
    await rep.send_photo()
    assert not server.order.exists(), f"{point} was never reached"
    server.life()
    rep.counts["kills"] += 1


async def die_any_time(server: Mortal, rep: Rep, dice: random.Random) -> None:
    """A day during which the server is killed at some moment."""
    loop = asyncio.get_running_loop()
    killing = loop.call_later(dice.uniform(0, 0.12), server.kill)
    await rep.hand_in(rep.day())
    await rep.send_photo()
    if not killing.cancelled() and killing.when() > loop.time():
        killing.cancel()
        return
    server.life()
    rep.counts["kills"] += 1


async def many(dsn: str, folder: Path, kills: int, seed: int) -> Counter[str]:
    """That many kills, half of them at named points."""
    from backend.core import database as db

    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    dice = random.Random(seed)
    try:
        with mortal(dsn, folder) as server:
            async with rep_of(server.url) as rep:
                while rep.counts["kills"] < kills:
                    if rep.counts["kills"] % 2:
                        await die_any_time(server, rep, dice)
                    else:
                        await die_at(server, rep, dice.choice(POINTS))
                    if rep.counts["kills"] % 25 == 0:
                        print(dict(rep.counts), flush=True)
                await whole(rep.counts["photographs"], rep.counts["photographs"])
                rep.counts["slowest answer after a kill, ms"] = round(rep.slowest * 1000)
                return rep.counts
    finally:
        await db.close_pool()
        db.bind(None)


def main() -> int:
    """Print what was done; an assertion that fails ends it."""
    from tests.sync.soak import database

    asking = argparse.ArgumentParser()
    asking.add_argument("kills", type=int, nargs="?", default=200)
    asking.add_argument("--postgresql", type=int, default=100)
    asking.add_argument("--seed", type=int, default=1)
    asked = asking.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if asked.kills:
            with database() as dsn:
                counts = asyncio.run(many(dsn, Path(folder) / "app", asked.kills, asked.seed))
            print(f"{time.monotonic() - began:.0f} s: {dict(counts)}; lost 0, doubled 0", flush=True)
        if asked.postgresql:
            began = time.monotonic()
            told = asyncio.run(storm(Path(folder) / "storm", asked.postgresql, asked.seed))
            print(f"{time.monotonic() - began:.0f} s: {told.report()}\nlost 0, doubled 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
