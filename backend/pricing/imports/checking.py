"""The job that reads an import's file and says of each row what it would do. Nothing of the trade is changed.

It tells how far it is as it goes, and may run more than once: a check that finds another one asked for since stops.
"""

import asyncio
import contextlib
import logging
import zlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now
from backend.core.errors import Refusal
from backend.core.jobs import job
from backend.papers import reading
from backend.papers.errors import PaperTooLarge
from backend.papers.grids import Note, Paper
from backend.papers.headers import Heading, Vocabulary
from backend.pricing.imports.loading import load_known, load_promotions, load_stored, load_units
from backend.pricing.imports.mapping import (
    Mapping,
    Part,
    Reading,
    at_row,
    guess,
    heading_of,
    parts_of,
    readings,
    samples,
    vocabulary,
)
from backend.pricing.imports.meeting import load_ground, meetings
from backend.pricing.imports.prices import Planned, plan_prices
from backend.pricing.imports.programmes import PlannedPromotion, plan_promotions
from backend.pricing.imports.rows import Source, source_rows
from backend.pricing.imports.showing import columns_out, price_rows, promotion_rows
from backend.pricing.imports.words import Kind

log = logging.getLogger("tuyen.imports")
CHECK = "pricing.check-import"
CHUNK = 500
MOST_PAPER = 96 * 2**20
OUTCOMES = ("new", "changed", "same", "error")


class Superseded(Exception):
    """Another check was asked for meanwhile; this one is of no use to anybody."""


def pack(paper: Paper) -> bytes:
    """A read file as it is kept between checks."""
    return zlib.compress(msgspec.msgpack.encode(paper), 1)


