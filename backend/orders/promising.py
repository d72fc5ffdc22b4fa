"""A price the phone showed meets today's: is it the same, does an older promise stand, or must somebody be asked?

The domain agreement, "Offline orders". The common case, a phone with the book in force, costs nothing here: the book's
mark came with the surroundings, and the price with the quote.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from backend.core.database import fetch_value
from backend.core.errors import Refusal
from backend.orders import pricing, rules
from backend.orders.pricing import Priced
from backend.orders.schemas import PlaceOrder
from backend.people.access import Actor
from backend.pricing.errors import NoPrice
from backend.pricing.quoting import Quoted
from backend.pricing.replaying import replay
from backend.terms.honouring import hours_of

PricedAs = Literal["current", "honoured", "differs", "suspect"]
DIFFERS, OLD_PRICE, SUSPECT, USED_UP = "DIFFERS", "OLD_PRICE", "PRICE_TAMPER_OR_BUG", "USED_UP"


class Judged(NamedTuple):
    """The price an order is stored with.

    `diff` is what the order remembers of the difference; a `code` holds it for that difference: `DIFFERS` (what the
    phone showed cannot be computed again), `OLD_PRICE` (it can, and is too old to stand by itself), `USED_UP` (a
    promotion in it has nothing more to give; the rest of the promise stands while it is young) or
    `PRICE_TAMPER_OR_BUG` (the phone's own book gives another price).
    """

    priced: Priced
    priced_as: PricedAs
    diff: dict[str, Any] | None
    code: str | None


async def judge(
    command: PlaceOrder, quantities: Sequence[int], around: Any, *, ordered_on: date, received_at: datetime,
    client_at: datetime | None, actor: Actor, without: Collection[str] = (),
) -> Judged:  # fmt: skip
    """Price an order and say how that price meets the one shown. `around`: `book_mark`, `built_at`, `given_at`.

    `without` are promotions found used up a moment ago, after the price was read and before it was written.

    Refuses what pricing refuses, and with its place a shown price that is no number.
    """
    current: Priced | None = None
    missing: NoPrice | None = None
    try:
        current = await pricing.price(command, quantities, ordered_on=ordered_on, without=without)
    except NoPrice as refusal:  # the lists no longer price it; a promise may still stand
        missing = refusal
    differs = None if current is None else pricing.compare(command, current)
    if not _replayable(command, around) or (
        current is not None and differs is None and around["book_mark"] == current.quoted.mark
    ):
        return _settled(current, differs, missing)
    promised = await _promised(command, quantities, used_up=without)
    if promised is None:
        return _settled(current, differs, missing)
    if isinstance(promised, Quoted):
        if (wrong := pricing.compare(command, pricing.as_priced(promised))) is None:
            stands = await _stands(promised, around, received_at, client_at, actor)
            left = await _less(command, quantities, promised, without) if stands and promised.used_up else None
            return _as_promised(promised, left, current, missing, stands=stands)
        differs = wrong
    if current is None:
        raise missing or NoPrice
    return Judged(current, "suspect", differs or {}, SUSPECT)


def _as_promised(
    promised: Quoted, left: Quoted | None, current: Priced | None, missing: NoPrice | None, *, stands: bool
) -> Judged:
    """The phone showed what its book gives. `left`: what remains of that without promotions that are used up."""
    diff = None if current is None else pricing.difference(promised, current.quoted)
    if current is not None and diff is None:
        return Judged(current, "current", None, None)
    if stands and not promised.used_up:
        return Judged(pricing.as_priced(promised), "honoured", diff, None)
    if left is not None:
        current = pricing.as_priced(left)
    if current is None:
        raise missing or NoPrice
    if not promised.used_up:
        return Judged(current, "differs", diff, OLD_PRICE)
    diff = pricing.difference(promised, current.quoted)
    if diff is None:  # others give the same instead: nobody need be asked
        return Judged(current, "honoured", None, None)
    return Judged(current, "differs", {**diff, "used_up": msgspec.to_builtins(promised.used_up)}, USED_UP)


def _settled(current: Priced | None, differs: dict[str, Any] | None, missing: NoPrice | None) -> Judged:
    """Against today's price alone."""
    if current is None:
        raise missing or NoPrice
    return Judged(current, "differs" if differs else "current", differs, DIFFERS if differs else None)


def _replayable(command: PlaceOrder, around: Any) -> bool:
    shown = command.shown_total is not None or any(line.shown_price is not None for line in command.lines)
    return shown and around["built_at"] is not None


async def _less(
    command: PlaceOrder, quantities: Sequence[int], promised: Quoted, used_up: Collection[str]
) -> Quoted | None:
    """What is left of a promise without the promotions that are used up, and those others that come in for them."""
    without: set[str] = set()
    left: Quoted | Refusal | None = promised
    while isinstance(left, Quoted) and left.used_up:  # each round leaves at least one more out
        without |= {one.code for one in left.used_up}
        left = await _promised(command, quantities, without=without, used_up=used_up)
    return left if isinstance(left, Quoted) else None


async def _promised(
    command: PlaceOrder, quantities: Sequence[int], *, without: Collection[str] = (), used_up: Collection[str] = ()
) -> Quoted | Refusal | None:
    """What the phone's own book gives: a price, a refusal (no phone could show a price from it), or None, no book."""
    try:
        return await replay(
            command.book_version or "", customer_id=command.customer_id, ordered_on=command.ordered_on,
            currency=command.currency, lines=pricing.asked(command, quantities), coupons=command.coupons,
            without=without, used_up=used_up,
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
        built_at=around["built_at"], called_before=called_before, hours=await hours_of(actor=actor),
    ):  # fmt: skip
        return False
    gifts = {gift.item_id for gift in promised.gifts}
    sold = gifts and await fetch_value(
        "SELECT count(*) FROM items WHERE id = ANY($1::uuid[]) AND active AND deleted_at IS NULL", list(gifts)
    )
    return not gifts or sold == len(gifts)
