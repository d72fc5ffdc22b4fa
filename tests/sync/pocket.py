"""What is in a pocket: a phone with an outbox, and the mutations it makes, good, poisoned, too new or doomed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.sync.office import ITEM
from tests.sync.phone import Phone

KINDS = (
    "visit", "visit", "visit", "expense", "own_expense", "note", "lead", "unknown", "negative", "newer", "fault",
    "order", "order", "order_again", "cancel", "photo", "photo",
)  # fmt: skip


@dataclass
class Sent:
    """A mutation as it goes over the wire, the row it makes, and what kind it is."""

    wire: dict[str, Any]
    kind: str
    subject: UUID
    customer: UUID | None = None

    @property
    def id(self) -> str:
        return str(self.wire["id"])


@dataclass
class Pocket:
    """One phone of one person. `busy`: a request of it waits in the office; `photos`: bytes and customer of pictures
    whose upload is not known to have ended."""

    login: str
    device: UUID
    phone: Phone
    outbox: list[Sent] = field(default_factory=list)
    busy: bool = False
    n: int = 0
    visits: list[Sent] = field(default_factory=list)
    orders: list[Sent] = field(default_factory=list)
    photos: dict[UUID, tuple[bytes, UUID]] = field(default_factory=dict)

    def forget(self) -> None:
        """Browser data cleared, but for the outbox."""
        self.phone.cursor, self.phone.rows = None, {}

    def take(self, acks: list[dict[str, Any]]) -> None:
        """Answers that are final empty the outbox; what is held stays."""
        final = {ack["id"] for ack in acks if ack["st"] != "held"}
        self.outbox = [one for one in self.outbox if one.id not in final]

    def put(
        self,
        kind: str,
        customer: UUID,
        copy: tuple[int, str | None],
        name: Callable[[], UUID],
        moment: datetime,
        off: int,
        picture: Callable[[int], bytes],
    ) -> list[Sent]:
        """Write something down, by a clock that is `off` days wrong and may or may not know it.

        `copy`: version and note of the customer as this phone has them, version 0 where it has none.
        """
        if kind in ("order", "order_again", "cancel"):
            return self._order(kind, customer, name, moment)
        if kind == "photo":
            return self._photo(name, moment, picture(self.n))
        version, seen = copy
        made, at = name(), moment + timedelta(days=off)
        started = at.isoformat()
        visit = {"id": str(made), "customer_id": str(customer), "purpose": "sale", "started_at": started, "note": kind}
        expense = {"id": str(made), "category": "parking", "amount": "20000", "currency": "VND",
                   "spent_on": str(moment.date())}  # fmt: skip
        lane, more = str(customer), {}
        if kind in ("visit", "fault"):
            verb, args = "visit.log", visit
        elif kind == "unknown":
            verb, args = "visit.log", {**visit, "customer_id": str(name())}
        elif kind == "newer":
            verb, args = "visit.fly", visit
        elif kind == "expense":
            verb, args = "expense.claim", {**expense, "customer_id": str(customer)}
        elif kind in ("own_expense", "negative"):
            verb, lane = "expense.claim", "self"
            args = {**expense, "amount": "-5"} if kind == "negative" else expense
        elif kind == "note":
            verb, args = "customer.update", {"id": str(customer), "changes": {"note": f"ghi {self.n}"}}
            more = (
                {"base": {"ver": version, "values": {"note": seen}} if self.n % 3 else {"ver": version}}
                if version
                else {}
            )
        else:
            verb, lane = "customer.create", str(made)
            args = {"id": str(made), "name": f"Tiệm {made.hex[:9]}",
                    "contact": {"id": str(name()), "name": "Chị Hoa"}}  # fmt: skip
        first = self._wrap(verb, args, lane, started, name, skew_ms=-off * 86_400_000 * (self.n % 2), **more)
        made_now = [Sent(first, kind, made, None if kind in ("own_expense", "lead") else customer)]
        if kind == "lead":
            later = name()
            follow = {**visit, "id": str(later), "customer_id": str(made)}
            wire = self._wrap("visit.log", follow, lane, started, name, deps=[first["id"]])
            made_now.append(Sent(wire, "follow", later, made))
        if kind == "visit":
            self.visits.append(made_now[0])
        self.outbox += made_now
        return made_now

    def _order(self, kind: str, customer: UUID, name: Callable[[], UUID], moment: datetime) -> list[Sent]:
        """An order whose price was shown rightly or wrongly, the same one under another id (as after mending), or an
        end to one."""
        if kind == "order" or not self.orders:
            made, at = name(), moment.isoformat()
            line = {"id": str(name()), "item_id": str(ITEM), "unit": "hộp", "qty": str(1 + self.n % 3),
                    "shown_price": ("7200", "1")[self.n % 2]}  # fmt: skip
            args = {"id": str(made), "customer_id": str(customer), "ordered_on": str(moment.date()),
                    "currency": "VND", "note": f"đơn {self.n}", "lines": [line]}  # fmt: skip
            one = Sent(self._wrap("order.place", args, str(customer), at, name), "order", made, customer)
            self.orders.append(one)
        else:
            old = self.orders[self.n % len(self.orders)]
            wire, at = old.wire, moment.isoformat()
            if kind == "order_again":
                again = self._wrap("order.place", wire["args"], wire["lane"], at, name)
                one = Sent(again, kind, old.subject, old.customer)
            else:
                args = {"id": str(old.subject), "reason": "đổi ý"}
                ending = self._wrap("order.cancel", args, wire["lane"], at, name, deps=[old.id])
                one = Sent(ending, kind, old.subject, old.customer)
        self.outbox.append(one)
        return [one]

    def _photo(self, name: Callable[[], UUID], moment: datetime, data: bytes) -> list[Sent]:
        """The promise of a picture of a visit noted down before."""
        if not self.visits:
            return []
        visit, made = self.visits[self.n % len(self.visits)], name()
        args = {"id": str(made), "owner": "visit", "owner_id": str(visit.subject), "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(), "mime": "image/jpeg"}  # fmt: skip
        wire = self._wrap("attachment.add", args, visit.wire["lane"], moment.isoformat(), name, deps=[visit.id])
        one = Sent(wire, "photo", made, visit.customer)
        assert visit.customer is not None
        self.photos[made] = (data, visit.customer)
        self.outbox.append(one)
        return [one]

    def _wrap(self, verb: str, args: Any, lane: str, at: str, name: Callable[[], UUID], **more: Any) -> dict[str, Any]:
        self.n += 1
        return {"id": str(name()), "n": self.n, "name": verb, "lane": lane, "at": at, "args": args, **more}
