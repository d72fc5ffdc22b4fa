"""The rep takes the office's price, where the one the customer was told is too old to stand by itself."""

from typing import Any

from backend.approvals.asking import ask
from backend.approvals.deciding import withdraw
from backend.core.clock import now
from backend.core.database import execute, fetch
from backend.core.errors import StaleVersion
from backend.core.money import text_of_micro
from backend.orders import rules
from backend.orders.deciding import note_reserved
from backend.orders.errors import NoNewPrice, NotTheOwner
from backend.orders.promising import SUSPECT
from backend.orders.schemas import AcceptPrice, Moved
from backend.orders.steps import lift_holds, lock_order, step
from backend.orders.whole import whole
from backend.people.access import ADMIN, MANAGER, Actor, require
from backend.stock import reserving
from backend.stock.schemas import Held


async def accept_price(command: AcceptPrice, *, actor: Actor) -> Moved:
    """Lift the price hold of an order the actor placed, or of any of their people's as a manager.

    The order keeps the office's price it waits with. With no other reason to wait it is confirmed and its goods are
    reserved for good; otherwise it waits on, and the managers' question names what is left. The same again changes
    nothing.

    Refuses `NotVisible`, `NotTheOwner`, `NoNewPrice`, `StaleVersion`.
    """
    require(actor, "order.place")
    return await whole(lambda: _accept(command, actor))


async def _accept(command: AcceptPrice, actor: Actor) -> Moved:
    order = await lock_order(command.id, actor=actor)
    if order["user_id"] != actor.user_id and not actor.has(ADMIN, MANAGER):
        raise NotTheOwner
    holds = await fetch(
        "SELECT kind, code, numbers, lifted_how, lifted_by FROM order_holds WHERE order_id = $1 ORDER BY id",
        order["id"],
    )
    price = next((hold for hold in holds if hold["kind"] == "price"), None)
    if price is not None and price["lifted_how"] == "accepted" and price["lifted_by"] == actor.user_id:
        return Moved(order["id"], order["number"], order["state"], order["version"])
    if price is None or price["lifted_how"] is not None or price["code"] == SUSPECT:
        raise NoNewPrice
    if order["version"] != command.expected_version:
        raise StaleVersion(current=order["version"])
    await lift_holds(order["id"], "accepted", by=actor.user_id, kind="price")
    left = [
        {name: hold[name] for name in ("kind", "code", "numbers")}
        for hold in holds
        if hold["kind"] != "price" and hold["lifted_how"] is None
    ]
    return await _go_on(order, left, actor)


async def _go_on(order: Any, left: list[Any], actor: Actor) -> Moved:
    await withdraw([order["id"]])
    if order["credit_taken"]:  # without credit the goods stay reserved softly
        held = await reserving.fill([order["id"]], harden=True)
        await note_reserved(held)
        left = await _stock_holds(order, left, held)
    if left:
        facts = {"number": order["number"], "total": order["total"], "currency": order["currency"], "holds": left}
        await ask(order["id"], "order.hold", position_id=order["position_id"], by=order["user_id"], facts=facts)
    state = rules.move(order["state"], "accept_and_wait" if left else "accept")
    return await step(order, state, "order.accept_price", by=actor.user_id)


async def _stock_holds(order: Any, left: list[Any], held: list[Held]) -> list[Any]:
    """The reasons that are left, with goods as they are now: the soft reservation may have ended meanwhile."""
    short = [
        {"line": str(line.line), "item": str(line.item), "held": text_of_micro(line.held),
         "short": text_of_micro(line.backlog)}
        for line in held if line.backlog
    ]  # fmt: skip
    known = any(hold["kind"] == "stock" for hold in left)
    if known and not short:
        await lift_holds(order["id"], "cured", by=None, kind="stock")
        return [hold for hold in left if hold["kind"] != "stock"]
    if short and not known:
        hold = {"kind": "stock", "code": "SHORT", "numbers": {"lines": short}}
        await execute(
            "INSERT INTO order_holds (order_id, kind, code, numbers, placed_at) VALUES ($1, 'stock', 'SHORT', $2, $3)",
            order["id"], hold["numbers"], now(),
        )  # fmt: skip
        return [*left, hold]
    return left
