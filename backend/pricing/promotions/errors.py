"""Refusals of the promotion editor. Each names the field by its pointer into what was sent."""

from backend.core.errors import Malformed, Refusal


class PromotionMalformed(Malformed):
    """The rule is not in the price book's format at this place."""

    code = "promotion-malformed"


class PromotionUnsound(Malformed):
    """The rule can be read but cannot be meant: `reason` says why (dates, percent, positive, tiers, texts, ...)."""

    code = "promotion-unsound"


class PromotionNameUnknown(Malformed):
    """The rule names an item, a group, a customer or a unit that is not there."""

    code = "promotion-name-unknown"


class PromotionBudgetUsed(Malformed):
    """More than this budget was given already; `used` says how much."""

    code = "promotion-budget-used"


class PromotionCodeTaken(Refusal):
    """Another promotion has this code already."""

    code = "promotion-code-taken"


class PromotionGroupDiffers(Refusal):
    """The group is there already and chooses in another way, for all its promotions."""

    code = "promotion-group-differs"


class PromotionEnded(Refusal):
    """What has ended stays as it was; copy it instead."""

    code = "promotion-ended"


class PromotionStep(Refusal):
    """This step cannot be taken from the state it is in."""

    code = "promotion-step"


class PromotionOver(Refusal):
    """Its last day has passed: it would never act."""

    code = "promotion-over"


class PromotionWarnings(Refusal):
    """There are warnings nobody has acknowledged yet; `missing` names them as kind:code."""

    code = "promotion-warnings"


class PromotionVersionOpen(Refusal):
    """Its next version is being prepared already."""

    code = "promotion-version-open"


class RunOver(Refusal):
    """The dry run has come to its end already."""

    code = "promotion-run-over"
