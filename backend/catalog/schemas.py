"""What the catalog sends: items, their packagings, groups."""

from uuid import UUID

import msgspec


class PackagingOut(msgspec.Struct):
    """One `unit` holds num/den base units."""

    id: UUID
    unit: str
    num: str
    den: str
    whole_units: bool
    barcode: str | None


class ItemOut(msgspec.Struct, kw_only=True):
    """An item in a list. `list_price` is per base unit, a decimal text; absent for who sees no prices."""

    id: UUID
    code: str
    name_vi: str
    name_en: str
    group_id: UUID | None
    base_unit: str
    base_digits: int
    whole_units: bool
    tax_code: str | None
    stocked: bool
    active: bool
    list_price: str | None
    list_currency: str | None


class ItemDetail(ItemOut, kw_only=True):
    """An item with the units it is counted in and the path of its groups, nearest first."""

    packagings: list[PackagingOut]
    groups: list["GroupOut"]


class GroupOut(msgspec.Struct):
    """A group of items, somewhere in the tree."""

    id: UUID
    parent_id: UUID | None
    code: str
    name_vi: str
    name_en: str
