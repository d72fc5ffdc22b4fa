"""What the goals of the sync are measured with: a rep's 10,000 customers and four weeks of work there, 100,000 rows.

Ids are those of the moment something happened, and what happened at a customer lies scattered over the weeks: in the
order of ids, neighbours have little in common, as in the field. And one question of a phone, with its answer's weight.
"""

import math
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.catalog.storing import NewItem, insert_catalog
from backend.core import database as db
from backend.core.clock import now
from backend.core.compression import SMALLEST, squeeze
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.credit.accounts import open_account
from backend.people.access import Actor
from bench.sync import SAID
from sync.exchange import exchange
from sync.protocol import MOST_PAGE, PullAsk, SyncAsk
from sync.tables import SCHEMA
from tests.orders.shop import LAN, lay_shop

DAYS = 27  # inside the 30 days that a phone of so many customers holds
VISITS, ORDERS, EXPENSES = 60_000, 20_000, 20_000

VISIT_COLUMNS = (
    "id", "customer_id", "user_id", "purpose", "started_at", "ended_at", "lat", "lon", "accuracy_m", "distance_m",
    "verdict", "far_reason", "note", "outcome", "next_step", "next_on",
)  # fmt: skip
EXPENSE_COLUMNS = (
    "id", "customer_id", "user_id", "position_id", "category", "amount", "vat", "currency", "digits", "spent_on",
    "note", "state",
)  # fmt: skip
ORDER_COLUMNS = (
    "id", "number", "customer_id", "position_id", "user_id", "state", "currency", "ordered_on", "requested_on",
    "warehouse_id", "gross", "discount", "net", "tax", "total", "note", "credit_account_id", "credit_amount",
    "credit_taken", "claimed_on", "placed_at", "received_at", "changed_at", "body_hash", "outcome",
)  # fmt: skip
LINE_COLUMNS = (
    "id", "order_id", "seq", "item_id", "unit", "qty", "qty_base", "unit_price", "gross", "discount", "net", "tax",
    "credit_amount", "reserved", "picked", "dispatched",
)  # fmt: skip


class Goods(NamedTuple):
    """What orders need to stand: items with their prices, a warehouse, an account, and who placed them."""

    items: list[tuple[UUID, int]]
    warehouse: UUID
    account: UUID
    user: UUID


def _id(draw: Random, at: datetime) -> UUID:
    """A UUIDv7 of that moment, so that the order of ids is that of what happened."""
    moment = int(at.timestamp() * 1000) << 80
    return UUID(int=moment | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | draw.getrandbits(62))


def note(draw: Random) -> str:
    """What a rep writes down."""
    return ", ".join(draw.sample(SAID, draw.randrange(1, 4))) + draw.choice(("", f", {draw.randrange(2, 90)} thùng"))


def _near(draw: Random, customer: UUID, metres: int) -> tuple[float, float]:
    """A fix so far from the customer, who does not move; seven decimals, as phones give."""
    turn = draw.random() * math.tau
    lat, lon = 10.7 + customer.int % 99_991 / 500_000, 106.6 + customer.int % 99_989 / 500_000
    away = metres / 111_000
    return round(lat + away * math.sin(turn), 7), round(lon + away * math.cos(turn), 7)


def a_visit(draw: Random, customer: UUID, user: UUID, at: datetime) -> tuple[Any, ...]:
    """A visit as reps make them: most with a fix, few far away, every third with a next step."""
    verdict = draw.choice(("ok",) * 7 + ("unsure", "far", "none"))
    fix: tuple[Any, ...] = (None, None, None, None)
    if verdict != "none":
        metres = draw.randrange(0, 80) if verdict == "ok" else draw.randrange(120, 4_000)
        fix = (*_near(draw, customer, metres), draw.randrange(4, 60), metres)
    step = draw.choice(SAID) if draw.random() < 0.3 else None
    return (
        _id(draw, at), customer, user, draw.choice(("sale", "sale", "sale", "care", "collect", "survey")), at,
        at + timedelta(seconds=draw.randrange(120, 2_400)), *fix, verdict, "moved" if verdict == "far" else None,
        note(draw) if draw.random() < 0.8 else None, draw.choice(("order", "order", "none", "absent", "later")),
        step, (at + timedelta(days=7)).date() if step else None,
    )  # fmt: skip


def an_expense(draw: Random, customer: UUID, user: UUID, at: datetime) -> tuple[Any, ...]:
    """An expense with a customer."""
    amount = draw.randrange(10, 900) * 1_000
    return (
        _id(draw, at), customer, user, LAN, draw.choice(("fuel", "parking", "meal", "gift")), amount,
        amount // 11 if draw.random() < 0.4 else None, "VND", 0, at.date(), note(draw) if draw.random() < 0.5 else None,
        draw.choice(("paid", "paid", "paid", "approved", "submitted", "rejected")),
    )  # fmt: skip


