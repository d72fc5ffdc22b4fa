"""Answer the question about a held order: yes in spite of credit, price or missing goods, or no."""

from typing import Any
from uuid import UUID

from backend.approvals import deciding as approvals
from backend.approvals.queries import find_request
from backend.core.database import execute, fetch, fetch_row
from backend.core.errors import NotVisible
from backend.core.money import text_of_micro
from backend.credit import taking
from backend.orders import rules
from backend.orders.errors import NotAHold
from backend.orders.promising import OLD_PRICE
from backend.orders.repricing import keep_promise, retake
from backend.orders.schemas import DecideHold, Moved
from backend.orders.steps import end, lift_holds, lock_order, step
from backend.orders.telling import tell_owner
from backend.orders.whole import whole
from backend.people.access import Actor, require
from backend.pricing.limits import Use
from backend.stock import reserving
from backend.stock.schemas import Held


async def decide_hold(command: DecideHold, *, actor: Actor) -> Moved:
    """Approve or reject a held order of the actor's people. The same decision id again changes nothing.

    Approving overrides the credit hold (that needs a reason, and the ledger and the audit remember whose yes it was),
    keeps the price the customer was promised from an older book (where no such book says it, the server's price
    stands), and looks at the stock again: what is there now is reserved for good, the rest waits and is named in
    `short`. Rejecting needs a reason and gives everything back.

    Refuses `NotVisible`, `NotAllowed`, `OwnRequest`, `AlreadyDecided`, `StaleVersion`, `ReasonNeeded`, `PromiseLost`,
    `PromiseUsedUp`.
    """
    require(actor, "approval.decide")
    return await whole(lambda: _decide(command, actor))


async def _decide(command: DecideHold, actor: Actor) -> Moved:
    request = await find_request(command.request_id, actor=actor)
    if request.event != "order.hold":
        raise NotAHold
    order = await lock_order(request.reference, actor=actor)
    if await _was_said(command, actor):
        return Moved(order["id"], order["number"], order["state"], order["version"])
    holds = await fetch(
        "SELECT kind, code, numbers FROM order_holds WHERE order_id = $1 AND lifted_at IS NULL", order["id"]
    )
    over_credit = any(hold["kind"] == "credit" for hold in holds)
    reason = (command.reason or "").strip()
    await approvals.decide(
        command.request_id, command.verdict, reason=reason, expected_version=command.expected_version,
        reason_needed=command.verdict == "reject" or over_credit,
        facts={"holds": [dict(hold) for hold in holds]}, actor=actor, decision_id=command.id,
    )  # fmt: skip
    if command.verdict == "reject":
        state = rules.move(order["state"], "reject")
        await end(order, "rejected", by=actor.user_id)
        await tell_owner(order, "order.rejected", by=actor.user_id, reason=reason)
        return await step(order, state, "order.reject", by=actor.user_id, note=reason, details={"reason": reason})
    return await _approve(order, reason, [f"{hold['kind']}:{hold['code']}" for hold in holds], actor)


async def _was_said(command: DecideHold, actor: Actor) -> bool:
    """Whether this very decision was recorded before. A decision id used for something else is refused as unknown."""
    known = await fetch_row("SELECT * FROM approval_decisions WHERE id = $1", command.id)
    if known is None:
        return False
    same = (known["request_id"], known["decided_by"], known["verdict"])
    if same != (command.request_id, actor.user_id, command.verdict):
        raise NotVisible(pointer="/id")
    return True


async def _approve(order: Any, reason: str, causes: list[str], actor: Actor) -> Moved:
    state = rules.move(order["state"], "approve")
    repriced: dict[str, Any] = {}
    uses: tuple[Use, ...] = ()
    promised = f"price:{OLD_PRICE}" in causes
    if promised:
        order, repriced, uses = await keep_promise(order, actor=actor)
    if not order["credit_taken"]:
        taken = await taking.take(
            order["customer_id"], order["credit_amount"], order["id"], currency=order["currency"],
            by=actor.user_id, locked=order["customer_status"] == "locked", override=True,
        )  # fmt: skip
        await execute(
            "UPDATE orders SET credit_taken = true, credit_account_id = $2 WHERE id = $1", order["id"], taken.account
        )
    held = await reserving.fill([order["id"]], harden=True)
    await note_reserved(held)
    if promised:
        await retake(order, uses)
    await lift_holds(order["id"], "approved", by=actor.user_id)
    await tell_owner(order, "order.approved", by=actor.user_id)
    short = [{"line": str(line.line), "short": text_of_micro(line.backlog)} for line in held if line.backlog]
    details: dict[str, object] = {"reason": reason, "overrides": causes, "short": short, **repriced}
    return await step(order, state, "order.approve", by=actor.user_id, note=reason, details=details, short=short)


async def note_reserved(held: list[Held]) -> None:
    """Write on the lines what stock says they hold."""
    ids: list[UUID] = [line.line for line in held]
    await execute(
        """UPDATE order_lines l SET reserved = h.held FROM unnest($1::uuid[], $2::bigint[]) AS h(line, held)
            WHERE l.id = h.line""",
        ids, [line.held for line in held],
    )  # fmt: skip
