"""What approvals refuse with."""

from backend.core.errors import Malformed, NotAllowed, Refusal


class AlreadyDecided(Refusal):
    """Somebody answered before, or the question fell away."""

    code = "already-decided"


class OwnRequest(NotAllowed):
    """Nobody says yes to their own document."""

    code = "own-request"


class ReasonNeeded(Malformed):
    """This decision needs a reason."""

    code = "decision-reason-needed"
