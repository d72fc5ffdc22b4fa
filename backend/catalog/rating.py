"""Enter and correct exchange rates. What was said before stays written down, with who changed it and why."""

from datetime import date
from fractions import Fraction

from backend.catalog.errors import RateExists, RateReasonMissing, RateWrong
from backend.catalog.schemas_rates import AddRate, CorrectRate, RateSaved
from backend.core import audit
from backend.core.clock import now, today
from backend.core.database import execute, fetch_row, fetch_value
from backend.core.errors import NotVisible, StaleVersion
from backend.core.ids import new_id
from backend.core.money import NotANumber, exact
from backend.core.settings import settings
from backend.people.access import Actor, require

LARGEST = 10**15


def read_rate(num: str, den: str) -> Fraction:
    """num/den as a fraction. Refuses `RateWrong` what is not positive or needs numbers beyond 10^15."""
    try:
        top, bottom = exact(num), exact(den)
    except NotANumber as fault:
        raise RateWrong(pointer="/num") from fault
    if top <= 0 or bottom <= 0:
        raise RateWrong(pointer="/num")
    found = top / bottom
    if max(found.numerator, found.denominator) > LARGEST:
        raise RateWrong(pointer="/num")
    return found


async def add_rate(command: AddRate, *, actor: Actor) -> RateSaved:
    """Enter the rate of a currency from a day on.

    Refuses `RateWrong` (also for the company's own currency and unknown ones), `RateExists`, and `RateReasonMissing`
    for a day gone by: prices and reports of days since then are reckoned anew.
    """
    require(actor, "rate.change")
    rate = read_rate(command.num, command.den)
    known = await fetch_value("SELECT TRUE FROM currencies WHERE code = $1", command.currency)
    if not known or command.currency == settings().company_currency:
        raise RateWrong(pointer="/currency")
    reason = command.reason.strip()
    if command.from_on < today() and not reason:
        raise RateReasonMissing(pointer="/reason")
    done = await fetch_value(
        """INSERT INTO currency_rates (currency, from_on, num, den, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING version""",
        command.currency, command.from_on, rate.numerator, rate.denominator, now(), actor.user_id,
    )  # fmt: skip
    if done is None:
        raise RateExists(pointer="/from_on", currency=command.currency)
    await _write_down(command.currency, command.from_on, rate, None, reason=reason, actor=actor)
    return RateSaved(command.currency, command.from_on, done)


async def correct_rate(currency: str, from_on: date, command: CorrectRate, *, actor: Actor) -> RateSaved:
    """Put the right rate in place of a wrong one.

    Orders keep the prices and credit they were placed with; reports in the company's currency follow the correction.
    Refuses `NotVisible`, `StaleVersion`, `RateWrong`, `RateReasonMissing`.
    """
    require(actor, "rate.change")
    rate = read_rate(command.num, command.den)
    reason = command.reason.strip()
    if not reason:
        raise RateReasonMissing(pointer="/reason")
    row = await fetch_row(
        "SELECT num, den, version FROM currency_rates WHERE currency = $1 AND from_on = $2 FOR UPDATE",
        currency, from_on,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    if row["version"] != command.expected_version:
        raise StaleVersion(current=row["version"])
    before = Fraction(row["num"], row["den"])
    if before == rate:
        return RateSaved(currency, from_on, row["version"])
    version = await fetch_value(
        """UPDATE currency_rates SET num = $3, den = $4, version = version + 1
            WHERE currency = $1 AND from_on = $2 RETURNING version""",
        currency, from_on, rate.numerator, rate.denominator,
    )  # fmt: skip
    await _write_down(currency, from_on, rate, before, reason=reason, actor=actor)
    return RateSaved(currency, from_on, version)


async def _write_down(
    currency: str, from_on: date, rate: Fraction, before: Fraction | None, *, reason: str, actor: Actor
) -> None:
    step = new_id()
    await execute(
        """INSERT INTO currency_rate_steps (id, currency, from_on, num, den, was_num, was_den, reason, made_at, made_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        step, currency, from_on, rate.numerator, rate.denominator, before and before.numerator,
        before and before.denominator, reason, now(), actor.user_id,
    )  # fmt: skip
    await audit.record(
        "currency_rate", step, "rate.enter" if before is None else "rate.correct", actor_id=actor.user_id,
        details={"currency": currency, "from_on": from_on, "rate": str(rate), "was": before and str(before),
                 "reason": reason},
    )  # fmt: skip
