"""Receipts: what every mutation was answered, written in its own transaction, so that a repeat finds the answer."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.core.database import execute, fetch
from backend.people.access import Actor
from sync.chain import link
from sync.protocol import Ack, Mutation


class Receipt(NamedTuple):
    """An answer given before."""

    hash: bytes
    st: str
    result: dict[str, Any]
    chain: str | None
    received_at: datetime


def hash_of(mutation: Mutation) -> bytes:
    """What makes two mutations the same: name, shape version, arguments and base; not how or when they were sent."""
    content = [mutation.name, mutation.tv, msgspec.json.decode(mutation.args), msgspec.json.decode(mutation.base)]
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).digest()


def is_sound(mutation: Mutation) -> bool | None:
    """Whether its chain is the hash of what arrived; None for a phone that keeps none."""
    if mutation.chain is None or mutation.prev is None or mutation.n is None:
        return None
    return link(mutation.prev, mutation.n, mutation.id, mutation.name, bytes(mutation.args)) == mutation.chain


def claimed_at(mutation: Mutation) -> datetime | None:
    """When the phone says it happened, by the office's clock as far as the phone knows it. A claim, never trusted."""
    at = mutation.at
    if at is None or not 1971 < at.year < 9000:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return aware + timedelta(milliseconds=mutation.skew_ms)
    except OverflowError:
        return aware


async def claim(ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, Receipt]:
    """Take these ids for this transaction; gives the receipts of those answered before.

    A rival request with the same id waits here until the other has ended, and then finds what it wrote.
    """
    rows = await fetch(
        "SELECT id, hash, st, result, chain, received_at FROM sync_claim($1, $2::uuid[])", actor.user_id, ids
    )
    return {row["id"]: Receipt(row["hash"], row["st"], row["result"], row["chain"], row["received_at"]) for row in rows}


async def store(answered: Sequence[tuple[Mutation, bytes, Ack]], *, actor: Actor, device_id: UUID | None) -> None:
    """Write the answers under the ids taken, once. What is `held` is not among them: it may come again."""
    if not answered:
        return
    of = [mutation for mutation, _, _ in answered]
    acks = [ack for _, _, ack in answered]
    await execute(
        """INSERT INTO sync_mutations (user_id, device_id, id, n, name, lane, hash, prev, chain, sound, claimed_at,
                                       received_at, st, result)
           SELECT $1, $2, m.*
             FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[],
                         $10::boolean[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::jsonb[]) AS m""",
        actor.user_id, device_id, [m.id for m in of], [m.n for m in of], [m.name for m in of], [m.lane for m in of],
        [digest for _, digest, _ in answered], [m.prev for m in of], [m.chain for m in of], [is_sound(m) for m in of],
        [claimed_at(m) for m in of], [ack.at for ack in acks], [ack.st for ack in acks],
        [{"rows": ack.rows, "result": ack.result, "problem": ack.problem} for ack in acks],
    )  # fmt: skip


def again(mutation_id: UUID, receipt: Receipt) -> Ack:
    """The answer given before."""
    kept = receipt.result
    rows = [(table, UUID(key), version) for table, key, version in kept["rows"]]
    return Ack(mutation_id, receipt.st, rows, kept["result"], kept["problem"], dup=True, at=receipt.received_at)


async def applied_among(ids: Sequence[UUID], *, actor: Actor) -> set[UUID]:
    """Which of these mutations of the actor have been applied."""
    if not ids:
        return set()
    rows = await fetch(
        "SELECT id FROM sync_mutations WHERE user_id = $1 AND id = ANY($2::uuid[]) AND st = 'applied'",
        actor.user_id,
        list(ids),
    )
    return {row["id"] for row in rows}
