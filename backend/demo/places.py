"""Where customers are: each rep's territory of real wards, and addresses as people write them, old and new style."""

import math
from random import Random
from typing import Final, NamedTuple

from backend.geo.units import Unit, units

Point = tuple[float, float]

# Region position -> how many reps work each province of the old 63, Lan's and Bob's own districts apart.
TERRITORIES: Final[dict[int, tuple[tuple[str, int], ...]]] = {
    2: (("79", 6), ("75", 2), ("74", 2), ("77", 1)),
    4: (("01", 4), ("31", 2), ("22", 1), ("27", 1), ("36", 1)),
    6: (("48", 2), ("46", 1), ("49", 1), ("52", 1), ("56", 1), ("40", 1), ("66", 1)),
    7: (("92", 2), ("80", 1), ("82", 1), ("87", 1), ("89", 1), ("91", 1), ("96", 1)),
}
MORE_TERRITORIES: Final[dict[int, tuple[tuple[str, int], ...]]] = {2: (("72", 1),), 4: (("30", 1),)}
LAN_DISTRICTS: Final = ("770", "760", "771", "768")
BOB_DISTRICTS: Final = ("002", "001", "006", "005")

_STREETS: Final = (
    "Nguyễn Trãi", "Lê Lợi", "Trần Hưng Đạo", "Hai Bà Trưng", "Nguyễn Huệ", "Lý Thường Kiệt", "Quang Trung", "Lê Duẩn",
    "Nguyễn Văn Cừ", "Phan Chu Trinh", "Phan Đình Phùng", "Võ Thị Sáu", "Nguyễn Thị Minh Khai", "Điện Biên Phủ",
    "Lê Hồng Phong", "Hùng Vương", "Trần Phú", "Ngô Quyền", "Bà Triệu", "Hoàng Diệu", "Nguyễn Du", "Lê Thánh Tôn",
    "Hoàng Văn Thụ", "Trường Chinh", "Nguyễn Đình Chiểu", "Phạm Ngũ Lão", "Lê Lai", "Bạch Đằng", "Huỳnh Thúc Kháng",
    "Nguyễn Công Trứ", "Tôn Đức Thắng", "Phạm Văn Đồng", "Võ Văn Kiệt", "Lê Văn Sỹ", "Nguyễn Tri Phương", "Ngô Gia Tự",
    "Trần Quang Khải", "Đinh Tiên Hoàng", "Lạc Long Quân", "Âu Cơ", "Hồ Xuân Hương", "Bùi Thị Xuân", "Yên Bái",
)  # fmt: skip
_LAN_STREETS: Final = {
    "770": ("Cách Mạng Tháng Tám", "Lê Văn Sỹ", "Võ Văn Tần", "Nguyễn Đình Chiểu", "Bàn Cờ", "Kỳ Đồng"),
    "760": ("Nguyễn Trãi", "Lê Lợi", "Hai Bà Trưng", "Trần Quang Khải", "Bùi Viện", "Cô Giang", "Đề Thám", "Calmette"),
    "771": ("Ba Tháng Hai", "Sư Vạn Hạnh", "Tô Hiến Thành", "Nguyễn Tri Phương", "Vĩnh Viễn", "Hòa Hảo", "Bà Hạt"),
    "768": ("Phan Xích Long", "Phan Đình Phùng", "Huỳnh Văn Bánh", "Trần Huy Liệu", "Nguyễn Văn Trỗi", "Lê Văn Sỹ"),
}
_HANOI_STREETS: Final = {
    "002": ("Hàng Bông", "Hàng Gai", "Hàng Buồm", "Lý Thái Tổ", "Tràng Tiền", "Lương Văn Can", "Mã Mây"),
    "001": ("Đội Cấn", "Kim Mã", "Giảng Võ", "Phan Đình Phùng", "Ngọc Hà", "Quán Thánh", "Liễu Giai"),
    "006": ("Khâm Thiên", "Tôn Đức Thắng", "Thái Hà", "Chùa Bộc", "Xã Đàn", "Láng Hạ", "Tây Sơn"),
    "005": ("Cầu Giấy", "Xuân Thủy", "Trung Kính", "Nguyễn Khang", "Hoàng Quốc Việt", "Trần Thái Tông"),
}
# What stands in the ward, for the note a driver reads.
LANDMARKS: Final = {
    "26734": "chợ Tân Định", "26740": "Nhà thờ Đức Bà", "26743": "chợ Bến Thành", "26749": "công viên 23/9",
    "26737": "Thảo Cầm Viên", "27160": "chợ Bàn Cờ", "27127": "ga Sài Gòn", "27187": "chợ Nguyễn Tri Phương",
    "27172": "Vạn Hạnh Mall", "00040": "chợ Đồng Xuân", "00070": "Hồ Gươm", "00079": "Nhà hát Lớn",
    "00181": "Văn Miếu", "00202": "phố Khâm Thiên", "31135": "bến Ninh Kiều", "19777": "thôn Vỹ Dạ",
}  # fmt: skip
UNLOCATABLE: Final = (
    "Gần chợ, đối diện cây xăng", "Ngã ba trạm xăng, hỏi anh Tư", "Gọi trước khi giao", "Kiot 12 chợ đầu mối",
    "Bến xe cũ, dãy bên phải", "Cổng sau trường học", "Đang dời địa điểm, gọi điện hỏi", "Nhà kho số 3, khu tập thể",
)  # fmt: skip
ABROAD: Final[tuple[tuple[str, str, Point], ...]] = (
    ("Minh Phát Phnom Penh Trading", "112 Street 271, Boeung Tumpun, Phnom Penh, Campuchia", (11.5321, 104.9087)),
    ("Sok Heng Mini Mart", "45 Street 63, Boeung Keng Kang I, Phnom Penh, Campuchia", (11.5502, 104.9266)),
)


