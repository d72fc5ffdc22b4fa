"""The pull: what a phone must change to hold exactly what its user may see, as of one snapshot.

Three moves, in the words of docs/sync.md: a *delta* for the keys the phone holds completely, *drops* for what went out
of sight, and a *first sync* for keys that are new. Every page is a short read-only snapshot; the cursor carries the
rest.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import today
from backend.core.database import transaction
from backend.core.settings import settings
from backend.people.access import ADMIN, MANAGER, REP, Actor
from sync import cursor as cursors
from sync import pull_queries as queries
from sync.cursor import FIRST, HISTORY, NIL, Cursor
from sync.epoch import Head, begin_new_epoch, read_head
from sync.protocol import Page, PullAsk
from sync.tables import BY_NUMBER, EVERYONE, MIN_SCHEMA, SCHEMA, SYNCED

THIN_ABOVE = 5_000  # customers; above it history goes back THIN_DAYS only
THIN_DAYS = 30


async def pull(ask: PullAsk, *, actor: Actor, schema: int = SCHEMA) -> Page:
    """Answer one page. Rights are read anew each time; the cursor only says what the phone holds.

    A phone below `MIN_SCHEMA` gets nothing and keeps its cursor: its work is still taken by push.
    """
    if schema < MIN_SCHEMA:
        return Page(cursor=ask.cursor, more=False)
    held = cursors.read(ask.cursor) if ask.cursor else None
    for _ in range(2):
        async with transaction(isolation="repeatable_read", readonly=True):
            head = await read_head()
            if not head.moved:
                return await _walk(ask, held, head, actor, schema)
        await begin_new_epoch(only_if_moved=True)
    raise RuntimeError("the database changed its place twice during one pull")


async def keys_of(actor: Actor) -> set[int]:
    """The keys whose rows this person's phone holds. Warehouse, gate, accounts work online: reference tables only."""
    if actor.has(ADMIN):
        return {EVERYONE, *await queries.every_position()}
    return {EVERYONE, *actor.keys} if actor.has(REP, MANAGER) else {EVERYONE}


async def _walk(ask: PullAsk, held: Cursor | None, head: Head, actor: Actor, schema: int) -> Page:
    keys = await keys_of(actor)
    reset = held is not None and (held.e != head.epoch or cursors.xmin(held.s) < head.floor)
    if held is None or reset:
        held = Cursor(e=head.epoch, s=head.snapshot, b=sorted(keys), sc=schema, w=await _window(keys))
    elif schema > held.sc:
        held.t = sorted({*held.t, *(s.number for s in SYNCED if held.sc < s.since <= schema)})
        held.sc = schema
    known = frozenset(s.number for s in SYNCED if s.since <= schema)
    walk = _Walk(cursor=held, keys=keys, now=head.snapshot, room=ask.limit, known=known, schema=schema)
    await walk.run()
    page = walk.page()
    page.reset = reset
    if ask.digest and not page.more:
        page.digest = await queries.read_digest(sorted(held.keys()))
    return page


async def _window(keys: set[int]) -> int:
    many = await queries.count_customers(sorted(keys)) > THIN_ABOVE
    return min(THIN_DAYS, settings().history_days) if many else settings().history_days


