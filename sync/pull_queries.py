"""The SQL of a pull. Rows never become Python objects: PostgreSQL picks a page and writes its columns as JSON text."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.core.database import fetch, fetch_row, fetch_value
from sync.cursor import DELTA, FIRST, NIL, Position
from sync.protocol import Up
from sync.tables import BY_NUMBER, CUSTOMER, FIRST_HISTORY, SCHEMA, PartList, Synced


class Move(NamedTuple):
    """A customer that changed hands, or a row that left a root: from which keys (all of them), and where it is now."""

    tbl: int
    id: UUID
    root: UUID
    origins: list[int]
    key: int

    @property
    def of_root(self) -> bool:
        return self.tbl == CUSTOMER.number


class Picked(NamedTuple):
    """One page of a walk: per table the ids to send (as array text) and those to delete (as JSON), where it ended."""

    live: dict[int, str]
    dead: dict[int, msgspec.Raw]
    rows: int
    last: Position | None
    more: bool


_NOT_SEEN = "{a}.seq >= $1 AND sync_unseen({a}.seq, $2::text::pg_snapshot)"


async def read_moves(low: int, snapshot: str, seen: Sequence[int], kept: Sequence[int]) -> list[Move]:
    """Moves that the snapshot does not know, as far as the phone holds or should hold what moved.

    A row that left a customer while that one was in other hands counts too: the phone held both before.
    """
    rows = await fetch(
        f"""WITH fresh AS MATERIALIZED (SELECT tbl, id, root, frm FROM sync_moves m WHERE {_NOT_SEEN.format(a="m")}),
                 held AS (SELECT root FROM fresh WHERE tbl = {CUSTOMER.number} AND frm = ANY($3::int[]))
            SELECT m.tbl, m.id, m.root, array_agg(m.frm) AS origins, s.key
              FROM fresh m JOIN sync_rows s ON s.tbl = m.tbl AND s.id = m.id
             WHERE m.frm = ANY($3::int[]) OR s.key = ANY($4::int[]) OR m.root IN (SELECT root FROM held)
             GROUP BY m.tbl, m.id, m.root, s.key""",
        low, snapshot, seen, kept,
    )  # fmt: skip
    return [Move(*row) for row in rows]


async def read_roots(keys: Sequence[int]) -> list[UUID]:
    """Every root under these keys."""
    if not keys:
        return []
    return [row["root"] for row in await fetch("SELECT DISTINCT root FROM sync_rows WHERE key = ANY($1::int[])", keys)]


_PICK = """
    WITH found AS MATERIALIZED (
        SELECT s.tbl, s.id, s.root, s.key, s.del, row_number() OVER (ORDER BY {order}) AS n
          FROM {rows} LIMIT {limit} + 1),
    pages AS (SELECT tbl, array_agg(id ORDER BY n) FILTER (WHERE NOT del)::text AS live,
                     json_agg(id ORDER BY n) FILTER (WHERE del)::text AS dead, count(*) AS rows
                FROM found WHERE n <= {limit} GROUP BY tbl),
    ends AS (SELECT max(n) AS n FROM found)
    SELECT pages.*, l.key AS last_key, l.root AS last_root, l.tbl AS last_tbl, l.id AS last_id, ends.n > {limit} AS more
      FROM pages, ends, found l WHERE l.n = least(ends.n, {limit}) ORDER BY pages.tbl
