"""The price book a phone fetches: whose it is, what is not in it, and that it prices like the office."""

import hashlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from backend.core import database as db
from backend.core.ids import new_id
from backend.core.money import MICRO, text_of_micro
from backend.pricing.books import canonical, stored_book
from backend.pricing.quoting import QuoteLine, quote
from backend.pricing.rules import price_order
from backend.pricing.storing import NewPromotion, insert_price_rules, insert_promotions
from tests.pricing.dairy import DAY, lay_dairy, rule


async def test_a_phone_fetches_its_book_once(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    await lay_dairy()
    lan = await client_for(cast.lan)
    first = await lan.get("/pricing/book")
    body = first.json()
    assert hashlib.sha256(canonical(body["book"])).hexdigest() == body["version"]
    again = await lan.get("/pricing/book", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    await db.execute("UPDATE price_rules SET price = jsonb_set(price, '{amount}', '\"6900\"') WHERE code = 'DL-1'")
    changed = await lan.get("/pricing/book", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.json()["version"] != body["version"]
    assert await stored_book(body["version"]) == body["book"]


async def test_a_book_holds_its_owners_customers_only_and_no_cost(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    ids = await lay_dairy()
    await insert_price_rules(
        [
            rule(ids.base, "OTHER", {"kind": "fixed", "amount": "31337"}, customer_id=ids.other),
            rule(ids.base, "COST", {"kind": "off", "base": "cost", "percent": "-10"}, item_id=ids.coffee),
        ]
    )
    await insert_promotions(
        [
            NewPromotion(
                new_id(),
                "SECRET",
                {
                    "scope": {"customers": [str(ids.other)]},
                    "effect": {"kind": "percent", "value": "50"},
                },
            )
        ]
    )
    lan, bob, an = await client_for(cast.lan), await client_for(cast.bob), await client_for(cast.an)
    mine = (await lan.get("/pricing/book")).json()["book"]
    assert set(mine["customers"]) == {str(ids.customer)}
    assert mine["customers"][str(ids.customer)]["groups"] == ["dai-ly-1", "dai-ly"]
    assert "31337" not in json.dumps(mine) and "SECRET" not in json.dumps(mine) and "cost" not in json.dumps(mine)
    assert {"id": "COST", "item": str(ids.coffee), "price": {"kind": "fixed", "amount": "30250"}} in mine[
        "price_lists"
    ]["BASE"]["rules"]
    theirs = (await bob.get("/pricing/book")).json()["book"]
    assert set(theirs["customers"]) == {str(ids.other)}
    assert set(theirs["price_lists"]) == {"BASE"}  # nobody of his may use the dealers' list
    assert "31337" in json.dumps(theirs) and "SECRET" in json.dumps(theirs)
    assert len((await an.get("/pricing/book")).json()["book"]["customers"]) == 2
    assert (await (await client_for(cast.tuan)).get("/pricing/book")).status_code == 403


async def test_the_book_prices_like_the_quote(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    ids = await lay_dairy()
    await insert_promotions(
        [
            NewPromotion(
                new_id(), "KM1", {"match": {"item_groups": ["sua"]}, "effect": {"kind": "percent", "value": "3"}}
            ),
            NewPromotion(
                new_id(), "KM2", {"effect": {"kind": "gift", "item": str(ids.cup), "qty": "1", "every": "24"}}
            ),
            NewPromotion(new_id(), "KM4", {"stage": "order", "effect": {"kind": "amount", "value": "100000"}}),
        ]
    )
    lan = await client_for(cast.lan)
    book = (await lan.get("/pricing/book")).json()["book"]
    asked = [QuoteLine(new_id(), ids.milk, "thùng", 12 * MICRO), QuoteLine(new_id(), ids.coffee, "gói", 50 * MICRO)]
    quoted = await quote(customer_id=ids.customer, ordered_on=DAY, currency="VND", lines=asked, explain=True)
    on_phone = price_order(
        book,
        {
            "customer": str(ids.customer),
            "date": DAY.isoformat(),
            "currency": "VND",
            "lines": [
                {"id": str(a.id), "item": str(a.item_id), "unit": a.unit, "qty": text_of_micro(a.qty_micro)}
                for a in asked
            ],
        },
    )
    assert str(quoted.total_minor) == on_phone["total"]
    assert quoted.trace == on_phone["trace"]
    both = [*quoted.lines, *quoted.gifts]
    assert [str(line.amount_minor) for line in both] == [line["amount"] for line in on_phone["lines"]]
    assert [line.source for line in both] == [line["source"] for line in on_phone["lines"]]
    assert [(gift.item_id, gift.qty_base_micro, gift.gift) for gift in quoted.gifts] == [(ids.cup, 26 * MICRO, "KM2")]
