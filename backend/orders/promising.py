"""A price the phone showed meets today's: is it the same, does an older promise stand, or must somebody be asked?

The domain agreement, "Offline orders". The common case, a phone with the book in force, costs nothing here: the book's
mark came with the surroundings, and the price with the quote.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from backend.core.database import fetch_value
from backend.core.errors import Refusal
from backend.core.settings import settings
from backend.orders import pricing, rules
from backend.orders.pricing import Priced
from backend.orders.schemas import PlaceOrder
from backend.people.access import Actor
from backend.pricing.errors import NoPrice
from backend.pricing.quoting import Quoted
from backend.pricing.replaying import replay

PricedAs = Literal["current", "honoured", "differs", "suspect"]
DIFFERS, OLD_PRICE, SUSPECT = "DIFFERS", "OLD_PRICE", "PRICE_TAMPER_OR_BUG"


class Judged(NamedTuple):
    """The price an order is stored with.

    `diff` is what the order remembers of the difference; a `code` holds it for that difference: `DIFFERS` (what the
    phone showed cannot be computed again), `OLD_PRICE` (it can, and is too old to stand by itself) or
    `PRICE_TAMPER_OR_BUG` (the phone's own book gives another price).
    """

    priced: Priced
    priced_as: PricedAs
    diff: dict[str, Any] | None
    code: str | None


async def judge(
    command: PlaceOrder, quantities: Sequence[int], around: Any, *, ordered_on: date, received_at: datetime,
    client_at: datetime | None, actor: Actor,
) -> Judged:  # fmt: skip
    """Price an order and say how that price meets the one shown. `around`: `book_mark`, `built_at`, `given_at`.

    Refuses what pricing refuses, and with its place a shown price that is no number.
    """
    current: Priced | None = None
    missing: NoPrice | None = None
    try:
        current = await pricing.price(command, quantities, ordered_on=ordered_on)
    except NoPrice as refusal:  # the lists no longer price it; a promise may still stand
        missing = refusal
    differs = None if current is None else pricing.compare(command, current)
    if not _replayable(command, around) or (
        current is not None and differs is None and around["book_mark"] == current.quoted.mark
    ):
        return _settled(current, differs, missing)
    promised = await _promised(command, quantities)
    if isinstance(promised, Quoted):
        kept = pricing.as_priced(promised)
        if (wrong := pricing.compare(command, kept)) is None:
            diff = None if current is None else pricing.difference(promised, current.quoted)
            if current is not None and diff is None:
                return Judged(current, "current", None, None)
            if await _stands(promised, around, received_at, client_at, actor):
                return Judged(kept, "honoured", diff, None)
            if current is None:
                raise missing or NoPrice
            return Judged(current, "differs", diff, OLD_PRICE)
        differs = wrong
    elif promised is None:
        return _settled(current, differs, missing)
    if current is None:
        raise missing or NoPrice
    return Judged(current, "suspect", differs or {}, SUSPECT)


def _settled(current: Priced | None, differs: dict[str, Any] | None, missing: NoPrice | None) -> Judged:
    """Against today's price alone."""
    if current is None:
        raise missing or NoPrice
    return Judged(current, "differs" if differs else "current", differs, DIFFERS if differs else None)


def _replayable(command: PlaceOrder, around: Any) -> bool:
    shown = command.shown_total is not None or any(line.shown_price is not None for line in command.lines)
    return shown and around["built_at"] is not None


async def _promised(command: PlaceOrder, quantities: Sequence[int]) -> Quoted | Refusal | None:
    """What the phone's own book gives: a price, a refusal (no phone could show a price from it), or None, no book."""
    try:
        return await replay(
            command.book_version or "", customer_id=command.customer_id, ordered_on=command.ordered_on,
            currency=command.currency, lines=pricing.asked(command, quantities),
        )  # fmt: skip
    except Refusal as refusal:
        return refusal


async def _stands(
    promised: Quoted, around: Any, received_at: datetime, client_at: datetime | None, actor: Actor
) -> bool:
    """Whether the promise is young and plausible, and every gift in it can still be given."""
    called_before = await fetch_value(
        "SELECT called_before FROM devices WHERE id = $1 AND user_id = $2", actor.device_id, actor.user_id
    )
    if not rules.honours(
        received_at=received_at, said_at=client_at or received_at, given_at=around["given_at"],
        built_at=around["built_at"], called_before=called_before, hours=settings().honour_hours,
    ):  # fmt: skip
        return False
    gifts = {gift.item_id for gift in promised.gifts}
    sold = gifts and await fetch_value(
        "SELECT count(*) FROM items WHERE id = ANY($1::uuid[]) AND active AND deleted_at IS NULL", list(gifts)
    )
    return not gifts or sold == len(gifts)
