"""Reads of the words terms are chosen from, as administrators set them up."""

from backend.core.database import fetch
from backend.people.access import Actor, require
from backend.terms.choosing import KINDS
from backend.terms.schemas_choices import ChoiceRow
from backend.terms.wording import USES


async def list_choices(*, actor: Actor) -> list[ChoiceRow]:
    """Every word of every kind in its order, the retired ones last: a few dozen."""
    require(actor, "choice.change")
    rows = await fetch(
        f"""SELECT c.kind, c.code, c.name_vi, c.name_en, c.due_days, c.seq, c.version,
                   c.retired_at IS NOT NULL AS retired, {USES} AS used
              FROM term_choices c ORDER BY array_position($1, c.kind), c.retired_at IS NOT NULL, c.seq, c.code""",
        list(KINDS),
    )
    return [ChoiceRow(**dict(row)) for row in rows]
