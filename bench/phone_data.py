"""What the phone is measured with: Lan with 10,000 customers and their addresses, Bob with a rep's 2,200 rows."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from backend.core import database as db
from backend.core import settings as settings_room
from backend.core.embedded import start
from backend.core.ids import new_id
from bench.servers.wire import free_port
from bench.sync import CUSTOMERS, lay

ROOT = Path(__file__).parents[1]
BOBS, VISITS_EACH = 200, 9  # customers, each with an address: 2,200 rows in all
STREETS = ("Lê Lợi", "Bình Tiên", "Nguyễn Trãi", "Hậu Giang", "Phan Văn Khỏe", "Trần Hưng Đạo", "An Dương Vương")


async def _fill() -> None:
    await lay()
    bobs = [new_id() for _ in range(BOBS)]
    await db.execute(
        """INSERT INTO customers (id, code, name, position_id)
           SELECT id, 'BB' || left(n::text, 8), 'Tạp hoá Bob ' || n, 5
             FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)""",
        bobs,
    )
    draw = Random(20261122)
    everybody = await db.fetch("SELECT id FROM customers ORDER BY id")
    texts = [f"{draw.randrange(1, 400)} {draw.choice(STREETS)}, P.{draw.randrange(1, 16)}, Q.6" for _ in everybody]
    async with db.transaction():
        await db.execute(
            """INSERT INTO addresses (id, party_id, kind, text, lat, lon, grade, is_default, version_id)
               SELECT id, party, 'ship', text, 10.7 + n / 1e5, 106.6 + n / 1e5, 'pin', true, id
                 FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS u (id, party, text, n)""",
            [new_id() for _ in everybody], [row["id"] for row in everybody], texts,
        )  # fmt: skip
        await db.execute(
            """INSERT INTO address_versions (id, address_id, text, parsed, parser_version, style, certain)
               SELECT id, id, text, '{}', 'bench', 'new', false FROM addresses"""
        )
    await db.execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at, note)
           SELECT gen_random_uuid(), c.id, (SELECT id FROM users WHERE login = 'bob'), 'sale', now(),
                  'đã ghé, còn đủ hàng trên kệ'
             FROM unnest($1::uuid[]) AS c (id), generate_series(1, $2)""",
        bobs, VISITS_EACH,
    )  # fmt: skip
    await db.execute("ANALYZE")


async def _with_pool(dsn: str, fill: Callable[[], Awaitable[object]]) -> None:
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    try:
        await fill()
    finally:
        await db.close_pool()
        db.bind(None)


def make(folder: Path) -> None:
    """Lay the company into a data folder, unless it is there."""
    lay_into(folder, _fill)


def lay_into(folder: Path, fill: Callable[[], Awaitable[object]], *, mark: str = "laid") -> None:
    """Let `fill` write into the database of a data folder nobody serves, unless the file `mark` says that it did."""
    import asyncio

    if (folder / mark).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with settings_room.using(data_dir=folder):
        embedded = start(folder)
        try:
            asyncio.run(_with_pool(embedded.dsn, fill))
        finally:
            embedded.stop()
    (folder / mark).write_text(str(CUSTOMERS))


@contextmanager
def serving(folder: Path, *, root: Path = ROOT) -> Iterator[int]:
    """The company served from its folder by the app in `root`; its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", "demo", "--data-dir", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        cwd=root,
        env={**os.environ, "TUYEN_LOGIN_PER_ADDRESS": "1000"},
    )
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    raise RuntimeError("the company did not start") from None
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)
