"""Receipts: what every mutation was answered, written in its own transaction, so that a repeat finds the answer."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.core.database import fetch
from backend.people.access import Actor
from sync.chain import link
from sync.protocol import Ack, Mutation
from sync.tables import Synced


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


class Answered(NamedTuple):
    """A mutation, the hash of it, its answer, and the row it made or changed, if it names one."""

    mutation: Mutation
    hash: bytes
    ack: Ack
    row: tuple[Synced, UUID] | None


async def store(answered: Sequence[Answered], *, actor: Actor, device_id: UUID | None) -> None:
    """Write the answers under the ids taken, once, with the versions their rows have by now; `ack.rows` says them too.

    What is `held` is not among them: it may come again.
    """
    if not answered:
        return
    rows = await fetch(
        """WITH told AS MATERIALIZED (
               SELECT m.*, s.ver
                 FROM jsonb_to_recordset($3::jsonb)
                      AS m(id uuid, n bigint, name text, lane text, hash text, prev text, chain text, sound boolean,
                           claimed_at timestamptz, received_at timestamptz, st text, result jsonb, tbl smallint,
                           table_name text, row_id uuid)
                 LEFT JOIN sync_rows s ON s.tbl = m.tbl AND s.id = m.row_id),
           kept AS (
               INSERT INTO sync_mutations (user_id, device_id, id, n, name, lane, hash, prev, chain, sound, claimed_at,
                                           received_at, st, result)
               SELECT $1, $2, id, n, name, lane, decode(hash, 'hex'), prev, chain, sound, claimed_at, received_at, st,
                      result || jsonb_build_object('rows', CASE WHEN ver IS NULL THEN '[]'::jsonb
                          ELSE jsonb_build_array(jsonb_build_array(table_name, row_id, ver)) END)
                 FROM told)
           SELECT id, ver FROM told WHERE ver IS NOT NULL""",
        actor.user_id, device_id, [_told(one) for one in answered],
    )  # fmt: skip
    versions = {row["id"]: row["ver"] for row in rows}
    for one in answered:
        if one.row and one.mutation.id in versions:
            one.ack.rows = [(one.row[0].name, one.row[1], versions[one.mutation.id])]


def _told(one: Answered) -> dict[str, object]:
    """A receipt as the statement reads it."""
    mutation, ack = one.mutation, one.ack
    said = {"id": mutation.id, "n": mutation.n, "name": mutation.name, "lane": mutation.lane, "hash": one.hash.hex(),
            "prev": mutation.prev, "chain": mutation.chain, "sound": is_sound(mutation),
            "claimed_at": claimed_at(mutation), "received_at": ack.at, "st": ack.st,
            "result": {"result": ack.result, "problem": ack.problem}}  # fmt: skip
    table, row_id = one.row or (None, None)
    return said | {"tbl": table and table.number, "table_name": table and table.name, "row_id": row_id}


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