class Spot(NamedTuple):
    """An address: its text, a pin when one is known, and what stands nearby."""

    text: str
    pin: Point | None
    landmark: str | None


def territories(region: int, *, large: bool) -> list[list[Unit]]:
    """The old wards each rep of a region works, rep by rep: neighbouring districts, towns before the countryside."""
    taken = {*LAN_DISTRICTS, *BOB_DISTRICTS}
    found: list[list[Unit]] = []
    for province, reps in TERRITORIES[region] + (MORE_TERRITORIES.get(region, ()) if large else ()):
        districts = [d for d in units().districts.values() if d.parent == province and d.code not in taken]
        towns_first = sorted(districts, key=lambda district: (district.kind == "Huyện", district.code))
        each = max(1, min(4, len(towns_first) // reps))
        for rep in range(reps):
            found.append(wards_of(tuple(d.code for d in towns_first[rep * each : (rep + 1) * each])))
    return found


def wards_of(districts: tuple[str, ...]) -> list[Unit]:
    """The old wards of some districts that have a successor with a known centre."""
    return [ward for ward in units().wards_old.values() if ward.parent in districts and ward.links]


def _street(draw: Random, ward: Unit) -> str:
    if ward.kind == "Xã" and not ward.name.startswith("Phường") and draw.random() < 0.6:
        south = units().districts[ward.parent].parent >= "70"
        hamlet = f"{draw.randrange(1, 9)}" if south else draw.choice(("Đông", "Đoài", "Thượng", "Hạ", "Trung", "Nội"))
        return f"{'Ấp' if south else 'Thôn'} {hamlet}"
    names = _LAN_STREETS.get(ward.parent) or _HANOI_STREETS.get(ward.parent) or _STREETS
    number = draw.randrange(1, 480)
    doors = (f"{number}", f"{number}{draw.choice('ABC')}", f"{number}/{draw.randrange(1, 60)}", f"Số {number}")
    house = draw.choices(doors, (60, 10, 20, 10))[0]
    return f"{house} {draw.choice(names)}"


def _full(unit: Unit) -> str:
    return unit.name if unit.name.startswith("Phường ") else unit.full_name


def _province(draw: Random, unit: Unit) -> str:
    if unit.name == "Hồ Chí Minh":
        return draw.choice(("TP HCM", "TP. Hồ Chí Minh", "TP.HCM", "Thành phố Hồ Chí Minh"))
    if unit.kind == "Thành phố":
        return draw.choice((f"TP {unit.name}", unit.name))
    return draw.choice((f"Tỉnh {unit.name}", unit.name))


def _old_style(draw: Random, ward: Unit) -> str:
    district = units().districts[ward.parent]
    ward_text, district_text = _full(ward), district.full_name
    if ward_text.removeprefix("Phường ").isdigit() and draw.random() < 0.3:
        ward_text = f"P.{ward_text.removeprefix('Phường ')}"
    if district.name.isdigit() and draw.random() < 0.3:
        district_text = f"Q.{district.name}"
    if district.kind == "Thành phố" and draw.random() < 0.5:
        district_text = f"TP {district.name.removeprefix('Thành Phố ')}"
    return f"{_street(draw, ward)}, {ward_text}, {district_text}, {_province(draw, units().p63[district.parent])}"


def _new_style(draw: Random, ward: Unit, successor: Unit) -> str:
    return f"{_street(draw, ward)}, {successor.full_name}, {_province(draw, units().p34[successor.parent])}"


def _near(draw: Random, ward: Unit) -> Point:
    """A point by the ward's centre: within a fifth of its width, 600 m at most."""
    reach = min(600.0, 1000 * math.sqrt(ward.area_km2 or 1.0) / 5)
    away, turn = reach * math.sqrt(draw.random()), draw.random() * 2 * math.pi
    lat = ward.lat + away * math.cos(turn) / 111_320
    return round(lat, 6), round(ward.lon + away * math.sin(turn) / (111_320 * math.cos(math.radians(ward.lat))), 6)


def spot(draw: Random, wards: list[Unit]) -> Spot:
    """One address in a territory: half in the old style, 70 % with a pin, 2 % that nobody can find."""
    if draw.random() < 0.02:
        return Spot(draw.choice(UNLOCATABLE), None, None)
    ward = draw.choice(wards)
    successor = units().wards_new[ward.links[0]]
    text = _old_style(draw, ward) if draw.random() < 0.5 else _new_style(draw, ward, successor)
    pin = _near(draw, successor) if draw.random() < 0.7 else None
    return Spot(text, pin, LANDMARKS.get(ward.code) if draw.random() < 0.5 else None)
