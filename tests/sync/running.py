"""Runs the machine: one loop and one database for thousands of runs, and the places where verbs are made to fail."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import backend.app  # noqa: F401 -- importing the rooms registers their jobs
from backend.core import clock
from backend.core import database as db
from backend.core.database import DatabaseAway, execute
from backend.core.errors import Refusal
from sync import push as pushing
from tests.sync import office
from tests.sync.books import FATES
from tests.sync.changes import KINDS as CHANGES
from tests.sync.histories import HISTORIES
from tests.sync.machine import World
from tests.sync.pocket import KINDS as DOINGS

TIDY_EVERY = 50  # runs; then the dead rows of those before are swept up


class Runner:
    """A loop, a database and the connections of writers, for as many runs as wanted."""

    def __init__(self, dsn: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.dsn = dsn
        self.world: World | None = None
        self.total: Counter[str] = Counter()
        self.loop.run_until_complete(self._connect())

    async def _connect(self) -> None:
        self.main = await asyncpg.connect(self.dsn)
        await office.prepare(self.main)
        self.side = [await asyncpg.connect(self.dsn) for _ in range(5)]
        db.bind(db.create_engine(self.dsn, pool_size=8))
        await db.open_pool()

    def new_world(self) -> World:
        if self.total["runs"] % TIDY_EVERY == 0:
            self.loop.run_until_complete(self.main.execute("VACUUM ANALYZE"))
        self.total["runs"] += 1
        self.world = World(self.main, self.side)
        return self.world

    def do(self, step: Coroutine[Any, Any, Any]) -> None:
        """One step, by the world's clock."""
        world = self.world
        assert world is not None

        async def timed() -> None:
            with clock.at(world.now):
                await step

        self.total["steps"] += 1
        try:
            self.loop.run_until_complete(timed())
        except BaseException:
            world.failed = True
            raise

    def tell(self, name: str) -> None:
        """One of the histories written down, from an office at rest to an office at rest."""
        history, limit = HISTORIES[name]
        world = self.new_world()
        try:
            self.do(world.begin([limit] * 5, [99] * 5))
            self.do(history(world))
            self.do(world.rest())
        finally:
            self.put_away()

    def put_away(self) -> None:
        """After a run, however it ended."""
        if self.world is not None:
            self.loop.run_until_complete(self.world.close())
            self.total += self.world.seen
            self.world = None

    def close(self) -> None:
        async def disconnect() -> None:
            for connection in (self.main, *self.side):
                await connection.close()
            await db.close_pool()

        self.loop.run_until_complete(disconnect())
        db.bind(None)
        self.loop.close()


@contextmanager
def running(dsn: str) -> Iterator[Runner]:
    """A runner whose verbs count their effects, fail on notes that say so, and die where the world wants it."""
    runner = Runner(dsn)
    with pytest.MonkeyPatch.context() as patch:
        answers_of, together = pushing._Pushed._answers, pushing._Pushed._together

        async def counted(self: Any, entry: Any, able: Any) -> Any:
            world = runner.world
            if world is not None and world.faulty and any(getattr(one.command, "note", 0) == "fault" for one in able):
                raise RuntimeError("a fault of ours")
            answers = await answers_of(self, entry, able)
            await execute(
                """INSERT INTO tally SELECT id, 1 FROM unnest($1::uuid[]) AS id
                   ON CONFLICT (subject) DO UPDATE SET n = tally.n + 1""",
                [one.mutation.id for one, it in zip(able, answers, strict=True) if not isinstance(it, Refusal)],
            )
            return answers

        async def mortal(self: Any, group: Any) -> Any:
            acks = await together(self, group)
            if runner.world is not None and self.device_id in runner.world.doomed:
                runner.world.doomed.discard(self.device_id)
                raise DatabaseAway("killed before the commit")
            return acks

        patch.setattr(pushing._Pushed, "_answers", counted)
        patch.setattr(pushing._Pushed, "_together", mortal)
        logging.getLogger("tuyen.push").setLevel(logging.CRITICAL)
        try:
            yield runner
        finally:
            logging.getLogger("tuyen.push").setLevel(logging.NOTSET)
            runner.put_away()
            runner.close()


N = st.integers(0, 63)
FEW = st.integers(1, 4)
AHEAD = st.sampled_from((0, 0, 1, 2))  # days from today
RARELY = ("lose_answer", "lose_answer", "carry", "carry", "reuse", "reuse", "days_pass", "days_pass", "tick", "tick",
          "half_a_year", "restore", "clear")  # fmt: skip


def machine(runner: Runner) -> type[RuleBasedStateMachine]:
    """The rules of the machine on that runner."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = runner.new_world()

        @initialize(limits=st.lists(st.sampled_from((1, 2, 3, 60)), min_size=5, max_size=5),
                    ahead=st.lists(st.sampled_from((0, 1, 3, 200)), min_size=5, max_size=5))  # fmt: skip
        def begin(self, limits: list[int], ahead: list[int]) -> None:
            runner.do(self.world.begin(limits, ahead))

        @rule(n=N, pages=FEW)
        def pull(self, n: int, pages: int) -> None:
            runner.do(self.world.pull(n, pages))

        @rule(n=N, pages=FEW)
        def pull_on(self, n: int, pages: int) -> None:
            runner.do(self.world.pull(n, pages))

        @rule(kind=st.sampled_from(CHANGES), n=N, m=N)
        def change(self, kind: str, n: int, m: int) -> None:
            runner.do(self.world.change(kind, n, m))

        @rule(kind=st.sampled_from(CHANGES), n=N, m=N)
        def change_more(self, kind: str, n: int, m: int) -> None:
            runner.do(self.world.change(kind, n, m))

        @rule(kinds=st.lists(st.tuples(st.sampled_from(CHANGES), N, N), min_size=1, max_size=3))
        def open(self, kinds: list[tuple[str, int, int]]) -> None:
            runner.do(self.world.open(kinds))

        @precondition(lambda self: self.world.writers)
        @rule(n=N, committed=st.sampled_from((True, True, False)))
        def end(self, n: int, committed: bool) -> None:
            runner.do(self.world.end(n, committed=committed))

        @rule(n=N, m=N, kind=st.sampled_from(DOINGS), off=st.sampled_from((0, 0, -400, 400)))
        def note_down(self, n: int, m: int, kind: str, off: int) -> None:
            runner.do(self.world.note_down(n, m, kind, off))

        @rule(n=N, most=st.integers(1, 6), fate=st.sampled_from(("answered", "answered", "lost", "twice", "dies")))
        def push(self, n: int, most: int, fate: str) -> None:
            runner.do(self.world.push(n, most, fate))

        @rule(n=N, m=N, fate=st.sampled_from(FATES))
        def upload(self, n: int, m: int, fate: str) -> None:
            runner.do(self.world.upload(n, m, fate))

        @rule(what=st.sampled_from(("grant", "revoke", "move_position", "flicker")), n=N, m=N, ahead=AHEAD)
        def rule_people(self, what: str, n: int, m: int, ahead: int) -> None:
            runner.do(getattr(self.world, what)(n, m, ahead))

        @rule(what=st.sampled_from(RARELY), n=N)
        def rarely(self, what: str, n: int) -> None:
            runner.do(getattr(self.world, what)(n))

        def teardown(self) -> None:
            try:
                if self.world.pockets and not self.world.failed:
                    runner.do(self.world.rest())
            finally:
                runner.put_away()

    return Machine
