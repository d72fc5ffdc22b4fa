"""What approvals refuse with."""

from backend.core.errors import Malformed, Refusal


class AlreadyDecided(Refusal):
    """Somebody answered before, or the question fell away."""

    code = "already-decided"


class OwnRequest(Refusal):
    """Nobody says yes to their own document."""

    code = "own-request"
    status = 403


class ReasonNeeded(Malformed):
    """This decision needs a reason."""

    code = "decision-reason-needed"
