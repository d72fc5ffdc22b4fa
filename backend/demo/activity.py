"""What the reps did in the last ninety days: visits with their check-ins, and expenses."""

import math
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

from backend.demo.company import Company
from backend.demo.copying import copy, row
from backend.demo.customers import Customer
from backend.demo.load_customers import Book
from backend.demo.load_trade import LIVED_DAYS
from backend.demo.seeds import chance, id_at, midnight, moment_at
from backend.geo.checkin import Verdict, judge

_VISIT, _EXPENSE = 26, 27
LANS_POSITION: Final = 3  # her route is full on Sundays too, so that the demo shows one on any day
_PURPOSES: Final = ("sales", "sales", "sales", "sales", "care", "display", "collect", "survey")
_OUTCOMES: Final = ("no_need", "still_stocked", "owner_away", "competitor", "closed")
_STEPS: Final = ("Mang mẫu mới", "Gửi bảng giá", "Thu công nợ", "Đổi hàng cận hạn", "Chốt đơn Tết")
_NOTES: Final = (
    "Khách hài lòng, hẹn đặt thêm tuần sau", "Kệ còn trống, đề nghị trưng bày thêm", "Hàng đối thủ khuyến mãi mạnh",
    "Còn tồn hai thùng, chưa cần đặt", "Khách hỏi chương trình mới", "Chủ tiệm bận, hẹn lại",
)  # fmt: skip
# category -> how often, from and to thousand đồng
_EXPENSES: Final = {
    "fuel": (45, 60, 180), "parking": (20, 5, 30), "meal": (18, 45, 160), "phone": (5, 50, 200), "gift": (8, 100, 450),
    "hotel": (3, 350, 700), "other": (1, 20, 120),
}  # fmt: skip


class Fix(NamedTuple):
    """Where the phone said it was, and what the check-in rule made of it."""

    lat: float | None
    lon: float | None
    accuracy_m: int | None
    distance_m: int | None
    verdict: str


class Visit(NamedTuple):
    """A visit and when it began, in seconds since 1970."""

    customer: Customer
    day: date
    began: int
    fix: Fix


def make_visits(customers: list[Customer], book: Book, *, today: date) -> list[Visit]:
    """Most planned customers on their weekday, some others besides, in the order of the day."""
    draw = chance("visits")
    found: list[Visit] = []
    by_rep: dict[int, list[Customer]] = {}
    for customer in customers:
        if customer.status == "active":
            by_rep.setdefault(customer.rep.position, []).append(customer)
    for back in range(LIVED_DAYS, 0, -1):
        day = today - timedelta(days=back)
        for mine in by_rep.values():
            rate = 0.1 if day.weekday() == 6 and mine[0].rep.position != LANS_POSITION else 0.72
            seen = [c for c in mine if c.weekday == day.isoweekday() and c.since < day and draw.random() < rate]
            if day.weekday() < 6 and draw.random() < 0.4:
                seen.append(draw.choice(mine))
            second = 28_800
            for customer in {c.n: c for c in seen if c.since < day}.values():
                second += draw.randrange(900, 3_000)
                found.append(Visit(customer, day, midnight(day) + second, _fix(draw, customer, book)))
    return found


def _fix(draw: Random, customer: Customer, book: Book) -> Fix:
    """Nearly always at the door; now and then far away, or without any position."""
    known = book.position_of(customer)
    place = known.place
    if place is None or draw.random() < 0.03:
        return Fix(None, None, None, None, "none")
    away = draw.choices((draw.uniform(3, 70), draw.uniform(70, 280), draw.uniform(400, 6_000)), (90, 7, 3))[0]
    turn, accuracy = draw.random() * 2 * math.pi, draw.randrange(4, 60)
    lat = place.lat + away * math.cos(turn) / 111_320
    lon = place.lon + away * math.sin(turn) / (111_320 * math.cos(math.radians(place.lat)))
    verdict: Verdict = judge(away, accuracy, known.grade)
    return Fix(round(lat, 6), round(lon, 6), accuracy, round(away), verdict)


async def store_visits(visits: list[Visit], ordered: set[tuple[int, date]]) -> int:
    """Write the visits; `ordered` says which customer ordered on which day."""
    draw = chance("visit words")
    await copy(
        "visits",
        "id customer_id user_id purpose started_at ended_at received_at lat lon accuracy_m fixed_at distance_m verdict"
        " far_reason note outcome next_step next_on changed_at created_by",
        [_visit_row(draw, n, visit, ordered) for n, visit in enumerate(visits)],
    )
    return len(visits)


def _visit_row(draw: Random, n: int, visit: Visit, ordered: set[tuple[int, date]]) -> str:
    customer, fix = visit.customer, visit.fix
    began = moment_at(visit.day, visit.began - midnight(visit.day))
    ended = began + timedelta(seconds=draw.randrange(240, 1_500))
    outcome = "ordered" if (customer.n, visit.day) in ordered else draw.choice(_OUTCOMES)
    ahead = draw.random() < 0.3
    return row(
        id_at(visit.began * 1000, _VISIT, n), customer.id, customer.rep.user_id,
        "sales" if outcome == "ordered" else draw.choice(_PURPOSES), began, ended, ended, fix.lat, fix.lon,
        fix.accuracy_m, began if fix.lat is not None else None, fix.distance_m, fix.verdict,
        draw.choice(("weak_gps", "pin_wrong", "met_elsewhere")) if fix.verdict == "far" else None,
        draw.choice(_NOTES) if draw.random() < 0.25 else None, outcome, draw.choice(_STEPS) if ahead else None,
        visit.day + timedelta(days=7) if ahead else None, ended, customer.rep.user_id,
    )  # fmt: skip


async def store_expenses(company: Company, visits: list[Visit], *, today: date) -> int:
    """About four a week for each rep; those for gifts name their customer. Older ones are approved and paid."""
    draw = chance("expenses")
    rows: list[str] = []
    latest = {visit.customer.rep.position: visit for visit in visits}
    for rep in company.reps:
        for back in range(LIVED_DAYS, 0, -1):
            day = today - timedelta(days=back)
            if day.weekday() == 6 or draw.random() > 0.62:
                continue
            category = draw.choices(list(_EXPENSES), [often for often, _, _ in _EXPENSES.values()])[0]
            _, least, most = _EXPENSES[category]
            amount = draw.randrange(least, most + 1) * 1000
            visit = latest.get(rep.position) if category == "gift" else None
            at = moment_at(day, draw.randrange(61_000, 72_000))
            rows.append(
                row(id_at(midnight(day) * 1000, _EXPENSE, len(rows)), visit and visit.customer.id, rep.user_id,
                    rep.position, category, amount, amount * 2 // 27 if category in ("fuel", "hotel", "meal") else None,
                    "VND", 0, day, _state(draw, back), at, at, rep.user_id)
            )  # fmt: skip
    await copy(
        "expenses",
        "id customer_id user_id position_id category amount vat currency digits spent_on state received_at changed_at"
        " created_by",
        rows,
    )
    return len(rows)


def _state(draw: Random, back: int) -> str:
    if back <= 6:
        return "submitted"
    if draw.random() < 0.04:
        return "rejected"
    return "paid" if back > 30 else "approved"
