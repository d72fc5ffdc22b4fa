"""Put an order's goods aside. A line picked short gives the rest back at once, with a reason."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from backend.core.clock import now
from backend.core.database import execute, execute_many, fetch_row
from backend.core.errors import Malformed
from backend.core.money import micro, text_of_micro
from backend.orders import rules
from backend.orders.claiming import claimant, end_claim, take_to_the_shelves
from backend.orders.errors import OrderIdReused, PickBeyond, PickIncomplete, QuantityRefused
from backend.orders.schemas import Moved, PickLine, PickOrder
from backend.orders.steps import end, give_back_credit, lines_of, lock_order, progress, step
from backend.orders.telling import tell_owner
from backend.orders.whole import whole
from backend.people.access import Actor, require
from backend.stock import picking as shelf


class Aside(NamedTuple):
    """What was put aside for a line, and why it is less than it held."""

    line: Any
    qty: int
    reason: str | None

    @property
    def short(self) -> int:
        return int(self.line["reserved"]) - self.qty


async def pick_order(command: PickOrder, *, actor: Actor) -> Moved:
    """Record a pick of every line that holds goods, in base units. The same pick id again changes nothing.

    What a short line held beyond the pick is free for others in the same transaction, is cut from the order, and takes
    its credit with it. When nothing at all was found the order ends, unless goods for it are still to come.
    An order nobody claimed is claimed by the pick itself (a picker may have been offline).

    Refuses `NotVisible`, `AlreadyClaimed`, `IllegalMove` (cancelled meanwhile: back to the shelf), and with a pointer
    `PickIncomplete`, `PickBeyond`, `QuantityRefused`; `OrderIdReused` for a pick id used otherwise.
    """
    require(actor, "dispatch.write")
    return await whole(lambda: _pick(command, actor))


async def _pick(command: PickOrder, actor: Actor) -> Moved:
    order = await lock_order(command.order_id, actor=actor)
    digest = rules.body_hash(command)
    known = await fetch_row("SELECT order_id, body_hash FROM order_picks WHERE id = $1", command.id)
    if known is not None:
        if known["body_hash"] != digest:
            raise OrderIdReused(pointer="/id")
        return Moved(order["id"], order["number"], order["state"], order["version"])
    if order["state"] == "confirmed":
        claimed = await take_to_the_shelves(order, actor)
        order = {**order, "state": claimed.state, "version": claimed.version}
    else:
        await claimant(command.order_id, actor)
    rules.move(order["state"], "pick")
    asides = read_pick(command.lines, {line["id"]: line for line in await lines_of(order["id"])})
    return await _put_aside(order, command, asides, digest, actor)


def read_pick(told: list[PickLine], lines: Mapping[UUID, Any]) -> list[Aside]:
    """The pick against the order's lines. Refuses with the place of the fault."""
    asides: dict[UUID, Aside] = {}
    for index, entry in enumerate(told):
        line = lines.get(entry.order_line_id)
        if line is None or entry.order_line_id in asides:
            raise PickIncomplete(pointer=f"/lines/{index}/order_line_id")
        try:
            qty = micro(entry.qty)
        except Malformed as fault:
            raise QuantityRefused(pointer=f"/lines/{index}/qty", value=entry.qty) from fault
        if qty < 0:
            raise QuantityRefused(pointer=f"/lines/{index}/qty", value=entry.qty)
        if qty > line["reserved"]:
            raise PickBeyond(pointer=f"/lines/{index}/qty", held=text_of_micro(line["reserved"]))
        reason = (entry.short_reason or "").strip() or None
        if qty < line["reserved"] and reason is None:
            raise PickIncomplete(pointer=f"/lines/{index}/short_reason")
        asides[entry.order_line_id] = Aside(line, qty, reason)
    missing = [line["seq"] for line in lines.values() if line["reserved"] > 0 and line["id"] not in asides]
    if missing:
        raise PickIncomplete(pointer="/lines", missing=missing)
    return list(asides.values())


async def _put_aside(
    order: Mapping[str, Any], command: PickOrder, asides: list[Aside], digest: bytes, actor: Actor
) -> Moved:
    await give_back_credit(
        order, [progress(aside.line) for aside in asides],
        [progress(aside.line, cut=aside.short) for aside in asides], "cut", actor.user_id,
    )  # fmt: skip
    picked = await shelf.pick({aside.line["id"]: aside.qty for aside in asides if aside.line["reserved"]}, order["id"])
    await execute(
        """UPDATE order_lines l SET reserved = p.qty, picked = p.qty, cut = l.cut + p.short
             FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS p(line, qty, short) WHERE l.id = p.line""",
        [aside.line["id"] for aside in asides], [aside.qty for aside in asides], [aside.short for aside in asides],
    )  # fmt: skip
    await execute(
        "INSERT INTO order_picks (id, order_id, picked_by, picked_at, body_hash) VALUES ($1, $2, $3, $4, $5)",
        command.id, order["id"], actor.user_id, now(), digest,
    )  # fmt: skip
    await execute_many(
        "INSERT INTO order_pick_lines (pick_id, order_line_id, qty, short, short_reason) VALUES ($1, $2, $3, $4, $5)",
        [
            (command.id, aside.line["id"], aside.qty, aside.short, aside.reason if aside.short else None)
            for aside in asides
        ],
    )
    await end_claim(order["id"], "picked")
    short = [{"line": str(aside.line["id"]), "short": text_of_micro(aside.short)} for aside in asides if aside.short]
    act = _what_next(asides, backlog=any(line.backlog for line in picked), lines=await lines_of(order["id"]))
    if act in ("pick_nothing", "pick_no_more"):
        await end(order, "cancelled", by=actor.user_id)
    if short:
        await tell_owner(order, "order.short", by=actor.user_id)
    reasons = sorted({aside.reason for aside in asides if aside.short and aside.reason})
    return await step(
        order, rules.move(order["state"], act), "order.pick", by=actor.user_id,
        details={"pick": command.id, "short": short, "reasons": reasons}, short=short,
    )  # fmt: skip


def _what_next(asides: list[Aside], *, backlog: bool, lines: list[Any]) -> str:
    if any(aside.qty for aside in asides) or any(not line["stocked"] for line in lines):
        return "pick"
    if backlog:
        return "wait"
    return "pick_no_more" if any(line["dispatched"] for line in lines) else "pick_nothing"
