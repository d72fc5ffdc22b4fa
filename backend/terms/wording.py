"""Add, rename, retire and restore the words that payment terms, payment methods and sales methods are chosen from.

A code stands in price books and on customers and never changes. A word that anybody has is retired, not removed: it
holds where it is and can be chosen nowhere else. Only what nothing has, is removed.
"""

from typing import Any, Final

import asyncpg
import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import Malformed, NotVisible, StaleVersion
from backend.people.access import Actor, require
from backend.terms.changing import COMPANY
from backend.terms.choosing import Kind
from backend.terms.errors import ChoiceCodeTaken
from backend.terms.schemas_choices import AddChoice, ChangeChoice, ChoiceSaved, MoveChoice

# How often each word of term_choices c stands somewhere: on customers, groups, the company, or in a promotion.
USES: Final = """(
    (SELECT count(*) FROM customers o WHERE CASE c.kind WHEN 'payment_term' THEN o.payment_term
        WHEN 'payment_method' THEN o.payment_method ELSE o.sales_method END = c.code)
  + (SELECT count(*) FROM customer_groups o WHERE CASE c.kind WHEN 'payment_term' THEN o.payment_term
        WHEN 'payment_method' THEN o.payment_method ELSE o.sales_method END = c.code)
  + (SELECT count(*) FROM company_terms o WHERE CASE c.kind WHEN 'payment_term' THEN o.payment_term
        WHEN 'payment_method' THEN o.payment_method ELSE o.sales_method END = c.code)
  + (SELECT count(*) FROM promotions o WHERE o.deleted_at IS NULL
        AND jsonb_path_exists(o.rule, '$.** ? (@ == $code)', jsonb_build_object('code', c.code))))::int"""


async def add_choice(kind: Kind, command: AddChoice, *, actor: Actor) -> ChoiceSaved:
    """Add a word at the end of its list. Refuses `ChoiceCodeTaken`, and `Malformed` days where they do not belong."""
    require(actor, "choice.change")
    if (kind == "payment_term") != (command.due_days is not None):
        raise Malformed(pointer="/due_days")
    name_vi = command.name_vi.strip()
    try:
        await execute(
            """INSERT INTO term_choices (kind, code, name_vi, name_en, due_days, seq, changed_at)
               SELECT $1, $2, $3, $4, $5, coalesce(max(seq), 0) + 1, $6 FROM term_choices WHERE kind = $1""",
            kind, command.code, name_vi, (command.name_en or name_vi).strip(), command.due_days, now(),
        )  # fmt: skip
    except asyncpg.UniqueViolationError as fault:
        raise ChoiceCodeTaken(choice=command.code, pointer="/code") from fault
    await _record(kind, command.code, "add", actor, after=msgspec.to_builtins(command))
    return ChoiceSaved(kind=kind, code=command.code, version=1)


async def change_choice(kind: Kind, code: str, command: ChangeChoice, *, actor: Actor) -> ChoiceSaved:
    """Rename a word, give it other days or another place; everybody who has it follows.

    Refuses `NotVisible`, `StaleVersion`, and `Malformed` days where they do not belong.
    """
    require(actor, "choice.change")
    row = await _hold(kind, code, command.expected_version)
    given = msgspec.to_builtins(command)
    if "due_days" in given and kind != "payment_term":
        raise Malformed(pointer="/due_days")
    fields = ("name_vi", "name_en", "due_days", "seq")
    after = {name: given.get(name, row[name]) for name in fields}
    for name in ("name_vi", "name_en"):
        after[name] = after[name].strip()
    await execute(
        """UPDATE term_choices SET name_vi = $3, name_en = $4, due_days = $5, seq = $6, version = version + 1,
                  changed_at = $7 WHERE kind = $1 AND code = $2""",
        kind, code, *after.values(), now(),
    )  # fmt: skip
    changes = {name: {"from": row[name], "to": after[name]} for name in fields if row[name] != after[name]}
    await _record(kind, code, "change", actor, **changes)
    return ChoiceSaved(kind=kind, code=code, version=row["version"] + 1, retired=row["retired_at"] is not None)


async def retire_choice(kind: Kind, code: str, command: MoveChoice, *, actor: Actor) -> ChoiceSaved:
    """Take a word off the list: gone when nothing has it, otherwise retired. Refuses `NotVisible`, `StaleVersion`."""
    require(actor, "choice.change")
    row = await _hold(kind, code, command.expected_version)
    used = await fetch_value(f"SELECT {USES} FROM term_choices c WHERE kind = $1 AND code = $2", kind, code)
    if used:
        await execute(
            """UPDATE term_choices SET retired_at = coalesce(retired_at, $3), version = version + 1, changed_at = $3
                WHERE kind = $1 AND code = $2""",
            kind, code, now(),
        )  # fmt: skip
    else:
        await execute("DELETE FROM term_choices WHERE kind = $1 AND code = $2", kind, code)
    await _record(kind, code, "retire" if used else "remove", actor, used=used)
    return ChoiceSaved(kind=kind, code=code, version=row["version"] + 1, retired=True, removed=not used)


async def restore_choice(kind: Kind, code: str, command: MoveChoice, *, actor: Actor) -> ChoiceSaved:
    """Let a retired word be chosen again. Refuses `NotVisible`, `StaleVersion`."""
    require(actor, "choice.change")
    row = await _hold(kind, code, command.expected_version)
    await execute(
        """UPDATE term_choices SET retired_at = NULL, version = version + 1, changed_at = $3
            WHERE kind = $1 AND code = $2""",
        kind, code, now(),
    )  # fmt: skip
    await _record(kind, code, "restore", actor)
    return ChoiceSaved(kind=kind, code=code, version=row["version"] + 1)


async def _hold(kind: Kind, code: str, expected_version: int) -> Any:
    """Lock a word: whoever is just choosing it comes first, and is counted."""
    row = await fetch_row("SELECT * FROM term_choices WHERE kind = $1 AND code = $2 FOR UPDATE", kind, code)
    if row is None:
        raise NotVisible
    if row["version"] != expected_version:
        raise StaleVersion(current=row["version"])
    return row


async def _record(kind: Kind, code: str, act: str, actor: Actor, **details: object) -> None:
    await audit.record(
        "company", COMPANY, f"choice.{act}", actor_id=actor.user_id, details={"kind": kind, "code": code, **details}
    )
