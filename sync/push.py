"""The push: every mutation takes effect once and always gets an answer; one that fails never takes others with it.

Up to fifty mutations share a transaction. Those of one kind that stand in each other's way nowhere are done in one go
(`sync/runs.py`), the others each in a savepoint. Should anything unexpected happen, the whole group is undone and done
again one by one, so that only the one with the fault is held.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.core import audit, crashing
from backend.core.clock import now
from backend.core.database import Contended, DatabaseAway, in_transaction, meanwhile, transaction
from backend.core.errors import Malformed, NotVisible, Refusal, StaleVersion, TooMany
from backend.core.problems import document
from backend.people.access import Actor
from sync import receipts
from sync.errors import DependencyMissing, IdReused, OutOfScope, Temporary
from sync.lately import held_lately
from sync.mutations import Named, customers_of
from sync.protocol import Ack, Mutation
from sync.runs import Ready, Run, groups_of, runs_of, understand
from sync.signing import Statement, sign
from sync.tables import BY_NAME, Synced

log = logging.getLogger("tuyen.push")

RETRY_SOON, RETRY_LATER = 5, 60  # seconds
SIGNED_AT_ONCE = 5  # signatures, of some 50 us, between two looks at what the database says
# Data no table can hold: the same again would fail the same way. (A plain DataError is asyncpg's own, before sending.)
_WRONG_DATA = (
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.DatetimeFieldOverflowError,
    asyncpg.InvalidTextRepresentationError,
    UnicodeError,
    OverflowError,
)


async def push(mutations: Sequence[Mutation], *, actor: Actor, device_id: UUID | None = None) -> list[Ack]:
    """Do what a phone hands in; the answers come in the order of the mutations.

    Raises `DatabaseAway` when the database went away in the middle: what was committed is remembered, so the phone
    simply sends everything again.
    """
    done = _Pushed(actor, device_id)
    ready = []
    for mutation in mutations:
        try:
            ready.append(understand(mutation))
        except Refusal as refusal:
            done.answer(refused(mutation.id, refusal, actor.language))
    for group in groups_of(ready):
        await done.take(group)
    crashing.point("push.after-commit")
    done.sign(ack for acks in done.acks.values() for ack in acks if ack.sig is None)
    return [done.acks[mutation.id].pop(0) for mutation in mutations]


def refused(mutation_id: UUID, refusal: Refusal, language: str) -> Ack:
    """A refusal as an answer, in the person's language."""
    st = "conflict" if isinstance(refusal, StaleVersion) else "rejected"
    return Ack(mutation_id, st, problem=document(refusal, language))


