"""What settling a conflict refuses with."""

from backend.core.errors import Malformed, Refusal


class ConflictSettled(Refusal):
    """Somebody has settled it already; `choice` says how (`mine theirs other superseded`)."""

    code = "conflict-settled"


class ConflictValueMissing(Malformed):
    """Another value was chosen, and none was given."""

    code = "conflict-value-missing"
