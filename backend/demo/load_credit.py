"""Stores credit accounts with the entries of sixty days: orders taken, goods gone, invoices and payments.

The counters of an account are the sums of its entries. Two of Lan's customers have stories: one stands at about 92 % of
its limit, one is on credit hold for an old debt.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from backend.core.database import execute
from backend.demo.cast import PEOPLE
from backend.demo.copying import copy, row, unchecked
from backend.demo.customers import NEAR_LIMIT, ON_HOLD, Customer
from backend.demo.load_trade import PICKER, Sent, moment, order_number
from backend.demo.seeds import chance, id_at, midnight, moment_at, number_at

_ENTRY, _PAPER, _HOLD = range(23, 26)
DAYS: Final = 60
TERMS: Final = {"TH": 7, "HRC": 7, "ST": 15, "DL2": 20, "DL1": 25}
GRACE_DAYS: Final = 15
COMFORTABLE: Final = 80  # percent of the limit up to which bills stay unpaid
OLD_DEBT: Final = 18_500_000
LEAST_NEAR: Final = 46_000_000
BOOKKEEPER: Final = PEOPLE[5].id
_COMPONENTS: Final = ("receivable", "uninvoiced", "open_orders")


@dataclass(slots=True)
class Account:
    """One account while its entries are made. Amounts in đồng."""

    customer: Customer
    limit: int | None
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COMPONENTS, 0))
    overdue_since: date | None = None

    @property
    def exposure(self) -> int:
        return sum(self.sums.values())


class Ledger:
    """The entries, in the order they were made, and what they add up to."""

    def __init__(self, customers: list[Customer], today: date) -> None:
        self.today = today
        self.accounts = {c.n: Account(c, c.limit) for c in customers}
        self.rows: list[str] = []

    def enter(self, account: Account, component: str, amount: int, *, at: int, why: str, reference: int) -> None:
        """One entry."""
        account.sums[component] += amount
        by = {"take": account.customer.rep.user_id, "dispatch": PICKER}.get(why, BOOKKEEPER)
        self.rows.append(
            f"{number_at(at * 1000, _ENTRY, len(self.rows)):032x}\t{account.customer.id.hex}\t{component}\t{amount}\t"
            f"{reference:032x}\t{why}\t{moment(at)}\t{by.hex}"
        )

    def sell(self, one: Sent, *, paid: bool) -> None:
        """An order from being taken to being invoiced the day after it left, and perhaps paid."""
        account, order = self.accounts[one.head.customer.n], order_number(one.head)
        self.enter(account, "open_orders", one.total, at=one.head.placed, why="take", reference=order)
        self.enter(account, "open_orders", -one.total, at=one.at, why="dispatch", reference=order)
        self.enter(account, "uninvoiced", one.total, at=one.at, why="dispatch", reference=order)
        billed, end = one.at + 50_000, midnight(self.today)
        if billed >= end and not paid:
            return
        paper = number_at(billed * 1000, _PAPER, one.head.n * 2)
        self.enter(account, "uninvoiced", -one.total, at=min(billed, end - 900), why="invoice", reference=paper)
        self.enter(account, "receivable", one.total, at=min(billed, end - 900), why="invoice", reference=paper)
        if paid:
            when = min(billed + (one.head.n % TERMS[one.head.customer.channel]) * 86_400, end - 600)
            money = number_at(when * 1000, _PAPER, one.head.n * 2 + 1)
            self.enter(account, "receivable", -one.total, at=when, why="payment", reference=money)

    def tell_stories(self) -> None:
        """Lan's customer near its limit, and the one on hold for a debt forty days old."""
        lans = {n: account for n, account in self.accounts.items() if account.customer.rep.position == 3}
        near, held = (list(lans.values())[place] for place in (NEAR_LIMIT, ON_HOLD))
        if near.exposure < LEAST_NEAR:
            self._opening(near, LEAST_NEAR - near.exposure, days=12)
        near.limit = -(-near.exposure * 100 // 92 // 100_000) * 100_000
        self._opening(held, OLD_DEBT, days=40)
        held.limit = max(held.limit or 0, held.exposure * 2)
        held.overdue_since = self.today - timedelta(days=GRACE_DAYS + 10)
        draw = chance("overdue")
        for account in self.accounts.values():
            if account.sums["receivable"] > 0 and account is not held and draw.random() < 0.05:
                account.overdue_since = self.today - timedelta(days=draw.randrange(1, GRACE_DAYS))

    def _opening(self, account: Account, amount: int, *, days: int) -> None:
        at = midnight(self.today - timedelta(days=days)) + 36_000
        paper = number_at(at * 1000, _PAPER, account.customer.n + (1 << 40))
        self.enter(account, "receivable", amount, at=at, why="opening", reference=paper)


def _unpaid(sent: list[Sent], ledger: Ledger) -> set[int]:
    """Orders not paid yet: the newest within the channel's terms, as long as the account stands comfortably."""
    owed: dict[int, int] = defaultdict(int)
    found: set[int] = set()
    for one in reversed(sent):
        customer = one.head.customer
        young = (ledger.today - one.head.day).days <= TERMS[customer.channel]
        room = customer.limit is None or (owed[customer.n] + one.total) * 100 <= customer.limit * COMFORTABLE
        if young and room:
            owed[customer.n] += one.total
            found.add(one.head.n)
    return found


async def store_accounts(customers: list[Customer], *, today: date) -> None:
    """An account for each customer, before the orders that name it; what it owes comes later."""
    at = moment_at(today, -3_600)
    await copy(
        "credit_accounts", "id name currency limit_minor grace_days changed_at created_by",
        [row(c.id, c.name, "VND", c.limit, GRACE_DAYS, at, BOOKKEEPER) for c in customers],
    )  # fmt: skip
    await copy("credit_members", "customer_id account_id", [row(c.id, c.id) for c in customers])


async def store_credit(customers: list[Customer], sent: list[Sent], *, today: date) -> None:
    """The entries, what they add up to, and the one hold."""
    ledger = Ledger(customers, today)
    recent = [one for one in sent if one.head.day >= today - timedelta(days=DAYS)]
    unpaid = _unpaid(recent, ledger)
    for one in recent:
        ledger.sell(one, paid=one.head.n not in unpaid)
    ledger.tell_stories()
    async with unchecked():
        await copy("credit_entries", "id account_id component amount reference why entered_at entered_by", ledger.rows)
    accounts = list(ledger.accounts.values())
    await execute(
        """UPDATE credit_accounts a SET limit_minor = s.limit_minor, overdue_since = s.overdue_since,
                  receivable = s.receivable, uninvoiced = s.uninvoiced, open_orders = s.open_orders
             FROM unnest($1::uuid[], $2::bigint[], $3::date[], $4::bigint[], $5::bigint[], $6::bigint[])
                  AS s (id, limit_minor, overdue_since, receivable, uninvoiced, open_orders) WHERE a.id = s.id""",
        [a.customer.id for a in accounts], [a.limit for a in accounts], [a.overdue_since for a in accounts],
        *([a.sums[component] for a in accounts] for component in _COMPONENTS),
    )  # fmt: skip
    placed = today - timedelta(days=3)
    await copy(
        "credit_holds", "id account_id code reason placed_at placed_by",
        [
            row(id_at(midnight(placed) * 1000, _HOLD, n), a.customer.id, "LOCKED",
                f"Nợ quá hạn {(placed - a.overdue_since).days} ngày", moment_at(placed, 21_600), BOOKKEEPER)
            for n, a in enumerate(accounts)
            if a.overdue_since and (today - a.overdue_since).days > GRACE_DAYS
        ],
    )  # fmt: skip
