"""What notices refuse with."""

from backend.core.errors import Malformed


class PushHostRefused(Malformed):
    """A push endpoint that is not https on a known push service: the office sends nothing anywhere else."""

    code = "push-host-refused"


class PushKeysWrong(Malformed):
    """The keys of a push subscription are not a P-256 point and a 16-byte secret."""

    code = "push-keys-wrong"
