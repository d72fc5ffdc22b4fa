"""What the customers' verbs refuse with."""

from backend.core.errors import Malformed, Refusal


class CustomerExists(Refusal):
    """The same telephone or tax number already belongs to a customer the actor may see; numbers link to it."""

    code = "customer-exists"


class CustomerOwnedByAnother(Refusal):
    """The same telephone or tax number belongs to a customer out of the actor's sight: said without any of its data."""

    code = "customer-owned-by-another"


class CustomerIdTaken(Refusal):
    """The id of the new customer is already in use for something else."""

    code = "customer-id-taken"


class CodeTaken(Refusal):
    """Another customer already has this code."""

    code = "customer-code-taken"


class TaxNumberWrong(Malformed):
    """A Vietnamese tax number whose check digit does not fit."""

    code = "tax-number-wrong"


class PhoneWrong(Malformed):
    """A telephone number has 8 to 15 digits."""

    code = "phone-wrong"


class GroupUnknown(Malformed):
    """A customer group that does not exist."""

    code = "group-unknown"


class PositionUnknown(Malformed):
    """A position that does not exist or is not the actor's to give customers to."""

    code = "position-unknown"


class NobodyToOwn(Refusal):
    """The actor holds no position, so a new customer needs one named."""

    code = "customer-needs-position"


class TooManyAtOnce(Malformed):
    """More customers in one action than `limit`."""

    code = "too-many-customers"


class ReasonTooShort(Malformed):
    """Stopping care needs a reason from the list and at least `least` characters of explanation."""

    code = "closing-reason-short"


class AlreadyClosed(Refusal):
    """Care of this customer has already stopped."""

    code = "customer-already-closed"


class NotClosed(Refusal):
    """Care of this customer goes on, so it cannot be reopened."""

    code = "customer-not-closed"


class NobodyChosen(Malformed):
    """A hand-over of nobody: the choice finds no customer of the actor's."""

    code = "nobody-chosen"


class ChoiceChanged(Refusal):
    """What the preview showed is not what the choice finds now: another customer, another holder, another plan."""

    code = "handover-changed"
    status = 412


class HandoverBegun(Refusal):
    """The day of the hand-over has come: it can be given back, but not called off."""

    code = "handover-begun"


class HandoverOver(Refusal):
    """The hand-over was called off already, or others took the place of all it planned."""

    code = "handover-over"
