"""Choosing customers to hand over: by their ids or by a filter, and where each of them is on the day."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.core.errors import Malformed, NotVisible
from backend.core.paging import MOST as PAGE
from backend.core.paging import decode_cursor, encode_cursor
from backend.customers.errors import NobodyChosen, TooManyAtOnce
from backend.customers.queries import Filters, narrowed
from backend.customers.ranking import prepare
from backend.customers.schemas import AllOf, HandOver
from backend.customers.schemas_handovers import Candidate, Candidates, WardOut
from backend.customers.search import words_sql
from backend.geo.units import units
from backend.people.access import Actor, scope

MOST: Final = 5000

_WARD: Final = """(SELECT v.ward_new FROM addresses d JOIN address_versions v ON v.id = d.version_id
                    WHERE d.party_id = c.id AND d.deleted_at IS NULL ORDER BY d.is_default DESC, d.id LIMIT 1)"""


class Placed(NamedTuple):
    """A chosen customer: who has it today, who would have it on the day, and whether more is planned after that."""

    id: UUID
    name: str
    position_id: int
    then_at: int
    later: bool

    def goes_to(self, position: int) -> bool:
        """Whether a hand-over to that position changes anything for it."""
        return self.then_at != position or self.later


def day_of(text: str | None) -> date:
    """The day of a hand-over; today when none is given. Refuses a day that does not exist and one that is over."""
    try:
        day = date.fromisoformat(text) if text else today()
    except ValueError as fault:
        raise Malformed(pointer="/on") from fault
    if day < today():
        raise Malformed(pointer="/on")
    return day


def stamp_of(rows: Iterable[Placed]) -> str:
    """A name for what was chosen: it changes with the customers, with who has them, and with what is planned."""
    text = "\n".join(f"{one.id} {one.position_id} {one.then_at} {one.later}" for one in sorted(rows))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def filtered(chosen: AllOf, *, actor: Actor, first: int) -> tuple[str, list[object]]:
    """The WHERE text over `customers c` of a filter, with the actor's scope, from placeholder `$first` on."""
    where, arguments = narrowed(Filters(group=chosen.group, position=chosen.position), actor=actor, first=first)
    texts = [where]
    if chosen.ward is not None:
        texts.append(f"{_WARD} = ${first + len(arguments)}")
        arguments.append(chosen.ward)
    if chosen.q and chosen.q.strip():
        query = prepare(chosen.q)
        words, of_words = words_sql(query.words, first + len(arguments))
        arguments += of_words
        texts.append(f"({words} OR lower(c.code) = ${first + len(arguments)})")
        arguments.append(chosen.q.strip().lower())
    return " AND ".join(texts), arguments


async def choose(wanted: HandOver, *, actor: Actor) -> list[UUID]:
    """The ids of the chosen customers, sorted. Refuses nobody, both ways of choosing at once, and more than 5000."""
    if bool(wanted.customer_ids) == (wanted.all_of is not None) or (wanted.but and wanted.all_of is None):
        raise NobodyChosen(pointer="/customer_ids")
    if wanted.all_of is None:
        found: Collection[UUID] = set(wanted.customer_ids)
    else:
        where, arguments = filtered(wanted.all_of, actor=actor, first=3)
        rows = await fetch(
            f"SELECT c.id FROM customers c WHERE c.id <> ALL ($1::uuid[]) AND {where} LIMIT $2",
            wanted.but, MOST + 1, *arguments,
        )  # fmt: skip
        found = [row["id"] for row in rows]
    if not found:
        raise NobodyChosen(pointer="/all_of")
    if len(found) > MOST:
        raise TooManyAtOnce(pointer="/customer_ids", limit=MOST)
    return sorted(found)


async def placed(customer_ids: Collection[UUID], day: date, *, actor: Actor) -> list[Placed]:
    """Where each of these customers is today and on the day. Refuses one the actor does not see, and all with it."""
    predicate, arguments = scope(actor, "c.position_id", 3)
    rows = await fetch(
        f"""SELECT c.id, c.name, c.position_id, coalesce(a.position_id, c.position_id) AS then_at,
                   EXISTS (SELECT 1 FROM customer_assignments l WHERE l.customer_id = c.id AND l.from_on > $2) AS later
              FROM customers c
              LEFT JOIN customer_assignments a ON a.customer_id = c.id AND a.from_on <= $2
                   AND (a.until_on IS NULL OR $2 < a.until_on)
             WHERE c.id = ANY($1::uuid[]) AND c.deleted_at IS NULL AND {predicate} ORDER BY c.folded, c.id""",
        list(customer_ids), day, *arguments,
    )  # fmt: skip
    if len(rows) != len(customer_ids):
        raise NotVisible
    return [Placed(**row) for row in rows]


async def candidates(chosen: AllOf, *, actor: Actor, limit: int = 50, cursor: str | None = None) -> Candidates:
    """Customers a filter finds, by name, each with the hand-over that is planned for it already."""
    limit = max(1, min(limit, PAGE))
    after = decode_cursor(cursor, str, UUID) or (None, None)
    where, arguments = filtered(chosen, actor=actor, first=5)
    rows = await fetch(
        f"""SELECT c.id, c.code, c.name, c.stage, c.status, c.position_id, c.folded, {_WARD} AS ward,
                   plan.from_on AS planned_on, plan.name AS planned_to
              FROM customers c
              LEFT JOIN LATERAL (SELECT a.from_on, p.name FROM customer_assignments a
                                   JOIN positions p ON p.id = a.position_id
                                  WHERE a.customer_id = c.id AND a.from_on > $4 ORDER BY a.from_on LIMIT 1) plan ON TRUE
             WHERE ($1::text IS NULL OR (c.folded, c.id) > ($1, $2::uuid)) AND {where}
             ORDER BY c.folded, c.id LIMIT $3""",
        *after, limit + 1, today(), *arguments,
    )  # fmt: skip
    found = Candidates([_candidate(row) for row in rows[:limit]])
    if len(rows) > limit:
        found.next = encode_cursor(rows[limit - 1]["folded"], rows[limit - 1]["id"])
    if not cursor:
        await _count(found, chosen, actor)
    return found


def _name_of(ward: str | None) -> str | None:
    unit = units().wards_new.get(ward) if ward else None
    return unit.full_name if unit else ward


def _candidate(row: Any) -> Candidate:
    fields = {name: row[name] for name in Candidate.__struct_fields__}
    return Candidate(**{**fields, "ward": _name_of(row["ward"])})


async def _count(found: Candidates, chosen: AllOf, actor: Actor) -> None:
    """How many the whole choice is; its wards are told as if none of them were chosen, so that another can be."""
    anywhere = AllOf(position=chosen.position, group=chosen.group, q=chosen.q)
    where, arguments = filtered(anywhere, actor=actor, first=1)
    rows = await fetch(
        f"SELECT {_WARD} AS ward, count(*)::int AS customers FROM customers c WHERE {where} GROUP BY 1", *arguments
    )
    found.total = sum(row["customers"] for row in rows if chosen.ward in (None, row["ward"]))
    found.wards = sorted(
        (WardOut(row["ward"], _name_of(row["ward"]) or "", row["customers"]) for row in rows if row["ward"]),
        key=lambda one: (-one.customers, one.name),
    )
