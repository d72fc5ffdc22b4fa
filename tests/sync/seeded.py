"""Bugs sown on purpose, one at a time: what each would do to a phone is known, and the tests must notice.

Each is a small patch of `sync/`, of its triggers or of a verb, held for as long as its context lasts. `make seeded`
runs the tests against every one of them and prints which test killed which.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.core.database import engine, fetch_value
from backend.core.ids import new_id
from backend.orders import cancelling, placing
from sync import installing, pull_queries, receipts, uploads
from sync import push as pushing
from sync.pull import _Walk
from tests.sync.running import Runner

Patch = pytest.MonkeyPatch
TRUE_CURSOR = "NOT pg_visible_in_snapshot(seq::text::xid8, snapshot)"
UNSEEN = """CREATE OR REPLACE FUNCTION sync_unseen(seq bigint, snapshot pg_snapshot) RETURNS boolean LANGUAGE sql STABLE
            AS $$ SELECT {} $$"""


async def _never(*args: Any, **more: Any) -> list[Any]:
    return []


async def naive_cursor(patch: Patch, sql: Any) -> None:
    """The cursor is the highest number given out: who began early and commits late is passed by."""
    await sql.execute(UNSEEN.format("seq >= pg_snapshot_xmax(snapshot)::text::bigint"))


async def first_sync_not_fuzzy(patch: Patch, sql: Any) -> None:
    """After several pages the phone is taken to be as the last page saw it."""
    first = _Walk._first

    async def sharp(self: _Walk) -> None:
        await first(self)
        if not self.pending:
            self.cursor.s, self.cursor.f = self.now, False

    patch.setattr(_Walk, "_first", sharp)


async def slipped_roots_forgotten(patch: Patch, sql: Any) -> None:
    """The delta after a walk of several pages does not look for roots that changed from an unread key to a read one."""
    for name in ("_first", "_delta"):
        walked = getattr(_Walk, name)

        async def sharp(self: _Walk, walked: Any = walked) -> None:
            await walked(self)
            self.cursor.f = False

        patch.setattr(_Walk, name, sharp)


async def partial_key_forgotten(patch: Patch, sql: Any) -> None:
    """A key lost in the middle of its first sync is not cleared away."""
    first, delta = _Walk._first, _Walk._delta

    async def forgetful(self: _Walk) -> None:
        await first(self)
        self.cursor.x = []

    async def forgetful_too(self: _Walk) -> None:
        await delta(self)
        self.cursor.x = []

    patch.setattr(_Walk, "_first", forgetful)
    patch.setattr(_Walk, "_delta", forgetful_too)


async def no_drop(patch: Patch, sql: Any) -> None:
    """What left is not taken from the phone."""
    page = _Walk.page

    def kept(self: _Walk) -> Any:
        self.drop = set()
        return page(self)

    patch.setattr(_Walk, "page", kept)


async def moved_in_root_not_whole(patch: Patch, sql: Any) -> None:
    """A customer that arrives comes without its history."""
    moves = _Walk._moves

    async def thin(self: _Walk, kept: set[int], *, first: bool) -> list[UUID]:
        await moves(self, kept, first=first)
        return []

    patch.setattr(_Walk, "_moves", thin)


async def relinked_row_stays(patch: Patch, sql: Any) -> None:
    """A row that went to a customer out of sight is not deleted."""
    patch.setattr(_Walk, "_delete", lambda self, move: None)


async def revoked_grant_stays(patch: Patch, sql: Any) -> None:
    """The customers of a position taken away stay."""
    patch.setattr(pull_queries, "read_roots", _never)


async def no_idempotency(patch: Patch, sql: Any) -> None:
    """The answer given before is not looked for."""
    claim = receipts.claim

    async def blind(*args: Any, **more: Any) -> dict[UUID, Any]:
        await claim(*args, **more)
        return {}

    patch.setattr(receipts, "claim", blind)


async def no_row_lock(patch: Patch, sql: Any) -> None:
    """Children are keyed without holding their customer still."""
    patch.setattr(installing, "_lock", lambda synced, *sources: "")
    await sql.execute(_functions())


async def receipt_outside_the_transaction(patch: Patch, sql: Any) -> None:
    """The answer is written by another connection: it stands when the effect is undone."""
    claim, store = receipts.claim, receipts.store

    async def outside(work: Any, *args: Any, **more: Any) -> Any:
        engine().current_transaction.set(None)
        return await work(*args, **more)

    async def claim_outside(*args: Any, **more: Any) -> Any:
        return await asyncio.create_task(outside(claim, *args, **more))

    async def store_outside(*args: Any, **more: Any) -> Any:
        return await asyncio.create_task(outside(store, *args, **more))

    patch.setattr(receipts, "claim", claim_outside)
    patch.setattr(receipts, "store", store_outside)


async def reused_id_accepted(patch: Patch, sql: Any) -> None:
    """Another content under a known id gets the first one's answer."""
    again = pushing._Pushed._again

    def trusting(self: Any, one: Any, receipt: receipts.Receipt) -> Any:
        return again(self, one, receipt._replace(hash=one.hash))

    patch.setattr(pushing._Pushed, "_again", trusting)


