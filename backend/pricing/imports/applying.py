"""Apply a checked import: everything it says in one transaction, or nothing.

What was checked is what is stored: when anything a price depends on has changed since, the rows are checked again.
"""

from typing import Any
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core import database as db
from backend.core.clock import now
from backend.core.folding import fold
from backend.core.ids import new_id
from backend.people.access import Actor, require
from backend.pricing.imports.errors import ImportBusy, ImportHasErrors, ImportNothing, ImportStale
from backend.pricing.imports.importing import hold, note_step
from backend.pricing.imports.prices import PriceRow
from backend.pricing.imports.schemas import Apply, Imported
from backend.pricing.lists.editing import queue_for_prices
from backend.pricing.promotions.editing import change_promotion, draft_promotion
from backend.pricing.promotions.schemas import ChangePromotion, DraftPromotion
from backend.pricing.storing import NewPriceRule, insert_price_rules, refuse_deep_nesting

# Rows that change are taken out of the list and put back with their new values, so that two whose days trade places do
# not meet halfway. `$1`: id, version expected, and every field as it is to be; answers how many were as expected.
_REWRITE = """
WITH wanted AS MATERIALIZED (
    SELECT w.id, w.expected FROM jsonb_to_recordset($1::text::jsonb) AS w (id uuid, expected int)),
out AS (
    UPDATE price_rules r SET deleted_at = $2 FROM wanted w
     WHERE r.id = w.id AND r.version = w.expected AND r.deleted_at IS NULL RETURNING r.id)
SELECT count(*) FROM out"""
_BACK = """
UPDATE price_rules r
   SET price = w.price, max_qty_micro = w.max_qty_micro, valid_from = w.valid_from, valid_to = w.valid_to,
       version = r.version + 1, changed_at = $2, deleted_at = NULL
  FROM jsonb_populate_recordset(NULL::price_rules, $1::text::jsonb) AS w WHERE r.id = w.id"""


async def apply_import(import_id: UUID, command: Apply, *, actor: Actor) -> Imported:
    """Store every good row.

    Refuses `stale-version`; `import-busy` unless it is checked; `import-has-errors` unless told to leave them out;
    `import-nothing`; `import-stale` when prices, goods or customers have changed since the check.
    """
    require(actor, "price.change")
    await queue_for_prices()
    row = await hold(import_id, command.expected_version)
    if row["state"] != "checked":
        raise ImportBusy(state=row["state"])
    counts = row["counts"]
    if counts["error"] and not command.skip_errors:
        raise ImportHasErrors(errors=counts["error"])
    if not counts["new"] + counts["changed"]:
        raise ImportNothing
    if await db.fetch_value("SELECT mark FROM pricing_mark") != row["mark"]:
        raise ImportStale
    rows = await db.fetch(
        """SELECT n, outcome, label, plan::text AS plan, target_id, target_version FROM price_import_rows
            WHERE import_id = $1 AND outcome IN ('new', 'changed') ORDER BY n""",
        import_id,
    )
    if row["kind"] == "prices":
        await _apply_prices(import_id, row["list_id"], rows, actor)
    else:
        await _apply_promotions(import_id, rows, actor)
    await db.execute(
        "UPDATE price_imports SET state = 'applied', version = version + 1, changed_at = $2 WHERE id = $1",
        import_id, now(),
    )  # fmt: skip
    await note_step(import_id, "applied", actor=actor, counts=counts, skip_errors=command.skip_errors)
    return Imported(import_id, "applied", row["version"] + 1)


async def _apply_prices(import_id: UUID, list_id: UUID, rows: list[Any], actor: Actor) -> None:
    changes: list[dict[str, Any]] = []
    made: list[NewPriceRule] = []
    done: list[tuple[int, UUID, int]] = []
    entries: list[audit.Entry] = []
    for row in rows:
        plan = msgspec.json.decode(row["plan"])
        if row["outcome"] == "changed":
            changes.append({**plan["row"], "id": str(row["target_id"]), "expected": row["target_version"]})
            done.append((row["n"], row["target_id"], row["target_version"] + 1))
        else:
            rule = _new_rule(list_id, row["label"], plan["row"])
            made.append(rule)
            done.append((row["n"], rule.id, 1))
        if "closes" in plan:
            closed = plan["closes"]
            changes.append(
                {**closed["before"], "valid_to": closed["valid_to"], "id": closed["id"], "expected": closed["version"]}
            )
            entries.append(_entry(UUID(closed["id"]), "price_rule.update", import_id, valid_to=closed["valid_to"]))
        step = "price_rule.update" if row["outcome"] == "changed" else "price_rule.create"
        entries.append(_entry(done[-1][1], step, import_id, before=plan.get("before"), after=plan["row"]))
    await rewrite(changes)
    await insert_price_rules(made, created_by=actor.user_id)
    await refuse_deep_nesting()
    await audit.record_many(entries, actor_id=actor.user_id)
    await note_applied(import_id, done)


async def rewrite(changes: list[dict[str, Any]]) -> None:
    """Give stored rules other values, all at once. Refuses `import-stale` when one is not as it was."""
    if not changes:
        return
    text = msgspec.json.encode(changes).decode()
    if await db.fetch_value(_REWRITE, text, now()) != len(changes):
        raise ImportStale
    await db.execute(_BACK, text, now())


def _new_rule(list_id: UUID, label: dict[str, str], given: dict[str, Any]) -> NewPriceRule:
    rule_id = new_id()
    row = msgspec.convert(given, PriceRow)
    fields = {name: getattr(row, name) for name in PriceRow.__struct_fields__}
    return NewPriceRule(id=rule_id, list_id=list_id, code=rule_code(label.get("code", ""), rule_id), **fields)


def rule_code(code: str, rule_id: UUID) -> str:
    """A rule's own name within its list: the item's code, readable, and enough of its id to be the only one."""
    bare = "".join(sign if "!" <= sign <= "~" else "-" for sign in fold(code).upper()).strip("-")
    return f"{bare[:27] or 'ALL'}-{rule_id.hex[-12:].upper()}"


def _entry(rule_id: UUID, step: str, import_id: UUID, **details: object) -> audit.Entry:
    kept = {name: value for name, value in details.items() if value is not None}
    return audit.Entry("price_rule", rule_id, step, {"import": str(import_id), **kept})


async def note_applied(import_id: UUID, done: list[tuple[int, UUID, int]]) -> None:
    """Write beside each row what it became, which is what undoing needs to know."""
    await db.execute(
        """UPDATE price_import_rows r SET applied_id = d.id, applied_version = d.version
             FROM unnest($2::int[], $3::uuid[], $4::int[]) AS d (n, id, version)
            WHERE r.import_id = $1 AND r.n = d.n""",
        import_id, [n for n, _, _ in done], [one for _, one, _ in done], [version for _, _, version in done],
    )  # fmt: skip


async def _apply_promotions(import_id: UUID, rows: list[Any], actor: Actor) -> None:
    """Programmes become drafts: whoever puts them on sees first which others they meet."""
    done: list[tuple[int, UUID, int]] = []
    for row in rows:
        plan = msgspec.json.decode(row["plan"])
        if row["outcome"] == "new":
            made = await draft_promotion(DraftPromotion(code=plan["code"], rule=plan["rule"]), actor=actor)
            done.append((row["n"], made, 1))
        else:
            change = ChangePromotion(expected_version=row["target_version"], rule=plan["rule"])
            await change_promotion(row["target_id"], change, actor=actor)
            done.append((row["n"], row["target_id"], row["target_version"] + 1))
    await note_applied(import_id, done)
