"""What crosses the wire about price lists and their rows. Inputs refuse unknown fields; numbers are decimal texts."""

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")
Code = Annotated[str, Meta(pattern=r"^[\x21-\x2e\x30-\x7e]{1,40}$(?!\n)")]
RuleCode = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,40}$(?!\n)")]
Name = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Unit = Annotated[str, Meta(max_length=40, pattern=r"^[^\x00]+$")]
Dec = Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,12})?$(?!\n)")]
Qty = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$(?!\n)")]
Base = Annotated[str, Meta(pattern=r"^(list|cost|list:[\x21-\x2e\x30-\x7e]{1,40})$(?!\n)")]
Priority = Annotated[int, Meta(ge=-1000, le=1000)]
Version = Annotated[int, Meta(ge=1)]


class FixedPrice(msgspec.Struct, tag_field="kind", tag="fixed", forbid_unknown_fields=True, frozen=True):
    """A plain amount per base unit, or per the row's unit, in the list's currency."""

    amount: Dec


class OffPrice(
    msgspec.Struct, tag_field="kind", tag="off", forbid_unknown_fields=True, frozen=True, kw_only=True,
    omit_defaults=True,
):  # fmt: skip
    """So much off a base: `list` (the item's own price), `cost`, or `list:<code>`; a negative percent is a margin."""

    base: Base = "list"
    percent: Dec | None = None
    round_to: Dec | None = None
    plus: Dec | None = None
    min_margin: Dec | None = None
    max_margin: Dec | None = None


Price = FixedPrice | OffPrice


class CreatePriceList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new list. `is_default` takes that place from the list that has it."""

    id: UUID
    code: Code
    name_vi: Name
    name_en: Name
    currency: Currency
    tax_included: bool = False
    is_default: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


class UpdatePriceList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """New values of some fields. Code and currency stay: documents and amounts already speak of them."""

    expected_version: Version
    name_vi: Name | UnsetType = UNSET
    name_en: Name | UnsetType = UNSET
    tax_included: bool | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    valid_from: date | UnsetType | None = UNSET
    valid_to: date | UnsetType | None = UNSET


class CopyPriceList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new list from the rows of another that have not ended, `percent` dearer (negative: cheaper).

    `round_to` rounds plain amounts to a multiple, half away from zero.
    """

    id: UUID
    code: Code
    name_vi: Name
    name_en: Name
    percent: Dec = "0"
    round_to: Dec | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class RuleFields(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a row says. Quantities in base units, or in `unit` where one is named."""

    price: Price
    priority: Priority = 0
    item_id: UUID | None = None
    item_group_id: UUID | None = None
    customer_id: UUID | None = None
    customer_group_id: UUID | None = None
    unit: Unit | None = None
    min_qty: Qty | None = None
    max_qty: Qty | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class CreateRule(RuleFields, kw_only=True):
    """A new row; without a code it gets the next number of its list."""

    id: UUID
    code: RuleCode | None = None


class UpdateRule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """New values of some fields of a row."""

    expected_version: Version
    price: Price | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    item_id: UUID | UnsetType | None = UNSET
    item_group_id: UUID | UnsetType | None = UNSET
    customer_id: UUID | UnsetType | None = UNSET
    customer_group_id: UUID | UnsetType | None = UNSET
    unit: Unit | UnsetType | None = UNSET
    min_qty: Qty | UnsetType | None = UNSET
    max_qty: Qty | UnsetType | None = UNSET
    valid_from: date | UnsetType | None = UNSET
    valid_to: date | UnsetType | None = UNSET


class PreviewRule(RuleFields, kw_only=True):
    """A row as it stands in the form; `id` of the stored one it would change, `sample_item_id` to show it on."""

    id: UUID | None = None
    sample_item_id: UUID | None = None


class Saved(msgspec.Struct):
    """What was stored, and its version now."""

    id: UUID
    code: str
    version: int


class Copied(Saved, kw_only=True):
    """A copied list: how many rows came along, and how many of them keep limits in money as they were."""

    rules: int
    limited: int


class PriceListOut(msgspec.Struct, kw_only=True):
    """A price list; how many rows it has, and for how many customers and groups it is set."""

    id: UUID
    code: str
    name_vi: str
    name_en: str
    currency: str
    tax_included: bool
    is_default: bool
    valid_from: date | None
    valid_to: date | None
    version: int
    changed_at: datetime
    rules: int
    customers: int
    groups: int


class Ref(msgspec.Struct, frozen=True):
    """Something a row names: an item, a customer or a group of either. `name_en` None: the name is the same."""

    id: UUID
    code: str
    name_vi: str
    name_en: str | None = None
    unit: str | None = None


class RuleOut(msgspec.Struct, kw_only=True):
    """A row of a list. `price` None: built on a cost that is not known."""

    id: UUID
    list_id: UUID
    code: str
    version: int
    priority: int
    item: Ref | None
    item_group: Ref | None
    customer: Ref | None
    customer_group: Ref | None
    unit: str | None
    min_qty: str | None
    max_qty: str | None
    valid_from: date | None
    valid_to: date | None
    price: Price | None
    changed_at: datetime


class Counted(msgspec.Struct, Generic[T]):
    """A page that also says how many rows there are in all."""

    items: list[T]
    next: str | None
    total: int


class PreviewLine(msgspec.Struct):
    """What so many of a unit would cost by the row: one unit, and all of them, in the list's currency."""

    unit: str
    base_qty: str
    qty: str
    unit_price: str
    gross: str


class Caution(msgspec.Struct):
    """Something to think about before saving: its code, and the rows or amounts it speaks of."""

    code: Literal["overlap", "below-cost", "below-floor", "ended", "outside-list", "no-base"]
    rules: list[str] = []
    limit: str | None = None


class Preview(msgspec.Struct):
    """The row at work on one item: every unit it prices."""

    item: Ref | None
    currency: str
    lines: list[PreviewLine]
    warnings: list[Caution]
