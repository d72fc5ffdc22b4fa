"""The rows of an import that could not be taken, as a workbook to mend and hand in again.

They stand in the file's own columns with the reason beside them, in the reader's language. Of a programme in error all
rows come back: they only make sense together.
"""

import asyncio
from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core import database as db
from backend.core.errors import NotVisible
from backend.core.languages import text
from backend.papers.grids import Paper, Row
from backend.papers.returning import Returned, returned
from backend.people.access import Actor, require
from backend.pricing.imports.checking import unpack
from backend.pricing.imports.errors import ImportNoErrors
from backend.pricing.imports.loading import load_units
from backend.pricing.imports.mapping import Mapping, Part, heading_of, parts_of, readings, vocabulary
from backend.pricing.imports.rows import Fault, source_rows
from backend.pricing.imports.words import Kind

Place = tuple[int, int]


async def error_file(import_id: UUID, *, actor: Actor) -> bytes:
    """The workbook. Refuses `not-found`, and `import-no-errors` where every row could be taken."""
    require(actor, "price.change")
    row = await db.fetch_row(
        """SELECT i.kind, i.file_name, i.mapping::text AS mapping, i.tables, f.paper
             FROM price_imports i JOIN price_import_files f ON f.import_id = i.id WHERE i.id = $1""",
        import_id,
    )
    if row is None:
        raise NotVisible
    wrong = await db.fetch(
        """SELECT sheet, row, label, faults FROM price_import_rows
            WHERE import_id = $1 AND outcome = 'error' ORDER BY n""",
        import_id,
    )
    if not wrong or row["paper"] is None or row["mapping"] is None:
        raise ImportNoErrors
    units = await load_units()
    content = await asyncio.to_thread(_made, row, wrong, units, actor.language)
    await db.in_transaction(
        lambda: audit.record(
            "price_import", import_id, "price_import.errors", actor_id=actor.user_id, details={"rows": len(wrong)}
        )
    )
    return content


def _made(row: Any, wrong: list[Any], units: frozenset[str], language: str) -> bytes:
    paper: Paper = unpack(row["paper"])
    mapping = msgspec.json.decode(row["mapping"], type=Mapping)
    kind: Kind = row["kind"]
    parts = parts_of(paper, mapping, vocabulary(kind, units))
    said = Words(row["tables"], language)
    reasons: dict[Place, list[str]] = defaultdict(list)
    for one in wrong:
        for fault in one["faults"]:
            place = fault.get("sheet", one["sheet"]), fault.get("row", one["row"])
            reason = said.reason(fault)
            if reason not in reasons[place]:
                reasons[place].append(reason)
    wanted = set(reasons) | (_of_programmes(parts, mapping, wrong) if kind == "promotions" else set())
    rows: list[tuple[Place, Row]] = [
        ((part.table, one.number), one) for part in parts for one in part.rows if (part.table, one.number) in wanted
    ]
    titles = heading_of(paper, mapping).titles
    widest = max([len(titles), *(len(one.cells) for _, one in rows)])
    return returned(
        row["file_name"],
        [text("imports.errors-help", language)],
        [*titles, *[""] * (widest - len(titles))],
        text("imports.errors-reason", language),
        (
            Returned([*one.cells, *[None] * (widest - len(one.cells))], "\n".join(reasons.get(place, [])))
            for place, one in rows
        ),
    )


def _of_programmes(parts: list[Part], mapping: Mapping, wrong: list[Any]) -> set[Place]:
    """Where the rows of the programmes in error stand."""
    codes = {one["label"].get("code") for one in wrong} - {"", None}
    source = source_rows(parts, mapping, readings(parts, mapping), "promotions")
    return {(one.place.table, one.place.row) for one in source.rows if one.texts.get("promo_code") in codes}


class Words:
    """Says what is wrong with a row, as the screen does."""

    def __init__(self, tables: list[dict[str, Any]], language: str) -> None:
        self.tables, self.language = tables, language

    def reason(self, fault: Fault) -> str:
        """One fault in words, its column first: the columns of the workbook are the file's own."""
        other, unsound = fault.get("other"), fault.get("reason")
        told = self._say(
            f"fault.{fault['code']}",
            value=fault.get("value", ""), known=fault.get("known", ""), rule=fault.get("rule", ""),
            days=self._days(fault.get("first"), fault.get("last")),
            other=self._place(other["table"], other["row"]) if other else "",
            reason=self._say(f"unsound.{unsound}") if unsound else "",
        )  # fmt: skip
        column = fault.get("column")
        return self._say("errors-column", column=column, reason=told) if column else told

    def _place(self, table: int, row: int) -> str:
        where = self._say("place-row", row=row)
        if len(self.tables) < 2:
            return where
        one = self.tables[table]
        return f"{self._say(one['kind'], name=one['name'])}, {where}"

    def _days(self, first: str | None, last: str | None) -> str:
        days = {name: "/".join(day.split("-")[::-1]) for name, day in (("first", first), ("last", last)) if day}
        key = "from-to" if len(days) == 2 else "from" if first else "to" if last else "always"
        return self._say(key, **days)

    def _say(self, key: str, **values: object) -> str:
        return text(f"imports.{key}", self.language, **values)