"""


async def _pick(rows: str, order: str, limit: int, phase: int, *args: Any) -> Picked:
    """Take the next `limit` rows of a walk in its order; `rows` is the FROM clause of a relation `s`, and its WHERE."""
    found = await fetch(_PICK.format(rows=rows, order=order, limit=limit), *args)
    if not found:
        return Picked({}, {}, 0, None, False)
    last = found[0]
    return Picked(
        live={row["tbl"]: row["live"] for row in found if row["live"]},
        dead={row["tbl"]: msgspec.Raw(row["dead"]) for row in found if row["dead"]},
        rows=sum(row["rows"] for row in found),
        last=Position(phase, last["last_key"], last["last_root"], last["last_tbl"], last["last_id"]),
        more=last["more"],
    )


async def pick_delta(
    low: int,
    snapshot: str,
    keys: Sequence[int],
    *,
    whole: Sequence[UUID],
    cut: date,
    after: Position | None,
    limit: int,
) -> Picked:
    """Rows of these keys that the snapshot does not show, and every row of the roots in `whole`; tombstones too."""
    at = after or Position(DELTA, -1)
    columns = "s.tbl, s.id, s.root, s.key, s.del"
    moved_in = f"""
        UNION SELECT {columns} FROM sync_rows s
         WHERE s.root = ANY($4::uuid[]) AND s.key = ANY($3::int[]) AND (s.day IS NULL OR s.day >= $5)"""
    if not whole:  # most often: what the union costs is to see that no row comes twice
        moved_in = " AND $4::uuid[] IS NOT NULL AND $5::date IS NOT NULL"
    return await _pick(
        f"""(SELECT {columns} FROM sync_rows s
              WHERE s.key = ANY($3::int[]) AND {_NOT_SEEN.format(a="s")}{moved_in}) s
            WHERE (s.key, s.root, s.tbl, s.id) > ($6, $7, $8, $9)""",
        "s.key, s.root, s.tbl, s.id",
        limit, DELTA, low, snapshot, keys, whole, cut, at.key, at.root, at.tbl, at.id,
    )  # fmt: skip


async def pick_first(
    phase: int, keys: Sequence[int], tables: Iterable[int], *, cut: date, after: Position | None, limit: int
) -> Picked:
    """The next page of everything under these keys: reference tables and customers by table, history by root."""
    at = after or Position(phase, -1, NIL, -1)
    if phase == FIRST:
        span = f"tbl < {FIRST_HISTORY}"
        beyond, order = "(s.tbl, s.key, s.id) > ($6, $4, $7) AND $5::uuid IS NOT NULL", "s.tbl, s.key, s.id"
    else:
        span = f"tbl >= {FIRST_HISTORY}"
        beyond, order = "(s.key, s.root, s.tbl, s.id) > ($4, $5, $6, $7)", "s.key, s.root, s.tbl, s.id"
    return await _pick(
        f"""sync_rows s
            WHERE s.key = ANY($1::int[]) AND s.tbl = ANY($2::smallint[]) AND s.{span} AND NOT s.del
              AND (s.day IS NULL OR s.day >= $3) AND {beyond}""",
        order, limit, phase, keys, list(tables), cut, at.key, at.root, at.tbl, at.id,
    )  # fmt: skip


async def count_first(keys: Sequence[int], tables: Iterable[int], cut: date) -> int:
    """How many rows a first sync of these keys brings, for its progress bar."""
    return int(
        await fetch_value(
            """SELECT count(*) FROM sync_rows s WHERE s.key = ANY($1::int[]) AND s.tbl = ANY($2::smallint[])
                  AND NOT s.del AND (s.day IS NULL OR s.day >= $3)""",
            keys,
            list(tables),
            cut,
        )
    )


@cache
def vector_sql(number: int, schema: int = SCHEMA) -> str:
    """The statement that writes the columns of given ids ($1, array text) as one JSON array of arrays, in UTF-8.

    As bytes, not as text: what only travels on is never read here, and a page has megabytes.
    """
    synced = BY_NUMBER[number]
    lists = synced.lists_for(schema)
    asked = f"""unnest($1::text::uuid[]) WITH ORDINALITY u(id, n)
          JOIN {synced.table} t ON t.id = u.id {synced.joins}"""
    named: list[str] = []
    gathered: list[str] = []
    for name, sql in (("_v", "t.version"), ("_r", root_of(synced)), *synced.columns):
        at, parts = len(named), lists.get(name)
        counted = f"(SELECT count(*) FROM {parts.table} l WHERE l.{parts.owner} = t.id)" if parts else sql
        named.append(f"{counted} AS c{at}")
        gathered.append(_parts_sql(parts, asked, f"json_agg(q.c{at})") if parts else f"json_agg(q.c{at})")
    return f"""SELECT convert_to(json_build_array({", ".join(gathered)})::text, 'UTF8') FROM (
        SELECT {", ".join(named)} FROM {asked} ORDER BY u.n) q"""


def _parts_sql(parts: PartList, asked: str, counts: str) -> str:
    """SQL of a list column: how many parts each row has, then all parts of the page in the order of its rows."""
    named = ", ".join(f"{sql} AS p{i}" for i, (_, sql) in enumerate(parts.columns))
    gathered = ", ".join(f"coalesce(json_agg(p.p{i}), '[]')" for i in range(len(parts.columns)))
    names = ", ".join(f"'{name}'" for name, _ in parts.columns)
    return f"""json_build_object('n', {counts}, 'cols', json_build_array({names}), 'v',
        (SELECT json_build_array({gathered}) FROM (
          SELECT {named} FROM {asked} JOIN {parts.table} l ON l.{parts.owner} = t.id ORDER BY u.n, {parts.order}) p))"""


def root_of(synced: Synced) -> str:
    """SQL of the root as phones see it: nothing for what everybody holds."""
    return synced.root if synced.customer or synced.own_key else "NULL"


async def write_vectors(live: dict[int, str], schema: int = SCHEMA) -> list[Up]:
    """The rows of a page, table by table in the order of the registry, as a phone of this schema reads them."""
    made = []
    for number in sorted(live):
        synced = BY_NUMBER[number]
        vectors = await fetch_value(vector_sql(number, schema), live[number])
        made.append(Up(synced.name, ["_v", "_r", *(name for name, _ in synced.columns)], msgspec.Raw(vectors)))
    return made


async def read_digest(keys: Sequence[int]) -> dict[str, tuple[int, int]]:
    """Per table without a history window: the rows a phone should hold, and a number made of their ids and versions.

    The number is the xor over rows of (last 48 bits of the id + version * 2654435761) modulo 2^48: cheap on both sides.
    """
    rows = await fetch(
        """SELECT tbl, count(*) AS rows,
                  bit_xor((('x' || right(replace(id::text, '-', ''), 12))::bit(48)::bigint + ver * 2654435761)
                          & 281474976710655) AS mark
             FROM sync_rows WHERE key = ANY($1::int[]) AND NOT del AND tbl = ANY($2::smallint[]) GROUP BY tbl""",
        keys, [number for number, synced in BY_NUMBER.items() if synced.day == "NULL::date"],
    )  # fmt: skip
    return {BY_NUMBER[row["tbl"]].name: (row["rows"], row["mark"]) for row in rows}


async def every_position() -> list[int]:
    """All position keys there are, for those who see the whole company."""
    return [row["id"] for row in await fetch("SELECT id FROM positions")]


async def count_customers(keys: Sequence[int]) -> int:
    """Customers under these keys: above a bound a phone holds a thin profile."""
    row = await fetch_row("SELECT count(*) AS n FROM customers WHERE position_id = ANY($1::int[])", keys)
    return int(row["n"])
