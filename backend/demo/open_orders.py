"""Yesterday's orders, placed through the real verbs: confirmed, on hold for credit or stock, picked, gone, decided.

Nothing here writes a table: whatever the verbs check and remember is checked and remembered for the demo too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

import backend.orders.resuming  # noqa: F401 -- registers the job that a rejected order asks for
from backend.core import clock
from backend.core.clock import local_day
from backend.core.database import fetch, fetch_row
from backend.core.money import text_of_micro
from backend.demo.company import Company
from backend.demo.customers import LANS, NEAR_LIMIT, ON_HOLD, Customer
from backend.demo.goods import Item
from backend.demo.load_stock import Target
from backend.demo.seeds import chance, id_at, moment_at, ms_of
from backend.orders.claiming import claim_order
from backend.orders.deciding import decide_hold
from backend.orders.dispatching import dispatch_order
from backend.orders.picking import pick_order
from backend.orders.placing import place_order
from backend.orders.schemas import DecideHold, DispatchOrder, LineIn, PickLine, PickOrder, Placed, PlaceOrder
from backend.people.access import Actor
from backend.people.queries_actor import load_actor

_ORDER, _LINE, _ACT = 28, 29, 30
HUNGS: Final = 2
COUNT: Final = 72
LANS_SHARE: Final = 10
# What happens to the confirmed ones, in turn.
_FATES: Final = ("stay", "dispatch", "pick", "stay", "dispatch", "stay", "dispatch", "stay")


@dataclass(slots=True)
class Shelf:
    """What may still be ordered: goods in plenty, goods that are nearly out, and each customer's usual basket."""

    plenty: list[Item]
    scarce: list[Item]
    baskets: dict[int, list[Item]]


async def place_yesterday(
    company: Company,
    customers: list[Customer],
    items: list[Item],
    baskets: dict[int, list[Item]],
    goal: dict[int, Target],
    *,
    today: date,
) -> int:
    """Place them in the order of the day, then pick, dispatch and decide some; gives the number of lines."""
    draw = chance("yesterday")
    shelf = Shelf(
        [item for item in items if not goal[item.n].scarce],
        [item for item in items if goal[item.n].scarce and goal[item.n].on_hand > 1],  # the last piece is for a story
        baskets,
    )
    buyers = _buyers(draw, customers)
    actors: dict[UUID, Actor] = {who.user_id: who for who in [await load_actor("lan")]}
    seconds = sorted(draw.randrange(27_000, 62_000) for _ in buyers)
    placed: list[Placed] = []
    lines = 0
    for n, (customer, second) in enumerate(zip(buyers, seconds, strict=True)):
        at = moment_at(today - timedelta(days=1), second)
        with clock.at(at):
            user = customer.rep.user_id
            if user not in actors:
                actors[user] = await load_actor(await _login_of(user))
            command = _command(draw, n, customer, shelf, at=at)
            placed.append(await place_order(command, actor=actors[user]))
            lines += len(placed[-1].lines)
    await _go_on(placed, today)
    await _decide_some(company, today)
    return lines


async def _login_of(user: UUID) -> str:
    row = await fetch_row("SELECT login FROM users WHERE id = $1", user)
    return str(row["login"])


def _buyers(draw: Random, customers: list[Customer]) -> list[Customer]:
    """Ten of Lan's, among them those with stories, and the rest of everybody's; nobody twice."""
    lans = [c for c in customers if c.rep.position == 3]
    able = [
        c for c in customers if c.rep.position != 3 and c.status == "active" and c.stage == "account" and c.limit != 0
    ]
    named = [lans[place] for place in (0, 1, 2, NEAR_LIMIT, ON_HOLD)]
    more = [c for c in lans[len(LANS) :] if c.stage == "account" and c.limit != 0][: LANS_SHARE - len(named)]
    found = named + more + draw.sample([c for c in able if c.channel != "DL1"], COUNT - len(named) - len(more))
    draw.shuffle(found)
    return found


