"""Order books and files of the state machine: scarce goods, photographs whose bytes come in pieces, and I9 and I12.

What must hold is read from the tables of orders, stock and files, and from the bytes on the disk.
"""

import hashlib
from collections.abc import AsyncIterator
from functools import cache
from typing import Any
from uuid import UUID

from backend.activities import files
from backend.core.errors import Refusal
from backend.people.access import Actor
from backend.people.queries_actor import load_actor
from sync import uploads
from tests.makers import photo
from tests.sync.changes import pick
from tests.sync.company import Company
from tests.sync.office import ON_HAND, PRICE
from tests.sync.pocket import Pocket, Sent

PICTURES = 3  # files are told apart by their sha256: two photographs of the same thing are one file
FATES = ("whole", "whole", "cut", "spoiled", "twice")


@cache
def picture(n: int) -> bytes:
    """The bytes of a photograph."""
    return photo(f"machine {n % PICTURES}")


class Books(Company):
    """Uploads, and what must be true of orders and files whenever everybody has come to rest."""

    def __init__(self, main: Any, side: list[Any]) -> None:
        super().__init__(main, side)
        self.pockets: list[Pocket] = []
        self.sent: dict[tuple[str, str], Sent] = {}  # by person and id
        self.answers: dict[tuple[str, str], dict[str, Any]] = {}
        self._actors: dict[tuple[str, int], Actor] = {}

    async def actor(self, login: str) -> Actor:
        """Who somebody is at this moment; asked again only when people, places or the day have changed."""
        if (login, self.peopled) not in self._actors:
            self._actors[login, self.peopled] = await load_actor(login)
        return self._actors[login, self.peopled]

    async def upload(self, n: int, m: int, fate: str) -> None:
        """The bytes of one photograph: whole, in part (the line dies), spoiled on the phone, or two times at once."""
        pocket = pick(n, self.pockets)
        if not pocket.photos or pocket.busy:
            return
        one = pick(m, sorted(pocket.photos))
        data, customer = pocket.photos[one]
        pocket.busy = True
        sending = [self._send(pocket, one, data, fate) for _ in range(2 if fate == "twice" else 1)]

        async def heard(outcomes: list[Any]) -> None:
            pocket.busy = False
            for outcome in outcomes:
                if isinstance(outcome, BaseException) and not isinstance(outcome, Refusal):
                    raise outcome
                self.seen["files refused" if isinstance(outcome, Refusal) else "files"] += 1
                assert fate != "spoiled" or isinstance(outcome, Refusal) or outcome < len(data), "I12: spoiled bytes"
                if outcome == len(data):
                    pocket.photos.pop(one, None)

        await self._wait_for(sending, frozenset({customer}), heard)

    async def _send(self, pocket: Pocket, one: UUID, data: bytes, fate: str) -> int:
        """From where the office stands to the end, or half way there; gives where it stands then."""
        actor = await self.actor(pocket.login)
        upload = await uploads.announce(one, len(data), hashlib.sha256(data).hexdigest(), actor=actor)
        upload = await uploads.settle(upload, actor=actor)
        offset = upload.offset
        if upload.finished or offset == len(data):
            return offset
        rest = data[offset:] if fate != "cut" else data[offset : (offset + len(data)) // 2]
        if fate == "spoiled":
            rest = rest[:-12] + bytes([rest[-12] ^ 1]) + rest[-11:]  # still a picture, but another

        async def come() -> AsyncIterator[bytes]:
            yield rest

        return await uploads.receive(upload, offset, come(), None, actor=actor)

    async def send_all_files(self) -> None:
        """What still waits is sent."""
        for n, pocket in enumerate(self.pockets):
            for _ in range(3 * len(pocket.photos)):
                if pocket.photos:
                    await self.upload(n, 0, "whole")
            assert not pocket.photos, "I12: every photograph arrives in the end"

    def _applied(self, *kinds: str) -> list[Sent]:
        return [self.sent[key] for key, ack in self.answers.items()
                if ack["st"] == "applied" and self.sent[key].kind in kinds]  # fmt: skip

    async def check_books(self) -> None:
        """I9: goods are promised once, never more than there are, and at the office's price."""
        placed = {one.subject for one in self._applied("order", "order_again")}
        cancelled = {one.subject for one in self._applied("cancel")}
        lines = await self.main.fetch(
            """SELECT o.id, o.state, l.unit_price, l.qty_base, l.reserved, count(r.*) AS times,
                      coalesce(sum(r.held), 0)::bigint AS held, coalesce(sum(r.backlog), 0)::bigint AS backlog
                 FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
                 LEFT JOIN reservations r ON r.reference = o.id GROUP BY o.id, l.id"""
        )
        assert sorted(line["id"] for line in lines) == sorted(placed), "I9: an order for each that was taken, once"
        for line in lines:
            assert line["times"] == 1, f"I9: order {line['id']} is reserved {line['times']} times"
            assert line["unit_price"] == PRICE, "I9: the price is the office's"
            assert line["reserved"] == line["held"], "I9: order and stock agree"
            assert (line["state"] == "cancelled") == (line["id"] in cancelled)
            wanted = 0 if line["id"] in cancelled else line["qty_base"]
            assert line["held"] + line["backlog"] == wanted, "I9: what is wanted is held or waited for"
        stray = await self.main.fetchval("SELECT count(*) FROM reservations WHERE reference <> ALL($1)", list(placed))
        assert stray == 0, "I9: goods are held for no order"
        book = await self.main.fetchrow("SELECT on_hand, reserved FROM stock_bins")
        assert book["on_hand"] == ON_HAND and book["reserved"] == sum(line["held"] for line in lines)
        assert book["reserved"] <= book["on_hand"], "I9: never more than there is"

    async def check_files(self) -> None:
        """I12: for each attachment one row, whose bytes have the sha256 that was declared."""
        promised = {one.subject: one.wire["args"]["sha256"] for one in self._applied("photo")}
        rows = await self.main.fetch(
            """SELECT a.id, a.sha256, a.state, f.attachment_id, f.sha256 AS proven, f.size
                 FROM attachments a FULL JOIN attachment_files f ON f.attachment_id = a.id"""
        )
        there = {row["id"]: row for row in rows if row["id"] is not None}
        assert {key: row["sha256"] for key, row in there.items()} == promised, "I12: one row for each that was taken"
        for row in rows:
            assert row["id"] is None or (row["state"], row["proven"]) == ("stored", row["sha256"]), f"I12: {dict(row)}"
            data = files.path_of(row["proven"]).read_bytes()
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (row["proven"], row["size"]), "I12: on the disk too"
