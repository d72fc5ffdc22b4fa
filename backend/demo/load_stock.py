"""Stores two warehouses with a ledger of ninety days: opening stock, weekly receipts, what left, and a last count."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from backend.core.database import execute
from backend.core.money import MICRO
from backend.demo.cast import HIRED
from backend.demo.copying import copy, row, unchecked
from backend.demo.goods import BORN, Item
from backend.demo.load_trade import LIVED_DAYS, PICKER, Sent, line_number, moment, order_number
from backend.demo.seeds import chance, id_at, midnight, number_at

_WAREHOUSE, _MOVE, _RECEIPT, _REFERENCE = range(19, 23)
WEEK: Final = 7 * 86_400
WAREHOUSES: Final = (("KHO-BD", "Kho tổng Bình Dương", True), ("KHO-HN", "Kho Hà Nội", False))


@dataclass(frozen=True, slots=True)
class Target:
    """What is to lie in the main warehouse at the end, in base units; `scarce`: nearly out, more is on its way."""

    on_hand: int
    scarce: bool


def warehouse_ids() -> list[UUID]:
    """The main warehouse first."""
    return [id_at(BORN, _WAREHOUSE, n) for n in range(len(WAREHOUSES))]


async def store_warehouses() -> UUID:
    """Both warehouses; gives the main one."""
    ids = warehouse_ids()
    await copy(
        "warehouses", "id code name is_default changed_at",
        [row(key, *rest, HIRED) for key, rest in zip(ids, WAREHOUSES, strict=True)],
    )  # fmt: skip
    return ids[0]


def the_last_one(items: list[Item]) -> Item:
    """The item of which exactly one piece is left."""
    return next(item for item in items if item.kind.group == "CA-PHE" and item.kind.unit == "gói")


def targets(items: list[Item], weekly: dict[int, float]) -> dict[int, Target]:
    """For each item: some weeks of its sales, or almost nothing for one in twenty, or exactly one piece."""
    draw = chance("stock")
    last = the_last_one(items)
    found: dict[int, Target] = {}
    for item in items:
        weeks, scarce = draw.uniform(2.5, 8.0), draw.random() < 0.05
        left = draw.randrange(2, item.carton + 1)
        if item is last:
            found[item.n] = Target(1, scarce=True)
        elif scarce:
            found[item.n] = Target(left, scarce=True)
        else:
            cartons = max(20, int(weeks * weekly.get(item.n, 0.0) / item.carton))
            found[item.n] = Target(cartons * item.carton + draw.randrange(item.carton), scarce=False)
    return found


async def store_stock(items: list[Item], sent: list[Sent], *, today: date) -> dict[int, Target]:
    """Moves, consumed reservations, bins and incoming receipts; gives what lies in the main warehouse, by item."""
    begin = midnight(today - timedelta(days=LIVED_DAYS + 1))
    weeks = (midnight(today) - begin) // WEEK + 1
    left: dict[int, list[int]] = defaultdict(lambda: [0] * weeks)
    for one in sent:
        for line in one.lines:
            left[line.item.n][min(weeks - 1, (one.at - begin) // WEEK)] += line.qty * line.factor
    goal = targets(items, {n: sum(sums) / weeks for n, sums in left.items()})
    main, north = (key.hex for key in warehouse_ids())
    moves = [move for item in items for move in _flow(item, left.get(item.n, [0] * weeks), goal[item.n], begin, main)]
    draw = chance("north")
    kept = [(item, 6 * item.carton) for item in items if not goal[item.n].scarce and draw.random() < 0.3]
    moves += [_move(item, 90, qty, "receipt", at=begin + 3600, warehouse=north) for item, qty in kept]
    async with unchecked():
        await copy("stock_moves", "id item_id warehouse_id qty kind reference line moved_at moved_by", moves)
        await _store_issues(sent, main)
    await execute(
        """INSERT INTO stock_bins (item_id, warehouse_id, on_hand, changed_at)
           SELECT item_id, warehouse_id, sum(qty), max(moved_at) FROM stock_moves GROUP BY 1, 2"""
    )
    await _store_incoming(items, goal, today, main)
    return goal


def _flow(item: Item, left: list[int], goal: Target, begin: int, warehouse: str) -> list[str]:
    """The moves of one item that are no issues: opening, receipts in whole cartons when needed, the last count."""
    stock = -(-(left[0] + goal.on_hand) // item.carton) * item.carton
    found = [_move(item, 0, stock, "adjust", at=begin, warehouse=warehouse)]
    for week, gone in enumerate(left):
        if stock < gone:
            more = -(-(gone + goal.on_hand // 2 - stock) // item.carton) * item.carton
            found.append(_move(item, week + 1, more, "receipt", at=begin + week * WEEK + 3_600, warehouse=warehouse))
            stock += more
        stock -= gone
    if stock != goal.on_hand:
        counted = begin + LIVED_DAYS * 86_400 + 72_000
        found.append(_move(item, 89, goal.on_hand - stock, "adjust", at=counted, warehouse=warehouse))
    return found


def _move(item: Item, place: int, qty: int, kind: str, *, at: int, warehouse: str) -> str:
    reference = number_at(at * 1000, _REFERENCE, place)
    return (
        f"{number_at(at * 1000, _MOVE, item.n * 100 + place):032x}\t{item.id.hex}\t{warehouse}\t{qty * MICRO}\t{kind}\t"
        f"{reference:032x}\t\\N\t{moment(at)}\t{PICKER.hex}"
    )


async def _store_issues(sent: list[Sent], warehouse: str) -> None:
    """What left: a move and a consumed reservation for each line. The move bears the line's own id."""
    await copy(
        "stock_moves", "id item_id warehouse_id qty kind reference line moved_at moved_by",
        (
            f"{(key := line_number(one.head, place)):032x}\t{line.item.id.hex}\t{warehouse}\t"
            f"{-line.qty * line.factor * MICRO}\tissue\t{order_number(one.head):032x}\t{key:032x}\t{moment(one.at)}\t"
            f"{PICKER.hex}"
            for one in sent for place, line in enumerate(one.lines)
        ),
    )  # fmt: skip
    await copy(
        "reservations", "reference line item_id warehouse_id wanted issued due_on kind state reserved_at",
        (
            f"{order_number(one.head):032x}\t{line_number(one.head, place):032x}\t{line.item.id.hex}\t{warehouse}\t"
            f"{(qty := line.qty * line.factor * MICRO)}\t{qty}\t{one.head.day + timedelta(days=1)}\thard\tconsumed\t"
            f"{moment(one.head.placed)}"
            for one in sent for place, line in enumerate(one.lines)
        ),
    )  # fmt: skip


async def _store_incoming(items: list[Item], goal: dict[int, Target], today: date, warehouse: str) -> None:
    draw = chance("incoming")
    now = datetime.fromtimestamp(midnight(today) - 14 * 3600, UTC)
    coming = [item for item in items if goal[item.n].scarce or draw.random() < 0.12]
    await copy(
        "incoming_receipts", "id item_id warehouse_id qty expected_on kind source changed_at",
        [
            row(id_at(midnight(today) * 1000 - 50_000_000, _RECEIPT, item.n), item.id, warehouse,
                _cartons(draw) * item.carton * MICRO, today + timedelta(days=draw.randrange(2, 15)),
                draw.choice(("purchase", "purchase", "production")), f"PO-{today.year}-{1000 + item.n}", now)
            for item in coming
        ],
    )  # fmt: skip


def _cartons(draw: Random) -> int:
    return draw.choice((40, 60, 80, 120))
