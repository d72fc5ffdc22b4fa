"""What the verbs on commercial terms refuse with."""

from backend.core.errors import Malformed, Refusal


class TermUnknown(Malformed):
    """The value is none of those one may choose, or not a number in its range; `term` says for which term."""

    code = "term-unknown"


class ChoiceCodeTaken(Refusal):
    """There is a choice of this code already, retired perhaps; `choice` is the code."""

    code = "choice-code-taken"


class GroupRing(Refusal):
    """A customer group cannot come to lie under itself."""

    code = "group-ring"


class GroupCodeTaken(Refusal):
    """Another customer group already has this code."""

    code = "group-code-taken"
