"""Every table a phone may hold, declared once: triggers, pull, digests and tests all read this list.

To add one: an entry here (a number never used before), then `python -m sync.installing` writes the triggers into
`backend/migrations/sql/80_sync.sql` (or prints them for a later migration). Column SQL speaks of the row as `t`.
"""

from dataclasses import dataclass
from typing import Final

SCHEMA: Final = 2  # what today's phones know
MIN_SCHEMA: Final = 1  # older phones may still hand in their work, but get no rows
EVERYONE: Final = 0  # the key of rows that everybody holds
ORPHAN: Final = -1  # the key of an address that is there before its customer; the customer adopts it
NOBODY: Final = "'00000000-0000-0000-0000-000000000000'::uuid"  # the root of rows that belong to no customer
FIRST_HISTORY: Final = 10  # numbers from here on come in the second phase of a first sync, grouped by root

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows inside a document: a change of one re-sends the document. `owner` is the column with the document's id."""

    table: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class PartList:
    """A column that holds a list, sent as vectors of its own: how many parts each row has, then the parts' columns.

    Side by side the same words and numbers stand together and take a third fewer bytes. Phones below `since` get the
    column as `Synced.columns` has it, a list of objects in each row.

    Attributes:
        column: its name among the columns of the table.
        table: where the parts are, spoken of as `l`; `owner` is the column with the row's id, `order` their order.
        columns: what is sent of a part. What tells it apart from others of the row is its place.
    """

    column: str
    table: str
    owner: str
    order: str
    columns: Columns
    since: int


@dataclass(frozen=True, kw_only=True)
class Synced:
    """One table of the wire.

    Attributes:
        number: what stands for it in `sync_rows`; never reused.
        name: its name on the wire.
        customer: the column with the customer it hangs on, or None for what belongs to everyone (or is the customer).
        own_key: SQL of the position it belongs to by itself: the customer's own, or that of a row without a customer.
        root: SQL of the root: the row that it goes and comes with.
        day: SQL of the day that decides whether it is history; NULL = always kept (still open).
        since: the first client schema that knows it.
        policy: how edits of two people meet (docs/sync.md).
        lists: columns that newer phones get as vectors.
    """

    number: int
    name: str
    table: str
    columns: Columns
    customer: str | None = None
    own_key: str | None = None
    root: str = NOBODY
    day: str = "NULL::date"
    joins: str = ""
    parts: tuple[Part, ...] = ()
    since: int = 1
    policy: str = "server"
    lists: tuple[PartList, ...] = ()

    def lists_for(self, schema: int) -> dict[str, PartList]:
        """The columns that a phone of this schema gets as vectors."""
        return {one.column: one for one in self.lists if one.since <= schema}


def _plain(names: str) -> Columns:
    return tuple((name, f"t.{name}") for name in names.split())


def _moment(name: str) -> tuple[str, str]:
    return name, f"sync_moment(t.{name})"


ITEM = Synced(
    number=1, name="item", table="items",
    joins="LEFT JOIN taxes tax ON tax.id = t.tax_id",
    columns=(*_plain("id code name_vi name_en group_id base_unit base_digits whole_units"), ("tax_code", "tax.code"),
             ("active", "t.active")),
)  # fmt: skip
ITEM_GROUP = Synced(
    number=2, name="item_group", table="item_groups", columns=_plain("id parent_id code name_vi name_en")
)
PACKAGING = Synced(
    number=3, name="packaging", table="packagings",
    columns=(
        *_plain("id item_id unit"), ("num", "t.num::text"), ("den", "t.den::text"), *_plain("whole_units barcode"),
    ),
)  # fmt: skip
CUSTOMER_GROUP = Synced(
    number=4, name="customer_group", table="customer_groups", columns=_plain("id parent_id code name")
)
REASON = Synced(number=5, name="reason", table="reasons", columns=_plain("id kind code name_vi name_en"))
# Whether any group has a currency is asked once a page; only then each customer's groups are looked at.
_CURRENCY = """coalesce(t.currency, CASE WHEN EXISTS (SELECT 1 FROM customer_groups WHERE currency IS NOT NULL)
    THEN customers_currency(t.id, NULL) END)"""
