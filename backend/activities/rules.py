"""Pure decisions of activities: the pin of a check-in, what an expense may cost, how long a visit may be edited."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from backend.activities.errors import AmountWrong
from backend.activities.schemas import Fix
from backend.core.money import minor
from backend.geo.checkin import CONFIRMED, judge, needs_reason
from backend.geo.distance import haversine_m

EDITABLE: Final = timedelta(hours=24)
LATE_EDIT: Final = timedelta(days=30)
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


def may_edit_visit(received_at: datetime, claimed_at: datetime | None, now: datetime) -> bool:
    """Whether a visit may still be changed by who made it: for 24 hours after the office had it.

    A phone without a network hands an edit in later than it was made. Its claim counts, but never reaches back before
    the visit was known here, and what arrives more than thirty days after that is too late whatever the claim says.
    Source: the sync agreement, policy of visits.
    """
    if now - received_at > LATE_EDIT:
        return False
    made = now if claimed_at is None else min(now, max(claimed_at, received_at))
    return made - received_at <= EDITABLE