class _Pushed:
    """The answers of one request, and the lanes that must wait."""

    def __init__(self, actor: Actor, device_id: UUID | None) -> None:
        self.actor = actor
        self.device_id = device_id
        self.acks: dict[UUID, list[Ack]] = {}
        self.waiting: set[str] = set()
        self.chains: dict[UUID, str | None] = {}
        self.entries: list[audit.Entry] = []  # of the group being done, written with its receipts

    def answer(self, ack: Ack) -> None:
        self.acks.setdefault(ack.id, []).append(ack)

    def sign(self, acks: Iterable[Ack]) -> None:
        """Put the office's name under answers that are recorded; what nobody signed yet was given before."""
        for _ in self._signing(acks):
            pass

    def _signing(self, acks: Iterable[Ack]) -> Iterator[None]:
        """Some signatures at each step."""
        for count, ack in enumerate(acks):
            if ack.at is not None:
                ack.sig = sign(Statement(self.actor.user_id, ack.id, ack.st, ack.at, self.chains.get(ack.id)))
            if count % SIGNED_AT_ONCE == 0:
                yield

    def held(self, mutation: Mutation, refusal: Refusal, seconds: int) -> Ack:
        return Ack(mutation.id, "held", problem=document(refusal, self.actor.language), retry_after=seconds)

    async def take(self, group: list[Ready]) -> None:
        """A group in one transaction, or, when that fails, one by one."""
        if self.waiting.isdisjoint({one.mutation.lane or "" for one in group}):
            try:
                acks = await in_transaction(lambda: self._together(group))
            except Exception as fault:
                if isinstance(fault, DatabaseAway) and not isinstance(fault, Contended):
                    raise
                log.info("a group of %d mutations is done again one by one: %r", len(group), fault)
            else:
                for ack in acks:
                    self.answer(ack)
                return
        for one in group:
            self.answer(await self._alone(one))

    async def _alone(self, one: Ready) -> Ack:
        lane = one.mutation.lane
        if lane and lane in self.waiting:
            return self.held(one.mutation, DependencyMissing(), RETRY_SOON)
        try:
            return (await in_transaction(lambda: self._together([one])))[0]
        except Contended:
            seconds = RETRY_SOON
        except DatabaseAway:
            raise
        except Exception as fault:
            log.exception("mutation %s (%s) failed", one.mutation.id, one.mutation.name)
            if isinstance(fault, _WRONG_DATA) or type(fault) is asyncpg.DataError:
                return refused(one.mutation.id, Malformed(pointer="/args"), self.actor.language)
            seconds = RETRY_LATER
        if lane:
            self.waiting.add(lane)
        return self.held(one.mutation, Temporary(), seconds)

    async def _together(self, group: list[Ready]) -> list[Ack]:
        """Inside the transaction: take the ids, do what is new, write the answers."""
        at = now()
        self.entries.clear()
        known = await receipts.claim([one.mutation.id for one in group], actor=self.actor)
        crashing.point("push.claimed")
        repeats = [one for one in group if one.mutation.id in known]
        acks = {one.mutation.id: self._again(one, known[one.mutation.id]) for one in repeats}
        fresh = [one for one in group if one.mutation.id not in known]
        wanted = {dep for one in fresh for dep in one.mutation.deps}.difference(one.mutation.id for one in fresh)
        applied = await receipts.applied_among(list(wanted), actor=self.actor)
        for run in runs_of(fresh):
            done = await self._do(run, applied)
            for ack in done:
                ack.at = None if ack.st == "held" else at
                acks[ack.id] = ack
            applied.update(ack.id for ack in done if ack.st == "applied")
        crashing.point("push.done")
        await self._finish([(one, acks[one.mutation.id]) for one in fresh])
        crashing.point("push.before-commit")
        return [acks[one.mutation.id] for one in group]

    def _again(self, one: Ready, receipt: receipts.Receipt) -> Ack:
        """The answer given before, if it is the same mutation."""
        self.chains[one.mutation.id] = receipt.chain
        if receipt.hash != one.hash:
            return refused(one.mutation.id, IdReused(), self.actor.language)
        return receipts.again(one.mutation.id, receipt)

    async def _do(self, run: Run, applied: set[UUID]) -> list[Ack]:
        """One run: what builds on something that is not `applied` is held, the others are done and answered."""
        able = [one for one in run.members if applied.issuperset(one.mutation.deps)]
        answers = await self._answers(run.entry, able) if able else []
        acks = [self._ack(one.mutation, answer) for one, answer in zip(able, answers, strict=True)]
        waiting = [one for one in run.members if not applied.issuperset(one.mutation.deps)]
        return acks + [self.held(one.mutation, DependencyMissing(), RETRY_SOON) for one in waiting]

    def _ack(self, mutation: Mutation, answer: Any) -> Ack:
        if isinstance(answer, TooMany):
            wait = answer.numbers.get("retry_after")
            return self.held(mutation, answer, wait if isinstance(wait, int) else RETRY_LATER)
        if isinstance(answer, Refusal):
            return refused(mutation.id, answer, self.actor.language)
        return Ack(mutation.id, "applied", result=msgspec.to_builtins(answer))

    async def _answers(self, entry: Named, able: Sequence[Ready]) -> list[Any]:
        """What the verb says to each. For customers lost lately it is asked once more, or tells the way out."""
        answers = await self._call(entry, able)
        unseen = [at for at, answer in enumerate(answers) if isinstance(answer, NotVisible)]
        if not unseen:
            return answers
        customers = await customers_of([able[at].command for at in unseen])
        lately = await held_lately({one for one in customers if one is not None}, actor=self.actor)
        lost = [(at, customer) for at, customer in zip(unseen, customers, strict=True) if customer in lately]
        again: list[Any] = [OutOfScope(customer_id=str(customer)) for _, customer in lost]
        if lost and entry.late:
            again = await self._call(entry, [able[at] for at, _ in lost], late=True)
        for (at, _), answer in zip(lost, again, strict=True):
            answers[at] = answer
        return answers

    async def _call(self, entry: Named, ready: Sequence[Ready], **more: Any) -> list[Any]:
        """The verb: for many at once, or for a single one in a savepoint, which a refusal undoes."""
        claimed = {"client_at": receipts.claimed_at(ready[0].mutation)} if entry.claimed else {}
        try:
            if entry.many is not None and len(ready) > 1:
                with audit.gathered(self.entries, actor_id=self.actor.user_id):
                    return await entry.many([one.command for one in ready], actor=self.actor, **more)
            async with transaction():
                return [await entry.verb(one.command, actor=self.actor, **claimed, **more) for one in ready]
        except Refusal as refusal:
            return [refusal] * len(ready)

    async def _finish(self, fresh: list[tuple[Ready, Ack]]) -> None:
        """Receipts; the audit entries that verbs left to be written, and one for every mutation that was done."""
        final = [(one, ack) for one, ack in fresh if ack.at is not None]
        self.chains |= {one.mutation.id: one.mutation.chain for one, _ in final}
        # A signature leaves the house with the commit or not at all: these may be made while the books are written.
        await meanwhile(self._keep(final), self._signing(ack for _, ack in final))

    async def _keep(self, final: list[tuple[Ready, Ack]]) -> None:
        entries = [
            audit.Entry("mutation", one.mutation.id, one.mutation.name, {"device": str(self.device_id or "")})
            for one, ack in final
            if ack.st == "applied"
        ]
        if self.entries or entries:
            await audit.record_many([*self.entries, *entries], actor_id=self.actor.user_id)
        self.entries.clear()
        answered = [receipts.Answered(one.mutation, one.hash, ack, _row_of(one, ack)) for one, ack in final]
        await receipts.store(answered, actor=self.actor, device_id=self.device_id)


def _row_of(one: Ready, ack: Ack) -> tuple[Synced, UUID] | None:
    """The row that an answer names."""
    if ack.st != "applied" or not isinstance(ack.result, dict) or "id" not in ack.result or not one.entry.table:
        return None
    return BY_NAME[one.entry.table], UUID(str(ack.result["id"]))
