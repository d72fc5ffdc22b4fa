"""The office of the state machine: one database for all its runs, emptied between them, and the truth read from it.

What phones ought to hold is read here from the tables of the trade, never from what sync keeps about them.
"""

import random
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from backend.core import database as db
from backend.demo.cast import PEOPLE, PLACES, SINCE

LOGINS = ("lan", "bob", "hung", "ngoc")
POSITIONS = (2, 3, 4, 5, 6)
SHARED = 6  # a customer of two reps belongs to a position both are granted
USERS = {who.login: who.id for who in PEOPLE}
GROUP, REASON, STORE, ITEM = UUID(int=11), UUID(int=12), UUID(int=20), UUID(int=21)
ON_HAND, PRICE = 7_000_000, 7_200_000_000  # millionths of a piece; of a đồng
START = datetime(2026, 11, 23, 5, tzinfo=UTC)

_WRITTEN = (
    "pgqueuer", "notice_readings", "notices", "approval_decisions", "approval_requests", "order_cancellations",
    "order_holds", "order_lines", "orders", "reservations", "stock_moves", "stock_bins", "credit_entries",
    "credit_holds", "credit_members", "credit_accounts", "items", "sync_uploads", "attachment_files", "attachments",
    "sync_rows", "sync_moves", "sync_mutations", "sync_ticks", "sync_withdrawals", "audit", "conflict_log", "expenses",
    "visits", "contacts", "customer_group_links", "customer_assignments", "customers", "customer_groups", "reasons",
    "position_grants", "reporting_lines", "devices", "tally",
)  # fmt: skip
_TRUTH = """
    SELECT 'customer' AS tbl, id, version, id AS root, position_id AS key, NULL::date AS day,
           concat(note, '/', ARRAY(SELECT group_id FROM customer_group_links g WHERE g.customer_id = c.id)) AS said
      FROM customers c WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'contact', t.id, t.version, t.customer_id, c.position_id, NULL, t.name
      FROM contacts t JOIN customers c ON c.id = t.customer_id WHERE t.deleted_at IS NULL
    UNION ALL
    SELECT 'visit', t.id, t.version, t.customer_id, c.position_id, t.started_at::date, t.note
      FROM visits t JOIN customers c ON c.id = t.customer_id WHERE t.deleted_at IS NULL
    UNION ALL
    SELECT 'expense', t.id, t.version, coalesce(t.customer_id, t.id), coalesce(c.position_id, t.position_id),
           CASE WHEN t.state IN ('rejected', 'paid') THEN t.spent_on END, t.note
      FROM expenses t LEFT JOIN customers c ON c.id = t.customer_id WHERE t.deleted_at IS NULL
    UNION ALL
    SELECT 'conflict', t.id, t.version, t.customer_id, c.position_id, t.settled_at::date, t.lost_value #>> '{}'
      FROM conflict_log t JOIN customers c ON c.id = t.customer_id WHERE t.deleted_at IS NULL
    UNION ALL
    SELECT 'order', t.id, t.version, t.customer_id, c.position_id,
           CASE WHEN t.state = 'cancelled' THEN t.ordered_on END, t.note
      FROM orders t JOIN customers c ON c.id = t.customer_id
    UNION ALL
    SELECT 'attachment', t.id, t.version, t.customer_id, c.position_id, t.received_at::date, t.sha256
      FROM attachments t JOIN customers c ON c.id = t.customer_id
    UNION ALL
    SELECT 'item', id, version, NULL, 0, NULL, name_vi FROM items
    UNION ALL
    SELECT 'reason', id, version, NULL, 0, NULL, name_vi FROM reasons WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'customer_group', id, version, NULL, 0, NULL, name FROM customer_groups WHERE deleted_at IS NULL
"""
SAID = {"customer": ("note", "group_ids"), "contact": ("name",), "visit": ("note",), "expense": ("note",),
        "conflict": ("lost_value",), "order": ("note",), "attachment": ("sha256",), "item": ("name_vi",),
        "reason": ("name_vi",), "customer_group": ("name",)}  # fmt: skip


class Row(NamedTuple):
    """A row as the office has it: version, root, the position whose people see it, its day if it has one, its words."""

    version: int
    root: str | None
    key: int
    day: date | None
    said: str


class Change(NamedTuple):
    """One statement of a writer, the customers it may have to wait for, and the row it makes."""

    sql: str
    args: tuple[Any, ...]
    customers: frozenset[UUID] = frozenset()
    made: tuple[str, UUID] | None = None


