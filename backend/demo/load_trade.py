"""Stores the orders of the past as taken over from an older system: documents and sums, without picks and trail.

An empty body hash says so; `tuyen doctor` then checks their own sums only. The last ninety days also have their
dispatches, reservations and stock moves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from backend.core.database import execute_many
from backend.core.money import MICRO
from backend.demo.cast import PEOPLE
from backend.demo.copying import copy, unchecked
from backend.demo.load_customers import Book
from backend.demo.seeds import chance, number_at
from backend.demo.trade import Head, Line, Trade

_ORDER, _LINE, _DISPATCH = 16, 17, 18
LIVED_DAYS: Final = 90
_CHUNK: Final = 10_000
_STRIPES: Final = 32
PICKER: Final = PEOPLE[6].id
_NOTES: Final = ("Giao trước 9 giờ", "Giao chiều", "Gọi trước khi giao", "Xuất hóa đơn công ty")
_ORDERS: Final = (
    "id number customer_id position_id user_id state currency ordered_on requested_on ship_address_id ship_av_id"
    " warehouse_id gross discount net tax total note credit_account_id credit_amount credit_taken claimed_on client_at"
    " placed_at received_at body_hash outcome version changed_at created_by"
)
_LINES: Final = (
    "id order_id seq item_id unit qty qty_base unit_price gross discount net tax credit_amount dispatched cut"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A dispatched order of the last ninety days. `at`: seconds since 1970 when it left; `total`: đồng with tax."""

    head: Head
    lines: list[Line]
    at: int
    total: int


@dataclass(slots=True)
class History:
    """What the ledgers and the activities need to know of the past."""

    sent: list[Sent] = field(default_factory=list)
    orders: int = 0
    lines: int = 0


def order_number(head: Head) -> int:
    """The id of an order of the past, as a number."""
    return number_at(head.placed * 1000, _ORDER, head.n)


def line_number(head: Head, place: int) -> int:
    """The id of one of its lines, as a number."""
    return number_at(head.placed * 1000, _LINE, head.line + place)


def moment(seconds: int) -> str:
    """Seconds since 1970 as PostgreSQL reads them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


async def store_trade(trade: Trade, book: Book, *, today: date, warehouse: UUID) -> History:
    """Write every order of the past with its lines, chunk by chunk, and remember those of the last ninety days."""
    history = History()
    orders = _rendered(trade, book, history, today - timedelta(days=LIVED_DAYS), warehouse.hex)
    while chunk := list(islice(orders, _CHUNK)):
        await copy("orders", _ORDERS, [order for order, _ in chunk])
        async with unchecked():
            await copy("order_lines", _LINES, [line for _, lines in chunk for line in lines])
        history.orders += len(chunk)
        history.lines += sum(len(lines) for _, lines in chunk)
    async with unchecked():
        await _store_dispatches(history.sent)
    await _store_numbers(trade.heads)
    return history


def _rendered(
    trade: Trade, book: Book, history: History, lived: date, warehouse: str
) -> Iterator[tuple[str, list[str]]]:
    """Each order's row and its lines' rows, in COPY's text format."""
    draw = chance("fulfilment")
    known: dict[int, tuple[str, str, str, str]] = {}
    for head, lines in trade.orders():
        customer = head.customer
        who = known.get(customer.n)
        if who is None:
            who = known[customer.n] = (
                f"{customer.id.hex}\t{customer.rep.position}\t{customer.rep.user_id.hex}",
                f"{book.address_of(customer).hex}\t{book.version_of(customer).hex}\t{warehouse}",
                customer.id.hex, customer.rep.user_id.hex,
            )  # fmt: skip
        gross = sum(line.gross for line in lines)
        net = sum(line.net for line in lines)
        tax = sum(line.tax for line in lines)
        left = head.placed - head.placed % 86_400 + 86_400 + draw.randrange(7_200, 32_400)  # 9 to 16 next day
        state, changed = ("cancelled", head.placed + 5_000) if head.cancelled else ("dispatched", left)
        note = _NOTES[head.n % 4] if draw.random() < 0.06 else ""
        placed, order = moment(head.placed), order_number(head)
        yield (
            (
                f"{order:032x}\t{head.number}\t{who[0]}\t{state}\tVND\t{head.day}\t{head.day + timedelta(days=1)}\t"
                f"{who[1]}\t{gross}\t{gross - net}\t{net}\t{tax}\t{net + tax}\t{note}\t{who[2]}\t{net + tax}\tt\t"
                f"{head.day}\t{placed}\t{placed}\t{placed}\t\\\\x\t{{}}\t4\t{moment(changed)}\t{who[3]}"
            ),
            list(_line_rows(head, lines, order)),
        )
        if head.day >= lived and not head.cancelled:
            history.sent.append(Sent(head, lines, left, net + tax))


def _line_rows(head: Head, lines: list[Line], order: int) -> Iterator[str]:
    for place, line in enumerate(lines):
        base = line.qty * line.factor * MICRO
        gone = f"0\t{base}" if head.cancelled else f"{base}\t0"
        yield (
            f"{line_number(head, place):032x}\t{order:032x}\t{place + 1}\t{line.item.id.hex}\t{line.unit}\t"
            f"{line.qty * MICRO}\t{base}\t{line.price * MICRO}\t{line.gross}\t{line.discount}\t{line.net}\t{line.tax}\t"
            f"{line.net + line.tax}\t{gone}"
        )


async def _store_dispatches(sent: list[Sent]) -> None:
    draw = chance("gate")
    plates = [
        f"{draw.choice(('51C', '50H', '61C', '29C'))}-{draw.randrange(100, 999)}.{draw.randrange(10, 99)}"
        for _ in range(30)
    ]
    await copy(
        "order_dispatches", "id order_id packages plate dispatched_by dispatched_at body_hash",
        (
            f"{number_at(one.at * 1000, _DISPATCH, one.head.n):032x}\t{order_number(one.head):032x}\t"
            f"{min(10_000, max(1, sum(line.qty for line in one.lines)))}\t{plates[one.head.n % 30]}\t{PICKER.hex}\t"
            f"{moment(one.at)}\t\\\\x"
            for one in sent
        ),
    )  # fmt: skip
    await copy(
        "order_dispatch_lines", "dispatch_id order_line_id qty",
        (
            f"{number_at(one.at * 1000, _DISPATCH, one.head.n):032x}\t{line_number(one.head, place):032x}\t"
            f"{line.qty * line.factor * MICRO}"
            for one in sent for place, line in enumerate(one.lines)
        ),
    )  # fmt: skip


async def _store_numbers(heads: list[Head]) -> None:
    """Let the next order of a year take the number after the last one: counter i gives i, i + 32, i + 64, ..."""
    last = {head.day.year: int(head.number.rsplit("-", 1)[1]) for head in heads}
    await execute_many(
        "INSERT INTO order_numbers (year, stripe, next) VALUES ($1, $2, $3)",
        [
            (year, stripe, stripe + -(-(number + 1 - stripe) // _STRIPES) * _STRIPES if stripe <= number else stripe)
            for year, number in last.items()
            for stripe in range(1, _STRIPES + 1)
        ],
    )
