"""Undo a whole import: what it made goes, what it changed is as it was, until an order has used one of its prices."""

from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core import audit
from backend.core import database as db
from backend.core.clock import now
from backend.people.access import Actor, require
from backend.pricing.imports.applying import rewrite
from backend.pricing.imports.errors import ImportChangedSince, ImportNotApplied, ImportStale, ImportUsed
from backend.pricing.imports.importing import hold, note_step
from backend.pricing.imports.schemas import Imported, Undo
from backend.pricing.lists.editing import queue_for_prices
from backend.pricing.promotions.editing import change_promotion
from backend.pricing.promotions.schemas import ChangePromotion
from backend.pricing.promotions.steps import discard_promotion
from backend.pricing.using import Sought, uses_of

# What an import made, the lists built on its own (they pass its prices on under names of theirs), and since when.
_MADE: Final = """
WITH RECURSIVE own AS (SELECT l.code FROM price_imports i JOIN price_lists l ON l.id = i.list_id WHERE i.id = $1),
above AS (
    SELECT code FROM own
    UNION
    SELECT l.code FROM above a JOIN price_rules p ON p.price->>'base' = 'list:' || a.code AND p.deleted_at IS NULL
      JOIN price_lists l ON l.id = p.list_id),
made AS MATERIALIZED (
    SELECT p.item_id, 'list:' || own.code || '/' || p.code AS source
      FROM price_import_rows r JOIN price_rules p ON p.id = r.applied_id CROSS JOIN own WHERE r.import_id = $1)
SELECT (SELECT array_agg(source) FROM made) AS sources,
       ARRAY(SELECT 'list:' || code FROM above WHERE code NOT IN (SELECT code FROM own)) AS lists,
       (SELECT array_agg(DISTINCT item_id) FROM made HAVING bool_and(item_id IS NOT NULL)) AS items,
       (SELECT max(made_at) FROM price_import_steps WHERE import_id = $1 AND step = 'applied') AS since"""
_CHANGED: Final = """
SELECT p.code, count(*) OVER () AS total FROM (
    SELECT applied_id AS id, applied_version AS version FROM price_import_rows
     WHERE import_id = $1 AND applied_id IS NOT NULL
    UNION ALL
    SELECT (plan->'closes'->>'id')::uuid, (plan->'closes'->>'version')::int + 1 FROM price_import_rows
     WHERE import_id = $1 AND applied_id IS NOT NULL AND plan ? 'closes') ours
  JOIN {table} p ON p.id = ours.id WHERE p.version <> ours.version OR p.deleted_at IS NOT NULL
 ORDER BY p.code LIMIT 5"""


async def undo_import(import_id: UUID, command: Undo, *, actor: Actor) -> Imported:
    """Take an applied import back.

    Refuses `stale-version`; `import-not-applied`; `import-used` naming the orders priced with it;
    `import-changed-since` naming what somebody has changed after it (a programme put on counts as changed).
    """
    require(actor, "price.change")
    await queue_for_prices()
    row = await hold(import_id, command.expected_version)
    if row["state"] != "applied":
        raise ImportNotApplied(state=row["state"])
    prices = row["kind"] == "prices"
    if prices:
        await _refuse_used(import_id)
    changed = await db.fetch(_CHANGED.format(table="price_rules" if prices else "promotions"), import_id)
    if changed:
        raise ImportChangedSince(rules=", ".join(one["code"] for one in changed), count=changed[0]["total"])
    rows = await db.fetch(
        """SELECT outcome, plan::text AS plan, applied_id, applied_version FROM price_import_rows
            WHERE import_id = $1 AND applied_id IS NOT NULL ORDER BY n""",
        import_id,
    )
    await (_undo_prices if prices else _undo_promotions)(import_id, rows, actor)
    await db.execute(
        "UPDATE price_imports SET state = 'undone', version = version + 1, changed_at = $2 WHERE id = $1",
        import_id, now(),
    )  # fmt: skip
    await note_step(import_id, "undone", actor=actor, rows=len(rows))
    return Imported(import_id, "undone", row["version"] + 1)


async def _refuse_used(import_id: UUID) -> None:
    made = await db.fetch_row(_MADE, import_id)
    found = await uses_of(Sought(made["sources"] or [], made["lists"], made["items"], made["since"]))
    if found.total:
        raise ImportUsed(orders=", ".join(found.numbers), count=found.total)


async def _undo_prices(import_id: UUID, rows: list[Any], actor: Actor) -> None:
    made = [row["applied_id"] for row in rows if row["outcome"] == "new"]
    restored: list[dict[str, Any]] = []
    entries = [audit.Entry("price_rule", one, "price_rule.delete", {"undo": str(import_id)}) for one in made]
    for row in rows:
        plan = msgspec.json.decode(row["plan"])
        if row["outcome"] == "changed":
            restored.append({**plan["before"], "id": str(row["applied_id"]), "expected": row["applied_version"]})
        if "closes" in plan:
            closed = plan["closes"]
            restored.append({**closed["before"], "id": closed["id"], "expected": closed["version"] + 1})
    entries += [
        audit.Entry("price_rule", UUID(one["id"]), "price_rule.update", {"undo": str(import_id)}) for one in restored
    ]
    gone = await db.execute(
        "UPDATE price_rules SET deleted_at = $2, changed_at = $2, version = version + 1 WHERE id = ANY($1::uuid[])",
        made, now(),
    )  # fmt: skip
    if gone != f"UPDATE {len(made)}":
        raise ImportStale
    await rewrite(restored)
    await audit.record_many(entries, actor_id=actor.user_id)


async def _undo_promotions(import_id: UUID, rows: list[Any], actor: Actor) -> None:
    for row in rows:
        plan = msgspec.json.decode(row["plan"])
        if row["outcome"] == "new":
            await discard_promotion(row["applied_id"], row["applied_version"], actor=actor)
        else:
            change = ChangePromotion(expected_version=row["applied_version"], rule=plan["before"])
            await change_promotion(row["applied_id"], change, actor=actor)