def _command(draw: Random, n: int, customer: Customer, shelf: Shelf, *, at: datetime) -> PlaceOrder:
    ms, day = ms_of(at), local_day(at)
    lans = customer.rep.position == 3
    usual = [item for item in shelf.baskets.get(customer.n, ()) if item in shelf.plenty] or shelf.plenty
    chosen = draw.sample(usual, min(len(usual), draw.randrange(2, 6)))
    if (lans and customer.name == LANS[1][0]) or (not lans and n % 12 == 5):
        chosen[0] = draw.choice(shelf.scarce)
    large = lans and customer.name == LANS[NEAR_LIMIT][0]
    return PlaceOrder(
        id=id_at(ms, _ORDER, n),
        customer_id=customer.id,
        ordered_on=day,
        requested_on=day + timedelta(days=draw.randrange(2, 5)),
        currency="VND",
        lines=[
            LineIn(
                id=id_at(ms, _LINE, n * 8 + place),
                item_id=item.id,
                unit="thùng",
                qty=str(_cartons(draw, item, large=large)),
            )
            for place, item in enumerate(chosen)
        ],
        note=draw.choice(("Giao trước 9 giờ", "Gọi trước khi giao", None, None, None)),
    )


def _cartons(draw: Random, item: Item, *, large: bool) -> int:
    """One to three cartons; of the customer near its limit so many that the limit is passed."""
    return -(-6_000_000 // (item.price * item.carton)) if large else draw.randrange(1, 4)


async def _go_on(placed: Sequence[Placed], today: date) -> None:
    """The warehouse works through the confirmed ones in the evening; two are claimed and not picked yet."""
    picker = await load_actor("tuan")
    confirmed = [one for one in placed if one.state == "confirmed"]
    with clock.at(moment_at(today - timedelta(days=1), 66_000)):
        for n, one in enumerate(confirmed):
            fate = _FATES[n % len(_FATES)]
            if fate != "stay":
                await _pick(n, one, picker, leave=fate == "dispatch")
        staying = [one for n, one in enumerate(confirmed) if _FATES[n % len(_FATES)] == "stay"]
        for one in staying[:2]:
            await claim_order(one.id, actor=picker)


async def _pick(n: int, one: Placed, picker: Actor, *, leave: bool) -> None:
    at = ms_of(clock.now())
    lines = await fetch(
        "SELECT id, reserved FROM order_lines WHERE order_id = $1 AND reserved > 0 ORDER BY seq", one.id
    )
    picks = [PickLine(order_line_id=line["id"], qty=text_of_micro(line["reserved"])) for line in lines]
    await pick_order(PickOrder(id=id_at(at, _ACT, n * 2), order_id=one.id, lines=picks), actor=picker)
    if leave:
        gone = DispatchOrder(
            id=id_at(at, _ACT, n * 2 + 1), order_id=one.id, packages=len(picks) * 2, plate="51C-618.42"
        )
        await dispatch_order(gone, actor=picker)


async def _decide_some(company: Company, today: date) -> None:
    """The other regions' managers have answered three questions, the last with no. Hùng's still wait for him."""
    waiting = await fetch(
        """SELECT q.id, q.version, q.position_id FROM approval_requests q
            WHERE q.state = 'open' AND q.position_id <> ALL($1::int[]) ORDER BY q.requested_at, q.id LIMIT 3""",
        [rep.position for rep in company.reps if rep.region == HUNGS],
    )
    regions = {rep.position: rep.region for rep in company.reps}
    with clock.at(moment_at(today - timedelta(days=1), 70_000)):
        for n, row in enumerate(waiting):
            manager = await load_actor(await _login_of(company.manager_of(regions[row["position_id"]])))
            last = n == len(waiting) - 1
            decision = DecideHold(
                id=id_at(ms_of(moment_at(today - timedelta(days=1), 70_000)), _ACT, 1000 + n),
                request_id=row["id"],
                verdict="reject" if last else "approve",
                reason="Khách đề nghị hủy" if last else "Khách quen, giao đủ",
                expected_version=row["version"],
            )
            await decide_hold(decision, actor=manager)
