"""Pure credit decisions: exposure, what stands against a document, and the value of a part.

Amounts are minor units of the account's currency. The database decides inside the transaction with the same rules
(`credit_take`, `credit_part`); a test holds both to the same answers. Source: the domain agreement, "Credit check".
"""

from datetime import date
from fractions import Fraction

import msgspec

from backend.core.money import round_half_away


class Account(msgspec.Struct, frozen=True):
    """An account's numbers. `limit` None: no limit; 0: cash only."""

    limit: int | None
    receivable: int = 0
    uninvoiced: int = 0
    open_orders: int = 0
    cash_unapplied: int = 0
    max_document: int | None = None
    grace_days: int = 0
    overdue_since: date | None = None

    @property
    def exposure(self) -> int:
        """receivable + uninvoiced + open orders - confirmed money not yet allocated."""
        return self.receivable + self.uninvoiced + self.open_orders - self.cash_unapplied

    @property
    def left(self) -> int | None:
        """What may still be ordered on credit; None without a limit, negative when it is exceeded."""
        return None if self.limit is None else self.limit - self.exposure


def objections(
    account: Account, amount: int, *, today: date, locked: bool = False, holds: tuple[str, ...] = ()
) -> list[str]:
    """What stands against raising the exposure by `amount`: LIMIT, LOCKED, codes of holds, OVERDUE, DOC_MAX, in order.

    after == limit is allowed; a document that does not raise the exposure is never refused.
    """
    if amount <= 0:
        return []
    codes = []
    if account.limit is not None and account.exposure + amount > account.limit:
        codes.append("LIMIT")
    if locked:
        codes.append("LOCKED")
    codes += holds
    if account.overdue_since is not None and (today - account.overdue_since).days > account.grace_days:
        codes.append("OVERDUE")
    if account.max_document is not None and amount > account.max_document:
        codes.append("DOC_MAX")
    return codes


def part_value(total: int, part: int, whole: int) -> int:
    """The value of the first `part` of `whole` units worth `total`, rounded half away from zero once.

    The value of the units between two points is a difference of two such values, so parts always add up to the total.
    """
    return 0 if whole == 0 else round_half_away(Fraction(total * part, whole))


def convert(amount: int, digits: int, rate: Fraction, to_digits: int, to_rate: Fraction) -> int:
    """An amount in minor units of one currency as minor units of another, rounded once at the end.

    Rates are units of the company's currency for one unit; `digits` the decimals of each currency.
    """
    return round_half_away(Fraction(amount, 10**digits) * rate / to_rate * 10**to_digits)
