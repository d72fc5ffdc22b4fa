"""The never-lose ledger: what each phone's line of operations looks like from here, and which receipts are ours.

A phone numbers and chains its operations; what is missing between two that arrived, or does not carry the hash of what
came before it, is named. The code of a day is the same four digits the phone shows at the end of it.
"""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from backend.core.database import fetch, fetch_value
from backend.core.errors import NotVisible
from backend.core.settings import settings
from backend.people.access import Actor
from backend.people.queries import list_users
from sync.chain import day_code
from sync.signing import Statement, is_ours

MOST_MISSING = 50
LOOKED_AT = 1_000  # numbers of one gap: a phone may claim any number, and none may keep the office counting

_DAYS = """
    SELECT d.id, d.user_id, d.name, d.app, d.state, d.last_seen_at, coalesce(m.applied, '{}') AS applied,
           coalesce(m.refused, 0) AS refused, coalesce(m.unsound, 0) AS unsound, m.last_at,
           coalesce(gaps.numbers, '{}') AS missing
      FROM devices d
      LEFT JOIN LATERAL (
           SELECT array_agg(id) FILTER (WHERE st = 'applied') AS applied,
                  count(*) FILTER (WHERE st <> 'applied')::int AS refused,
                  count(*) FILTER (WHERE NOT sound)::int AS unsound, max(received_at) AS last_at
             FROM sync_mutations WHERE device_id = d.id AND user_id = d.user_id
              AND received_at >= $2::date::timestamp AT TIME ZONE $3
              AND received_at < ($2::date + 1)::timestamp AT TIME ZONE $3) m ON true
      LEFT JOIN LATERAL (
           -- numbers between two that arrived and were neither handed in nor taken back
           SELECT array_agg(n ORDER BY n) AS numbers FROM (
               SELECT generate_series(one.before + 1, least(one.n - 1, one.before + $5)) AS n FROM (
                   SELECT n, lag(n) OVER (ORDER BY n) AS before FROM sync_mutations
                    WHERE device_id = d.id AND user_id = d.user_id AND n IS NOT NULL) one
                WHERE one.n - one.before > 1
               EXCEPT SELECT n FROM sync_withdrawals WHERE device_id = d.id AND user_id = d.user_id
               ORDER BY n LIMIT $4) hole) gaps ON true
     WHERE d.user_id = ANY($1::uuid[]) AND (m.last_at IS NOT NULL OR d.state = 'active')
     ORDER BY m.last_at DESC NULLS LAST, d.id"""


class PhoneDay(msgspec.Struct, frozen=True, kw_only=True):
    """One phone on one day of the company.

    Attributes:
        received: operations that took effect that day; `code` is theirs, as the phone shows it.
        refused: those answered with a refusal or a conflict.
        missing: numbers that never arrived although later ones did, of any day; at most 50.
        unsound: operations of that day whose hash is not that of what arrived.
    """

    device: UUID
    person: str
    login: str
    name: str
    app: str | None
    state: str
    last_seen_at: datetime
    last_at: datetime | None
    received: int
    refused: int
    missing: list[int]
    unsound: int
    code: str | None


class Shown(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A receipt as a phone keeps it, for the office to recognise."""

    user_id: UUID
    id: UUID
    st: Annotated[str, msgspec.Meta(max_length=20)]
    at: datetime
    sig: Annotated[str, msgspec.Meta(max_length=200)]
    chain: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Verdict(msgspec.Struct, frozen=True):
    """`ours`: this office signed it. `known`: its books still hold it; ours but unknown means that books were lost."""

    ours: bool
    known: bool


async def day_of(on: date, *, actor: Actor) -> list[PhoneDay]:
    """The phones of everybody the actor sees, on that day of the company; those that spoke last come first."""
    people = {row["id"]: row for row in await list_users(actor=actor)}
    rows = await fetch(_DAYS, list(people), on, settings().time_zone, MOST_MISSING, LOOKED_AT)
    return [_phone_day(row, people[row["user_id"]]) for row in rows]


def _phone_day(row: Any, person: Any) -> PhoneDay:
    applied = row["applied"]
    return PhoneDay(
        device=row["id"],
        person=person["name"],
        login=person["login"],
        name=row["name"],
        app=row["app"],
        state=row["state"],
        last_seen_at=row["last_seen_at"],
        last_at=row["last_at"],
        received=len(applied),
        refused=row["refused"],
        missing=row["missing"],
        unsound=row["unsound"],
        code=day_code(applied) if applied else None,
    )


async def verify(shown: Shown, *, actor: Actor) -> Verdict:
    """Whether a receipt is this office's own. Refuses `NotVisible` for people the actor does not see."""
    if shown.user_id not in {row["id"] for row in await list_users(actor=actor)}:
        raise NotVisible(pointer="/user_id")
    ours = shown.at.tzinfo is not None and is_ours(
        Statement(shown.user_id, shown.id, shown.st, shown.at, shown.chain), shown.sig
    )
    known = await fetch_value(
        "SELECT true FROM sync_mutations WHERE user_id = $1 AND id = $2 AND st = $3",
        shown.user_id, shown.id, shown.st,
    )  # fmt: skip
    return Verdict(ours=ours, known=bool(known))