def unpack(packed: bytes) -> Paper:
    """The opposite of `pack`."""
    opened = zlib.decompressobj()
    content = opened.decompress(packed, MOST_PAPER)
    if opened.unconsumed_tail:
        raise PaperTooLarge(limit_mb=MOST_PAPER // 2**20)
    return msgspec.msgpack.decode(content, type=Paper)


@job(CHECK)
async def check_import(payload: dict[str, Any]) -> None:
    """Read and check one import; a newer check of the same one makes this one stop."""
    import_id, run = UUID(payload["import_id"]), UUID(payload["run"])
    row = await db.fetch_row(
        """SELECT i.kind, i.list_id, i.mapping::text AS mapping, f.content, f.paper
             FROM price_imports i JOIN price_import_files f ON f.import_id = i.id
            WHERE i.id = $1 AND i.run = $2 AND i.state IN ('waiting', 'reading', 'checking')""",
        import_id, run,
    )  # fmt: skip
    if row is None:
        return
    try:
        await _check(import_id, run, row)
    except Superseded:
        return
    except Refusal as refusal:
        await _fail(import_id, run, {"code": refusal.code, **refusal.numbers})
    except Exception:  # whatever went wrong, the person must not wait for ever
        log.exception("the check of import %s failed", import_id)
        await _fail(import_id, run, {"code": "fault"})


async def _fail(import_id: UUID, run: UUID, fault: dict[str, Any]) -> None:
    with contextlib.suppress(Superseded):
        await _write(import_id, run, state="failed", fault=_json(fault))


async def _check(import_id: UUID, run: UUID, row: Any) -> None:
    paper = await _paper(import_id, run, row)
    kind: Kind = row["kind"]
    notes = list(paper.notes)
    mapping = None if row["mapping"] is None else msgspec.json.decode(row["mapping"], type=Mapping)
    known = vocabulary(kind, await load_units())
    if mapping is None:
        mapping = await asyncio.to_thread(guess, paper, known)
    if mapping is None:
        notes.append(Note("import.no-heading"))
        mapping = at_row(paper, 0, 1, 1, known)
    await _write(import_id, run, state="checking", mapping=msgspec.json.encode(mapping).decode())
    mark = await db.fetch_value("SELECT mark FROM pricing_mark")  # before the reading: what changes later is noticed
    plan = await _plan(paper, mapping, known, kind, row["list_id"])
    used = {part.table for part in plan.parts}
    unused = [grid for n, grid in enumerate(paper.grids) if n not in used]
    notes += [Note(f"import.{grid.kind}-unused", grid.name, len(grid.rows)) for grid in unused[:20]]
    if plan.source.skipped:
        notes.append(Note("import.rows-skipped", count=plan.source.skipped))
    if kind == "prices":
        rows = price_rows(plan.planned)
    else:
        ground = await load_ground()
        rows = promotion_rows(plan.promotions, await asyncio.to_thread(meetings, plan.promotions, ground))
    await _store(import_id, run, rows)
    counts = {outcome: sum(1 for one in rows if one["outcome"] == outcome) for outcome in OUTCOMES}
    tables = [
        {"index": n, "kind": grid.kind, "name": grid.name, "rows": len(grid.rows), "used": n in used}
        for n, grid in enumerate(paper.grids)
    ]
    columns = columns_out(mapping, plan.heading, plan.parts, plan.readings, samples)
    await _write(
        import_id, run, state="checked", mark=mark,
        tables=_json(tables), columns=_json(columns), notes=_json(notes), counts=_json(counts),
    )  # fmt: skip


class _Plan(msgspec.Struct):
    """A file read through its mapping, and what its rows would do."""

    heading: Heading
    parts: list[Part]
    readings: dict[str, Reading]
    source: Any
    planned: list[Any] = []
    promotions: list[Any] = []


async def _plan(paper: Paper, mapping: Mapping, titles: Vocabulary, kind: Kind, list_id: UUID | None) -> _Plan:
    known = await load_known()
    stored = await load_stored(list_id) if list_id is not None else []
    promotions = await load_promotions() if kind == "promotions" else {}
    starts_on = None if mapping.starts_on is None else date.fromisoformat(mapping.starts_on)

    def reckon() -> _Plan:
        parts = parts_of(paper, mapping, titles)
        read = readings(parts, mapping)
        source: Source = source_rows(parts, mapping, read, kind)
        plan = _Plan(heading_of(paper, mapping), parts, read, source)
        if kind == "prices":
            prices: list[Planned] = plan_prices(
                source, known, stored, starts_on=starts_on, close_earlier=mapping.close_earlier
            )
            plan.planned = prices
        else:
            found: list[PlannedPromotion] = plan_promotions(source, known, promotions, starts_on=starts_on)
            plan.promotions = found
        return plan

    return await asyncio.to_thread(reckon)  # seconds of work for thousands of rows: beside the event loop


async def _paper(import_id: UUID, run: UUID, row: Any) -> Paper:
    if row["paper"] is not None:
        return await asyncio.to_thread(unpack, row["paper"])
    await _write(import_id, run, state="reading")
    paper = await reading.read(row["content"])
    packed = await asyncio.to_thread(pack, paper)
    await db.execute("UPDATE price_import_files SET paper = $2 WHERE import_id = $1", import_id, packed)
    return paper


async def _store(import_id: UUID, run: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Put the rows away, a few hundred at a time, telling how far it is."""
    await _write(import_id, run, total=len(rows), done=0)
    await db.execute("DELETE FROM price_import_rows WHERE import_id = $1", import_id)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        await db.execute(
            """INSERT INTO price_import_rows (import_id, n, sheet, row, outcome, label, before, after, faults, meetings,
                                              plan, target_id, target_version)
               SELECT $1, r.n, r.sheet, r.row, r.outcome, r.label, r.before, r.after, r.faults,
                      coalesce(r.meetings, '[]'), r.plan, r.target_id, r.target_version
                 FROM jsonb_populate_recordset(NULL::price_import_rows, $2::text::jsonb) AS r
               ON CONFLICT (import_id, n) DO NOTHING""",
            import_id, _json(chunk),
        )  # fmt: skip
        await _write(import_id, run, done=start + len(chunk))


async def _write(import_id: UUID, run: UUID, **fields: Any) -> None:
    """Say how it goes. Raises `Superseded` when another check has taken this one's place."""
    cast = {"mapping": "::text::jsonb", "fault": "::text::jsonb", "tables": "::text::jsonb", "columns": "::text::jsonb",
            "notes": "::text::jsonb", "counts": "::text::jsonb"}  # fmt: skip
    assignments = ", ".join(f"{name} = ${n}{cast.get(name, '')}" for n, name in enumerate(fields, 4))
    tag = await db.execute(
        f"""UPDATE price_imports SET {assignments}, changed_at = $3, version = version + $2::int
             WHERE id = $1 AND run = ${len(fields) + 4} AND state IN ('waiting', 'reading', 'checking')""",
        import_id, 1 if fields.get("state") in ("checked", "failed") else 0, now(), *fields.values(), run,
    )  # fmt: skip
    if tag == "UPDATE 0":
        raise Superseded


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
