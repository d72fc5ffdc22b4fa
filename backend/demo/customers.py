"""The customers: who and whose they are, how much they buy; and the few that every story of Lan's tells about."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final
from uuid import UUID

from backend.customers.rules import code_of
from backend.demo import names
from backend.demo.company import OFFICES, Company, Rep
from backend.demo.places import ABROAD, Spot, spot
from backend.demo.prices import COMMON, DEALER, MARKET
from backend.demo.scales import Scale
from backend.demo.seeds import chance, id_at, midnight

_CUSTOMER: Final = 8
EACH_DAY: Final = 12
NEAR_LIMIT, ON_HOLD, CASH_ONLY = 3, 4, 5

# channel -> how many of a hundred, how much they buy, price list, credit limit in million VND
CHANNELS: Final[dict[str, tuple[int, float, str, tuple[int, ...]]]] = {
    "TH": (62, 1.0, COMMON, (10, 20, 20, 30)),
    "DL2": (10, 3.0, DEALER, (80, 120, 150)),
    "DL1": (3, 7.0, DEALER, (300, 400, 500)),
    "ST": (8, 2.6, MARKET, (60, 100, 150)),
    "HRC": (17, 0.8, COMMON, (10, 15, 20)),
}
# Lan's first customers, in order: name, channel, phone.
LANS: Final = (
    ("Cửa hàng Minh", "TH", "0903 217 446"),
    ("Tạp hóa Quốc Đạt", "TH", "0938 456 789"),
    ("Cửa hàng Minh Anh", "TH", "0907 315 228"),
    ("Đại lý Xuân Cường", "DL2", "0918 640 512"),
    ("Siêu thị mini Hồng Phúc", "ST", "0989 072 364"),
    ("Quán Cô Ba", "HRC", "0933 581 097"),
    ("Nhà thuốc Thanh Bình", "TH", "0909 826 130"),
)
_NOTES: Final = (
    "Giao hàng trước 9 giờ", "Hẻm nhỏ, xe tải không vào được", "Thanh toán tiền mặt khi giao", "Nghỉ chủ nhật",
    "Gọi trước 30 phút", "Ưu tiên hàng mới", "Kiểm đếm kỹ khi nhận", "Có kho phía sau",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Customer:
    """A customer as the generators know it. `weight`: how much of the company's orders are theirs."""

    n: int
    id: UUID
    code: str
    rep: Rep
    channel: str
    name: str
    owner: str
    woman: bool
    phone: str
    tax_no: str | None
    since: date
    stage: str
    lead_state: str
    status: str
    priority: int
    weekday: int | None
    note: str | None
    weight: float
    limit: int | None
    spots: list[Spot]

    @property
    def price_list(self) -> str:
        return CHANNELS[self.channel][2]


def make_customers(company: Company, scale: Scale, today: date) -> list[Customer]:
    """All customers, Lan's first, then Bob's, then everybody else's in turn; the last two are abroad."""
    draw, where = chance("customers"), chance("addresses")
    phones = {phone for _, _, phone in LANS}
    found: list[Customer] = []
    for n, (rep, place) in enumerate(_shares(company, scale)):
        customer = _customer(draw, n, rep, place, today=today)
        if rep.position != 3 or place >= len(LANS):
            while customer.phone in phones or (rep.position == 3 and customer.phone.endswith("789")):
                customer.phone = names.phone(draw)
        phones.add(customer.phone)
        if n >= scale.customers - len(ABROAD):
            customer.name, text, pin = ABROAD[scale.customers - 1 - n]
            customer.channel, customer.spots = "DL2", [Spot(text, pin, None)]
        else:
            customer.spots = [spot(where, rep.wards) for _ in range(1 if n % 3 == 0 and n > 3 else 2)]
        landmark = next((s.landmark for s in customer.spots if s.landmark), None)
        if landmark:
            customer.note = f"Gần {landmark}" if customer.note is None else f"Gần {landmark}. {customer.note}"
        found.append(customer)
    return found


def _shares(company: Company, scale: Scale) -> list[tuple[Rep, int]]:
    """Each customer's rep, and its place among that rep's customers."""
    lan, bob, *others = company.reps
    rest = scale.customers - scale.lan - scale.bob
    shares = [(lan, place) for place in range(scale.lan)] + [(bob, place) for place in range(scale.bob)]
    return shares + [(others[-1 - n % len(others)], n // len(others)) for n in range(rest)][::-1]


def _customer(draw: Random, n: int, rep: Rep, place: int, *, today: date) -> Customer:
    channel = draw.choices(list(CHANNELS), [row[0] for row in CHANNELS.values()])[0]
    owner, woman = names.person(draw)
    name, phone = names.shop(draw, channel), names.phone(draw)
    lans = rep.position == 3
    if lans and place < len(LANS):
        name, channel, phone = LANS[place]
    special = lans and place < len(LANS)
    lead = not special and draw.random() < 0.06
    age = draw.randrange(30, 75 if lead else 2400)
    since = today - timedelta(days=2000 if special else age)
    status = "active" if lans or lead else draw.choices(("active", "locked", "closed"), (97.5, 1, 1.5))[0]
    taxed = channel in ("DL1", "DL2", "ST") or draw.random() < 0.35
    limit = draw.choice((*CHANNELS[channel][3], None if channel == "DL1" else 0))
    key = id_at(midnight(since) * 1000, _CUSTOMER, n + 4711)
    return Customer(
        n=n, id=key, code=code_of(key), rep=rep, channel=channel, name=name, owner=owner, woman=woman, phone=phone,
        tax_no=names.tax_number(draw, draw.choice(OFFICES[rep.region])) if taxed else None,
        since=since, stage="lead" if lead else "account",
        lead_state=draw.choice(("new", "assigned", "working", "qualified")) if lead else "converted",
        status=status, priority=draw.choices((1, 2, 3, 4, 5), (10, 20, 40, 20, 10))[0],
        weekday=_weekday(place, lans=lans, today=today),
        note=draw.choice(_NOTES) if draw.random() < 0.25 else None,
        weight=0.0 if lead else CHANNELS[channel][1] * min(12.0, draw.paretovariate(1.4)) * (3.0 if special else 1.0),
        limit=_limit(place, limit) if special else None if limit is None else limit * 1_000_000, spots=[],
    )  # fmt: skip


def _limit(place: int, million: int | None) -> int | None:
    """Lan's own customers: plenty of room, but for one near its limit and one that pays cash."""
    return {NEAR_LIMIT: 120_000_000, CASH_ONLY: 0}.get(place, (million or 30) * 1_000_000)


def _weekday(place: int, *, lans: bool, today: date) -> int | None:
    """Lan has twelve customers planned on every day of the week, the first of them today; the others work six days."""
    if lans:
        return (today.weekday() + place) % 7 + 1 if place < 7 * EACH_DAY else None
    return place % 6 + 1 if place < 6 * EACH_DAY else None
