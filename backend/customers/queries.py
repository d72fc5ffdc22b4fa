"""Reads of customers: the list, one customer, the group tree. Every read keeps to the actor's own people's rows."""

from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import today
from backend.core.database import fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.paging import MOST, Page, decode_cursor, encode_cursor
from backend.core.settings import settings
from backend.customers.schemas import AddressOut, ConflictOut, ContactOut, CustomerDetail, CustomerOut, GroupOut
from backend.people.access import ADMIN, MANAGER, REP, Actor, scope

COLUMNS = """c.id, c.version, c.code, c.name, c.stage, c.status, c.phone, c.tax_no, c.position_id, p.name AS position,
             customers_currency(c.id, c.currency) AS currency, c.note, c.planned_weekday, c.last_visit_at,
             c.last_order_at, c.folded,
             ARRAY(SELECT l.group_id FROM customer_group_links l WHERE l.customer_id = c.id
                    ORDER BY l.is_primary DESC, l.group_id) AS group_ids"""
FIELD_WORK = ("note", "planned_weekday", "last_visit_at")


class Filters(msgspec.Struct, frozen=True):
    """What a list of customers may be narrowed by; a group or position counts with everything below it."""

    group: UUID | None = None
    position: int | None = None
    stage: str | None = None
    status: str | None = None


def customer_out(row: Any, *, actor: Actor) -> CustomerOut:
    """A row as this actor may see it: who does no field work gets no notes and no visit plan."""
    fields = {name: row[name] for name in CustomerOut.__struct_fields__}
    fields["currency"] = row["currency"] or settings().company_currency
    if not actor.has(ADMIN, MANAGER, REP):
        fields.update(dict.fromkeys(FIELD_WORK))
    return CustomerOut(**fields)


def narrowed(filters: Filters, *, actor: Actor, first: int) -> tuple[str, list[object]]:
    """The WHERE text of a list over `customers c`, with the actor's scope, from placeholder `$first` on."""
    arguments: list[object] = []
    texts = ["c.deleted_at IS NULL"]

    def add(text: str, *values: object) -> None:
        arguments.extend(values)
        texts.append(text.format(n=first + len(arguments) - 1, before=first + len(arguments) - 2))

    predicate, of_scope = scope(actor, "c.position_id", first)
    texts.append(predicate)
    arguments += of_scope
    if filters.position is not None:
        add(
            "c.position_id IN (SELECT id FROM positions_below(ARRAY[${before}::int], ${n}::date))",
            filters.position,
            today(),
        )
    if filters.stage is not None:
        add("c.stage = ${n}", filters.stage)
    if filters.status is not None:
        add("c.status = ${n}", filters.status)
    if filters.group is not None:
        add(
            """EXISTS (SELECT 1 FROM customer_group_links l JOIN customer_groups g ON g.id = l.group_id
                        WHERE l.customer_id = c.id AND g.path LIKE '%/' || ${n}::uuid || '/%')""",
            filters.group,
        )
    return " AND ".join(texts), arguments


async def list_customers(
    filters: Filters, *, actor: Actor, limit: int = 50, cursor: str | None = None
) -> Page[CustomerOut]:
    """Customers by folded name, a page at a time."""
    limit = max(1, min(limit, MOST))
    where, arguments = narrowed(filters, actor=actor, first=4)
    after = decode_cursor(cursor, str, UUID)
    rows = await fetch(
        f"""SELECT {COLUMNS} FROM customers c JOIN positions p ON p.id = c.position_id
             WHERE ($1::text IS NULL OR (c.folded, c.id) > ($1, $2::uuid)) AND {where}
             ORDER BY c.folded, c.id LIMIT $3""",
        *(after or (None, None)), limit + 1, *arguments,
    )  # fmt: skip
    items = [customer_out(row, actor=actor) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next=encode_cursor(rows[limit - 1]["folded"], rows[limit - 1]["id"]) if more else None)


async def find_customer(customer_id: UUID, *, actor: Actor) -> Any:
    """The row of a visible customer; refuses with `NotVisible` for the absent and the foreign alike."""
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await fetch_row(
        f"""SELECT {COLUMNS} FROM customers c JOIN positions p ON p.id = c.position_id
             WHERE c.id = $1 AND c.deleted_at IS NULL AND {predicate}""",
        customer_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return row


async def show_customer(customer_id: UUID, *, actor: Actor) -> CustomerDetail:
    """One customer with its addresses, contacts, groups and the values that lost a merge (twenty, open ones first)."""
    row = await find_customer(customer_id, actor=actor)
    addresses = await fetch(
        """SELECT id, kind, text, lat, lon, accuracy_m, grade, is_default, version_id FROM addresses
            WHERE party_id = $1 AND deleted_at IS NULL ORDER BY is_default DESC, id""",
        customer_id,
    )
    contacts = await fetch(
        """SELECT id, version, name, phone, email, role FROM contacts
            WHERE customer_id = $1 AND deleted_at IS NULL ORDER BY id""",
        customer_id,
    )
    groups = await fetch(
        """SELECT g.id, g.parent_id, g.code, g.name, g.depth FROM customer_group_links l
             JOIN customer_groups g ON g.id = l.group_id WHERE l.customer_id = $1 ORDER BY l.is_primary DESC, g.path""",
        customer_id,
    )
    conflicts = await fetch(
        """SELECT k.id, k.entity, k.field, k.kept_value AS kept, k.lost_value AS lost, u.name AS lost_by, k.lost_at,
                  k.choice
             FROM conflict_log k LEFT JOIN users u ON u.id = k.lost_by
            WHERE k.customer_id = $1 ORDER BY k.settled_at IS NOT NULL, k.lost_at DESC, k.id LIMIT 20""",
        customer_id,
    )
    field_work = actor.has(ADMIN, MANAGER, REP)
    return CustomerDetail(
        customer=customer_out(row, actor=actor),
        addresses=[AddressOut(**one) for one in addresses],
        contacts=[ContactOut(**one) for one in contacts],
        groups=[GroupOut(**one) for one in groups],
        conflicts=[ConflictOut(**one) for one in conflicts] if field_work else [],
    )


async def list_groups(*, actor: Actor) -> list[GroupOut]:
    """The group trees in tree order, each with how many visible customers are in it or below it."""
    predicate, arguments = scope(actor, "c.position_id", 1)
    rows = await fetch(
        f"""WITH direct AS (
              SELECT DISTINCT up.id, l.customer_id
                FROM customer_group_links l
                JOIN customers c ON c.id = l.customer_id AND c.deleted_at IS NULL AND {predicate}
                JOIN customer_groups g ON g.id = l.group_id
                JOIN customer_groups up ON g.path LIKE up.path || '%')
            SELECT g.id, g.parent_id, g.code, g.name, g.depth, coalesce(n.customers, 0) AS customers
              FROM customer_groups g
              LEFT JOIN (SELECT id, count(*) AS customers FROM direct GROUP BY id) n ON n.id = g.id
             WHERE g.deleted_at IS NULL ORDER BY g.path""",
        *arguments,
    )
    return [GroupOut(**row) for row in rows]
