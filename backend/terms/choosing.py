"""What terms are chosen from: price lists, taxes, currencies and the words for payment and sale. No secrets."""

from backend.core.clock import today
from backend.core.database import fetch
from backend.terms.rules import Named

_KNOWN = """
    SELECT 'price_list' AS term, id::text AS key, id::text AS value, name_vi, name_en, code COLLATE "C" AS place,
           coalesce(valid_from > $1, false) OR coalesce(valid_to < $1, false) AS dormant
      FROM price_lists WHERE deleted_at IS NULL
    UNION ALL SELECT 'tax', id::text, code, name_vi, name_en, code, false FROM taxes WHERE deleted_at IS NULL
    UNION ALL SELECT 'currency', code, code, name_vi, name_en, code, false FROM currencies
    UNION ALL SELECT kind, code, code, name_vi, name_en, lpad(seq::text, 10, '0'), false FROM term_choices
               WHERE deleted_at IS NULL
     ORDER BY 1, 6"""


async def known_values() -> dict[str, dict[str, Named]]:
    """Of each term chosen from a list: its values by their text on the wire, in the order people expect."""
    found: dict[str, dict[str, Named]] = {
        term: {} for term in ("price_list", "sales_method", "payment_method", "payment_term", "currency", "tax")
    }
    for row in await fetch(_KNOWN, today()):
        found[row["term"]][row["value"]] = Named(
            row["key"], row["value"], row["name_vi"], row["name_en"], row["dormant"]
        )
    return found
