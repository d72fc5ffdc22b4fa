"""What a distributor of everyday goods carries: groups, kinds of goods with sizes and prices, and made-up brands."""

from pathlib import Path
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """One kind of goods; brands, varieties and sizes make the single items of it.

    `sizes`: size text and list price in VND per base unit, before VAT. `packagings`: unit and base units in it, the
    carton last. `varieties`: Vietnamese and English.
    """

    group: str
    name_vi: str
    name_en: str
    unit: str
    sizes: tuple[tuple[str, int], ...]
    varieties: tuple[tuple[str, str], ...]
    packagings: tuple[tuple[str, int], ...]
    tax: str


# code, code of the group above, Vietnamese, English
GROUPS: Final = (
    ("SUA", None, "Sữa", "Dairy"), ("SUA-TUOI", "SUA", "Sữa tươi", "Fresh milk"),
    ("SUA-CHUA", "SUA", "Sữa chua", "Yoghurt"), ("SUA-DAC", "SUA", "Sữa đặc", "Condensed milk"),
    ("NUOC", None, "Nước giải khát", "Drinks"), ("NUOC-NGOT", "NUOC", "Nước ngọt", "Soft drinks"),
    ("NUOC-SUOI", "NUOC", "Nước suối", "Water"), ("TRA", "NUOC", "Trà đóng chai", "Bottled tea"),
    ("TANG-LUC", "NUOC", "Nước tăng lực", "Energy drinks"), ("BIA", "NUOC", "Bia", "Beer"),
    ("AN-LIEN", None, "Thực phẩm ăn liền", "Instant food"), ("MI", "AN-LIEN", "Mì gói", "Instant noodles"),
    ("PHO", "AN-LIEN", "Phở, bún, cháo", "Instant pho and porridge"), ("DO-HOP", "AN-LIEN", "Đồ hộp", "Canned food"),
    ("GIA-VI", None, "Gia vị", "Seasoning"), ("NUOC-MAM", "GIA-VI", "Nước mắm", "Fish sauce"),
    ("NUOC-CHAM", "GIA-VI", "Nước tương, tương ớt", "Sauces"), ("DAU-AN", "GIA-VI", "Dầu ăn", "Cooking oil"),
    ("BOT-NEM", "GIA-VI", "Hạt nêm, bột ngọt", "Stock powder"), ("DUONG", "GIA-VI", "Đường, muối", "Sugar and salt"),
    ("BANH-KEO", None, "Bánh kẹo", "Biscuits and sweets"), ("BANH", "BANH-KEO", "Bánh", "Biscuits"),
    ("KEO", "BANH-KEO", "Kẹo", "Sweets"), ("SNACK", "BANH-KEO", "Snack", "Snacks"),
    ("CA-PHE", None, "Cà phê", "Coffee"),
    ("GIAT-TAY", None, "Hóa phẩm", "Household"), ("BOT-GIAT", "GIAT-TAY", "Giặt xả", "Laundry"),
    ("LAU-RUA", "GIAT-TAY", "Lau rửa", "Cleaning"),
    ("CA-NHAN", None, "Chăm sóc cá nhân", "Personal care"), ("GOI-TAM", "CA-NHAN", "Dầu gội, sữa tắm", "Bath and hair"),
    ("RANG-MIENG", "CA-NHAN", "Răng miệng", "Oral care"), ("GIAY", "CA-NHAN", "Giấy, khăn", "Paper"),
)  # fmt: skip

# Top group -> made-up brands of its goods, each dearer or cheaper than the list by so many percent.
BRANDS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "SUA": (
        ("Đồng Xanh", 0), ("Bò Mộc", 6), ("Thảo Nguyên", -5), ("Mục Đồng", -8), ("Nhà Ta", 3), ("Nắng Mai", 11),
        ("Bạch Dương", 7), ("Cỏ Non", -3), ("Sữa Làng", -6),
    ),
    "NUOC": (
        ("Suối Mơ", 0), ("Vịnh Xanh", 4), ("Mùa Hè", -6), ("Tia Chớp", 9), ("Sông Thu", -3), ("Đá Bạc", 6),
        ("Mưa Rào", -8), ("Núi Tuyết", 12), ("Gió Lành", 2),
    ),
    "AN-LIEN": (
        ("Bếp Việt", 0), ("Cô Gái Quê", 5), ("Nồi Vàng", -7), ("Hương Đồng", 3), ("Một Phút", -4), ("Chợ Sớm", -9),
        ("Mâm Cơm", 8), ("Sum Vầy", 6), ("Lửa Hồng", -2),
    ),
    "GIA-VI": (
        ("Biển Xanh", 0), ("Làng Chài", 8), ("Vị Quê", -5), ("Cánh Buồm", 4), ("Bếp Hồng", -9), ("Mẹ Nấu", 6),
        ("Cá Vàng", -3), ("Đậm Đà", 2), ("Thơm Ngon", -7),
    ),
    "BANH-KEO": (
        ("Trăng Rằm", 0), ("Bé Vui", -6), ("Hoàng Yến", 7), ("Kẹo Làng", -3), ("Ngàn Sao", 10), ("Mật Ngọt", 4),
        ("Hội Xuân", 8), ("Giòn Tan", -5), ("Bà Ngoại", 2),
    ),
    "CA-PHE": (
        ("Buôn Làng", 0), ("Phố Núi", 6), ("Đất Đỏ", -7), ("Sương Sớm", 12), ("Gió Ngàn", 3), ("Cao Nguyên Xanh", 9),
        ("Thức Giấc", -4), ("Vỉa Hè", -9), ("Phin Bạc", 5),
    ),
    "GIAT-TAY": (
        ("Trắng Sáng", 0), ("Nắng Mới", -8), ("Sạch Thơm", 5), ("Hoa Nắng", 9), ("Tinh Khôi", -4), ("Bọt Biển", 3),
        ("Mây Trắng", 7), ("Gọn Gàng", -6), ("Lá Xanh", 2),
    ),
    "CA-NHAN": (
        ("Thanh Mai", 0), ("Hương Sen", 7), ("Mộc Lan", -6), ("Dịu Êm", 4), ("Bạch Liên", -3), ("Tóc Mây", 9),
        ("Ngọc Lan", 5), ("Mát Lành", -8), ("Thơm Thảo", 2),
    ),
}  # fmt: skip


def _pairs(text: str, between: str) -> list[tuple[str, str]]:
    pieces = (piece.strip().rpartition(between) for piece in text.split(","))
    return [(left, right) for left, _, right in pieces]


def _kind(line: str) -> Kind:
    group, name_vi, name_en, unit, sizes, varieties, packagings, tax = (part.strip() for part in line.split("|"))
    return Kind(
        group,
        name_vi,
        name_en,
        unit,
        tuple((size, int(price)) for size, price in _pairs(sizes, "=")),
        tuple(_pairs(varieties, "=")),
        tuple((pack, int(count)) for pack, count in _pairs(packagings, " ")),
        tax,
    )


def kinds() -> list[Kind]:
    """All kinds of `shelf.txt`, in its order."""
    lines = (Path(__file__).parent / "shelf.txt").read_text("utf-8").splitlines()
    return [_kind(line) for line in lines if line and not line.startswith("#")]
