"""Let picked goods leave: stock, credit and the order move together."""

from typing import Any

from backend.core.clock import now
from backend.core.database import execute, execute_many, fetch_row, fetch_value
from backend.core.money import text_of_micro
from backend.credit.errors import CreditHeld
from backend.orders import rules
from backend.orders.errors import OrderIdReused
from backend.orders.schemas import DispatchOrder, Moved
from backend.orders.steps import give_back_credit, lines_of, lock_order, progress, step
from backend.orders.telling import tell_owner
from backend.orders.whole import whole
from backend.people.access import Actor, require
from backend.stock import picking as shelf

# A stop put on the account holds goods back on every path, unless somebody decided for this very order afterwards.
_STOPPED = """
    SELECT h.code FROM credit_holds h
     WHERE h.account_id = $1 AND credit_hold_active(h, $3) AND NOT EXISTS (
           SELECT 1 FROM order_holds x WHERE x.order_id = $2 AND x.kind = 'credit' AND x.lifted_how = 'approved'
              AND x.lifted_at > h.placed_at)
     ORDER BY h.placed_at LIMIT 1"""


async def dispatch_order(command: DispatchOrder, *, actor: Actor) -> Moved:
    """The picked goods of an order leave. The same dispatch id again changes nothing.

    On hand, reserved and picked fall by what leaves; its value moves from open orders to uninvoiced, by cumulative
    rounding, so that partial dispatches add up to the order. The order is `dispatched`, or `confirmed` again
    while goods for it are still to come.

    Refuses `NotVisible`, `IllegalMove` (not picked), `CreditHeld` and `OrderIdReused`.
    """
    require(actor, "dispatch.write")
    return await whole(lambda: _dispatch(command, actor))


async def _dispatch(command: DispatchOrder, actor: Actor) -> Moved:
    order = await lock_order(command.order_id, actor=actor)
    digest = rules.body_hash(command)
    known = await fetch_row("SELECT body_hash FROM order_dispatches WHERE id = $1", command.id)
    if known is not None:
        if known["body_hash"] != digest:
            raise OrderIdReused(pointer="/id")
        return Moved(order["id"], order["number"], order["state"], order["version"])
    rules.move(order["state"], "dispatch")
    stopped = await fetch_value(_STOPPED, order["credit_account_id"], order["id"], now())
    if stopped is not None:
        raise CreditHeld(hold=stopped)
    lines = await lines_of(order["id"])
    # What is not kept in stock (a service, a delivery fee) leaves with the first goods.
    gone = {line["id"]: line["picked"] if line["stocked"] else line["qty_base"] - line["dispatched"] for line in lines}
    await give_back_credit(
        order, [progress(line) for line in lines], [progress(line, dispatched=gone[line["id"]]) for line in lines],
        "dispatch", actor.user_id,
    )  # fmt: skip
    issued = await shelf.issue(order["id"], by=actor.user_id)
    await _write(command, lines, gone, digest, actor)
    waits = any(line.backlog for line in issued) or _still_waiting(lines, gone)
    await tell_owner(order, "order.dispatched", by=actor.user_id)
    packages: dict[str, object] = {"dispatch": command.id, "packages": command.packages, "plate": command.plate}
    return await step(
        order, rules.move(order["state"], "wait" if waits else "dispatch"), "order.dispatch", by=actor.user_id,
        details={**packages, "lines": {str(line): text_of_micro(qty) for line, qty in gone.items() if qty}},
    )  # fmt: skip


def _still_waiting(lines: list[Any], gone: dict[Any, int]) -> bool:
    return any(line["dispatched"] + gone[line["id"]] + line["cut"] < line["qty_base"] for line in lines)


async def _write(command: DispatchOrder, lines: list[Any], gone: dict[Any, int], digest: bytes, actor: Actor) -> None:
    await execute(
        """INSERT INTO order_dispatches (id, order_id, packages, plate, note, dispatched_by, dispatched_at, body_hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        command.id, command.order_id, command.packages, command.plate, command.note, actor.user_id, now(), digest,
    )  # fmt: skip
    await execute_many(
        "INSERT INTO order_dispatch_lines (dispatch_id, order_line_id, qty) VALUES ($1, $2, $3)",
        [(command.id, line["id"], gone[line["id"]]) for line in lines if gone[line["id"]]],
    )
    await execute(
        """UPDATE order_lines l SET dispatched = l.dispatched + g.qty, reserved = l.reserved - l.picked, picked = 0
             FROM unnest($1::uuid[], $2::bigint[]) AS g(line, qty) WHERE l.id = g.line""",
        list(gone), list(gone.values()),
    )  # fmt: skip
