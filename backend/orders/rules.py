"""Pure decisions about orders: allowed moves, readable quantities, differences between shown and charged, open value.

No database, no clock. Source: the domain agreement, "State machines" and "Credit check"; an order's value is always in
exactly one place (open, uninvoiced, receivable), so nothing counts twice.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from backend.core.errors import Malformed
from backend.core.money import MICRO, micro, minor
from backend.credit.rules import part_value
from backend.orders.errors import IllegalMove, LineIdReused, QuantityRefused
from backend.orders.schemas import LineIn

# (state, what is done) -> the state after. Whatever is not here is refused.
MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType({
    ("submitted", "hold"): "on_hold",
    ("submitted", "confirm"): "confirmed",
    ("submitted", "cancel"): "cancelled",
    ("on_hold", "approve"): "confirmed",
    ("on_hold", "cure"): "confirmed",
    ("on_hold", "accept"): "confirmed",
    ("on_hold", "accept_and_wait"): "on_hold",
    ("on_hold", "reject"): "rejected",
    ("on_hold", "cancel"): "cancelled",
    ("confirmed", "claim"): "picking",
    ("confirmed", "cancel"): "cancelled",
    ("confirmed", "cancel_rest"): "dispatched",
    ("picking", "give_up"): "confirmed",
    ("picking", "pick"): "picked",
    ("picking", "pick_nothing"): "cancelled",
    ("picking", "wait"): "confirmed",
    ("picking", "pick_no_more"): "dispatched",
    ("picking", "cancel"): "cancelled",
    ("picking", "cancel_rest"): "dispatched",
    ("picked", "dispatch"): "dispatched",
    ("picked", "wait"): "confirmed",
    ("picked", "cancel"): "cancelled",
    ("picked", "cancel_rest"): "dispatched",
})  # fmt: skip
ENDED: Final = frozenset({"dispatched", "cancelled", "rejected"})
MOST_LINES: Final = 300
MOST_UNITS: Final = 10_000_000 * MICRO
MOST_BASE: Final = 10**15
MOST_AMOUNT: Final = 10**16
OLDEST_CLAIM: Final = timedelta(days=60)


def move(state: str, act: str) -> str:
    """The state after an act. Refuses `IllegalMove` with the state the order is in."""
    after = MOVES.get((state, act))
    if after is None:
        raise IllegalMove(state=state, act=act)
    return after


def read_quantity(text: str, pointer: str) -> int:
    """A quantity in 10^-6 units: above 0, at most 10 million units, at most 6 decimals. Refuses with its place."""
    if text.isascii() and text.isdigit() and len(text) <= 8:  # what people type; exact fractions cost ten times as much
        qty = int(text) * MICRO
    else:
        try:
            qty = micro(text)
        except Malformed as fault:
            raise QuantityRefused(pointer=pointer, value=text[:40]) from fault
    if not 0 < qty <= MOST_UNITS:
        raise QuantityRefused(pointer=pointer, value=text[:40])
    return qty


def read_quantities(lines: Sequence[LineIn]) -> list[int]:
    """The quantity of each line. Refuses a bad one, and two lines of one id, with its place."""
    if not 1 <= len(lines) <= MOST_LINES:
        raise Malformed(pointer="/lines", most=MOST_LINES)
    seen: set[UUID] = set()
    for index, line in enumerate(lines):
        if line.id in seen:
            raise LineIdReused(pointer=f"/lines/{index}/id")
        seen.add(line.id)
    return [read_quantity(line.qty, f"/lines/{index}/qty") for index, line in enumerate(lines)]


def read_shown(text: str | None, digits: int, pointer: str) -> int | None:
    """An amount the phone showed, in units of 10^-digits. Refuses what is not a number, with its place."""
    if text is None:
        return None
    try:
        return minor(text, digits)
    except Malformed as fault:
        raise Malformed(pointer=pointer, value=text[:40]) from fault


def order_day(claimed: date, today: date) -> date:
    """The day an order counts for: the claimed one, unless the phone's calendar cannot be right (future, too old)."""
    return claimed if today - OLDEST_CLAIM <= claimed <= today else today


CLOCK_SLACK: Final = timedelta(minutes=5)


def honours(
    *, received_at: datetime, said_at: datetime, given_at: datetime, built_at: datetime, called_before: datetime | None,
    hours: int,
) -> bool:  # fmt: skip
    """Whether a price promised from an older book stands though the office has another one by now.

    The book must be younger than `hours`, counted from when phones were last told that it is in force, and the phone's
    moment of the order plausible: not after its arrival, not before the book existed, and not before the phone's last
    contact (what was written before that contact came with it), each within five minutes.
    """
    earliest = max(built_at, called_before or built_at)
    plausible = earliest - CLOCK_SLACK <= said_at <= received_at + CLOCK_SLACK
    return plausible and received_at - given_at < timedelta(hours=hours)


def body_hash(command: msgspec.Struct) -> bytes:
    """What makes a repeated command the same: its content, whatever the order of its JSON members."""
    return hashlib.sha256(msgspec.json.encode(command)).digest()


class Progress(NamedTuple):
    """How far a line is: quantities of 10^-6 base unit, its value in minor units of the credit account's currency."""

    value: int
    qty: int
    dispatched: int
    cut: int

    @property
    def open_value(self) -> int:
        """What is ordered, not cut, and still here."""
        return part_value(self.value, self.qty - self.cut, self.qty) - self.gone_value

    @property
    def gone_value(self) -> int:
        """What left and is not invoiced by orders."""
        return part_value(self.value, self.dispatched, self.qty)


def change_of_value(before: Sequence[Progress], after: Sequence[Progress]) -> tuple[int, int]:
    """How open orders and uninvoiced change when lines go from `before` to `after`."""
    opened = sum(line.open_value for line in after) - sum(line.open_value for line in before)
    gone = sum(line.gone_value for line in after) - sum(line.gone_value for line in before)
    return opened, gone
