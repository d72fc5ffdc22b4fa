"""The search box over customers: PostgreSQL finds candidates by index, `ranking` puts them in order.

"cua hang minh" finds "Cửa hàng Minh"; so do the tail of a telephone number, a code, a tax number, initials, and a word
with one slip in it. Only the actor's own people's customers are searched.
"""

from typing import Any, Final, NamedTuple
from uuid import UUID

from backend.core.database import execute, fetch, transaction
from backend.customers.queries import COLUMNS, Filters, customer_out, narrowed
from backend.customers.ranking import Query, order, prepare
from backend.customers.schemas import CustomerOut
from backend.people.access import Actor

CANDIDATES: Final = 200
SLIP_CANDIDATES: Final = 600  # similar trigrams promise less than a found word, so more are looked at
# The least word_similarity of a 4-letter word and itself with a wrong second letter is 0.25; of longer ones it is more.
SLIP_SIMILARITY: Final = "0.24"


class _Found(NamedTuple):
    id: UUID
    code: str
    name: str
    phone: str | None
    tax_no: str | None


async def search_customers(
    text: str, *, actor: Actor, limit: int = 20, filters: Filters | None = None
) -> list[CustomerOut]:
    """The visible customers a typed text means, best first, at most `limit` (1..50)."""
    query = prepare(text)
    if not query.folded:
        return []
    limit = max(1, min(limit, 50))
    chosen = filters or Filters()
    best = order(query, await _candidates(query, chosen, actor), limit)
    if not best and any(len(word) >= 4 for word in query.words):
        best = order(query, await _slips(query, chosen, actor), limit)
    rows = await fetch(
        f"SELECT {COLUMNS} FROM customers c JOIN positions p ON p.id = c.position_id WHERE c.id = ANY($1::uuid[])",
        [one.id for one in best],
    )
    by_id = {row["id"]: customer_out(row, actor=actor) for row in rows}
    return [by_id[one.id] for one in best if one.id in by_id]


def _like(text: str) -> str:
    """The text with LIKE's own signs made plain."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def words_sql(words: tuple[str, ...], first: int, *, slip: bool = False) -> tuple[str, list[object]]:
    """Each word is in the name or ends the telephone number; with `slip`, a long one may only resemble part of it.

    Gives the SQL text and its arguments, numbered from `first`. No words: nothing fits.
    """
    parts: list[str] = []
    arguments: list[object] = []
    for word in words:
        arguments.append(word)
        n = first + len(arguments) - 1
        part = f"c.folded LIKE '%' || ${n} || '%'"
        if len(word) >= 3 and word.isdigit():
            part += f" OR (c.phone_digits <> '' AND reverse(c.phone_digits) LIKE reverse(${n}) || '%')"
        elif slip and len(word) >= 4:
            part += f" OR ${n} <% c.folded"
        parts.append(f"({part})")
    return "(" + (" AND ".join(parts) or "FALSE") + ")", arguments


async def _candidates(query: Query, filters: Filters, actor: Actor) -> list[_Found]:
    number = query.number if len(query.number) >= 3 else None
    words, of_words = words_sql(query.words, 6)
    where, of_filters = narrowed(filters, actor=actor, first=6 + len(of_words))
    rows = await fetch(
        f"""SELECT c.id, c.code, c.name, c.phone, c.tax_no FROM customers c
             WHERE {where} AND (
                   c.folded LIKE '%' || $2 || '%'
                   OR {words}
                   OR c.initials LIKE $2 || '%'
                   OR (length($2) >= 3 AND lower(c.code) LIKE '%' || $2 || '%') OR lower(c.code) = $2
                   OR (c.phone_digits <> '' AND reverse(c.phone_digits) LIKE reverse($3::text) || '%')
                   OR (c.tax_digits <> '' AND c.tax_digits LIKE $3::text || '%'))
             ORDER BY (lower(c.code) = $2 OR c.phone_digits = $3 OR c.tax_digits = $3) IS TRUE DESC,
                      ' ' || lower(c.name) LIKE '% ' || $1 || '%' DESC,
                      ' ' || c.folded LIKE '% ' || $2 || '%' DESC,
                      ' ' || c.folded LIKE ALL ($4::text[]) DESC,
                      c.initials LIKE $2 || '%' DESC,
                      c.folded LIKE $2 || '%' DESC, c.folded, c.code LIMIT $5""",
        _like(query.typed), _like(query.folded), number, [f"% {word}%" for word in query.words], CANDIDATES,
        *of_words, *of_filters,
    )  # fmt: skip
    return [_Found(*row.values()) for row in rows]


async def _slips(query: Query, filters: Filters, actor: Actor) -> list[_Found]:
    words, of_words = words_sql(query.words, 3, slip=True)
    where, of_filters = narrowed(filters, actor=actor, first=3 + len(of_words))
    async with transaction():
        await execute("SELECT set_config('pg_trgm.word_similarity_threshold', $1, TRUE)", SLIP_SIMILARITY)
        rows: list[Any] = await fetch(
            f"""SELECT c.id, c.code, c.name, c.phone, c.tax_no FROM customers c
                 WHERE {where} AND {words}
                 ORDER BY word_similarity($1, c.folded) DESC, c.folded, c.code LIMIT $2""",
            query.folded, SLIP_CANDIDATES, *of_words, *of_filters,
        )  # fmt: skip
    return [_Found(*row.values()) for row in rows]
