"""Builds the demo company: everything drawn from one seed, stored set by set, in one transaction."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from backend.core.clock import today as todays_date
from backend.core.database import execute, transaction
from backend.demo import (
    activity,
    load_catalog,
    load_credit,
    load_customers,
    load_stock,
    load_trade,
    notices,
    open_orders,
)
from backend.demo.calendar import years_before
from backend.demo.company import make_company, store_company
from backend.demo.customers import make_customers
from backend.demo.goods import make_items
from backend.demo.scales import SCALES
from backend.demo.trade import Trade, make_trade
from backend.geo.seeding import seed_regions

_ANALYZED = (
    "users, positions, items, packagings, price_rules, customers, customer_group_links, addresses, address_regions,"
    " credit_accounts, credit_members, credit_entries, orders, order_lines, stock_bins, stock_moves, reservations,"
    " visits, expenses, sync_rows"
)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """How many of everything a demo company has. `net`: revenue of the past before VAT, in đồng."""

    scale: str
    seeded_on: date
    reps: int
    customers: int
    addresses: int
    items: int
    price_rules: int
    orders: int
    lines: int
    visits: int
    expenses: int

    def __str__(self) -> str:
        return (
            f"{self.reps} reps, {self.customers:,} customers, {self.addresses:,} addresses, {self.items:,} items, "
            f"{self.price_rules:,} price rules, {self.orders:,} orders with {self.lines:,} lines, "
            f"{self.visits:,} visits, {self.expenses:,} expenses"
        )


async def build_demo(*, scale: str = "demo", today: date | None = None) -> DemoSummary:
    """Fill a migrated, bound database with the demo company as it stands on a day (default: today).

    The same scale and day give the same company, whatever the machine. `scale`: `demo` or `R1`, the reference tenant.
    All or nothing; a database that already holds more than the cast refuses with the error of the first duplicate.
    """
    day = today or todays_date()
    async with transaction():
        return await _build(scale, day)


async def _build(scale: str, today: date) -> DemoSummary:
    chosen = SCALES[scale]
    start = years_before(today, chosen.years)
    company = make_company(large=chosen.large)
    items = make_items(chosen.items)
    customers = make_customers(company, chosen, today)
    trade = make_trade(customers, items, start=start, today=today, count=chosen.orders - open_orders.COUNT)
    await store_company(company)
    await seed_regions()
    await load_catalog.store_catalog(items)
    lists = await load_catalog.store_price_lists()
    rules = await load_catalog.store_prices(items, start=start, today=today, promotions=chosen.promotions)
    book = load_customers.Book(customers)
    visits = activity.make_visits(customers, book, today=today)
    groups = await load_customers.store_groups(lists)
    await load_customers.store_customers(customers, groups, _last_orders(trade), _last_visits(visits))
    addresses = await book.store()
    warehouse = await load_stock.store_warehouses()
    await load_credit.store_accounts(customers, today=today)
    history = await load_trade.store_trade(trade, book, today=today, warehouse=warehouse)
    await load_credit.store_credit(customers, history.sent, today=today)
    goal = await load_stock.store_stock(items, history.sent, today=today)
    ordered = {(one.head.customer.n, one.head.day) for one in history.sent}
    seen = await activity.store_visits(visits, ordered)
    spent = await activity.store_expenses(company, visits, today=today)
    await execute(f"ANALYZE {_ANALYZED}")  # or the verbs below would be planned for empty tables
    more = await open_orders.place_yesterday(company, customers, items, trade.baskets, goal, today=today)
    await notices.store_notices(today=today)
    return DemoSummary(
        scale=scale, seeded_on=today, reps=len(company.reps), customers=len(customers), addresses=addresses,
        items=len(items), price_rules=rules, orders=history.orders + open_orders.COUNT, lines=history.lines + more,
        visits=seen, expenses=spent,
    )  # fmt: skip


def _last_orders(trade: Trade) -> dict[int, datetime]:
    last = {head.customer.n: head.placed for head in trade.heads if not head.cancelled}
    return {n: datetime.fromtimestamp(at, UTC) for n, at in last.items()}


def _last_visits(visits: list[activity.Visit]) -> dict[int, datetime]:
    last = {visit.customer.n: visit.began for visit in visits}
    return {n: datetime.fromtimestamp(at, UTC) for n, at in last.items()}
