"""Thirty days without a line: what one phone wrote down, what the office changed meanwhile, and the handing in of it.

The rep sees everything as it was on the day she left: prices, credit, customers. By the time she is back a third of her
customers are not what they were.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import msgspec

from backend.core.clock import now
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.customers.reassigning import reassign
from sync.protocol import MOST_BYTES, MOST_MUTATIONS
from tests.orders.shop import BOB, Shop, lay_shop
from tests.pricing.promoting import percent, running

LOST, LOST_LONG_AGO, CLOSED, LOCKED, POOR = "lost", "lost long ago", "closed", "locked", "poor"
FATES = (LOST, LOST, LOST_LONG_AGO, CLOSED, LOCKED, POOR)  # of the first customers; nothing happens to the others
GONE = 0  # the item no longer sold


@dataclass
class Queue:
    """What waits on the phone. `fates` says what became of each customer meanwhile, where anything did."""

    shop: Shop
    customers: list[UUID]
    items: list[UUID]
    fates: dict[UUID, str]
    book: str
    waiting: list[dict[str, Any]] = field(default_factory=list)
    about: dict[str, tuple[str, UUID, list[UUID]]] = field(default_factory=dict)  # by id: name, customer, items

    def write(
        self, name: str, customer: UUID, args: dict[str, Any], at: datetime, items: list[UUID], **more: Any
    ) -> str:
        """One more operation at the end of the outbox."""
        made = str(new_id())
        self.about[made] = (name, customer, items)
        self.waiting.append({"id": made, "n": len(self.waiting) + 1, "name": name, "args": args, "at": at.isoformat(),
                             "lane": str(customer), **more})  # fmt: skip
        return made


async def lay(client: httpx.AsyncClient, *, customers: int, items: int) -> Queue:
    """The company on the day she left, as her phone knows it."""
    shop = await lay_shop()
    known = [await shop.customer(limit=500_000_000) for _ in range(customers)]
    goods = [await shop.item(on_hand=1_000_000, price="7200") for _ in range(items)]
    book = (await client.get("/pricing/book")).json()["version"]
    return Queue(shop, known, goods, dict(zip(known, FATES, strict=False)), book)


def fill(queue: Queue, *, days: int, visits: int, orders: int, photos: int) -> None:
    """Work, day after day; `photos` for every visit."""
    left = now() - timedelta(days=days)
    for day in range(days):
        for n in range(visits):
            at = left + timedelta(days=day, minutes=10 * n)
            customer = queue.customers[(day * visits + n) % len(queue.customers)]
            visit = str(new_id())
            args = {"id": visit, "customer_id": str(customer), "purpose": "sale", "started_at": at.isoformat(),
                    "ended_at": (at + timedelta(minutes=9)).isoformat(), "note": f"ngày {day}, lần {n}",
                    "fix": {"lat": 10.77, "lon": 106.69, "accuracy_m": 12, "at": at.isoformat()}}  # fmt: skip
            logged = queue.write("visit.log", customer, args, at, [])
            for _ in range(photos):
                promise = {"id": str(new_id()), "owner": "visit", "owner_id": visit, "sha256": new_id().hex * 2,
                           "size": 180_000, "mime": "image/jpeg", "taken_at": at.isoformat()}  # fmt: skip
                queue.write("attachment.add", customer, promise, at, [], deps=[logged])
            if n < orders:
                _order(queue, customer, at, day + n)


def _order(queue: Queue, customer: UUID, at: datetime, n: int) -> None:
    wanted = [queue.items[(n * 3 + step) % len(queue.items)] for step in range(3)]
    lines = [{"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": str(5 + n % 7), "shown_price": "7200"}
             for item in wanted]  # fmt: skip
    args = {"id": str(new_id()), "customer_id": str(customer), "ordered_on": str(at.date()), "currency": "VND",
            "book_version": queue.book, "lines": lines}  # fmt: skip
    queue.write("order.place", customer, args, at, wanted)


async def change_everything(queue: Queue, cast: SimpleNamespace, admin: httpx.AsyncClient) -> None:
    """Prices, promotions, credit, owners, customers closed and locked, goods given up."""
    half = queue.items[1 : len(queue.items) // 2 + 1]
    await execute("UPDATE items SET list_price_micro = $2 WHERE id = ANY($1::uuid[])", half, 8_100 * MICRO)
    await execute("UPDATE items SET active = false, version = version + 1 WHERE id = $1", queue.items[GONE])
    await running(admin, "HE5", percent("5"))
    for fate, customer in [(fate, customer) for customer, fate in queue.fates.items()]:
        if fate in (LOST, LOST_LONG_AGO):
            await reassign([customer], BOB, actor=cast.an)
        if fate == LOST_LONG_AGO:
            await execute("UPDATE sync_moves SET at = at - interval '31 days' WHERE root = $1", customer)
        if fate in (CLOSED, LOCKED):
            await execute("UPDATE customers SET status = $2, version = version + 1 WHERE id = $1", customer, fate)
        if fate == POOR:
            await execute(
                """UPDATE credit_accounts SET limit_minor = 1000 WHERE id IN
                   (SELECT account_id FROM credit_members WHERE customer_id = $1)""",
                customer,
            )


@dataclass
class Outcome:
    """What became of everything: answers by kind and reason; the seconds by the clock, and those of this process."""

    seconds: float
    cpu: float
    requests: int
    counts: Counter[str]
    acks: dict[str, dict[str, Any]]


async def hand_in(client: httpx.AsyncClient, queue: Queue, *, schema: int = 0) -> Outcome:
    """As a phone does: batches within the limits, what is held goes again as long as that helps."""
    began, used, requests, acks = time.perf_counter(), time.process_time(), 0, {}
    waiting = queue.waiting
    while waiting:
        answered = len([ack for ack in acks.values() if ack["st"] != "held"])
        for batch in _batches(waiting):
            body = msgspec.json.encode({"v": 1, "schema": schema, "app": "0.9", "push": batch})
            answer = await client.post("/sync", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 200, answer.text
            requests += 1
            acks.update({ack["id"]: ack for ack in answer.json()["acks"]})
        waiting = [one for one in waiting if acks[one["id"]]["st"] == "held"]
        if len([ack for ack in acks.values() if ack["st"] != "held"]) == answered:
            break
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    counts = Counter(f"{queue.about[key][0]} {_said(ack)}" for key, ack in acks.items())
    return Outcome(seconds, cpu, requests, counts, acks)


def _batches(waiting: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """At most fifty, and within the bytes of a request."""
    made: list[list[dict[str, Any]]] = []
    size = MOST_BYTES
    for one in waiting:
        weight = len(msgspec.json.encode(one)) + 1
        if size + weight > MOST_BYTES - 1000 or len(made[-1]) == MOST_MUTATIONS:
            made.append([])
            size = 0
        made[-1].append(one)
        size += weight
    return made


def _said(ack: dict[str, Any]) -> str:
    if ack["st"] != "applied":
        return f"{ack['st']}: {ack['problem']['code']}"
    result = ack["result"]
    holds = "+".join(sorted({hold["kind"] for hold in result.get("holds", [])}))
    state = result.get("state", "") if "holds" in result or result.get("number") else ""
    return "applied" + (" late" if result.get("late") else "") + (f": {state} {holds}".rstrip() if state else "")


def expected(queue: Queue, key: str) -> Callable[[dict[str, Any]], bool]:
    """What the agreement says must become of one operation."""
    name, customer, items = queue.about[key]
    fate = queue.fates.get(customer)

    def judge(ack: dict[str, Any]) -> bool:
        code = (ack.get("problem") or {}).get("code")
        if name == "order.place":
            if fate == LOST_LONG_AGO:
                return (ack["st"], code) == ("rejected", "not-found")
            if fate == LOST:
                return (ack["st"], code) == ("rejected", "out-of-scope")
            if fate == CLOSED or queue.items[GONE] in items:
                return ack["st"] == "rejected" and code not in (None, "temporary")
            held = {hold["kind"] for hold in ack["result"]["holds"]} if ack["st"] == "applied" else set()
            return ack["st"] == "applied" and (fate not in (LOCKED, POOR) or "credit" in held)
        if fate == LOST_LONG_AGO:
            return ack["st"] == ("rejected" if name == "visit.log" else "held")
        return ack["st"] == "applied" and bool(ack["result"]["late"]) == (fate == LOST)

    return judge


async def check(queue: Queue, outcome: Outcome) -> None:
    """Every operation has its answer, every answer is the agreed one, and the books hold exactly what was applied."""
    assert set(outcome.acks) == set(queue.about), "0 dropped"
    wrong = {key: ack for key, ack in outcome.acks.items() if not expected(queue, key)(ack)}
    assert not wrong, (len(wrong), [(queue.about[key][0], ack) for key, ack in wrong.items()][:3])
    applied = Counter(queue.about[key][0] for key, ack in outcome.acks.items() if ack["st"] == "applied")
    for table, name in (("visits", "visit.log"), ("orders", "order.place"), ("attachments", "attachment.add")):
        assert await fetch_value(f"SELECT count(*) FROM {table}") == applied[name], table
    assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'mutation'") == sum(applied.values())
