"""The model behind test_machine.py: one office, several phones, writers that stay open, and what must always hold.

Every step is one coroutine that gets its choices as numbers, so that a run is a list of calls that can be written down
as a test. I1 to I10 and I12 are the invariants of the agreement (docs/sync.md, "How it is proven").
"""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core import clock
from backend.core.database import DatabaseAway
from backend.core.settings import settings
from backend.people.access import Actor
from sync.exchange import exchange
from sync.protocol import read_ask
from tests.sync import office
from tests.sync.books import Books, picture
from tests.sync.changes import pick
from tests.sync.phone import Phone
from tests.sync.pocket import Pocket, Sent
from tests.sync.writers import run

LARGE, EVERYTHING = 60, 50  # rows of a page; pages


class World(Books):
    """The company and its phones."""

    def __init__(self, main: Any, side: list[Any]) -> None:
        super().__init__(main, side)
        self.fresh: Counter[tuple[str, str]] = Counter()
        self.faulty = True  # verbs meet a fault of ours on notes that say so
        self.doomed: set[UUID] = set()  # phones whose next group dies right before its commit
        self.failed = False

    # -- beginning and end

    async def begin(self, limits: list[int], ahead: list[int]) -> None:
        """A populated company; phones that hold nothing yet, a few pages, or everything; two with work to hand in."""
        await office.empty(self.main)
        async with self.main.transaction():
            for n in range(5):
                change = self.draws.add_customer(n, 0)
                await run(self.main, change)
                self.draws.keep(change)
            for n, customer in enumerate(self.draws.customers * 2):
                change = self.draws.add(0, n, customer=customer)
                await run(self.main, change)
                self.draws.keep(change)
        for n, login in enumerate(("lan", "lan", "bob", "hung", "ngoc")):
            whole = ahead[n] > EVERYTHING
            self.pockets.append(Pocket(login, UUID(int=900 + n), Phone(None, limit=LARGE if whole else limits[n])))
            await self.pull(n, ahead[n])
            self.pockets[n].phone.limit = limits[n]
        for n in (0, 2):
            for kind in ("visit", "photo", "order"):
                await self.note_down(n, 2 * n, kind, 0)

    async def rest(self) -> None:
        """Everybody finishes, the line is good, nothing changes any more: all phones come to rest with the truth."""
        while self.writers:
            await self.end(0, committed=len(self.writers) % 2 == 0)
        await self._collect()
        assert self.quiet
        self.faulty = False  # only now: somebody may have met the fault and still wait for his answer
        for n, pocket in enumerate(self.pockets):
            for _ in range(12):
                if self._doomed_only(pocket):
                    break
                await self.push(n, 9, "answered")
        for pocket in self.pockets:
            assert self._doomed_only(pocket), "I6: everything handed in is answered"
        await self.send_all_files()
        for n, pocket in enumerate(self.pockets):
            pocket.phone.limit = pocket.phone.limit if n == self.draws.count % 5 else LARGE
            await self._all_pages(pocket)
            body, _ = await self._talk(pocket, digest=True)
            assert not {"up", "del", "drop", "reset"} & set(body), "I3: a further pull is empty"
            assert len(msgspec.json.encode(body)) < 1000
            self._check_digest(pocket, body["digest"])
        await self._check_effects()
        await self.check_books()
        await self.check_files()

    def _doomed_only(self, pocket: Pocket) -> bool:
        """What builds on something refused waits until its person takes it back."""
        return all(
            any(self.answers.get((pocket.login, dep), {}).get("st") == "rejected" for dep in one.wire.get("deps", []))
            for one in pocket.outbox
        )

    async def _all_pages(self, pocket: Pocket) -> None:
        for _ in range(400):
            if not (await self._page(pocket))["more"]:
                return
        raise AssertionError("I4: paging ends")

    # -- phones

    async def _talk(self, pocket: Pocket, push: list[Sent] | None = None, **pull: Any) -> tuple[dict[str, Any], Actor]:
        """One round trip, through the bytes of the wire."""
        actor = await self.actor(pocket.login)
        ask = {"v": 1, "device": str(pocket.device), "push": [one.wire for one in push or []]}
        if push is None:
            ask["pull"] = {"cursor": pocket.phone.cursor, "limit": pocket.phone.limit, **pull}
        body = await exchange(read_ask(msgspec.json.encode(ask)), actor=actor)
        return msgspec.json.decode(msgspec.json.encode(body)), actor

    async def pull(self, n: int, pages: int) -> None:
        pocket = pick(n, self.pockets)
        for _ in range(pages):
            if not (await self._page(pocket))["more"]:
                return

    async def lose_answer(self, n: int) -> None:
        """The office answers a pull, the phone never hears it."""
        await self._talk(pick(n, self.pockets))

    async def _page(self, pocket: Pocket) -> dict[str, Any]:
        body, actor = await self._talk(pocket)
        self.seen["pages"] += 1
        keys = {0, *actor.keys}
        truth = await office.truth(self.main) if body.get("up") or not body["more"] else {}
        for up in body.get("up", []):
            columns = dict(zip(up["cols"], up["v"], strict=True))
            for at, key in enumerate(columns["id"]):
                row = truth.get((up["t"], key))
                assert row and row.key in keys, f"I2: {up['t']} {key} is none of {pocket.login}'s"
                assert row.version == columns["_v"][at], f"I2: {up['t']} {key} as of this moment"
                self.seen["rows"] += 1
        pocket.phone.apply(body)
        if not body["more"]:
            self._check_whole(pocket, keys, truth)
        return body

    def _check_whole(self, pocket: Pocket, keys: set[int], truth: dict[tuple[str, str], office.Row]) -> None:
        """I1 and I8: a phone told that there is no more holds what its person may see, no row without its customer."""
        cut = clock.today() - timedelta(days=settings().history_days)
        visible = {key: row for key, row in truth.items() if row.key in keys}
        needed = {key for key, row in visible.items() if row.day is None or row.day >= cut}
        held = {}
        for table, rows in pocket.phone.rows.items():
            for key, (version, root, values) in rows.items():
                words = [values[name] for name in office.SAID[table]]
                said = f"{words[0] or ''}/{{{','.join(words[1])}}}" if table == "customer" else words[0] or ""
                held[table, key] = (version, root, said)
        assert not (gone := set(held) - set(visible)), f"I1: {pocket.login} holds what is not theirs: {gone}"
        assert not (lacks := needed - set(held)), f"I1: {pocket.login} lacks {lacks}"
        for key, (version, root, said) in held.items():
            row = visible[key]
            assert (version, root, said) == (row.version, row.root, row.said), f"I1: {key} is stale"
            is_child = row.root not in (None, key[1])
            assert not is_child or ("customer", row.root) in held, f"I8: {key} without its customer"
        self.seen["whole"] += 1

    def _check_digest(self, pocket: Pocket, told: dict[str, tuple[int, int]]) -> None:
        for table in ("customer", "contact", "reason"):
            rows, mark = pocket.phone.rows.get(table, {}), 0
            for key, row in rows.items():
                mark ^= (int(key.replace("-", "")[-12:], 16) + row[0] * 2654435761) % 2**48
            assert tuple(told.get(table, (0, 0))) == (len(rows), mark), f"the digest of {table}"

    async def flicker(self, n: int, m: int, ahead: int) -> None:
        """A position is granted, its first pages arrive, and it is taken away again."""
        await self.grant(n, m, 0)
        await self.pull((0, 2, 3)[n % 3], 1 + ahead)
        await self.revoke(n, m, 0)

    def held(self, n: int) -> set[int]:
        """The customers on a phone, by their numbers."""
        return {self.draws.customers.index(one) for one in self.pockets[n].phone.ids("customer")}

    async def note_down(self, n: int, m: int, kind: str, off: int) -> None:
        """A person does something, with or without a line."""
        pocket = pick(n, self.pockets)
        held = sorted(pocket.phone.rows.get("customer", {}))
        hot = [one for one in self.draws.customers if one in self.draws.hot]
        customer = pick(m, hot) if hot and m % 2 else UUID(pick(m, held)) if held else self.draws.customer(m)
        row = pocket.phone.rows.get("customer", {}).get(str(customer))
        copy = (row[0], row[2]["note"]) if row else (0, None)
        for one in pocket.put(kind, customer, copy, self.draws.name, self.now, off, picture):
            self.sent[pocket.login, one.id] = one

    async def carry(self, n: int) -> None:
        """The outbox of one phone is saved and handed in from another of the same person, too."""
        first, second = self.pockets[:2]
        source, target = (first, second) if n % 2 else (second, first)
        known = {one.id for one in target.outbox}
        target.outbox += [one for one in source.outbox if one.id not in known]

    async def push(self, n: int, most: int, fate: str) -> None:
        """Hand in. `fate`: answered; lost (after the commit); twice (two requests at once); dies (before it)."""
        pocket = pick(n, self.pockets)
        batch = pocket.outbox[:most]
        if pocket.busy or not batch:
            return
        pocket.busy = True
        if fate == "dies":
            self.doomed.add(pocket.device)
        asking = [self._talk(pocket, push=batch) for _ in range(2 if fate == "twice" else 1)]

        async def heard(answers: list[Any]) -> None:
            pocket.busy = False
            self.doomed.discard(pocket.device)
            for answer in answers:
                if isinstance(answer, DatabaseAway):
                    self.seen["died"] += 1
                    continue
                if isinstance(answer, BaseException):
                    raise answer
                acks = answer[0]["acks"]
                self._check_acks(pocket, batch, acks, answer[1])
                if fate != "lost":
                    pocket.take(acks)

        customers = frozenset(one.customer for one in batch if one.customer)
        await self._wait_for(asking, customers, heard)

    def _check_acks(self, pocket: Pocket, batch: list[Sent], acks: list[dict[str, Any]], actor: Actor) -> None:
        assert [ack["id"] for ack in acks] == [one.id for one in batch], "an answer for each, in their order"
        held_lanes: set[str] = set()
        for one, ack in zip(batch, acks, strict=True):
            key = (pocket.login, one.id)
            self.seen[ack["st"]] += 1
            if ack["st"] == "held":
                waits = any(self.answers.get((pocket.login, dep), {}).get("st") != "applied"
                            for dep in one.wire.get("deps", []))  # fmt: skip
                doomed = one.kind == "fault" and self.faulty
                assert doomed or waits or one.wire["lane"] in held_lanes, f"I7: {one.kind} is held up by another lane"
                held_lanes |= {one.wire["lane"]} if doomed or one.wire["lane"] in held_lanes else set()
                continue
            plain = {name: value for name, value in ack.items() if name != "dup"}
            assert self.answers.setdefault(key, plain) == plain, "I5: every replay gets the same answer"
            if one.kind != "newer":
                self.fresh[key] += not ack.get("dup")
                assert self.fresh[key] <= 1, "I5: decided once"
            if one.kind in ("unknown", "negative", "newer"):
                assert ack["st"] == "rejected"
            if one.kind in ("own_expense", "lead") and actor.own_keys:
                assert ack["st"] == "applied", f"I10: {one.kind} does not hang on a clock: {ack}"

    async def reuse(self, n: int) -> None:
        """The same id for something else."""
        known = [key for key, ack in sorted(self.answers.items()) if self.sent[key].kind != "newer"]
        if not known or self.writers:
            return
        login, key = pick(n, known)
        pocket = next(one for one in self.pockets if one.login == login)
        other = Sent({**self.sent[login, key].wire, "name": "expense.claim", "args": {
            "id": str(self.draws.name()), "category": "parking", "amount": "1", "currency": "VND",
            "spent_on": "2026-11-22"}}, "other", UUID(key))  # fmt: skip
        body, _ = await self._talk(pocket, push=[other])
        assert body["acks"][0]["problem"]["code"] == "mutation-id-reused", body
        self.seen["reused"] += 1

    async def clear(self, n: int) -> None:
        """The browser forgets what the phone held; the outbox is kept."""
        pick(n, self.pockets).forget()

    # -- what must be true in the end

    async def _check_effects(self) -> None:
        """I5 and I6: an effect for every `applied`, once; none for anything else; each in the audit once."""
        tally = dict(await self.main.fetch("SELECT subject, n FROM tally"))
        audited = Counter(row["entity_id"] for row in await self.main.fetch(
            "SELECT entity_id FROM audit WHERE entity = 'mutation'"))  # fmt: skip
        applied = [key for key, ack in self.answers.items() if ack["st"] == "applied"]
        assert tally == {UUID(key): 1 for _, key in applied}, "I5: what took effect is what was answered as applied"
        assert audited == Counter(UUID(key) for _, key in applied), "every applied mutation is in the audit once"
        rows = await self.main.fetch(
            """SELECT id FROM visits UNION ALL SELECT id FROM expenses UNION ALL SELECT id FROM customers
               UNION ALL SELECT id FROM orders UNION ALL SELECT id FROM attachments"""
        )
        kept = {str(row["id"]) for row in rows}
        for key in applied:
            one = self.sent[key]
            there = str(one.subject) in kept or one.kind == "note" or one.subject in self.draws.erased
            assert there, f"I6: {one.kind} was acknowledged and is gone"