CUSTOMER = Synced(
    number=6, name="customer", table="customers", own_key="t.position_id", root="t.id", policy="merge by field",
    parts=(Part(table="customer_group_links", owner="customer_id"),),
    columns=(
        *_plain("id code name stage status phone tax_no"),
        ("group_ids", "ARRAY(SELECT g.group_id FROM customer_group_links g WHERE g.customer_id = t.id"
                      " ORDER BY g.is_primary DESC, g.group_id)"),
        ("position_id", "t.position_id"), ("currency", _CURRENCY),
        *_plain("note planned_weekday"), _moment("last_visit_at"), _moment("last_order_at"),
    ),
)  # fmt: skip
ADDRESS = Synced(
    number=10, name="address", table="addresses", customer="party_id", own_key=str(ORPHAN), root="t.party_id",
    policy="merge by field",
    columns=(
        ("id", "t.id"), ("customer_id", "t.party_id"),
        *_plain("kind text lat lon accuracy_m grade is_default version_id"),
    ),
)  # fmt: skip
CONTACT = Synced(
    number=11, name="contact", table="contacts", customer="customer_id", root="t.customer_id", policy="merge by field",
    columns=_plain("id customer_id name phone email role"),
)  # fmt: skip
VISIT = Synced(
    number=12, name="visit", table="visits", customer="customer_id", root="t.customer_id",
    policy="author edits for a day", day="t.started_at::date",
    columns=(
        *_plain("id customer_id user_id purpose"), _moment("started_at"), _moment("ended_at"),
        *_plain("lat lon accuracy_m distance_m verdict far_reason note outcome next_step next_on late"),
    ),
)  # fmt: skip
EXPENSE = Synced(
    number=13, name="expense", table="expenses", customer="customer_id", own_key="t.position_id",
    root="coalesce(t.customer_id, t.id)", policy="author edits until decided",
    day="CASE WHEN t.state IN ('rejected', 'paid') THEN t.spent_on END",
    columns=(
        *_plain("id customer_id visit_id user_id category"), ("amount", "sync_money(t.amount, t.digits)"),
        ("currency", "t.currency"), ("vat", "sync_money(t.vat, t.digits)"), *_plain("spent_on note state"),
    ),
)  # fmt: skip
ATTACHMENT = Synced(
    number=14, name="attachment", table="attachments", customer="customer_id", own_key="t.position_id",
    root="coalesce(t.customer_id, t.owner_id)", policy="immutable", day="t.received_at::date",
    columns=(
        *_plain("id owner owner_id customer_id user_id sha256 size mime"), _moment("taken_at"), ("state", "t.state"),
    ),
)  # fmt: skip
_LINE: Columns = (
    ("seq", "l.seq"), ("item_id", "l.item_id"), ("unit", "l.unit"),
    *((name, f"decimal_text(l.{name}, 6)") for name in ("qty", "qty_base", "unit_price")),
    *((name, f"sync_money(l.{name}, cur.minor_digits)") for name in ("gross", "discount", "net", "tax")),
    ("gift_of", "l.gift_of"),
    *((name, f"decimal_text(l.{name}, 6)") for name in ("reserved", "picked", "dispatched")),
)  # fmt: skip
_LINES = f"""(SELECT json_agg(json_build_object('id', l.id, {", ".join(f"'{name}', {sql}" for name, sql in _LINE)})
    ORDER BY l.seq) FROM order_lines l WHERE l.order_id = t.id)"""
_HOLDS = """(SELECT coalesce(json_agg(json_build_object('kind', h.kind, 'code', h.code, 'numbers', h.numbers)
    ORDER BY h.id), '[]') FROM order_holds h WHERE h.order_id = t.id AND h.lifted_at IS NULL)"""
ORDER = Synced(
    number=15, name="order", table="orders", customer="customer_id", root="t.customer_id", policy="commands only",
    day="CASE WHEN t.state IN ('dispatched', 'cancelled', 'rejected') THEN t.ordered_on END",
    joins="LEFT JOIN currencies cur ON cur.code = t.currency",
    parts=(Part(table="order_lines", owner="order_id"), Part(table="order_holds", owner="order_id")),
    columns=(
        *_plain("id number customer_id user_id state"), ("holds", _HOLDS),
        *_plain("currency ordered_on requested_on"),
        *((name, f"sync_money(t.{name}, cur.minor_digits)") for name in ("gross", "discount", "net", "tax", "total")),
        ("note", "t.note"), ("lines", _LINES), _moment("placed_at"), ("decided_note", "t.decided_note"),
        ("version", "t.version"), ("priced_as", "t.priced_as"),
    ),
    lists=(
        PartList(column="lines", table="order_lines", owner="order_id", order="l.seq", columns=_LINE, since=2),
    ),
)  # fmt: skip

CONFLICT = Synced(
    number=16, name="conflict", table="conflict_log", customer="customer_id", own_key="t.position_id",
    root="coalesce(t.customer_id, t.entity_id)", policy="commands only", day="t.settled_at::date",
    columns=(
        *_plain("id entity entity_id customer_id field base_value kept_value lost_value lost_by"), _moment("lost_at"),
        *_plain("choice settled_by"), _moment("settled_at"),
    ),
)  # fmt: skip

SYNCED: Final = (
    ITEM, ITEM_GROUP, PACKAGING, CUSTOMER_GROUP, REASON, CUSTOMER, ADDRESS, CONTACT,
    VISIT, EXPENSE, ATTACHMENT, ORDER, CONFLICT,
)  # fmt: skip
BY_NUMBER: Final = {synced.number: synced for synced in SYNCED}
BY_NAME: Final = {synced.name: synced for synced in SYNCED}
