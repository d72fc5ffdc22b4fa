"""The shop of these tests: customers, goods in the warehouse, credit, and short ways to ask for things."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

import backend.approvals.doctor
import backend.core.audit
import backend.credit.doctor
import backend.orders.doctor
import backend.pricing.doctor
import backend.stock.doctor
from backend.catalog.storing import NewCurrency, NewItem, NewPackaging, NewRate, NewTax, insert_catalog
from backend.core import database as db
from backend.core.clock import today
from backend.core.ids import new_id
from backend.core.money import MICRO, micro
from backend.credit.accounts import open_account
from backend.orders.placing import place_order
from backend.orders.schemas import LineIn, Moved, PickLine, PickOrder, Placed, PlaceOrder
from backend.people.access import Actor
from backend.stock.receiving import open_warehouse, receive

LAN, BOB = 3, 5


class Shop:
    """One company with one warehouse and no tax but VAT8."""

    def __init__(self, warehouse: UUID, tax: UUID) -> None:
        self.warehouse = warehouse
        self.tax = tax

    async def customer(
        self, position: int = LAN, *, limit: int | None = None, account: bool = True, **columns: Any
    ) -> UUID:
        """A customer of a position, with a credit account of its own."""
        customer = new_id()
        await db.execute(
            "INSERT INTO customers (id, code, name, position_id, status, currency) VALUES ($1, $2, $3, $4, $5, $6)",
            customer, f"KH{str(customer)[-12:]}", f"Tạp hóa {str(customer)[-4:]}", position,
            columns.get("status", "active"), columns.get("currency", "VND"),
        )  # fmt: skip
        if account:
            await open_account([customer], currency="VND", limit=limit, actor=None)
        return customer

    async def item(self, on_hand: int = 1000, *, price: str = "1000", stocked: bool = True, box: int = 12) -> UUID:
        """An item priced per piece, with so many in the warehouse and a box of `box`."""
        item = new_id()
        await insert_catalog(
            [
                NewItem(
                    id=item, code=f"I{str(item)[-12:]}", name_vi="Sữa", name_en="Milk", base_unit="hộp",
                    list_currency="VND", group_id=None, tax_id=self.tax, list_price_micro=micro(price), cost_micro=1,
                    stocked=stocked,
                ),
                NewPackaging(new_id(), item, "thùng", box),
            ]
        )  # fmt: skip
        if on_hand:
            await receive(item_id=item, warehouse_id=self.warehouse, qty_micro=on_hand * MICRO)
        return item

    async def bin(self, item: UUID) -> tuple[int, int, int, int]:
        """on hand, reserved, picked, backlog in whole pieces."""
        row = await db.fetch_row("SELECT on_hand, reserved, picked, backlog FROM stock_bins WHERE item_id = $1", item)
        on_hand, reserved, picked, backlog = (number // MICRO for number in row.values())
        return on_hand, reserved, picked, backlog

    async def account(self, customer: UUID) -> Any:
        """The credit account's row."""
        return await db.fetch_row(
            "SELECT a.* FROM credit_accounts a JOIN credit_members m ON m.account_id = a.id WHERE m.customer_id = $1",
            customer,
        )


async def lay_shop() -> Shop:
    """Currencies, a tax of 8 % and the warehouse."""
    tax = new_id()
    await insert_catalog(
        [
            NewCurrency("VND", 0, 2, "Đồng", "Dong"),
            NewCurrency("USD", 2, 4, "Đô la Mỹ", "US dollar"),
            NewRate("USD", date(2020, 1, 1), 25_000),
            NewTax(tax, "VAT8", 8, 100, "Thuế 8 %", "VAT 8%"),
        ]
    )
    return Shop(await open_warehouse("KHO1", "Kho chính", default=True, by=None), tax)


def basket(customer: UUID, *lines: tuple[UUID, str], unit: str = "hộp", **more: Any) -> PlaceOrder:
    """What a rep sends: items and quantities."""
    fields: dict[str, Any] = {"id": new_id(), "currency": "VND", "ordered_on": today(), **more}
    return PlaceOrder(
        customer_id=customer,
        lines=[LineIn(id=new_id(), item_id=item, unit=unit, qty=qty) for item, qty in lines],
        **fields,
    )


async def place(actor: Actor, customer: UUID, *lines: tuple[UUID, str], **more: Any) -> Placed:
    """Place it."""
    return await place_order(basket(customer, *lines, **more), actor=actor)


def all_picked(order: UUID, placed: Placed, *, short: dict[UUID, str] | None = None) -> PickOrder:
    """A pick of everything reserved; `short` gives other quantities for some lines, by line id."""
    short = short or {}
    return PickOrder(
        id=new_id(),
        order_id=order,
        lines=[
            PickLine(line.id, short.get(line.id, line.reserved), "thiếu hàng" if line.id in short else None)
            for line in placed.lines
            if line.reserved != "0"
        ],
    )


async def together(works: Iterable[Awaitable[Any]]) -> list[Any]:
    """Run them all at once; exceptions are answers."""
    return await asyncio.gather(*works, return_exceptions=True)


async def healthy() -> None:
    """The doctor finds nothing."""
    rooms = (
        backend.core.audit,
        backend.stock.doctor,
        backend.credit.doctor,
        backend.pricing.doctor,
        backend.approvals.doctor,
        backend.orders.doctor,
    )
    assert [fault for room in rooms for fault in await room.faults()] == []


def state_of(moved: Moved | Placed) -> str:
    return moved.state