@dataclass
class _Walk:
    """One page's work. `cursor` is changed as rows are picked; `room` is how many more fit.

    `known`: the tables of the phone's schema. The others are walked but not sent; they come when it has learned them.
    """

    cursor: Cursor
    keys: set[int]
    now: str
    room: int
    known: frozenset[int]
    schema: int
    drop: set[UUID] = field(default_factory=set)
    out: Page = field(default_factory=lambda: Page(cursor=None, more=False))

    @property
    def cut(self) -> date:
        return today() - timedelta(days=self.cursor.w)

    @property
    def pending(self) -> bool:
        return bool(self.cursor.b or self.cursor.t)

    async def run(self) -> None:
        if self.cursor.n is not None or not self.pending:
            await self._delta()
            if self.cursor.n is None and self.pending and not (self.drop or self.out.gone) and self.room > 0:
                await self._first()
            return
        await self._first()
        if not self.pending and self.room > 0 and (self.cursor.f or self.cursor.x):
            await self._delta()

    def page(self) -> Page:
        self.out.drop = sorted(self.drop)
        self.out.more = bool(self.pending or self.cursor.n or self.cursor.f or self.cursor.x)
        self.out.progress = self.cursor.g if self.pending else None
        if not self.pending:
            self.cursor.g = None
        self.out.window = {"history": self.cursor.w}
        self.out.cursor = cursors.write(self.cursor)
        return self.out

    async def _take(self, picked: queries.Picked) -> None:
        self.room -= picked.rows
        live = {number: ids for number, ids in picked.live.items() if number in self.known}
        self.out.up += await queries.write_vectors(live, self.schema)
        self.out.gone += [(BY_NUMBER[number].name, ids) for number, ids in picked.dead.items() if number in self.known]

    async def _delta(self) -> None:
        """Steps 1 to 4 and 6: moves, drops, then changed rows, in pages if they are many."""
        c = self.cursor
        if c.n is None:
            kept = (c.keys() & self.keys) - set(c.x)
            whole = await self._moves(kept, first=True)
        else:
            lost = c.keys() - self.keys  # a walk that skipped a key's rows no longer holds it completely
            c.x = sorted({*c.x, *lost})
            kept = c.keys() - lost
            whole = await self._moves(kept, first=False)
        c.hold(kept)
        low, started = cursors.xmin(c.s), c.n or self.now
        picked = await queries.pick_delta(low, c.s, sorted(kept), whole=whole, cut=self.cut, after=c.p, limit=self.room)
        await self._take(picked)
        if picked.more:
            c.n, c.p = started, picked.last
            return
        several = c.n is not None and started != self.now
        c.s, c.n, c.p, c.f = started, None, None, several
        c.b = sorted(self.keys - kept - set(c.x))
        if not c.b:
            c.g = None

    async def _moves(self, kept: set[int], *, first: bool) -> list[UUID]:
        """Drop what left, delete rows that changed to a root out of sight, and name the roots to send whole."""
        c = self.cursor
        seen = c.keys() | set(c.x)
        moves = await queries.read_moves(cursors.xmin(c.s), c.s, sorted(seen), sorted(kept))
        held = {move.root for move in moves if move.of_root and not seen.isdisjoint(move.origins)}
        whole = []
        for move in moves:
            left = move.key not in kept and (move.root in held or not seen.isdisjoint(move.origins))
            if move.of_root and move.key in kept and (c.f or not kept.issuperset(move.origins)):
                whole.append(move.root)
            elif (
                left and not move.of_root
            ):  # on every page: its new root may go out of sight before the walk gets there
                self._delete(move)
            elif left and first:
                self.drop.add(move.root)
        if first:
            removed = (c.keys() - self.keys) | set(c.x)
            self.drop |= set(await queries.read_roots(sorted(removed))) - {NIL}
            c.x = []
        return whole

    def _delete(self, move: queries.Move) -> None:
        if move.tbl not in self.known:
            return
        self.out.gone.append((BY_NUMBER[move.tbl].name, msgspec.Raw(f'["{move.id}"]')))

    async def _first(self) -> None:
        """Step 5: everything under the keys in `b` (or the tables in `t`): reference and customers, then history."""
        c = self.cursor
        lost = set(c.b) - self.keys
        if lost:
            c.b, c.x = sorted(set(c.b) - lost), sorted({*c.x, *lost})
        keys = c.b or sorted(c.keys() & self.keys)
        tables = [s.number for s in SYNCED] if c.b else c.t
        if c.g is None:
            c.g = (0, await queries.count_first(keys, tables, self.cut))
        for phase in (FIRST, HISTORY):
            if c.p is not None and c.p.phase > phase:
                continue
            picked = await queries.pick_first(phase, keys, tables, cut=self.cut, after=c.p, limit=self.room)
            await self._take(picked)
            c.g = (c.g[0] + picked.rows, max(c.g[1], c.g[0] + picked.rows))
            if picked.more or (self.room <= 0 and phase == FIRST):
                c.p = picked.last or c.p
                return
            c.p = None
        c.hold(c.keys() | set(c.b))
        c.t = [] if not c.b else c.t
        c.b, c.g, c.f = [], None, c.s != self.now
