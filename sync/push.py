"""The push: every mutation takes effect once and always gets an answer; one that fails never takes others with it.

Up to twenty mutations share a transaction, each in a savepoint. Should anything unexpected happen, the twenty are
undone and done again one by one, so that only the one with the fault is held.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.core import audit, crashing
from backend.core.clock import now
from backend.core.database import Contended, DatabaseAway, fetch, in_transaction, transaction
from backend.core.errors import Malformed, NotVisible, Refusal, StaleVersion, TooMany
from backend.core.problems import document
from backend.people.access import Actor
from sync import receipts
from sync.errors import DependencyMissing, IdReused, OutOfScope, Temporary, UnknownMutation
from sync.lately import held_lately
from sync.mutations import CATALOGUE, Named, customer_of
from sync.protocol import Ack, Mutation, malformed
from sync.signing import Statement, sign
from sync.tables import BY_NAME

log = logging.getLogger("tuyen.push")

GROUP = 20
RETRY_SOON, RETRY_LATER = 5, 60  # seconds
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


@dataclass(frozen=True)
class Ready:
    """A mutation whose name and arguments are understood."""

    mutation: Mutation
    hash: bytes
    entry: Named
    command: Any


async def push(mutations: Sequence[Mutation], *, actor: Actor, device_id: UUID | None = None) -> list[Ack]:
    """Do what a phone hands in; the answers come in the order of the mutations.

    Raises `DatabaseAway` when the database went away in the middle: what was committed is remembered, so the phone
    simply sends everything again.
    """
    done = _Pushed(actor, device_id)
    ready = []
    for mutation in mutations:
        try:
            ready.append(_understand(mutation))
        except Refusal as refusal:
            done.answer(refused(mutation.id, refusal, actor.language))
    for group in _groups(ready):
        await done.take(group)
    crashing.point("push.after-commit")
    for mutation in mutations:
        done.sign(mutation)
    return [done.acks[mutation.id].pop(0) for mutation in mutations]


def _groups(ready: Sequence[Ready]) -> Iterator[list[Ready]]:
    group: list[Ready] = []
    for one in ready:
        if len(group) == GROUP or any(other.mutation.id == one.mutation.id for other in group):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _understand(mutation: Mutation) -> Ready:
    entry = CATALOGUE.get(mutation.name)
    if entry is None or mutation.tv != 1:
        raise UnknownMutation(name=mutation.name, tv=mutation.tv)
    raw = bytes(mutation.args)
    if b"\\u0000" in raw:
        raise Malformed("text cannot hold the character NUL", pointer="/args")
    try:
        if entry.with_base and bytes(mutation.base) != b"null":
            raw = msgspec.json.encode({**msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), "base": mutation.base})
        command = msgspec.json.decode(raw, type=entry.command)
        return Ready(mutation, receipts.hash_of(mutation), entry, command)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        refusal = malformed(fault)
        refusal.pointer = f"/args{refusal.pointer or ''}"
        raise refusal from fault


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

    def answer(self, ack: Ack) -> None:
        self.acks.setdefault(ack.id, []).append(ack)

    def sign(self, mutation: Mutation) -> None:
        """Put the office's name under an answer that was recorded. Only now: what is signed has been committed."""
        for ack in self.acks[mutation.id]:
            if ack.at is not None:
                chain = self.chains.get(mutation.id, mutation.chain)
                ack.sig = sign(Statement(self.actor.user_id, ack.id, ack.st, ack.at, chain))

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
        known = await receipts.claim(
            [(one.mutation, one.hash) for one in group], actor=self.actor, device_id=self.device_id, at=at
        )
        crashing.point("push.claimed")
        wanted = {dep for one in group for dep in one.mutation.deps}
        applied = await receipts.applied_among(list(wanted), actor=self.actor)
        acks, fresh = [], []
        for one in group:
            mutation = one.mutation
            if (receipt := known.get(mutation.id)) is not None:
                same = receipt.hash == one.hash
                self.chains[mutation.id] = receipt.chain
                ack = receipts.again(mutation.id, receipt) if same else self._reused(mutation)
            elif not applied.issuperset(mutation.deps):
                ack = self.held(mutation, DependencyMissing(), RETRY_SOON)
                fresh.append((one, ack))
            else:
                ack = await self._do(one)
                ack.at = None if ack.st == "held" else at
                fresh.append((one, ack))
            if ack.st == "applied":
                applied.add(mutation.id)
            acks.append(ack)
        crashing.point("push.done")
        await self._finish(fresh)
        crashing.point("push.before-commit")
        return acks

    def _reused(self, mutation: Mutation) -> Ack:
        return refused(mutation.id, IdReused(), self.actor.language)

    async def _do(self, one: Ready) -> Ack:
        """The verb in a savepoint; a refusal undoes what it did and is the answer."""
        try:
            result = await self._call(one)
        except TooMany as refusal:
            wait = refusal.numbers.get("retry_after")
            return self.held(one.mutation, refusal, wait if isinstance(wait, int) else RETRY_LATER)
        except Refusal as refusal:
            return refused(one.mutation.id, refusal, self.actor.language)
        return Ack(one.mutation.id, "applied", result=msgspec.to_builtins(result))

    async def _call(self, one: Ready) -> Any:
        more = {"client_at": receipts.claimed_at(one.mutation)} if one.entry.claimed else {}
        try:
            async with transaction():
                return await one.entry.verb(one.command, actor=self.actor, **more)
        except NotVisible:
            customer_id = await customer_of(one.command)
            if customer_id is None or not await held_lately(customer_id, actor=self.actor):
                raise
            if not one.entry.late:
                raise OutOfScope(customer_id=str(customer_id)) from None
        async with transaction():
            return await one.entry.verb(one.command, actor=self.actor, late=True, **more)

    async def _finish(self, fresh: list[tuple[Ready, Ack]]) -> None:
        """Rows touched, receipts, and one audit entry for every mutation that took effect."""
        done = [(one, ack) for one, ack in fresh if ack.st == "applied" and isinstance(ack.result, dict)]
        targets = [
            (BY_NAME[one.entry.table], UUID(str(ack.result["id"])), ack) for one, ack in done if "id" in ack.result
        ]
        if targets:
            rows = await fetch(
                """SELECT s.tbl, s.id, s.ver FROM unnest($1::smallint[], $2::uuid[]) AS w(tbl, id)
                     JOIN sync_rows s ON s.tbl = w.tbl AND s.id = w.id""",
                [table.number for table, _, _ in targets],
                [row_id for _, row_id, _ in targets],
            )
            versions = {(row["tbl"], row["id"]): row["ver"] for row in rows}
            for table, row_id, ack in targets:
                if (version := versions.get((table.number, row_id))) is not None:
                    ack.rows = [(table.name, row_id, version)]
        await receipts.store([ack for _, ack in fresh], actor=self.actor)
        entries = [
            audit.Entry("mutation", one.mutation.id, one.mutation.name, {"device": str(self.device_id or "")})
            for one, _ in done
        ]
        if entries:
            await audit.record_many(entries, actor_id=self.actor.user_id)
