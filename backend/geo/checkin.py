"""The check-in rule: was the rep at the customer's door? Pure; it never blocks, it asks (spec: geo 5, features C14)."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["ok", "unsure", "far"]
RADIUS_M = 100.0  # a fix this near to a confirmed pin is at the shop
MOST_ACCURACY_M = 150.0  # accuracy is believed up to here, a worse fix cannot stretch the circle further
REASON_DISTANCE_M = 300.0
REASON_ACCURACY_M = 100.0
CONFIRMED = frozenset(("gps", "pin"))


def judge(distance_m: float | None, accuracy_m: float | None, grade: str) -> Verdict:
    """The verdict on one fix.

    `distance_m`: fix to pin; `accuracy_m`: 95 % radius of the fix; `grade` of the customer's position. A position that
    is not a confirmed pin (geocoder, ward, none) judges nobody: always `unsure`, please set the pin. `ok`: distance <=
    100 m + min(accuracy, 150 m). `far`: even at the near rim of its circle the fix is beyond 100 m and beyond 300 m
    in itself. Between them `unsure`, so a door in a narrow lane is not called a lie.
    """
    if distance_m is None or accuracy_m is None or grade not in CONFIRMED:
        return "unsure"
    if distance_m <= RADIUS_M + min(accuracy_m, MOST_ACCURACY_M):
        return "ok"
    if distance_m > REASON_DISTANCE_M and distance_m - accuracy_m > RADIUS_M:
        return "far"
    return "unsure"


def needs_reason(distance_m: float | None, accuracy_m: float | None, grade: str) -> bool:
    """Whether the rep is asked why: more than 300 m from a confirmed pin, or a fix worse than 100 m."""
    if accuracy_m is None or accuracy_m > REASON_ACCURACY_M:
        return True
    return grade in CONFIRMED and distance_m is not None and distance_m > REASON_DISTANCE_M
