"""Everything a phone may ask for while it is offline, on one page: `"order.place" -> PlaceOrder, place_order`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from backend.activities.attaching import add_attachment, add_attachments
from backend.activities.claiming import claim_expense, claim_expenses
from backend.activities.editing import edit_expense, edit_visit
from backend.activities.schemas import AddAttachment, ClaimExpense, LogVisit
from backend.activities.visiting import log_visit, log_visits
from backend.conflicts.schemas import Settle
from backend.conflicts.settling import settle
from backend.core.database import fetch
from backend.core.editing import Edit
from backend.customers.addressing import edit_address
from backend.customers.contacting import save_contact
from backend.customers.creating import create_customer
from backend.customers.pinning import pin_address
from backend.customers.schemas import CreateCustomer, PinAddress, SaveContact
from backend.customers.updating import update_customer
from backend.orders.accepting import accept_price
from backend.orders.cancelling import cancel_order
from backend.orders.deciding import decide_hold
from backend.orders.dispatching import dispatch_order
from backend.orders.picking import pick_order
from backend.orders.placing import place_order
from backend.orders.schemas import AcceptPrice, CancelOrder, DecideHold, DispatchOrder, PickOrder, PlaceOrder
from sync.withdrawing import Withdraw, withdraw


@dataclass(frozen=True, kw_only=True)
class Named:
    """One entry of the catalogue.

    Attributes:
        command: what `args` must be; unknown fields are refused.
        verb: the room's own verb; runs in the transaction of the receipt.
        many: the same verb for many commands at once: an answer or a refusal for each, and nothing written for what is
            refused. For verbs without `claimed`.
        table: the wire table of the row that the verb's answer names by `id`; "" when it makes none.
        late: work done before the customer changed hands is still taken.
        claimed: the verb takes the phone's moment as `client_at`.
        with_base: `base` of the mutation belongs to the command.
    """

    command: type[Any]
    verb: Callable[..., Awaitable[Any]]
    table: str
    many: Callable[..., Awaitable[list[Any]]] | None = None
    late: bool = False
    claimed: bool = False
    with_base: bool = False


CATALOGUE: Final[dict[str, Named]] = {
    "customer.create": Named(command=CreateCustomer, verb=create_customer, table="customer"),
    "customer.update": Named(command=Edit, verb=update_customer, table="customer", with_base=True),
    "contact.save": Named(command=SaveContact, verb=save_contact, table="contact", with_base=True),
    "address.edit": Named(command=Edit, verb=edit_address, table="address", with_base=True),
    "address.pin": Named(command=PinAddress, verb=pin_address, table="address", with_base=True),
    "visit.edit": Named(command=Edit, verb=edit_visit, table="visit", claimed=True, with_base=True),
    "expense.edit": Named(command=Edit, verb=edit_expense, table="expense", claimed=True, with_base=True),
    "conflict.settle": Named(command=Settle, verb=settle, table="conflict"),
    "visit.log": Named(command=LogVisit, verb=log_visit, many=log_visits, table="visit", late=True),
    "expense.claim": Named(command=ClaimExpense, verb=claim_expense, many=claim_expenses, table="expense", late=True),
    "attachment.add": Named(command=AddAttachment, verb=add_attachment, many=add_attachments, table="attachment"),
    "order.place": Named(command=PlaceOrder, verb=place_order, table="order", claimed=True),
    "order.accept_price": Named(command=AcceptPrice, verb=accept_price, table="order"),
    "order.cancel": Named(command=CancelOrder, verb=cancel_order, table="order"),
    "approval.decide": Named(command=DecideHold, verb=decide_hold, table="order"),
    "dispatch.pick": Named(command=PickOrder, verb=pick_order, table="order"),
    "outbox.withdraw": Named(command=Withdraw, verb=withdraw, table=""),
    "dispatch.confirm": Named(command=DispatchOrder, verb=dispatch_order, table="order"),
}


async def customers_of(commands: Sequence[Any]) -> list[UUID | None]:
    """The customer each command is about, as far as it says so itself or through its visit."""
    said = [getattr(command, "customer_id", None) for command in commands]
    visits = [getattr(command, "visit_id", None) for command in commands]
    asked = {visit for customer, visit in zip(said, visits, strict=True) if customer is None and visit is not None}
    if not asked:
        return said
    rows = await fetch("SELECT id, customer_id FROM visits WHERE id = ANY($1::uuid[])", list(asked))
    through = {row["id"]: row["customer_id"] for row in rows}
    return [customer or through.get(visit) for customer, visit in zip(said, visits, strict=True)]
