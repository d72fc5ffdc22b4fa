"""Begin an import, correct how its file is read, have it checked again. The checking itself is a job."""

import hashlib
import re
from typing import Any
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core import database as db
from backend.core.clock import now
from backend.core.errors import NotVisible, StaleVersion
from backend.core.ids import new_id
from backend.core.jobs import enqueue
from backend.papers import reading
from backend.papers.errors import PaperTooLarge
from backend.papers.grids import Paper
from backend.papers.headers import Vocabulary
from backend.papers.packages import MOST_BYTES
from backend.people.access import Actor, require
from backend.pricing.imports.checking import CHECK, unpack
from backend.pricing.imports.errors import ImportBusy, MappingMalformed
from backend.pricing.imports.loading import load_units
from backend.pricing.imports.mapping import MappedColumn, Mapping, at_row, vocabulary
from backend.pricing.imports.schemas import Imported, Recheck, Remap
from backend.pricing.imports.words import REPEATED, ROLES, Kind


async def begin_import(content: bytes, file_name: str, kind: Kind, list_id: UUID | None, *, actor: Actor) -> Imported:
    """Take a file in: judged now, read and checked by a job.

    Refuses what `papers.reading.examine` refuses, `not-found` for a list that is not there, and
    `import-mapping-malformed` for prices without a list or programmes with one.
    """
    require(actor, "price.change")
    if (kind == "prices") != (list_id is not None):
        raise MappingMalformed(pointer="/list_id")
    if len(content) > MOST_BYTES:
        raise PaperTooLarge(limit_mb=MOST_BYTES // 2**20)
    if list_id is not None and not await db.fetch_value(
        "SELECT true FROM price_lists WHERE id = $1 AND deleted_at IS NULL", list_id
    ):
        raise NotVisible(pointer="/list_id")
    await reading.examine(content)
    return await db.in_transaction(lambda: _store(content, safe_name(file_name), kind, list_id, actor))


async def _store(content: bytes, name: str, kind: Kind, list_id: UUID | None, actor: Actor) -> Imported:
    import_id, run = new_id(), new_id()
    digest = hashlib.sha256(content).hexdigest()
    await db.execute(
        """INSERT INTO price_imports (id, kind, list_id, file_name, file_size, file_sha256, run, created_at, changed_at,
                                      created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)""",
        import_id, kind, list_id, name, len(content), digest, run, now(), actor.user_id,
    )  # fmt: skip
    await db.execute("INSERT INTO price_import_files (import_id, content) VALUES ($1, $2)", import_id, content)
    await note_step(import_id, "uploaded", actor=actor, file=name, sha256=digest, size=len(content))
    await enqueue(CHECK, {"import_id": str(import_id), "run": str(run)})
    return Imported(import_id, "waiting", 1)


def safe_name(name: str) -> str:
    """What a file is called on the screen: its last part, without signs that are no letters of a name."""
    last = re.split(r"[/\\]", name)[-1]
    bare = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", last).strip(" .")
    return bare[-120:] or "?"


async def hold(import_id: UUID, expected_version: int) -> Any:
    """Lock an import for the rest of the transaction. Refuses `not-found` and `stale-version`."""
    row = await db.fetch_row(
        """SELECT id, kind, list_id, state, version, mark, run, mapping::text AS mapping, counts
             FROM price_imports WHERE id = $1 FOR UPDATE""",
        import_id,
    )
    if row is None:
        raise NotVisible
    if row["version"] != expected_version:
        raise StaleVersion(current=row["version"])
    return row


async def remap(import_id: UUID, command: Remap, *, actor: Actor) -> Imported:
    """Read the file in another way; the rows are checked anew.

    Refuses `stale-version`, `import-busy` while it is applied, and `import-mapping-malformed`.
    """
    require(actor, "price.change")
    row = await hold(import_id, command.expected_version)
    packed = await db.fetch_value("SELECT paper FROM price_import_files WHERE import_id = $1", import_id)
    if row["state"] == "applied" or packed is None or row["mapping"] is None:
        raise ImportBusy(state=row["state"])
    known = vocabulary(row["kind"], await load_units())
    mapping = msgspec.json.decode(row["mapping"], type=Mapping)
    mapping = changed_mapping(unpack(packed), mapping, command, row["kind"], known)
    await note_step(import_id, "mapped", actor=actor, mapping=msgspec.to_builtins(mapping))
    return await _again(import_id, msgspec.json.encode(mapping).decode(), row["version"])


def changed_mapping(paper: Paper, mapping: Mapping, command: Remap, kind: Kind, known: Vocabulary) -> Mapping:
    """A mapping with what a person corrected. Refuses `import-mapping-malformed` with the field named."""
    table = mapping.table if command.table is None else command.table
    if table >= len(paper.grids) or not paper.grids[table].rows:
        raise MappingMalformed(pointer="/table")
    if table != mapping.table or command.row is not None or command.lines is not None:
        row = command.row if command.row is not None else (mapping.row if table == mapping.table else 1)
        moved = at_row(paper, table, row, command.lines or mapping.lines, known)
        moved.starts_on, moved.close_earlier = mapping.starts_on, mapping.close_earlier
        mapping = moved
    for letter, choice in (command.columns or {}).items():
        if choice.role and choice.role not in ROLES[kind]:
            raise MappingMalformed(pointer=f"/columns/{letter}/role")
        if letter not in mapping.columns:
            raise MappingMalformed(pointer=f"/columns/{letter}")
        mapping.columns[letter] = MappedColumn(choice.role, choice.unit.strip(), choice.mark, choice.parts)
    held = [(one.role, one.unit if one.role in REPEATED else "") for one in mapping.columns.values() if one.role]
    for role, unit in held:
        if held.count((role, unit)) > 1:
            raise MappingMalformed(pointer="/columns", role=role)
    if command.starts_on is not msgspec.UNSET:
        mapping.starts_on = None if command.starts_on is None else command.starts_on.isoformat()
    if command.close_earlier is not None:
        mapping.close_earlier = command.close_earlier
    return mapping


async def recheck(import_id: UUID, command: Recheck, *, actor: Actor) -> Imported:
    """Check the rows again, against the prices of now; a check under way is overtaken.

    Refuses `stale-version`, and `import-busy` once it is applied.
    """
    require(actor, "price.change")
    row = await hold(import_id, command.expected_version)
    if row["state"] == "applied":
        raise ImportBusy(state=row["state"])
    return await _again(import_id, row["mapping"], row["version"])


async def _again(import_id: UUID, mapping: str | None, version: int) -> Imported:
    run = new_id()
    await db.execute(
        """UPDATE price_imports SET state = 'waiting', run = $2, mapping = $3::text::jsonb, done = 0, total = 0,
                  fault = NULL, version = version + 1, changed_at = $4 WHERE id = $1""",
        import_id, run, mapping, now(),
    )  # fmt: skip
    await enqueue(CHECK, {"import_id": str(import_id), "run": str(run)})
    return Imported(import_id, "waiting", version + 1)


async def note_step(import_id: UUID, step: str, *, actor: Actor, **details: object) -> None:
    """Write down what somebody did: for the screen and in the audit trail."""
    await db.execute(
        "INSERT INTO price_import_steps (id, import_id, step, made_by, made_at) VALUES ($1, $2, $3, $4, $5)",
        new_id(), import_id, step, actor.user_id, now(),
    )  # fmt: skip
    await audit.record("price_import", import_id, f"price_import.{step}", actor_id=actor.user_id, details=details)
