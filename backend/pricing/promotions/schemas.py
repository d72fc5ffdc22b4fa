"""What crosses the wire about promotions: rows, one whole, steps, warnings, trial baskets and dry runs."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from backend.pricing.promotions.rules import State
from backend.pricing.promotions.schemas_rule import Extras, PromotionCode

Pick = Literal["best", "priority"]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Quantity = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
Named = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class PromotionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion in a list. `effects` are the kinds of what it does, in the order of its tiers.

    `budget` and `used` are amounts of the company's currency over all its versions; both null without a budget.
    `used_up`: nothing is left of it.
    """

    id: UUID
    code: str
    name_vi: str
    name_en: str
    state: State
    stage: str
    valid_from: str | None
    valid_to: str | None
    effects: list[str]
    group: str | None
    exclusive: bool
    priority: int
    replaces: UUID | None
    version: int
    changed_at: datetime
    budget: str | None
    used: str | None
    used_up: bool
    per_customer: int | None
    choices: int


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """Another promotion that can meet this one on an order, and what happens then.

    `kind`: `stack` both act; `best` the one that gives more, `priority` the one that ranks higher; `exclusive` only the
    exclusive one; `tie` two in a `priority` group that nothing but the gain and the code tells apart. `winner`: the
    code of the one that acts where that is certain; `first` the one that acts first where both do. `items` and
    `customers` count what both can touch.
    """

    key: str
    kind: Literal["stack", "best", "priority", "exclusive", "tie"]
    id: UUID
    code: str
    name_vi: str
    name_en: str
    state: State
    group: str | None
    winner: str | None
    first: str | None
    items: int
    customers: int
    valid_from: str | None
    valid_to: str | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did to it."""

    step: str
    reason: str
    acknowledged: list[str]
    made_by: str | None
    made_at: datetime


class Label(msgspec.Struct, frozen=True):
    """What an id in a rule is called."""

    code: str | None
    name_vi: str
    name_en: str
    unit: str = ""
    units: list[str] = []


class PromotionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One promotion, whole. `labels` names the items and customers of the rule by their ids.

    `hidden_customers` counts the customers it names that are not the reader's. `next` is the draft of its next version.
    `extras` are budget, cap and choice of gifts; `used` is what all its versions have given so far, on `uses` orders.
    """

    id: UUID
    code: str
    rule: dict[str, Any]
    extras: dict[str, Any]
    used: str | None
    used_up: bool
    uses: int
    state: State
    group_pick: Pick | None
    labels: dict[str, Label]
    hidden_customers: int
    replaces: UUID | None
    replaces_code: str | None
    next: UUID | None
    version: int
    changed_at: datetime
    overlaps: list[Overlap]
    steps: list[Step]


class GroupChoice(msgspec.Struct, frozen=True):
    """A group of promotions of which one acts."""

    code: str
    pick: Pick
    promotions: int


class DraftPromotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new promotion; it does nothing yet. `group_pick` says how a new group of its name chooses."""

    code: PromotionCode
    rule: dict[str, Any]
    extras: Extras = Extras()
    id: UUID | None = None
    group_pick: Pick | None = None


class ChangePromotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another rule or code for a promotion; `extras`, where given, take the place of all it had."""

    expected_version: int
    rule: dict[str, Any] | None = None
    extras: Extras | None = None
    code: PromotionCode | None = None
    group_pick: Pick | None = None


class Discarded(msgspec.Struct, frozen=True):
    """A draft that is gone."""

    id: UUID


class Activate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put it on; `acknowledged` are the keys of the warnings that were read."""

    expected_version: int
    acknowledged: Annotated[list[Named], msgspec.Meta(max_length=500)] = []


class TakeStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pause or end it, with the reason."""

    expected_version: int
    reason: Reason


class CopyPromotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of the copy."""

    code: PromotionCode
    id: UUID | None = None


class TrialLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a trial basket."""

    item_id: UUID
    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    qty: Quantity


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A basket to be priced with and without a rule. Nothing is stored.

    `gift` is the place of the gift that was chosen, from 1, where there is a choice.

    `promotion_id` names the promotion the rule belongs to, which is left out on both sides, and with it the version it
    replaces on the side of the rule.
    """

    rule: dict[str, Any]
    customer_id: UUID
    on: date
    lines: Annotated[list[TrialLine], msgspec.Meta(min_length=1, max_length=200)]
    promotion_id: UUID | None = None
    code: PromotionCode = "NEW"
    extras: Extras = Extras()
    gift: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    group_pick: Pick | None = None
    coupons: Annotated[list[Named], msgspec.Meta(max_length=20)] = []
    payment_term: Named | None = None
    payment_method: Named | None = None
    regions: Annotated[list[Named], msgspec.Meta(max_length=20)] | None = None


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A trial basket priced twice, in the form `price_order` answers; differences are `with` less `without`.

    `gifts` are the gift lines the rule adds; `trace` what was looked at and skipped with the rule in force. `gives` is
    what this basket would take from a budget; `refused` says which limit would stand against it today.
    """

    currency: str
    without: dict[str, Any]
    with_: dict[str, Any] = msgspec.field(name="with")
    difference: str
    gifts: list[dict[str, Any]]
    labels: dict[str, Label]
    promotions: dict[str, Label]
    gives: str = "0"
    left: str | None = None
    times: int = 0
    refused: Literal["budget", "customer"] | None = None


class StartRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The days of the orders to try it on, both included; absent: the three months up to yesterday."""

    from_on: date | None = None
    to_on: date | None = None
    region_set: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9-]{3,40}$")] = "VN-ADM1-34"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A dry run: how far it is, and its result once done (see `simulating_tally.Result`)."""

    id: UUID
    promotion_id: UUID
    from_on: date
    to_on: date
    region_set: str
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    done: int
    total: int
    result: dict[str, Any] | None
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