async def one_fault_holds_everybody(patch: Patch, sql: Any) -> None:
    """What fails by our fault holds up the whole request, not its lane."""
    alone = pushing._Pushed._alone

    async def sulking(self: Any, one: Any) -> Any:
        if self.waiting:
            self.waiting.add(one.mutation.lane or "")
        return await alone(self, one)

    patch.setattr(pushing._Pushed, "_alone", sulking)


async def every_try_an_order_of_its_own(patch: Patch, sql: Any) -> None:
    """The office numbers orders itself and takes the same one handed in under another id for a new one."""
    place = placing._place

    async def numbered(command: Any, *more: Any) -> Any:
        again = await fetch_value("SELECT count(*) FROM orders WHERE id = $1", command.id)
        if again:
            lines = [msgspec.structs.replace(line, id=new_id()) for line in command.lines]
            command = msgspec.structs.replace(command, id=new_id(), lines=lines)
        return await place(command, *more)

    patch.setattr(placing, "_place", numbered)


async def goods_of_cancelled_orders_kept(patch: Patch, sql: Any) -> None:
    """An order that is called off goes on holding its goods."""

    async def kept(order: Any, how: Any, *, by: Any) -> None:
        pass

    patch.setattr(cancelling, "end", kept)


async def price_shown_believed(patch: Patch, sql: Any) -> None:
    """The price the phone showed is the price of the order."""
    write = placing._write

    async def believed(command: Any, judged: Any, *more: Any, **others: Any) -> Any:
        for line, asked in zip(judged.priced.lines, command.lines, strict=False):
            line["unit_price"] = int(Decimal(asked.shown_price) * 1_000_000)
        return await write(command, judged, *more, **others)

    patch.setattr(placing, "_write", believed)


async def bytes_not_proven(patch: Patch, sql: Any) -> None:
    """What a file is said to be is what it is taken for."""
    prove = uploads._prove_and_keep

    def trusting(upload: Any) -> Any:
        _, inspected = prove(replace(upload, sha256=None))
        return upload.sha256, inspected

    patch.setattr(uploads, "_prove_and_keep", trusting)


BUGS: dict[str, Callable[[Patch, Any], Any]] = {
    bug.__name__: bug
    for bug in (
        naive_cursor, first_sync_not_fuzzy, slipped_roots_forgotten, partial_key_forgotten, no_drop,
        moved_in_root_not_whole, relinked_row_stays, revoked_grant_stays, no_idempotency, no_row_lock,
        receipt_outside_the_transaction, reused_id_accepted, one_fault_holds_everybody,
        every_try_an_order_of_its_own, goods_of_cancelled_orders_kept, price_shown_believed, bytes_not_proven,
    )
}  # fmt: skip


def _functions() -> str:
    """The trigger functions alone, to be replaced where they stand."""
    text = "".join(installing.triggers_of(synced) for synced in installing.SYNCED)
    parts = text.split("CREATE TRIGGER")
    return "".join("CREATE OR REPLACE FUNCTION" + part.split("CREATE FUNCTION", 1)[1]
                   for part in parts if "CREATE FUNCTION" in part)  # fmt: skip


@contextmanager
def sown(name: str, runner: Runner) -> Iterator[None]:
    """The bug of that name, in the code of this process and in the runner's database."""
    with pytest.MonkeyPatch.context() as patch:
        runner.loop.run_until_complete(BUGS[name](patch, runner.main))
        try:
            yield
        finally:
            patch.undo()
            runner.loop.run_until_complete(runner.main.execute(_functions()))
            runner.loop.run_until_complete(runner.main.execute(UNSEEN.format(TRUE_CURSOR)))
