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


async def claim(
    mutations: Sequence[tuple[Mutation, bytes]], *, actor: Actor, device_id: UUID | None, at: datetime
) -> dict[UUID, Receipt]:
    """Take these ids for this transaction, at that moment; gives the receipts of those answered before.

    A rival request with the same id waits here until the other has ended. Ids are taken in their order, so that two
    requests with the same ids cannot lock each other.
    """
    ordered = sorted(mutations, key=lambda pair: pair[0].id)
    ids = [mutation.id for mutation, _ in ordered]
    taken = await fetch(
        """INSERT INTO sync_mutations (user_id, id, device_id, n, name, lane, hash, prev, chain, sound, claimed_at,
                                       received_at)
           SELECT $1, m.id, $2, m.n, m.name, m.lane, m.hash, m.prev, m.chain, m.sound, m.claimed_at, $3
             FROM unnest($4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::text[],
                         $11::boolean[], $12::timestamptz[])
                  AS m(id, n, name, lane, hash, prev, chain, sound, claimed_at)
           ON CONFLICT (user_id, id) DO NOTHING RETURNING id""",
        actor.user_id, device_id, at, ids, [m.n for m, _ in ordered], [m.name for m, _ in ordered],
        [m.lane for m, _ in ordered], [digest for _, digest in ordered], [m.prev for m, _ in ordered],
        [m.chain for m, _ in ordered], [is_sound(m) for m, _ in ordered], [claimed_at(m) for m, _ in ordered],
    )  # fmt: skip
    missing = set(ids) - {row["id"] for row in taken}
    if not missing:
        return {}
    rows = await fetch(
        """SELECT id, hash, st, result, chain, received_at FROM sync_mutations
            WHERE user_id = $1 AND id = ANY($2::uuid[])""",
        actor.user_id,
        list(missing),
    )
    return {row["id"]: Receipt(row["hash"], row["st"], row["result"], row["chain"], row["received_at"]) for row in rows}


async def store(acks: Sequence[Ack], *, actor: Actor) -> None:
    """Write the answers beside the ids taken; what is `held` is forgotten, so that it may come again."""
    held = [ack.id for ack in acks if ack.st == "held"]
    if held:
        await execute("DELETE FROM sync_mutations WHERE user_id = $1 AND id = ANY($2::uuid[])", actor.user_id, held)
    final = [ack for ack in acks if ack.st != "held"]
    if final:
        await execute(
            """UPDATE sync_mutations m SET st = a.st, result = a.result
                 FROM unnest($2::uuid[], $3::text[], $4::jsonb[]) AS a(id, st, result)
                WHERE m.user_id = $1 AND m.id = a.id""",
            actor.user_id, [ack.id for ack in final], [ack.st for ack in final],
            [{"rows": ack.rows, "result": ack.result, "problem": ack.problem} for ack in final],
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
