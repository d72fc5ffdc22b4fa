"""Reads of commercial terms. However many customers are asked for, the number of statements stays the same."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.core.settings import settings
from backend.customers.queries import Filters, list_groups, narrowed
from backend.customers.schemas import GroupOut
from backend.customers.term_rules import COLUMNS, holder
from backend.people.access import Actor, scope
from backend.terms.choosing import known_values
from backend.terms.rules import Known, as_text
from backend.terms.schemas import Choice, Choices, GroupNode, LevelKind, Origin, TermOut, TermsOut

OWN = "c.id, c.name, " + ", ".join(
    f"c.{column}" for column in (*COLUMNS.values(), "terms_version") if column != "credit_limit_minor"
)
_GROUP = "g.id, g.parent_id, g.name, g.version, " + ", ".join(
    f"g.{column}" for column in (*COLUMNS.values(), "terms_version")
)
# The credit limit is the account's; where it has none, credit says which one is inherited.
_CUSTOMERS = f"""
    WITH page AS MATERIALIZED (SELECT {OWN}, c.folded FROM customers c WHERE {{where}}),
    lines AS MATERIALIZED (SELECT * FROM customers_lines(ARRAY(SELECT id FROM page)))
    SELECT c.*, a.limit_minor AS credit_limit_minor, i.limit_minor AS limit_above, i.group_id AS limit_group,
           coalesce(a.currency, $1) AS limit_currency, coalesce(k.minor_digits, 0) AS digits, a.name AS account,
           a.id AS account_id, EXISTS (SELECT 1 FROM credit_members o
                                        WHERE o.account_id = a.id AND o.customer_id <> c.id) AS shared,
           ARRAY(SELECT l.group_id FROM lines l WHERE l.customer_id = c.id ORDER BY l.place) AS line
      FROM page c
      LEFT JOIN credit_members m ON m.customer_id = c.id
      LEFT JOIN credit_accounts a ON a.id = m.account_id
      LEFT JOIN currencies k ON k.code = coalesce(a.currency, $1)
      LEFT JOIN credit_inherited(ARRAY(SELECT id FROM page), $2) i ON i.customer_id = c.id
     ORDER BY c.folded, c.id"""
Row = Mapping[str, Any]


async def customer_terms(customer_id: UUID, *, actor: Actor) -> TermsOut:
    """All terms of a visible customer with where each comes from. Refuses the absent and the foreign alike."""
    predicate, arguments = scope(actor, "c.position_id", 4)
    found = await _customers(f"c.id = $3 AND c.deleted_at IS NULL AND {predicate}", customer_id, *arguments)
    if not found:
        raise NotVisible
    return found[0]


async def list_customer_terms(
    filters: Filters, *, actor: Actor, limit: int = 50, cursor: str | None = None
) -> Page[TermsOut]:
    """Terms of customers by folded name, a page at a time."""
    limit = max(1, min(limit, MOST))
    where, arguments = narrowed(filters, actor=actor, first=6)
    after = decode_cursor(cursor, str, UUID) or (None, None)
    places: list[tuple[str, UUID]] = []
    found = await _customers(
        f"($3::text IS NULL OR (c.folded, c.id) > ($3, $4::uuid)) AND {where} ORDER BY c.folded, c.id LIMIT $5",
        *after, limit + 1, *arguments, places=places,
    )  # fmt: skip
    more = len(found) > limit
    return Page(items=found[:limit], next=encode_cursor(*places[limit - 1]) if more else None)


async def group_terms(group_id: UUID, *, actor: Actor) -> TermsOut:
    """The terms of one group: its own, and what it inherits from above."""
    found = next((node.terms for node in await group_tree(actor=actor) if node.terms.id == group_id), None)
    if found is None:
        raise NotVisible
    return found


async def group_tree(*, actor: Actor) -> list[GroupNode]:
    """Every group in tree order with its terms."""
    shown = _in_order(await list_groups(actor=actor))
    groups = await _groups()
    company, known, digits = await _company(), await known_values(), await _digits()
    found = []
    for one in shown:
        line, above = [groups[one.id]], one.parent_id
        while above is not None and above in groups:
            line.append(groups[above])
            above = groups[above]["parent_id"]
        levels: list[tuple[LevelKind, Row]] = [*(("group", row) for row in line), ("company", company)]
        terms = TermsOut(
            kind="group", id=one.id, name=one.name, version=line[0]["terms_version"],
            currency=settings().company_currency, terms=_terms(levels, known, digits),
        )  # fmt: skip
        found.append(GroupNode(one.parent_id, one.code, one.depth, line[0]["version"], one.customers, terms))
    return found


def _in_order(groups: Sequence[GroupOut]) -> list[GroupOut]:
    """Every group after the one it lies in, brothers by code; one whose parent is gone stands as a root."""
    known = {one.id for one in groups}
    below: dict[UUID | None, list[GroupOut]] = {}
    for one in sorted(groups, key=lambda group: group.code):
        below.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)
    found: list[GroupOut] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += below.get(one.id, [])[::-1]
    return found


async def company_terms(*, actor: Actor) -> TermsOut:
    """What every customer gets that nobody nearer sets."""
    company, known = await _company(), await known_values()
    return TermsOut(
        kind="company", id=None, name=company["name"], version=company["terms_version"],
        currency=settings().company_currency, terms=_terms([("company", company)], known, await _digits()),
    )  # fmt: skip


async def choices(*, actor: Actor) -> Choices:
    """What each term may be chosen from."""
    known = await known_values()
    return Choices(
        **{
            term: [Choice(one.value, one.name_vi, one.name_en) for one in values.values() if not one.retired]
            for term, values in known.items()
        }
    )


async def _customers(where: str, *arguments: object, places: list[tuple[str, UUID]] | None = None) -> list[TermsOut]:
    rows = await fetch(_CUSTOMERS.format(where=where), settings().company_currency, today(), *arguments)
    if places is not None:
        places += [(row["folded"], row["id"]) for row in rows]
    groups, company, known = await _groups(), await _company(), await known_values()
    return [_customer(row, groups, company, known) for row in rows]


def _customer(row: Row, groups: Mapping[UUID, Row], company: Row, known: Known) -> TermsOut:
    levels: list[tuple[LevelKind, Row]] = [
        ("customer", row), *(("group", groups[group]) for group in row["line"]), ("company", company)
    ]  # fmt: skip
    terms = _terms(levels, known, row["digits"])
    terms["credit_limit"] = _limit(row, groups, company)
    return TermsOut(
        kind="customer", id=row["id"], name=row["name"], version=row["terms_version"], currency=row["limit_currency"],
        terms=terms,
    )  # fmt: skip


def _limit(row: Row, groups: Mapping[UUID, Row], company: Row) -> TermOut:
    """The limit as credit resolves it: in the account's currency, and a shared account's for all who share it."""
    own, above = (as_text("credit_limit", row[name], row["digits"]) for name in ("credit_limit_minor", "limit_above"))
    source = None
    if above is not None:
        group = row["limit_group"]
        source = _origin("company", company) if group is None else _origin("group", groups[group])
    at = source
    if own is not None:
        at = Origin("account", row["account_id"], row["account"]) if row["shared"] else _origin("customer", row)
    return TermOut(value=above if own is None else own, origin=at, own=own, above=above, above_origin=source)


def _terms(levels: Sequence[tuple[LevelKind, Row]], known: Known, digits: int) -> dict[str, TermOut]:
    kinds = {id(row): kind for kind, row in levels}
    rows = [row for _, row in levels]
    names = {term: {one.key: one for one in values.values()} for term, values in known.items()}
    found: dict[str, TermOut] = {}
    for term, column in COLUMNS.items():
        # A price list that is gone sets nothing: prices skip it as well.
        live = [row for row in rows if term not in names or str(row.get(column)) in names[term]]
        said = []
        for asked in (live, [row for row in live if row is not rows[0]]):
            at = holder(column, asked)
            value = as_text(term, None if at is None else at[column], digits)
            one = names.get(term, {}).get(value or "")
            said.append((at, one.value if one else value, one))
        (at, value, one), (over, above, other) = said
        own = value if at is rows[0] else None
        found[term] = TermOut(
            value=value, origin=None if at is None else _origin(kinds[id(at)], at), own=own, above=above,
            label=one.name_vi if one else None, label_en=one.name_en if one else None,
            above_label=other.name_vi if other else None,
            above_label_en=other.name_en if other else None,
            above_origin=None if over is None else _origin(kinds[id(over)], over), dormant=bool(one and one.dormant),
            retired=bool(one and one.retired),
        )  # fmt: skip
    return found


def _origin(kind: LevelKind, row: Row) -> Origin:
    return Origin(kind, row.get("id"), row["name"])


async def _groups() -> dict[UUID, Row]:
    rows = await fetch(f"SELECT {_GROUP} FROM customer_groups g WHERE g.deleted_at IS NULL")
    return {row["id"]: dict(row) for row in rows}


async def _company() -> Row:
    row = await fetch_row(
        """SELECT t.*, (SELECT id FROM price_lists WHERE is_default AND deleted_at IS NULL) AS price_list_id
             FROM company_terms t"""
    )
    return {**row, "currency": settings().company_currency, "name": settings().company_name}


async def _digits() -> int:
    row = await fetch_row("SELECT minor_digits FROM currencies WHERE code = $1", settings().company_currency)
    return row["minor_digits"] if row else 0
