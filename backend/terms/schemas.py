"""What crosses the wire about commercial terms. Values are texts: codes, ids of price lists, decimal numbers."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

Value = Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None | msgspec.UnsetType
LevelKind = Literal["customer", "account", "group", "company"]


class TermChanges(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """New values by term; null clears, so that the inherited value holds again; what is left out stays.

    `discount` is a percentage 0 to 100, `credit_limit` an amount (0 = cash only), `price_list` an id, the rest codes.
    """

    price_list: Value = msgspec.UNSET
    discount: Value = msgspec.UNSET
    sales_method: Value = msgspec.UNSET
    payment_method: Value = msgspec.UNSET
    payment_term: Value = msgspec.UNSET
    currency: Value = msgspec.UNSET
    tax: Value = msgspec.UNSET
    credit_limit: Value = msgspec.UNSET


class ChangeTerms(msgspec.Struct, forbid_unknown_fields=True):
    """`PATCH .../terms`: `expected_version` is the one that was read."""

    expected_version: int
    changes: TermChanges


class Origin(msgspec.Struct):
    """Whose value it is. `account`: an account the customer shares with others."""

    kind: LevelKind
    id: UUID | None
    name: str


class TermOut(msgspec.Struct, omit_defaults=True):
    """One term: the value that holds and where it comes from, both null when nobody sets it; and the owner's own value.

    Attributes:
        label: how `value` is called where it has a name; `label_en` the same in English.
        dormant: a price list whose days do not include today: prices come from the next one.
        above: what would hold if the owner set nothing.
        retired: a word nobody may choose any more; here it still holds.
    """

    value: str | None
    origin: Origin | None = msgspec.field(name="from")
    own: str | None
    above: str | None
    label: str | None = None
    label_en: str | None = None
    above_label: str | None = None
    above_label_en: str | None = None
    above_origin: Origin | None = msgspec.field(name="above_from", default=None)
    dormant: bool = False
    retired: bool = False


class TermsOut(msgspec.Struct):
    """All terms of a customer, a group or the company, by name. `currency` is that of the credit limit."""

    kind: LevelKind
    id: UUID | None
    name: str
    version: int
    currency: str
    terms: dict[str, TermOut]


class GroupNode(msgspec.Struct):
    """A customer group in its tree, with its terms and how many customers the reader sees in it or below it."""

    parent_id: UUID | None
    code: str
    depth: int
    version: int
    customers: int
    terms: TermsOut


class Choice(msgspec.Struct):
    """One value a term may take."""

    value: str
    name_vi: str
    name_en: str


class Choices(msgspec.Struct):
    """What one may choose from."""

    price_list: list[Choice]
    sales_method: list[Choice]
    payment_method: list[Choice]
    payment_term: list[Choice]
    currency: list[Choice]
    tax: list[Choice]


class CreateGroup(msgspec.Struct, forbid_unknown_fields=True):
    """A new customer group; without `parent_id` the root of a tree of its own."""

    id: UUID
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    parent_id: UUID | None = None


class ChangeGroup(msgspec.Struct, forbid_unknown_fields=True):
    """Another name or another place in the tree (`parent_id` null: a root); what is left out stays."""

    expected_version: int
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    parent_id: UUID | msgspec.UnsetType | None = msgspec.UNSET


class GroupSaved(msgspec.Struct):
    """The group after the change."""

    id: UUID
    version: int
