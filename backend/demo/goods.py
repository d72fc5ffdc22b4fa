"""The catalogue of the demo company: items of the shelf with their packagings, barcodes, taxes and costs."""

from dataclasses import dataclass
from itertools import product
from typing import Final
from uuid import UUID

from backend.core.folding import fold
from backend.core.money import MICRO
from backend.demo.cast import HIRED
from backend.demo.seeds import chance, id_at, ms_of
from backend.demo.shelf import BRANDS, GROUPS, Kind, kinds

BORN: Final = ms_of(HIRED)
_GROUP, _ITEM, _PACK, _TAX = range(1, 5)

TAXES: Final = (
    ("VAT8", 8, "Thuế GTGT 8 %", "VAT 8 %"), ("VAT10", 10, "Thuế GTGT 10 %", "VAT 10 %"),
    ("VAT5", 5, "Thuế GTGT 5 %", "VAT 5 %"), ("KCT", 0, "Không chịu thuế", "No VAT"),
)  # fmt: skip
CURRENCIES: Final = (("VND", 0, 2, "Đồng", "Vietnamese dong"), ("USD", 2, 4, "Đô la Mỹ", "US dollar"))


@dataclass(slots=True, eq=False)
class Item:
    """An item for sale. Prices are VND per base unit; `appetite` is how often it sells compared with the others."""

    n: int
    id: UUID
    code: str
    kind: Kind
    top: str
    name_vi: str
    name_en: str
    price: int
    carton: int
    appetite: float


def group_ids() -> dict[str, UUID]:
    """Item group code -> id."""
    return {row[0]: id_at(BORN, _GROUP, n) for n, row in enumerate(GROUPS)}


def tax_ids() -> dict[str, UUID]:
    """Tax code -> id."""
    return {row[0]: id_at(BORN, _TAX, n) for n, row in enumerate(TAXES)}


def make_items(count: int) -> list[Item]:
    """So many items, every kind with its first brand before any second brand."""
    draw = chance("goods")
    tops = {code: above or code for code, above, _, _ in GROUPS}
    brands = max(len(brands) for brands in BRANDS.values())
    found: list[Item] = []
    for brand, kind in product(range(brands), kinds()):
        top = tops[kind.group]
        name, percent = BRANDS[top][brand]
        for (size, price), (variety, variety_en) in product(kind.sizes, kind.varieties):
            n = len(found)
            if n == count:
                return found
            found.append(
                Item(
                    n=n,
                    id=id_at(BORN, _ITEM, n),
                    code=f"{kind.group.replace('-', '')[:4]}{n + 1:04d}",
                    kind=kind,
                    top=top,
                    name_vi=" ".join(filter(None, (kind.name_vi, name, variety, size))),
                    name_en=", ".join(filter(None, (f"{name} {kind.name_en}", variety_en, size))),
                    price=round_to(price * (100 + percent), 10_000),
                    carton=kind.packagings[-1][1],
                    appetite=min(12.0, draw.paretovariate(1.3)) / (1 + brand / 4),
                )
            )
    return found


def round_to(hundredths: int, step: int) -> int:
    """An amount in hundredths of a đồng to whole steps of hundredths, half up, given back in đồng."""
    return (hundredths + step // 2) // step * step // 100


def item_rows(items: list[Item]) -> list[tuple[object, ...]]:
    """Rows of `items`: id, code, both names, folded, group, unit, tax, list price and cost (10^-6 VND)."""
    groups, taxes = group_ids(), tax_ids()
    return [
        (
            item.id, item.code, item.name_vi, item.name_en, fold(f"{item.code} {item.name_vi} {item.name_en}"),
            groups[item.kind.group], item.kind.unit, taxes[item.kind.tax], item.price * MICRO,
            round_to(item.price * (74 + item.n % 9), 1000) * MICRO,
        )
        for item in items
    ]  # fmt: skip


def packaging_rows(items: list[Item]) -> list[tuple[object, ...]]:
    """Rows of `packagings`: id, item, unit, base units in it, barcode of the carton and the inner pack."""
    return [
        (id_at(BORN, _PACK, item.n * 4 + place), item.id, unit, count, _barcode(item.n * 4 + place))
        for item in items
        for place, (unit, count) in enumerate(item.kind.packagings)
    ]


def _barcode(n: int) -> str:
    """An EAN-13 of Vietnam (893) with its check digit."""
    twelve = f"8936{n * 7 + 1000001:08d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"
