"""The company the storm meets: the demo company's customers, prices and history, shared by 200 reps under 10 managers.

Every rep has customers of their own, as in the field: a pull carries a rep's rows and nobody else's, and a manager
looks at the twenty reps below. The shelves are full and the credit wide, so that what is measured is an ordinary order.
"""

import os
from typing import NamedTuple
from uuid import UUID

from backend.core import database as db
from backend.core.money import MICRO
from backend.demo.build import build_demo
from backend.demo.cast import Person, Place, insert_people
from backend.migrating import migrate
from backend.stock.receiving import receive_many
from backend.stock.schemas import Arrival

SCALE = os.environ.get("TUYEN_STORM_SCALE", "demo")  # `R1`: 300,000 orders of history; making it takes minutes
REPS, MANAGERS = 200, 10
FIRST_KEY, FIRST_PERSON = 1_000, 50_000  # behind everybody the demo company has
PLENTY = 1_000_000  # pieces of every item


class Phone(NamedTuple):
    """A rep's phone: who carries it and whom they visit."""

    login: str
    customers: list[UUID]


class Town(NamedTuple):
    """Who works and what is sold: an item's id with the unit it is ordered in."""

    phones: list[Phone]
    managers: list[str]
    goods: list[tuple[UUID, str]]
    orders: int


async def lay(dsn: str) -> Town:
    """Make the company. The pool stays open for the caller."""
    db.bind(db.create_engine(dsn, pool_size=4))
    await db.open_pool()
    await migrate()
    await build_demo(scale=SCALE)
    await _hire()
    await _share_customers()
    await _fill_shelves()
    await db.execute("UPDATE credit_accounts SET limit_minor = 9000000000000")
    await db.execute("VACUUM ANALYZE")
    await db.execute("CHECKPOINT")
    return await find()


async def _hire() -> None:
    """Ten managers of twenty reps each, below the company itself."""
    regions = tuple(Place(FIRST_KEY + n, 1, "region", f"Vùng {n + 1}") for n in range(MANAGERS))
    lines = tuple(
        Place(FIRST_KEY + 100 + n, FIRST_KEY + n % MANAGERS, "rep", f"Tuyến {n + 1:03d}") for n in range(REPS)
    )
    managers = tuple(
        Person(FIRST_PERSON + n, f"vung{n:03d}", f"Trưởng vùng {n}", "", ("manager",), FIRST_KEY + n)
        for n in range(MANAGERS)
    )
    reps = tuple(
        Person(FIRST_PERSON + 100 + n, f"tuyen{n:03d}", f"Nhân viên {n}", "", ("rep",), FIRST_KEY + 100 + n)
        for n in range(REPS)
    )
    await insert_people((*managers, *reps), (*regions, *lines))


async def _share_customers() -> None:
    """Every rep gets as many customers as the next, with all their history."""
    async with db.transaction():
        await db.execute(
            """UPDATE customers c SET position_id = $1::int + n % $2::int, version = version + 1
                 FROM (SELECT id, row_number() OVER (ORDER BY code)::int AS n FROM customers) s WHERE s.id = c.id""",
            FIRST_KEY + 100, REPS,
        )  # fmt: skip
        await db.execute("UPDATE orders o SET position_id = c.position_id FROM customers c WHERE c.id = o.customer_id")


async def _fill_shelves() -> None:
    """Goods enough for every order, received as the ledger wants it."""
    bins = await db.fetch(
        """SELECT i.id AS item, w.id AS warehouse FROM items i CROSS JOIN warehouses w
            WHERE w.is_default AND i.active AND i.stocked AND i.deleted_at IS NULL"""
    )
    await receive_many([Arrival(row["item"], row["warehouse"], PLENTY * MICRO) for row in bins], by=None)


async def find() -> Town:
    """Who and what there is; also of a company laid before."""
    rows = await db.fetch(
        """SELECT u.login, array_agg(c.id ORDER BY c.code) AS customers
             FROM users u JOIN position_grants g ON g.user_id = u.id JOIN customers c ON c.position_id = g.position_id
            WHERE g.position_id >= $1 AND c.status = 'active' AND c.deleted_at IS NULL
            GROUP BY u.login ORDER BY u.login""",
        FIRST_KEY + 100,
    )
    goods = await db.fetch(
        """SELECT i.id, i.base_unit FROM items i JOIN stock_bins b ON b.item_id = i.id AND b.on_hand >= $1
            WHERE i.active AND i.deleted_at IS NULL ORDER BY i.code LIMIT 500""",
        PLENTY * MICRO,
    )
    return Town(
        phones=[Phone(row["login"], row["customers"]) for row in rows],
        managers=[f"vung{n:03d}" for n in range(MANAGERS)],
        goods=[(row["id"], row["base_unit"]) for row in goods],
        orders=await db.fetch_value("SELECT count(*) FROM orders"),
    )
