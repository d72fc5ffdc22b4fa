"""What the verbs of orders refuse with."""

from backend.core.errors import Malformed, NotAllowed, Refusal


class OrderIdReused(Refusal):
    """This id was used before, for another order or with another content. Nothing was changed."""

    code = "order-id-reused"


class LineIdReused(Malformed):
    """Two lines carry one id, or the id of a line of another order."""

    code = "line-id-reused"


class QuantityRefused(Malformed):
    """A quantity is above nothing and below what any lorry carries."""

    code = "quantity-refused"


class AddressUnknown(Malformed):
    """The customer has no such address."""

    code = "address-unknown"


class CustomerClosed(Refusal):
    """Closed customers buy nothing; reopen the customer first."""

    code = "customer-closed"


class IllegalMove(Refusal):
    """The order is in a state from which this cannot be done."""

    code = "order-illegal-move"


class NotTheOwner(NotAllowed):
    """Only the rep who placed the order, or a manager, may do this."""

    code = "order-not-yours"


class AlreadyClaimed(Refusal):
    """A colleague is picking this order."""

    code = "order-claimed"


class PickIncomplete(Malformed):
    """A pick names every line that holds goods, once, and says why one is short."""

    code = "pick-incomplete"


class PickBeyond(Malformed):
    """More was picked than the line holds."""

    code = "pick-beyond"


class NothingToPick(Refusal):
    """Nothing is reserved for this order yet."""

    code = "nothing-to-pick"


class NotAHold(Refusal):
    """The question is about another kind of document."""

    code = "not-an-order-hold"


class NoNewPrice(Refusal):
    """No difference of prices waits for the rep's answer: it was settled, or the office looks into it first."""

    code = "no-new-price"


class PromiseUsedUp(Refusal):
    """A promotion in the promise has nothing more to give: its budget is used up, or the customer had it too often."""

    code = "promise-used-up"


class PromiseLost(Refusal):
    """The book a price was promised from is not kept any more: today's price, or none."""

    code = "promise-lost"
