"""A rep with a telephone in front of a real server: what gets no answer is sent again, what was answered is known."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx

from backend.core.clock import now, today
from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import new_id
from backend.demo.cast import PASSWORD
from backend.doctoring import all_faults
from tests.makers import a_credit_line, an_item, an_order, photo, upload_headers
from tests.sync.uploading import sha

PAUSE = 0.1  # seconds; less than the office asks for, more than would only keep it busy
PATIENCE = 60.0  # seconds for a server to be back, on a machine that does other things too
DOINGS, PIECES = 5, 2  # mutations of a day; pieces of goods that an order of it holds


class Rep:
    """Lan with her telephone, a customer and the two items she sells: one is hers alone, one everybody wants.

    `slowest`: the longest that one request of hers had to be repeated, in seconds.
    """

    def __init__(self, url: str, client: httpx.AsyncClient, customer: UUID, items: tuple[UUID, UUID]) -> None:
        self.url, self.client, self.customer, self.items = url, client, customer, items
        self.counts: Counter[str] = Counter()
        self.slowest = self.served_at = 0.0
        self.numbers = iter(range(1, 10**9))

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request, repeated as phones do until there is an answer that is one.

        Without an answer there may be a cut line or a `503` that says when to come again, and nothing else.
        """
        until, troubled = time.monotonic() + PATIENCE, 0.0
        while True:
            began = time.monotonic()
            try:
                answer = await self.client.request(method, self.url + path, **more)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in (423, 503):
                assert answer.status_code < 500 or answer.status_code == 507, f"{method} {path}: {answer.text}"
                self.slowest = max(self.slowest, time.monotonic() - troubled if troubled else 0.0)
                self.served_at = began
                return answer
            if answer is not None and answer.status_code == 503:
                assert int(answer.headers["Retry-After"]) > 0, "who is sent away is told until when"
            self.counts["no answer" if answer is None else str(answer.status_code)] += 1
            troubled = troubled or began
            assert time.monotonic() < until, f"{path}: no server"
            await asyncio.sleep(PAUSE)

    async def log_in(self, login: str = "lan") -> None:
        answer = await self.ask("POST", "/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.client.headers["X-Tuyen-CSRF"] = answer.json()["csrf"]

    def day(self) -> list[dict[str, Any]]:
        """A visit, an expense, an order that stands, one that waits, and a promised photograph, as in the outbox."""
        visit, expense, order, held, at = new_id(), new_id(), new_id(), new_id(), now().isoformat()
        own, shared = self.items
        self.photo, self.attachment = photo(str(visit)), new_id()
        waits = an_order(str(held), str(self.customer), [(shared, "1")])
        waits["shown_total"] = "1"  # no book gives that: somebody has to decide
        doings: list[tuple[str, dict[str, Any]]] = [
            ("visit.log", {"id": str(visit), "customer_id": str(self.customer), "purpose": "sale", "started_at": at}),
            ("expense.claim", {"id": str(expense), "customer_id": str(self.customer), "category": "parking",
                               "amount": "20000", "currency": "VND", "spent_on": str(today())}),
            ("order.place", an_order(str(order), str(self.customer), [(own, "1")])),
            ("order.place", waits),
            ("attachment.add", {"id": str(self.attachment), "owner": "visit", "owner_id": str(visit),
                                "sha256": sha(self.photo), "size": len(self.photo), "mime": "image/jpeg"}),
        ]  # fmt: skip
        return [
            {"id": str(new_id()), "n": next(self.numbers), "name": name, "args": args, "at": at,
             "lane": str(self.customer)}
            for name, args in doings
        ]  # fmt: skip

    async def push(self, day: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One request; its answers."""
        answer = await self.ask("POST", "/sync", json={"v": 1, "push": day})
        assert answer.status_code == 200, answer.text
        acks: list[dict[str, Any]] = answer.json()["acks"]
        return acks

    async def hand_in(self, day: list[dict[str, Any]]) -> None:
        """Push until everything is answered for good, then once more: the answers are the same."""
        first: dict[str, dict[str, Any]] = {}
        for _ in range(50):
            acks = await self.push([one for one in day if one["id"] not in first])
            first |= {ack["id"]: ack for ack in acks if ack["st"] != "held"}
            if len(first) == len(day):
                break
            self.counts["held"] += 1
            await asyncio.sleep(0.05)
        assert [first[one["id"]]["st"] for one in day] == ["applied"] * len(day), first
        again = await self.push(day)
        assert all(ack["dup"] for ack in again)
        assert [{**first[one["id"]], "dup": True} for one in day] == again
        self.counts["handed in"] += len(day)

    async def send_photo(self) -> None:
        """tus as a phone speaks it: announce, ask how far it is, go on from there."""
        body, headers = self.photo, upload_headers(str(self.attachment), self.photo)
        del headers["Content-Type"]
        begun = await self.ask("POST", "/files", headers=headers)
        assert begun.status_code == 201, begun.text
        place = begun.headers["Location"].removeprefix("/api/v1")
        for _ in range(50):
            asked = await self.ask("HEAD", place, headers={"Tus-Resumable": "1.0.0"})
            offset = int(asked.headers["Upload-Offset"])
            if offset == len(body):
                break
            part = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream"}  # fmt: skip
            await self.ask("PATCH", place, content=body[offset:], headers=part)
        served = await self.ask("GET", f"/attachments/{self.attachment}")
        assert served.status_code == 200 and served.content[:3] == b"\xff\xd8\xff", "the promise is fulfilled"
        self.counts["photographs"] += 1


async def whole(days: int, photos: int) -> None:
    """Everything of so many days is there once, nothing else, and the office's own examiner finds nothing."""
    for table, wanted in (("visits", days), ("expenses", days), ("orders", 2 * days), ("attachments", days),
                          ("attachment_files", photos)):  # fmt: skip
        assert await fetch_value(f"SELECT count(*) FROM {table}") == wanted, table
    assert await fetch_value("SELECT count(*) FROM attachments WHERE state = 'stored'") == photos
    assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'mutation'") == DOINGS * days
    assert await fetch_value("SELECT count(*) FROM sync_mutations WHERE st = 'applied'") == DOINGS * days
    states = {row["state"]: row["n"] for row in await fetch("SELECT state, count(*) AS n FROM orders GROUP BY 1")}
    assert states == {"confirmed": days, "on_hold": days}
    assert await fetch_value("SELECT count(*) FROM approval_requests") == days, "each is asked about once"
    assert await fetch_value("SELECT count(*) FROM reservations") == PIECES * days, "stock is reserved once"
    assert await fetch_value("SELECT sum(held) FROM reservations") == PIECES * days * 1_000_000
    assert await fetch_value("SELECT count(*) FROM sync_uploads WHERE finished_at IS NULL") == 0
    assert await all_faults() == []


@asynccontextmanager
async def rep_of(url: str, shared: UUID | None = None, login: str = "lan") -> AsyncIterator[Rep]:
    """A rep logged in, with a customer who has credit and items that are there."""
    customer, item = new_id(), await an_item(f"RIENG-{new_id().hex[-9:]}", on_hand=100_000)
    position = {"lan": 3, "bob": 5}[login]
    await execute(
        "INSERT INTO customers (id, code, name, position_id, currency) VALUES ($1, $2, 'Minh', $3, 'VND')",
        customer, customer.hex[-9:], position,
    )  # fmt: skip
    await a_credit_line(customer, None)
    async with httpx.AsyncClient(timeout=30) as client:
        rep = Rep(url, client, customer, (item, shared or item))
        await rep.log_in(login)
        yield rep
