"""What columns of price lists and discount programmes are called in Vietnamese and English. Folded: no accents."""

from typing import Final, Literal

Kind = Literal["prices", "promotions"]

_ITEM: Final = {
    "item_code": (
        "ma hang", "ma sp", "ma san pham", "ma hang hoa", "ma vat tu", "ma so", "ma", "sku", "item code",
        "product code",
        "item no", "code", "article",
    ),
    "item_name": (
        "ten hang", "ten sp", "ten san pham", "ten hang hoa", "ten vat tu", "mat hang", "san pham", "hang hoa",
        "item name",
        "item", "product", "product name", "description", "dien giai",
    ),
    "item_group": ("nhom hang", "nhom san pham", "nhom sp", "nganh hang", "item group", "product group", "category"),
}  # fmt: skip
_WHO: Final = {
    "customer": (
        "khach hang", "ma kh", "ma khach", "ma khach hang", "ten khach hang", "khach", "customer", "customer code",
        "customer name",
    ),
    "customer_group": (
        "nhom kh", "nhom khach", "nhom khach hang", "loai khach", "loai khach hang", "kenh", "customer group",
        "customer type", "channel",
    ),
}  # fmt: skip
_WHEN: Final = {
    "valid_from": (
        "tu ngay", "ngay bat dau", "ngay hieu luc", "hieu luc tu", "ap dung tu", "ngay ap dung", "from", "from date",
        "valid from", "start", "start date", "effective", "effective from",
    ),
    "valid_to": (
        "den ngay", "ngay ket thuc", "ngay het han", "het hieu luc", "hieu luc den", "ap dung den", "to", "to date",
        "valid to", "until", "end", "end date",
    ),
}  # fmt: skip
_MINIMUM: Final = (
    "sl tu", "so luong tu", "sl toi thieu", "so luong toi thieu", "sl mua", "so luong mua", "mua tu", "dinh muc",
    "muc sl",
    "tu so luong", "min qty", "minimum quantity", "minimum qty", "qty from", "from qty", "quantity from", "break",
)  # fmt: skip
_PERCENT: Final = (
    "chiet khau %", "chiet khau", "ck %", "ck", "% ck", "% chiet khau", "giam %", "% giam", "ty le giam",
    "ty le chiet khau",
    "%", "discount %", "discount", "percent", "% off",
)  # fmt: skip

WORDS: Final[dict[Kind, dict[str, tuple[str, ...]]]] = {
    "prices": {
        **_ITEM,
        **_WHO,
        **_WHEN,
        "unit": ("dvt", "don vi tinh", "don vi", "quy cach", "unit", "uom", "unit of measure"),
        "price": (
            "don gia", "gia", "gia ban", "gia moi", "don gia ban", "gia ban le", "gia ban si", "gia niem yet", "price",
            "unit price", "list price", "selling price", "new price",
        ),
        "min_qty": _MINIMUM,
        "max_qty": (
            "sl den", "so luong den", "sl toi da", "so luong toi da", "max qty", "maximum quantity", "qty to", "to qty",
        ),
        "percent": _PERCENT,
    },
    "promotions": {
        **_ITEM,
        **_WHO,
        **_WHEN,
        "promo_code": (
            "ma ct", "ma chuong trinh", "ma km", "ma khuyen mai", "ma ctkm", "ma ck", "so ct", "programme code",
            "program code", "promotion code", "promo code", "programme", "program", "promotion",
        ),
        "promo_name": (
            "ten ct", "ten chuong trinh", "ten km", "ten khuyen mai", "ten ctkm", "noi dung", "chuong trinh",
            "programme name", "program name", "promotion name", "name",
        ),
        "min_qty": _MINIMUM,
        "min_amount": (
            "doanh so tu", "tri gia tu", "tien hang tu", "gia tri tu", "gia tri don tu", "doanh so", "min amount",
            "minimum amount", "amount from", "order value from",
        ),
        "percent": _PERCENT,
        "amount_unit": (
            "giam moi san pham", "giam moi sp", "giam moi don vi", "giam gia don vi", "giam tren don vi",
            "tien giam moi sp",
            "amount per unit", "off per unit",
        ),
        "amount_order": (
            "so tien", "so tien giam", "giam tien", "tien giam", "tien chiet khau", "giam don hang", "amount",
            "amount off",
            "discount amount",
        ),
        "gift_item": (
            "tang", "hang tang", "ma hang tang", "ma tang", "qua tang", "san pham tang", "sp tang", "gift", "gift item",
            "free item", "free goods",
        ),
        "gift_qty": ("sl tang", "so luong tang", "gift qty", "gift quantity", "free qty", "free quantity"),
        "group": ("nhom ct", "nhom chuong trinh", "nhom km", "nhom khuyen mai", "loai tru", "promotion group", "group"),
        "exclusive": ("doc quyen", "khong cong don", "ap dung rieng", "exclusive", "not combinable"),
    },
}  # fmt: skip
PER_UNIT: Final[dict[Kind, dict[str, tuple[str, ...]]]] = {
    "prices": {"price": ("gia", "don gia", "gia ban", "gia 1", "price", "price per", "unit price")},
    "promotions": {},
}
ROLES: Final = {kind: tuple(words) for kind, words in WORDS.items()}
NUMBERS: Final = ("price", "min_qty", "max_qty", "percent", "min_amount", "amount_unit", "amount_order", "gift_qty")
DAYS: Final = ("valid_from", "valid_to")
# Roles more than one column may hold: a price for the box and one for the piece.
REPEATED: Final = ("price",)
# What a row has to have something of, to be a row of the table at all and not a title or a total.
CORE: Final[dict[Kind, tuple[str, ...]]] = {
    "prices": ("price", "percent"),
    "promotions": ("promo_code", "percent", "amount_unit", "amount_order", "gift_item", "gift_qty"),
}