def an_order(
    draw: Random, customer: UUID, goods: Goods, at: datetime, n: int
) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """An order of one to five lines, and those lines. Most went out; some are still on their way."""
    order, state = _id(draw, at), draw.choice(("dispatched",) * 7 + ("confirmed", "submitted", "cancelled"))
    lines: list[tuple[Any, ...]] = []
    for seq, (item, price) in enumerate(draw.sample(goods.items, draw.randrange(1, 6)), 1):
        pieces = draw.randrange(2, 200)
        gross = pieces * price
        discount = gross // 20 if draw.random() < 0.3 else 0
        net, qty = gross - discount, pieces * MICRO
        out, waiting = (qty if state == "dispatched" else 0), (qty if state == "confirmed" else 0)
        lines.append((_id(draw, at), order, seq, item, "hộp", qty, qty, price * MICRO, gross, discount, net,
                      net * 8 // 100, net, waiting, 0, out))  # fmt: skip
    gross, discount, net, tax = (sum(line[place] for line in lines) for place in (8, 9, 10, 11))
    row = (
        order, f"SO-{at.year}-{n:06d}", customer, LAN, goods.user, state, "VND", at.date(),
        (at + timedelta(days=draw.randrange(1, 4))).date(), goods.warehouse, gross, discount, net, tax, net + tax,
        note(draw) if draw.random() < 0.3 else "", goods.account, net + tax, False, at.date(), at, at, at, b"\0" * 32,
        "{}",
    )  # fmt: skip
    return row, lines


async def _lay_goods(user: UUID, customer: UUID) -> Goods:
    shop, draw = await lay_shop(), Random(7)
    items = [(new_id(), draw.randrange(3, 80) * 900) for _ in range(60)]
    await insert_catalog(
        [
            NewItem(id=item, code=f"SP{n:04d}", name_vi=f"Sữa hộp số {n}", name_en=f"Milk no. {n}", base_unit="hộp",
                    list_currency="VND", tax_id=shop.tax, list_price_micro=price * MICRO)
            for n, (item, price) in enumerate(items)
        ]
    )  # fmt: skip
    await open_account([customer], currency="VND", limit=None, actor=None)
    account = await db.fetch_value("SELECT id FROM credit_accounts LIMIT 1")
    return Goods(items, shop.warehouse, account, user)


async def lay_history(bare: Any, customers: list[UUID], user: UUID) -> None:
    """Four weeks of work in the order it happened, spread over the customers by chance."""
    draw, goods = Random(20261122), await _lay_goods(user, customers[0])
    many = VISITS + ORDERS + EXPENSES
    kinds = ["visit"] * VISITS + ["order"] * ORDERS + ["expense"] * EXPENSES
    draw.shuffle(kinds)
    began = now() - timedelta(days=DAYS)
    rows: dict[str, list[Any]] = {"visits": [], "expenses": [], "orders": [], "order_lines": []}
    for n, kind in enumerate(kinds):
        at, customer = began + timedelta(days=DAYS) * (n / many), draw.choice(customers)
        if kind == "visit":
            rows["visits"].append(a_visit(draw, customer, user, at))
        elif kind == "expense":
            rows["expenses"].append(an_expense(draw, customer, user, at))
        else:
            order, lines = an_order(draw, customer, goods, at, n)
            rows["orders"].append(order)
            rows["order_lines"] += lines
    for table, columns in (
        ("visits", VISIT_COLUMNS),
        ("expenses", EXPENSE_COLUMNS),
        ("orders", ORDER_COLUMNS),
        ("order_lines", LINE_COLUMNS),
    ):
        await bare.copy_records_to_table(table, records=rows[table], columns=columns)
    await bare.execute(
        """UPDATE customers c SET last_visit_at = h.visit_at, last_order_at = h.order_at, version = version + 1
             FROM (SELECT customer_id, max(started_at) AS visit_at, max(placed_at) AS order_at
                     FROM visits FULL JOIN orders USING (customer_id) GROUP BY 1) h WHERE h.customer_id = c.id"""
    )
    await bare.execute("VACUUM ANALYZE")


async def ask(actor: Actor, cursor: str | None) -> bytes:
    """One answer of the office, as it stands before it is made smaller."""
    pull = PullAsk(cursor=cursor, limit=MOST_PAGE)
    return msgspec.json.encode(await exchange(SyncAsk(schema=SCHEMA, pull=pull), actor=actor))


def sent(body: bytes, coding: str = "zstd") -> int:
    """Its bytes as served: small ones as they are."""
    return len(squeeze(body, coding)) if len(body) >= SMALLEST else len(body)


class Read(msgspec.Struct):
    """What has to be read of an answer to ask for the next one."""

    cursor: str
    more: bool
