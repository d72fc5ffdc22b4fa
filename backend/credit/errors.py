"""What credit's verbs refuse with."""

from backend.core.errors import Malformed, Refusal


class CreditHeld(Refusal):
    """The account is stopped: goods do not leave until somebody releases the hold or decides for this document."""

    code = "credit-held"


class NoSuchHold(Refusal):
    """The hold was released before."""

    code = "credit-hold-released"


class ReasonMissing(Malformed):
    """Whoever stops an account or lets it pass says why."""

    code = "reason-missing"


class LimitShared(Refusal):
    """The customer shares its account with `others` more: its limit is the account's, not one customer's to set."""

    code = "credit-limit-shared"


class NoExchangeRate(Refusal):
    """Nobody has entered a rate for this currency."""

    code = "no-exchange-rate"
