"""Vietnamese names: of people, of shops by channel, of phones and tax numbers."""

from random import Random
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FAMILIES: Final = _words(
    "Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Trần Lê Lê Phạm Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý "
    "Trương Đinh Lâm Mai Tô Trịnh Cao Châu Tạ Quách Thái Lưu La Kiều Hà"
)
_WOMEN_MIDDLE: Final = _words("Thị Thị Thị Ngọc Kim Thu Thanh Bích Mỹ Phương Diệu Hồng Minh Bảo")
_MEN_MIDDLE: Final = _words("Văn Văn Văn Hữu Đức Minh Quốc Thành Công Xuân Ngọc Đình Trọng Anh Hoàng Tấn Gia")
_WOMEN: Final = _words(
    "Anh Chi Dung Duyên Hà Hạnh Hằng Hiền Hoa Hồng Hương Huyền Lan Liên Linh Loan Ly Mai My Nga Ngân Nhung Oanh Phượng "
    "Quyên Sương Tâm Thảo Thơ Thu Thủy Thúy Trâm Trang Trinh Tuyết Uyên Vân Vy Xuân Yến"
)
_MEN: Final = _words(
    "An Bảo Bình Cường Danh Dũng Duy Dương Đạt Đức Giang Hải Hiếu Hòa Hoàng Hùng Huy Khải Khánh Khoa Kiên Lâm Long Lộc "
    "Luân Mạnh Nam Nghĩa Nhân Phát Phong Phúc Phước Quân Quang Sang Sơn Tài Tân Thắng Thành Thiện Thịnh Tiến Toàn Trí "
    "Trung Tú Tuấn Tùng Việt Vinh Vũ Vương"
)
_SHOP_FIRST: Final = _words(
    "Minh Quốc Xuân Thanh Hồng Kim Ngọc Phú Tân Bảo Gia Đức Hoàng Thiên Hải An Thu Bích Mỹ Phúc Hưng Tấn Trường Thành "
    "Vạn Đại Nam Phương Hữu Anh Nhật Ánh Tuấn Quang Việt Đông Bình Hạnh Cẩm Diễm"
)
_SHOP_SECOND: Final = _words(
    "Anh Đạt Cường Bình Phúc Liên Lan Hương Phát Thịnh Long Hưng Lợi Hòa Tâm Hà Châu Dung Thảo Mai Vy Tuyền Khang An "
    "Đức Tài Lộc Thành Vinh Nga Yến Hoa Thủy Sơn Quân Nhung Trinh Loan Tiến Nghĩa Quyên Hằng Trâm Phượng Hiệp"
)
_KIN: Final = tuple(
    f"{who} {n}" for who in ("Cô", "Chú", "Dì", "Bà") for n in ("Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Út")
)
_POETIC: Final = (
    "Góc Phố", "Sân Vườn", "Mộc", "Hoa Giấy", "Ban Mai", "Chiều", "Nắng", "Bến Xưa", "Hương Quê", "Phố Cũ", "Vườn Xoài",
    "Gió Biển", "Hoài Niệm", "Ngõ Nhỏ", "Hiên Nhà", "Trúc Xanh", "Sông Quê", "Thềm Xưa", "Sen Hồng", "Mây",
)  # fmt: skip

# channel -> (pattern, how often); {pair} {kin} {poetic} are drawn
SHOPS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "TH": (
        ("Tạp hóa {pair}", 40), ("Cửa hàng {pair}", 22), ("Tạp hóa {kin}", 10), ("Bách hóa {pair}", 7),
        ("Cửa hàng tiện lợi {pair}", 5), ("Nhà thuốc {pair}", 6), ("Shop mẹ và bé {pair}", 4), ("Quầy hàng {pair}", 4),
    ),
    "DL1": (("Công ty TNHH TM {pair}", 4), ("Nhà phân phối {pair}", 4), ("Công ty TNHH MTV {pair}", 2)),
    "DL2": (("Đại lý {pair}", 8), ("Đại lý sữa {pair}", 2), ("Đại lý bia nước ngọt {pair}", 2)),
    "ST": (("Siêu thị mini {pair}", 8), ("{pair} Mart", 4), ("Siêu thị {pair}", 2), ("Minimart {pair}", 3)),
    "HRC": (
        ("Quán cơm {pair}", 4), ("Cà phê {poetic}", 6), ("Nhà hàng {pair}", 3), ("Quán phở {pair}", 3),
        ("Bún bò {kin}", 3), ("Quán {kin}", 4), ("Khách sạn {pair}", 2), ("Trà sữa {poetic}", 3), ("Lẩu {pair}", 2),
    ),
}  # fmt: skip

_MOBILE: Final = _words(
    "090 093 089 091 094 088 097 098 096 086 032 033 034 035 036 037 038 039 070 076 077 078 079 081 082 083 084 085"
)
_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def person(draw: Random) -> tuple[str, bool]:
    """A full name, and whether it is a woman's."""
    woman = draw.random() < 0.55
    middle, given = (_WOMEN_MIDDLE, _WOMEN) if woman else (_MEN_MIDDLE, _MEN)
    return f"{draw.choice(FAMILIES)} {draw.choice(middle)} {draw.choice(given)}", woman


def pair(draw: Random) -> str:
    """The name a shop is known by: two words that do not repeat each other."""
    first, second = draw.choice(_SHOP_FIRST), draw.choice(_SHOP_SECOND)
    while first == second:
        second = draw.choice(_SHOP_SECOND)
    return f"{first} {second}"


def shop(draw: Random, channel: str) -> str:
    """The name over a shop's door, as its channel would have it."""
    patterns = SHOPS[channel]
    pattern = draw.choices([text for text, _ in patterns], [often for _, often in patterns])[0]
    return pattern.format(pair=pair(draw), kin=draw.choice(_KIN), poetic=draw.choice(_POETIC))


def phone(draw: Random) -> str:
    """A mobile number with a prefix in use, written the way people write it."""
    rest = f"{draw.randrange(10_000_000):07d}"
    return f"{draw.choice(_MOBILE)}{rest[0]} {rest[1:4]} {rest[4:]}"


def tax_number(draw: Random, office: str) -> str:
    """A ten-digit tax code whose last digit is its checksum; `office` is the two digits of the tax office."""
    while True:
        nine = f"{office}{draw.randrange(10_000_000):07d}"
        check = 10 - sum(int(digit) * weight for digit, weight in zip(nine, _TAX_WEIGHTS, strict=True)) % 11
        if check < 10:
            return f"{nine}{check}"
