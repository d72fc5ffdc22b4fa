"""What terms are chosen from: price lists, taxes, currencies and the words for payment and sale. No secrets."""

from collections.abc import Mapping
from typing import Final, Literal

from backend.core.clock import today
from backend.core.database import fetch
from backend.terms.errors import TermUnknown
from backend.terms.rules import Named

Kind = Literal["payment_term", "payment_method", "sales_method"]
KINDS: Final[tuple[Kind, ...]] = ("payment_term", "payment_method", "sales_method")

_KNOWN = """
    SELECT 'price_list' AS term, id::text AS key, id::text AS value, name_vi, name_en, code COLLATE "C" AS place,
           coalesce(valid_from > $1, false) OR coalesce(valid_to < $1, false) AS dormant, false AS retired
      FROM price_lists WHERE deleted_at IS NULL
    UNION ALL SELECT 'tax', id::text, code, name_vi, name_en, code, false, false FROM taxes WHERE deleted_at IS NULL
    UNION ALL SELECT 'currency', code, code, name_vi, name_en, code, false, false FROM currencies
    UNION ALL SELECT kind, code, code, name_vi, name_en, lpad(seq::text, 10, '0') || code, false,
                     retired_at IS NOT NULL FROM term_choices
     ORDER BY 1, 6"""


async def known_values() -> dict[str, dict[str, Named]]:
    """Of each term chosen from a list: its values by their text on the wire, in the order people expect.

    Retired words are among them: whoever has one keeps it.
    """
    found: dict[str, dict[str, Named]] = {
        term: {} for term in ("price_list", "sales_method", "payment_method", "payment_term", "currency", "tax")
    }
    for row in await fetch(_KNOWN, today()):
        found[row["term"]][row["value"]] = Named(
            row["key"], row["value"], row["name_vi"], row["name_en"], row["dormant"], row["retired"]
        )
    return found


async def hold_choices(chosen: Mapping[Kind, str]) -> None:
    """Keep these words from being removed until the end of the transaction.

    Refuses `TermUnknown` for one that somebody removed a moment ago.
    """
    if not chosen:
        return
    rows = await fetch(
        """SELECT c.kind FROM term_choices c JOIN unnest($1::text[], $2::text[]) AS w (kind, code) USING (kind, code)
              FOR KEY SHARE OF c""",
        list(chosen), list(chosen.values()),
    )  # fmt: skip
    gone = chosen.keys() - {row["kind"] for row in rows}
    if gone:
        term = min(gone)
        raise TermUnknown(term=term, pointer=f"/changes/{term}")
