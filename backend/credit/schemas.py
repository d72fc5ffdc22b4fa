"""What credit's verbs take and give. Amounts are minor units of the account's currency."""

from typing import Literal
from uuid import UUID

import msgspec

Component = Literal["open_orders", "uninvoiced", "receivable", "cash_unapplied"]


class Taken(msgspec.Struct, frozen=True):
    """The answer to a document that asks for credit. `exposure` is the one before it, `after` with it."""

    account: UUID
    currency: str
    taken: bool
    limit: int | None
    exposure: int
    after: int
    codes: list[dict[str, object]]


class CreditStanding(msgspec.Struct, frozen=True):
    """How a customer stands. `left` None: no limit. `overdue`: past due beyond the days of grace."""

    account: UUID | None
    currency: str
    limit: int | None
    exposure: int
    left: int | None
    on_hold: bool
    overdue: bool
    max_document: int | None
    digits: int
