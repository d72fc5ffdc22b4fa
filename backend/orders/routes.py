"""HTTP doors of orders: check, place, read, cancel, decide, and the warehouse's queue, claim, pick and dispatch."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

import backend.orders.resuming  # registers the job that goods given back ask for
import backend.orders.using  # noqa: F401 -- tells pricing which orders used a price
from backend.core.ids import new_id
from backend.core.paging import MOST, Page
from backend.orders import queries, routes_rehearsing
from backend.orders.accepting import accept_price
from backend.orders.cancelling import cancel_order
from backend.orders.checking import Checked, check_order
from backend.orders.claiming import claim_order, give_up_claim
from backend.orders.deciding import decide_hold
from backend.orders.dispatching import dispatch_order
from backend.orders.picking import pick_order
from backend.orders.placing import place_order
from backend.orders.schemas import (
    Acceptance,
    AcceptPrice,
    Cancellation,
    CancelOrder,
    CheckOrder,
    DecideHold,
    Decision,
    Dispatch,
    DispatchOrder,
    Moved,
    Pick,
    PickOrder,
    Placed,
    PlaceOrder,
)
from backend.orders.schemas_views import OrderPaper, OrderRow, QueueRow
from backend.people.access import Actor, rule

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
State = Literal["submitted", "on_hold", "confirmed", "picking", "picked", "dispatched", "cancelled", "rejected"]


@post("/orders/check", opt=rule("order.place"), status_code=200)
async def check(data: JSONBody[CheckOrder], actor: NamedDependency[Actor]) -> Checked:
    """What placing this basket now would find."""
    return await check_order(data, actor=actor)


@post("/orders", opt=rule("order.place"))
async def place(data: JSONBody[PlaceOrder], actor: NamedDependency[Actor]) -> Placed:
    """Place an order; the same id with the same content again gives the first answer."""
    return await place_order(data, actor=actor)


@get("/orders", opt=rule("order.read"))
async def list_orders(  # noqa: PLR0917 -- Litestar calls it by keyword; each one is a filter of the list
    actor: NamedDependency[Actor],
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    customer: FromQuery[UUID | None] = None,
    position: FromQuery[int | None] = None,
    from_on: Annotated[date | None, QueryParameter(name="from")] = None,
    to_on: Annotated[date | None, QueryParameter(name="to")] = None,
) -> Page[OrderRow]:
    """Orders of your people, newest first."""
    filters = queries.Filters(state=in_state, customer=customer, from_on=from_on, to_on=to_on, position=position)
    return await queries.list_orders(filters, actor=actor, limit=limit, cursor=cursor)


@get("/orders/{order_id:uuid}", opt=rule("order.read"))
async def show(order_id: FromPath[UUID], actor: NamedDependency[Actor]) -> OrderPaper:
    """One order."""
    return await queries.find_order(order_id, actor=actor)


@post("/orders/{order_id:uuid}/cancellation", opt=rule("order.cancel"))
async def cancel(order_id: FromPath[UUID], data: JSONBody[Cancellation], actor: NamedDependency[Actor]) -> Moved:
    """Call an order off."""
    return await cancel_order(CancelOrder(order_id, data.reason), actor=actor)


@post("/orders/{order_id:uuid}/price-acceptance", opt=rule("order.place"))
async def accept(order_id: FromPath[UUID], data: JSONBody[Acceptance], actor: NamedDependency[Actor]) -> Moved:
    """Take the office's price in place of the one the customer was told."""
    return await accept_price(AcceptPrice(order_id, data.expected_version), actor=actor)


@post("/approvals/{request_id:uuid}/decision", opt=rule("approval.decide"))
async def decide(request_id: FromPath[UUID], data: JSONBody[Decision], actor: NamedDependency[Actor]) -> Moved:
    """Answer the question about a held order."""
    command = DecideHold(data.id or new_id(), request_id, data.verdict, data.expected_version, data.reason)
    return await decide_hold(command, actor=actor)


@get("/dispatches/queue", opt=rule("dispatch.read"))
async def show_queue(
    actor: NamedDependency[Actor], limit: Limit = 50, cursor: FromQuery[str | None] = None
) -> Page[QueueRow]:
    """What the warehouse has to do, soonest first."""
    return await queries.queue(actor=actor, limit=limit, cursor=cursor)


@post("/orders/{order_id:uuid}/claim", opt=rule("dispatch.write"))
async def claim(order_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Moved:
    """Start picking an order."""
    return await claim_order(order_id, actor=actor)


@delete("/orders/{order_id:uuid}/claim", opt=rule("dispatch.write"), status_code=200)
async def give_up(order_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Moved:
    """Put an order back in the queue."""
    return await give_up_claim(order_id, actor=actor)


@post("/orders/{order_id:uuid}/pick", opt=rule("dispatch.write"))
async def pick(order_id: FromPath[UUID], data: JSONBody[Pick], actor: NamedDependency[Actor]) -> Moved:
    """Record what was put aside."""
    return await pick_order(PickOrder(data.id or new_id(), order_id, data.lines), actor=actor)


@post("/orders/{order_id:uuid}/dispatch", opt=rule("dispatch.write"))
async def dispatch(order_id: FromPath[UUID], data: JSONBody[Dispatch], actor: NamedDependency[Actor]) -> Moved:
    """The goods leave."""
    command = DispatchOrder(data.id or new_id(), order_id, data.packages, data.plate, data.note)
    return await dispatch_order(command, actor=actor)


route_handlers: list[Any] = [
    check, place, list_orders, show, cancel, accept, decide, show_queue, claim, give_up, pick, dispatch,
    *routes_rehearsing.route_handlers,
]  # fmt: skip
