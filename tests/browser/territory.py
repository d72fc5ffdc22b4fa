"""A company in which a territory changes hands: its clock, the rep who gives, and what phones and accounts hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from backend.core.crashing import MARK
from tests.browser.conftest import Served, serving
from tests.browser.person import Person

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MANY = 120


class Company(NamedTuple):
    """A demo company of this story's own: its clock can be moved."""

    served: Served
    ahead: Path

    def midnight(self, day: str) -> None:
        """It is five past midnight of that day for the office, and the job that waited for it is due."""
        then = datetime.combine(datetime.fromisoformat(day).date(), time(0, 5), ZONE)
        self.ahead.write_text(str(int((then - datetime.now(ZONE)).total_seconds())))
        self.served.sql("UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = 'customers.hand-over'")


@contextmanager
def own_company(folder: Path) -> Iterator[Company]:
    """A demo company in a folder, whose clock goes ahead as it is told."""
    (folder / "data").mkdir()
    (folder / "data" / MARK).touch()
    ahead = folder / "ahead"
    with serving(folder / "data", TUYEN_CLOCK_AHEAD=str(ahead)) as served:
        yield Company(served, ahead)


class Nam(NamedTuple):
    """The rep whose customers go: the second line of the South."""

    login: str
    name: str
    position: int
    customer: str
    shop: str
    last_month: str


def nam_of(served: Served) -> Nam:
    """Nam with 120 customers, and the one of them that bought most last month."""
    (who,) = served.sql(
        """SELECT u.login, u.name, p.id FROM positions p JOIN position_grants g ON g.position_id = p.id
             JOIN users u ON u.id = g.user_id WHERE p.name = 'Tuyến Nam 02'"""
    )
    served.sql(
        """INSERT INTO customers (id, code, name, position_id)
           SELECT gen_random_uuid(), 'NAM-' || n, 'Quán Nam ' || n, $1
             FROM generate_series(1, $2 - (SELECT count(*)::int FROM customers WHERE position_id = $1)) n""",
        who["id"], MANY,
    )  # fmt: skip
    first = datetime.now(ZONE).date().replace(day=1)
    last_month = (first - timedelta(days=1)).strftime("%Y-%m")
    (best,) = served.sql(
        """SELECT c.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id
            WHERE c.position_id = $1 AND to_char(o.ordered_on, 'YYYY-MM') = $2 AND o.state = 'dispatched'
            GROUP BY c.id ORDER BY sum(o.net) DESC LIMIT 1""",
        who["id"], last_month,
    )  # fmt: skip
    return Nam(who["login"], who["name"], who["id"], str(best["id"]), best["name"], last_month)


def pages_taken(who: Person) -> int:
    """How many pages that changed its customers this phone has taken, each in one transaction of its own."""
    return int(
        who.page.evaluate(
            """async () => {
                 const name = (await indexedDB.databases()).map((d) => d.name).find((n) => n.startsWith('fs_'))
                 const db = await new Promise((ok) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result) })
                 const row = await new Promise((ok) => { const r = db.transaction('meta').objectStore('meta').get('rev'); r.onsuccess = () => ok(r.result) })
                 db.close()
                 return row?.v ?? 0
               }"""  # noqa: E501 -- a script for the browser
        )
    )


def on_the_phone(who: Person) -> set[str]:
    """The ids of the customers this phone holds."""
    return set(
        who.page.evaluate(
            """async () => {
                 const name = (await indexedDB.databases()).map((d) => d.name).find((n) => n.startsWith('fs_'))
                 const db = await new Promise((ok) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result) })
                 const keys = await new Promise((ok) => { const r = db.transaction('customer').objectStore('customer').getAllKeys(); r.onsuccess = () => ok(r.result) })
                 db.close()
                 return keys
               }"""  # noqa: E501 -- a script for the browser
        )
    )


def until(who: Person, wanted: Any) -> None:
    """Wait for something that a phone comes to by itself once it is told that it is online."""
    for _ in range(120):
        who.online()
        if wanted():
            return
        who.page.wait_for_timeout(500)
    raise AssertionError("it never came")


def dong(amount: Any) -> str:
    """An amount as Vietnamese people write it."""
    return f"{int(amount):,}".replace(",", ".")


def owed_by(served: Served, position: int) -> str:
    """What the customers of a position owe, straight from the accounts."""
    (row,) = served.sql(
        """SELECT sum(receivable)::bigint AS owed FROM credit_accounts
            WHERE id IN (SELECT m.account_id FROM credit_members m JOIN customers c ON c.id = m.customer_id
                          WHERE c.position_id = $1)""",
        position,
    )
    assert row["owed"] > 0
    return dong(row["owed"])