async def prepare(connection: Any) -> None:
    """Once in the life of a database: where the machine counts effects, and deadlocks found in no time."""
    await connection.execute("""CREATE TABLE tally (subject uuid PRIMARY KEY, n int NOT NULL)""")
    await connection.execute(
        """INSERT INTO currencies (code, minor_digits, price_digits, name_vi, name_en)
           VALUES ('VND', 0, 2, 'đồng', 'dong') ON CONFLICT DO NOTHING"""
    )
    await connection.execute("INSERT INTO warehouses (id, code, name, is_default) VALUES ($1, 'K', 'Kho', true)", STORE)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '60ms'")


async def empty(connection: Any) -> None:
    """Back to the cast and two rows everybody holds."""
    await connection.execute(
        f"""SET session_replication_role = replica; {" ".join(f"DELETE FROM {table};" for table in _WRITTEN)}
            SET session_replication_role = origin;
            UPDATE sync_meta SET floor = 0, epoch = gen_random_uuid(), life = sync_life()"""
    )
    await connection.execute(
        """INSERT INTO items (id, code, name_vi, name_en, folded, base_unit, list_price_micro, list_currency)
           VALUES ($1, 'SUA', 'Sữa', 'Milk', 'sua', 'hộp', $2, 'VND')""",
        ITEM, PRICE,
    )  # fmt: skip
    await connection.execute(
        """SELECT stock_receive($1, jsonb_build_array(jsonb_build_object('item', $1::uuid, 'warehouse', $2::uuid,
                                'qty', $3::bigint)), 'receipt', $4, NULL)""",
        ITEM, STORE, ON_HAND, START,
    )  # fmt: skip
    await connection.execute("INSERT INTO customer_groups (id, code, name) VALUES ($1, 'G', 'Tạp hoá')", GROUP)
    await connection.execute(
        "INSERT INTO reasons (id, kind, code, name_vi, name_en) VALUES ($1, 'visit_purpose', 'x', 'x', 'x')", REASON
    )
    await connection.executemany(
        "INSERT INTO reporting_lines (position_id, parent_id, valid_from) VALUES ($1, $2, $3)",
        [(place.id, place.parent_id, SINCE) for place in PLACES],
    )
    grants = [(who.id, who.position) for who in PEOPLE if who.position is not None]
    grants += [(USERS["lan"], SHARED), (USERS["bob"], SHARED)]
    await connection.executemany(
        "INSERT INTO position_grants (id, user_id, position_id, valid_from) VALUES ($1, $2, $3, $4)",
        [(UUID(int=100 + n), *grant, SINCE) for n, grant in enumerate(grants)],
    )


async def truth(connection: Any) -> dict[tuple[str, str], Row]:
    """Every row that anybody may hold, as committed."""
    rows = await connection.fetch(_TRUTH)
    return {
        (tbl, str(id_)): Row(version, root and str(root), key, day, said or "")
        for tbl, id_, version, root, key, day, said in rows
    }


class Names:
    """Ids in no order at all, the same in every run of one seed: walks must not profit from new rows being last."""

    def __init__(self) -> None:
        self.dice = random.Random(7)

    def __call__(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)


async def report_to(connection: Any, position: int, parent: int, day: date) -> None:
    """Move a position in the tree from a day on."""
    await connection.execute("DELETE FROM reporting_lines WHERE position_id = $1 AND valid_from >= $2", position, day)
    await connection.execute(
        "UPDATE reporting_lines SET valid_to = $2 WHERE position_id = $1 AND (valid_to IS NULL OR valid_to > $2)",
        position, day,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO reporting_lines (position_id, parent_id, valid_from) VALUES ($1, $2, $3)", position, parent, day
    )


async def grant(connection: Any, made: UUID, user: UUID, position: int, day: date) -> None:
    """From a day on, for good."""
    await connection.execute(
        """INSERT INTO position_grants (id, user_id, position_id, valid_from) SELECT $1, $2, $3, $4
            WHERE NOT EXISTS (SELECT 1 FROM position_grants WHERE user_id = $2 AND position_id = $3
                                 AND valid_to IS NULL)""",
        made, user, position, day,
    )  # fmt: skip


async def revoke(connection: Any, user: UUID, position: int, day: date) -> None:
    """No longer from a day on."""
    await connection.execute(
        "DELETE FROM position_grants WHERE user_id = $1 AND position_id = $2 AND valid_from >= $3", user, position, day
    )
    await connection.execute(
        """UPDATE position_grants SET valid_to = $3
            WHERE user_id = $1 AND position_id = $2 AND (valid_to IS NULL OR valid_to > $3)""",
        user, position, day,
    )  # fmt: skip


async def connect(dsn: str) -> Any:
    """A connection of a writer's own."""
    return await asyncpg.connect(dsn)


async def bind(dsn: str) -> None:
    """Let the product work on this database in the running loop."""
    db.bind(db.create_engine(dsn, pool_size=6))
    await db.open_pool()


async def unbind() -> None:
    await db.close_pool()
    db.bind(None)
