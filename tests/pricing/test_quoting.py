"""Quotes from a real database: what the order placing verb relies on."""

from datetime import date
from uuid import UUID

import pytest

from backend.core import database as db
from backend.core.errors import NotVisible, Refusal
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.pricing.quoting import Quoted, QuoteLine, quote
from backend.pricing.storing import (
    NewPriceList,
    NewPriceRule,
    NewPromotion,
    insert_price_lists,
    insert_price_rules,
    insert_promotions,
)
from tests.pricing.dairy import DAY, lay_dairy, rule


def ask(item_id: UUID, unit: str, qty: int, micro: int = MICRO) -> QuoteLine:
    return QuoteLine(new_id(), item_id, unit, qty * micro)


async def quoted(customer_id: UUID, *lines: QuoteLine, currency: str = "VND", on: date = DAY) -> Quoted:
    return await quote(customer_id=customer_id, ordered_on=on, currency=currency, lines=lines)


async def test_a_dealer_pays_the_price_of_his_groups_list_by_the_carton(database: str) -> None:
    ids = await lay_dairy()
    answer = await quoted(ids.customer, ask(ids.milk, "thùng", 12), ask(ids.coffee, "gói", 50))
    milk, coffee = answer.lines
    assert (milk.unit_price_micro, milk.gross_minor, milk.source) == (338_400 * MICRO, 4_060_800, "list:DL/DL-2")
    assert (milk.qty_base_micro, milk.tax_minor) == (576 * MICRO, 324_864)
    assert (coffee.unit_price_micro, coffee.gross_minor, coffee.source) == (51_700 * MICRO, 2_585_000, "list:DL/DL-3")
    assert answer.total_minor == answer.net_minor + answer.tax_minor == 6_645_800 + 324_864 + 258_500


async def test_a_customer_without_a_list_pays_the_items_own_price(database: str) -> None:
    ids = await lay_dairy()
    answer = await quoted(ids.other, ask(ids.milk, "hộp", 10))
    assert (answer.lines[0].unit_price_micro, answer.lines[0].source) == (7_500 * MICRO, "item")


async def test_an_order_in_dollars_is_priced_at_the_rate_of_its_day(database: str) -> None:
    ids = await lay_dairy()
    answer = await quoted(ids.other, ask(ids.coffee, "gói", 3), currency="USD")
    assert (answer.lines[0].unit_price_micro, answer.lines[0].gross_minor) == (2_200_000, 660)
    with pytest.raises(Refusal, match="rate-missing"):
        await quoted(ids.other, ask(ids.coffee, "gói", 3), currency="USD", on=date(2019, 12, 31))


async def test_a_refusal_points_at_the_line(database: str) -> None:
    ids = await lay_dairy()
    cases = [
        (ask(new_id(), "hộp", 1), "item-unknown", "/lines/1/item_id"),
        (ask(ids.milk, "lốc", 1), "unit-unknown", "/lines/1/unit"),
        (ask(ids.milk, "thùng", 1, MICRO // 2), "quantity-fraction", "/lines/1/qty"),
        (ask(ids.cup, "cái", 1), "no-price", "/lines/1/item_id"),
    ]
    for line, code, pointer in cases:
        with pytest.raises(Refusal) as caught:
            await quoted(ids.customer, ask(ids.coffee, "gói", 1), line)
        assert (caught.value.code, caught.value.pointer) == (code, pointer)
    with pytest.raises(NotVisible):
        await quoted(new_id(), ask(ids.coffee, "gói", 1))
    with pytest.raises(Refusal, match="amount-too-large"):
        await quoted(ids.customer, ask(ids.coffee, "gói", 9_000_000_000_000))


async def test_a_new_price_holds_from_the_next_quote_on(database: str) -> None:
    ids = await lay_dairy()
    line = ask(ids.milk, "hộp", 1)
    assert (await quoted(ids.customer, line)).net_minor == 7_200
    await db.execute("UPDATE price_rules SET price = jsonb_set(price, '{amount}', '\"6900\"') WHERE code = 'DL-1'")
    assert (await quoted(ids.customer, line)).net_minor == 6_900
    await db.execute("UPDATE items SET active = false WHERE id = $1", ids.milk)
    with pytest.raises(Refusal, match="item-unknown"):
        await quoted(ids.customer, line)


async def test_a_price_seen_in_a_transaction_that_rolls_back_is_forgotten(database: str) -> None:
    ids = await lay_dairy()
    line = ask(ids.milk, "hộp", 1)
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await db.execute("UPDATE price_rules SET deleted_at = now() WHERE code = 'DL-1'")
            assert (await quoted(ids.customer, line)).net_minor == 7_500
            raise ZeroDivisionError
    assert (await quoted(ids.customer, line)).net_minor == 7_200


async def test_a_price_from_cost_is_a_plain_amount(database: str) -> None:
    ids = await lay_dairy()
    margin = {"kind": "off", "base": "cost", "percent": "-30", "round_to": "500", "plus": "-10"}
    await insert_price_rules([rule(ids.base, "C1", margin, item_id=ids.coffee, customer_id=ids.other)])
    line = (await quoted(ids.other, ask(ids.coffee, "gói", 1))).lines[0]
    assert (line.unit_price_micro, line.source) == (35_990 * MICRO, "list:BASE/C1")  # 27,500 + 30 % = 35,750 -> 36,000


async def test_what_could_not_be_priced_later_is_refused_when_saved(database: str) -> None:
    ids = await lay_dairy()
    lists = [NewPriceList(id=new_id(), code=f"N{n}", name_vi="N", name_en="N", currency="VND") for n in range(7)]
    await insert_price_lists(lists)

    def on(above: int, below: int) -> NewPriceRule:
        return rule(lists[above].id, f"on{below}", {"kind": "off", "base": f"list:N{below}"})

    await insert_price_rules([on(n, n + 1) for n in range(5)])
    for wrong in (on(5, 6), on(5, 0)):
        with pytest.raises(Refusal, match="price-nesting"):
            async with db.transaction():
                await insert_price_rules([wrong])
    with pytest.raises(Refusal, match="book-malformed"):
        await insert_price_rules([rule(ids.dl, "X", {"kind": "fixed", "amount": "1.250.000"})])
    with pytest.raises(Refusal, match="book-malformed"):
        await insert_promotions([NewPromotion(new_id(), "KM9", {"effect": {"kind": "percent"}})])


async def test_a_promotion_written_wrongly_by_hand_stops_no_order(database: str) -> None:
    ids = await lay_dairy()
    await db.execute("INSERT INTO promotions (id, code, rule) VALUES ($1, 'BROKEN', '{\"effect\": 1}')", new_id())
    await insert_promotions([NewPromotion(new_id(), "KM1", {"effect": {"kind": "percent", "value": "50"}})])
    assert (await quoted(ids.customer, ask(ids.milk, "hộp", 1))).net_minor == 3_600
