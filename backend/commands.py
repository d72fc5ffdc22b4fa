"""What each command of the command line does."""

import argparse
import getpass
import os
import shutil
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from backend.core import settings as settings_room
from backend.core.patience import server_options
from backend.core.serving import database_in_use
from backend.core.settings import settings
from backend.migrating import migrate


def _choose(asked: argparse.Namespace, **more: object) -> None:
    """Put what the command line says into the settings, and into the environment the server's workers inherit."""
    changes = dict(more)
    if getattr(asked, "data_dir", None):
        changes["data_dir"] = Path(asked.data_dir).resolve()
    settings_room.choose(msgspec.structs.replace(settings(), **changes))
    os.environ["TUYEN_DATA_DIR"] = str(settings().data_dir)
    os.environ["TUYEN_DEMO"] = "1" if settings().demo else "0"


async def _prepare(demo_scale: str | None) -> None:
    """Migrate, and fill an empty database with the demo company when asked."""
    from backend.core.database import fetch_value

    await migrate()
    if demo_scale and not await fetch_value("SELECT EXISTS (SELECT 1 FROM users)"):
        from backend.demo.build import build_demo

        began = time.monotonic()
        summary = await build_demo(scale=demo_scale)
        print(f"demo company made in {time.monotonic() - began:.1f} s: {summary}", flush=True)


def _serve(asked: argparse.Namespace) -> None:
    """Run the web server until it is stopped, saying `ready` once it answers."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    address = f"http://{asked.host}:{asked.port}"
    threading.Thread(target=_say_ready, args=(address,), daemon=True).start()
    Granian(
        target="backend.app:create",
        factory=True,
        address=asked.host,
        port=asked.port,
        interface=Interfaces.ASGI,
        workers=asked.workers,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        **server_options(),
    ).serve()


def _say_ready(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:  # noqa: S310 -- our own address
                if answer.status == 200:
                    print(f"ready {address}", flush=True)
                    return
        except OSError:
            time.sleep(0.1)


def _forget(data_dir: Path) -> None:
    """Remove a data folder and its embedded database. Refuses while another process uses it."""
    from backend.core.embedded import remove

    remove(data_dir)
    shutil.rmtree(data_dir, ignore_errors=True)


async def _with_database(work: Callable[[], Any]) -> Any:
    async with database_in_use():
        return await work()


def demo(asked: argparse.Namespace) -> int:
    """Serve a demo company; make it first when there is none."""
    import asyncio

    from backend.demo.summary import accounts_text

    _choose(asked, demo=True)
    if asked.fresh:
        _forget(settings().data_dir)
    settings().data_dir.mkdir(parents=True, exist_ok=True)

    async def prepare() -> None:
        await _prepare(asked.scale)

    with _database_kept():
        asyncio.run(_with_database(prepare))
        print(accounts_text(), flush=True)
        _serve(asked)
    return 0


def _database_kept() -> Any:
    """Keep the embedded database up between preparing it and serving from it."""
    from contextlib import contextmanager

    from backend.core.embedded import start

    @contextmanager
    def kept() -> Any:
        if settings().database_url:
            yield
            return
        embedded = start(settings().data_dir)
        try:
            yield
        finally:
            embedded.stop()

    return kept()


def serve(asked: argparse.Namespace) -> int:
    """Serve a real company. Refuses a data folder that holds the demo company."""
    import asyncio

    _choose(asked, demo=False)
    settings().data_dir.mkdir(parents=True, exist_ok=True)

    async def prepare() -> bool:
        from backend.core.database import fetch_value
        from backend.demo.cast import is_demo

        await _prepare(None)
        if await is_demo():
            return False
        if not await fetch_value("SELECT EXISTS (SELECT 1 FROM users)"):
            print("No users yet: make the first administrator with `tuyen user LOGIN NAME --role admin`.", flush=True)
        return True

    with _database_kept():
        if not asyncio.run(_with_database(prepare)):
            print("This is the demo company, whose passwords everybody knows: `serve` refuses it.", file=sys.stderr)
            return 2
        _serve(asked)
    return 0


async def worker(asked: argparse.Namespace) -> int:
    """Do background jobs until stopped."""
    import asyncio

    import backend.app  # noqa: F401 -- importing the rooms registers their jobs
    from backend.core import jobs

    _choose(asked)
    async with database_in_use() as dsn, jobs.worker(dsn):
        await asyncio.Event().wait()
    return 0


async def run_migrate(asked: argparse.Namespace) -> int:
    """Bring the database up to date."""
    _choose(asked)
    await _with_database(migrate)
    return 0


async def doctor(asked: argparse.Namespace) -> int:
    """Recompute every counter and invariant; print each fault; 1 when there is any."""
    from backend.doctoring import all_faults

    _choose(asked)
    faults = await _with_database(all_faults)
    for fault in faults:
        print(fault)
    print("0 faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


async def user(asked: argparse.Namespace) -> int:
    """Create a user; the password is asked for, or read from standard input when that is not a terminal."""
    from backend.people.users import create_user

    _choose(asked)
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")

    async def work() -> None:
        await migrate()
        await create_user(login=asked.login, name=asked.name, password=password, roles=asked.role, actor=None)

    await _with_database(work)
    return 0


def price(asked: argparse.Namespace) -> int:
    """Filter: `tuyen price`."""
    from backend.pricing.filters import price_lines

    price_lines(sys.stdin, sys.stdout, engine=asked.engine)
    return 0


def convert(_: argparse.Namespace) -> int:
    """Filter: `tuyen convert`."""
    from backend.pricing.filters import convert_lines

    convert_lines(sys.stdin, sys.stdout)
    return 0


def parse_address(asked: argparse.Namespace) -> int:
    """Filter: `tuyen parse-address`."""
    from backend.geo.filters import parse_address_lines

    parse_address_lines(sys.stdin, sys.stdout, engine=asked.engine)
    return 0


def locate(_: argparse.Namespace) -> int:
    """Filter: `tuyen locate`."""
    from backend.geo.filters import locate_lines

    locate_lines(sys.stdin, sys.stdout)
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "demo": demo, "serve": serve, "worker": worker, "migrate": run_migrate, "doctor": doctor, "user": user,
    "price": price, "convert": convert, "parse-address": parse_address, "locate": locate,
}  # fmt: skip
