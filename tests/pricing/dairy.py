"""The dairy of the worked example, in the database: milk by the carton, coffee, a cup; a dealer list."""

from datetime import date
from types import SimpleNamespace
from uuid import UUID

from backend.catalog.storing import (
    NewCurrency,
    NewItem,
    NewItemGroup,
    NewPackaging,
    NewRate,
    NewTax,
    insert_catalog,
)
from backend.core import database as db
from backend.core.ids import new_id
from backend.core.money import MICRO, micro
from backend.pricing.storing import NewPriceList, NewPriceRule, insert_price_lists, insert_price_rules

DAY = date(2026, 7, 1)
NAMES = ("vat8", "vat10", "milk_group", "coffee_group", "milk", "coffee", "cup", "dealers", "dealers_1", "customer",
         "other", "dl", "base")  # fmt: skip


async def lay_dairy() -> SimpleNamespace:
    """Store it all; gives the ids. The dealer C01 looks to Lan's position, in group dai-ly-1 under dai-ly."""
    ids = SimpleNamespace(**{name: new_id() for name in NAMES})
    await insert_catalog(
        [
            NewCurrency("VND", 0, 2, "Đồng", "Dong"),
            NewCurrency("USD", 2, 4, "Đô la Mỹ", "US dollar"),
            NewRate("USD", date(2020, 1, 1), 25_000),
            NewTax(ids.vat8, "VAT8", 8, 100, "Thuế 8 %", "VAT 8%"),
            NewTax(ids.vat10, "VAT10", 10, 100, "Thuế 10 %", "VAT 10%"),
            NewItemGroup(ids.milk_group, None, "sua", "Sữa", "Milk"),
            NewItemGroup(ids.coffee_group, None, "cafe", "Cà phê", "Coffee"),
            item(ids.milk, "SUA180", "Sữa tươi 180 ml", "hộp", ids.milk_group, ids.vat8, "7500"),
            item(ids.coffee, "CAFE", "Cà phê rang xay", "gói", ids.coffee_group, ids.vat10, "55000"),
            item(ids.cup, "LY", "Ly thủy tinh", "cái", None, ids.vat10, None),
            NewPackaging(new_id(), ids.milk, "thùng", 48),
        ]
    )
    await _lay_customers(ids)
    await insert_price_lists(
        [
            NewPriceList(id=ids.dl, code="DL", name_vi="Đại lý", name_en="Dealers", currency="VND"),
            NewPriceList(
                id=ids.base, code="BASE", name_vi="Chung", name_en="Everybody", currency="VND", is_default=True
            ),
        ]
    )
    await insert_price_rules(
        [
            rule(ids.dl, "DL-1", {"kind": "fixed", "amount": "7200"}, item_id=ids.milk),
            rule(ids.dl, "DL-2", {"kind": "fixed", "amount": "7050"}, item_id=ids.milk, min_qty_micro=480 * MICRO),
            rule(ids.dl, "DL-3", {"kind": "off", "percent": "6", "round_to": "100"}, item_group_id=ids.coffee_group),
        ]
    )
    await db.execute("UPDATE customer_groups SET price_list_id = $1 WHERE id = $2", ids.dl, ids.dealers)
    return ids


def item(code_id: UUID, code: str, name: str, unit: str, group: UUID | None, tax: UUID, price: str | None) -> NewItem:
    """An item in đồng that costs half its list price."""
    amount = None if price is None else micro(price)
    return NewItem(
        id=code_id, code=code, name_vi=name, name_en=code.title(), base_unit=unit, list_currency="VND", group_id=group,
        tax_id=tax, list_price_micro=amount, cost_micro=amount and amount // 2,
    )  # fmt: skip


def rule(list_id: UUID, code: str, price: dict[str, str], **selector: object) -> NewPriceRule:
    """A rule with a fresh id."""
    return NewPriceRule(id=new_id(), list_id=list_id, code=code, price=price, **selector)  # type: ignore[arg-type]  # a test's own keywords


async def _lay_customers(ids: SimpleNamespace) -> None:
    await db.execute(
        """INSERT INTO customer_groups (id, parent_id, code, name)
           VALUES ($1, NULL, 'dai-ly', 'Đại lý'), ($2, $1, 'dai-ly-1', 'Cấp 1')""",
        ids.dealers,
        ids.dealers_1,
    )
    for code_id, code, position in ((ids.customer, "C01", 3), (ids.other, "C02", 5)):
        await db.execute(
            "INSERT INTO customers (id, code, name, position_id) VALUES ($1, $2, 'Tạp hóa ' || $2, $3)",
            code_id,
            code,
            position,
        )
    await db.execute(
        "INSERT INTO customer_group_links (customer_id, group_id, is_primary) VALUES ($1, $2, true)",
        ids.customer,
        ids.dealers_1,
    )
