"""Pure decisions of activities: which pin a check-in is measured against, and what an expense may cost."""

from collections.abc import Sequence
from typing import NamedTuple

from backend.activities.errors import AmountWrong
from backend.activities.schemas import Fix
from backend.core.money import minor
from backend.geo.checkin import CONFIRMED, judge, needs_reason
from backend.geo.distance import haversine_m

MOST = 10**15  # minor units; far above any receipt, far below what a bigint holds


class Pin(NamedTuple):
    """A place of the customer and how it is known (`gps pin geocoder ward none`)."""

    lat: float
    lon: float
    grade: str


class Judgement(NamedTuple):
    """What a check-in says: metres to the pin (None without one), `ok unsure far none`, and whether to ask why."""

    distance_m: int | None
    verdict: str
    asks_reason: bool


def judge_fix(fix: Fix | None, pins: Sequence[Pin]) -> Judgement:
    """Measure against the nearest confirmed place of the customer, else the nearest known one; it never refuses."""
    if fix is None:
        return Judgement(None, "none", asks_reason=False)
    confirmed = [pin for pin in pins if pin.grade in CONFIRMED]
    measured = [(haversine_m(fix.lat, fix.lon, pin.lat, pin.lon), pin.grade) for pin in confirmed or pins]
    distance, grade = min(measured, default=(None, "none"))
    verdict = judge(distance, fix.accuracy_m, grade)
    asks = needs_reason(distance, fix.accuracy_m, grade)
    return Judgement(None if distance is None else round(distance), verdict, asks)


def amounts(amount: str, vat: str | None, digits: int) -> tuple[int, int | None]:
    """Amount and VAT in minor units. Refuses nothing or less, more than 10^15, and VAT above the amount."""
    whole = minor(amount, digits)
    part = None if vat is None else minor(vat, digits)
    if not 0 < whole <= MOST:
        raise AmountWrong(pointer="/amount", amount=amount)
    if part is not None and not 0 <= part <= whole:
        raise AmountWrong(pointer="/vat", amount=vat)
    return whole, part
