"""Short ways of the tests to answer, dispatch, let the worker work, and see who was told."""

from types import SimpleNamespace
from uuid import UUID

import msgspec

from backend.approvals.queries import list_requests
from backend.core import database as db
from backend.core import jobs
from backend.core.ids import new_id
from backend.orders.deciding import decide_hold
from backend.orders.schemas import DecideHold, DispatchOrder, Moved, Placed
from backend.people.access import Actor
from tests.orders.shop import Shop


async def question(actor: Actor, order: UUID) -> tuple[UUID, int]:
    (found,) = [request for request in (await list_requests(actor=actor)).items if request.reference == order]
    return found.id, found.version


async def decide(actor: Actor, placed: Placed, verdict: str = "approve", reason: str | None = "khách quen") -> Moved:
    request, version = await question(actor, placed.id)
    command = {"id": new_id(), "request_id": request, "verdict": verdict, "expected_version": version, "reason": reason}
    return await decide_hold(msgspec.convert(command, DecideHold), actor=actor)


def dispatch(order: UUID) -> DispatchOrder:
    return DispatchOrder(new_id(), order, 6, "51C-123.45", None)


async def states() -> list[tuple[str, str]]:
    """What happened to the only order, from its audit: (action, state after)."""
    rows = await db.fetch("SELECT action, details->>'to' AS state FROM audit WHERE entity = 'order' ORDER BY n")
    return [(row["action"], row["state"]) for row in rows]


async def credit_of(shop: Shop, customer: UUID) -> tuple[int, int]:
    account = await shop.account(customer)
    return account["open_orders"], account["uninvoiced"]


async def resume() -> None:
    """Do the waiting jobs of this test's database, as the worker would."""
    for row in await db.fetch("DELETE FROM pgqueuer WHERE entrypoint = 'orders.resume' RETURNING entrypoint, payload"):
        await jobs.run_now(row["entrypoint"], msgspec.json.decode(row["payload"]))


async def told() -> list[tuple[str, str]]:
    """Who was told what: (login, kind), in order."""
    rows = await db.fetch(
        """SELECT u.login, n.kind FROM notices n JOIN users u ON u.id = n.user_id
            ORDER BY n.created_at, n.id"""
    )
    return [(row["login"], row["kind"]) for row in rows]


async def another_rep(cast: SimpleNamespace) -> Actor:
    """A colleague who covers Lan's position."""
    actor: Actor = msgspec.structs.replace(cast.bob, keys=(3, 5), own_keys=(3, 5))
    return actor
