"""What crosses the wire about exchange rates. A rate is exactly num/den of the company's currency for one unit."""

from datetime import date, datetime
from typing import Annotated

import msgspec

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]


class AddRate(msgspec.Struct, forbid_unknown_fields=True):
    """A rate from a day on: `num` (a decimal text) for `den` units. `reason` is needed for a day gone by."""

    currency: Code
    from_on: date
    num: Number
    den: Number = "1"
    reason: Reason = ""


class CorrectRate(msgspec.Struct, forbid_unknown_fields=True):
    """The right rate in place of a wrong one, and why."""

    expected_version: int
    num: Number
    reason: Reason
    den: Number = "1"


class RateStep(msgspec.Struct):
    """One time somebody entered or corrected the rate; `was_*` null for the first."""

    num: str
    den: str
    was_num: str | None
    was_den: str | None
    reason: str
    made_at: datetime
    made_by: str


class RateOut(msgspec.Struct):
    """A rate; `rate` is num/den as a decimal text, cut to ten decimals for reading."""

    currency: str
    from_on: date
    num: str
    den: str
    rate: str
    version: int
    holds: bool
    steps: list[RateStep]


class CurrencyOut(msgspec.Struct):
    """A currency; `rate` the one that holds today, null without one. The company's own has none."""

    code: str
    name_vi: str
    name_en: str
    minor_digits: int
    company: bool
    rate: str | None


class RateSaved(msgspec.Struct):
    """The rate after the change."""

    currency: str
    from_on: date
    version: int
