"""What would this customer pay, and why: the winner, every loser and why, promotions, tax, the chain of lists."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from backend.core import database as db
from backend.core.clock import today
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.pricing.lists.explaining import explain
from backend.pricing.lists.schemas_explained import Ask
from backend.pricing.quoting import QuoteLine, quote
from backend.pricing.storing import (
    NewPriceList,
    NewPromotion,
    insert_price_lists,
    insert_price_rules,
    insert_promotions,
)
from tests.pricing.dairy import DAY, lay_dairy, rule

ClientFor = Callable[..., Any]


def fixed(amount: int) -> dict[str, str]:
    return {"kind": "fixed", "amount": str(amount)}


async def ask(client: httpx.AsyncClient, customer: object, item: object, **more: Any) -> dict[str, Any]:
    """The answer to "what would they pay", which must be given."""
    query = {"customer": str(customer), "item": str(item), "on": DAY.isoformat(), **more}
    answer = await client.get("/pricing/explain", params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def lost(told: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Row -> why it lost, and at which step of the choice."""
    return {one["rule"]["code"]: (one["code"], one["step"]) for one in told["losers"]}


async def test_the_price_is_that_of_the_order_to_the_last_dong(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    await insert_promotions(
        [
            NewPromotion(
                new_id(),
                "KM1",
                {
                    "name": {"vi": "Sữa hè", "en": "Summer milk"},
                    "match": {"item_groups": ["sua"]},
                    "effect": {"kind": "percent", "value": "3"},
                },
            ),
            NewPromotion(
                new_id(), "KM2", {"effect": {"kind": "gift", "item": str(ids.cup), "qty": "1", "every": "96"}}
            ),
            NewPromotion(new_id(), "KM3", {"min": {"amount": "9000000"}, "effect": {"kind": "percent", "value": "9"}}),
        ]
    )
    told = await ask(await client_for(cast.hung), ids.customer, ids.milk, qty="12", unit="thùng")
    line = QuoteLine(new_id(), ids.milk, "thùng", 12 * MICRO)
    quoted = await quote(customer_id=ids.customer, ordered_on=DAY, currency="VND", lines=[line])
    assert told["price"] == {
        "unit_price": "338400", "gross": "4060800", "discount": "121824", "amount": "3938976", "net": "3938976",
        "total": str(quoted.total_minor),
        "tax": {"code": "VAT8", "percent": "8", "included": False, "amount": "315118"},
    }  # fmt: skip
    assert (told["qty_base"], told["base_unit"], told["problem"]) == ("576", "hộp", None)
    assert [(one["code"], one["amount"], one["name_vi"]) for one in told["applied"][:1]] == [
        ("KM1", "121824", "Sữa hè")
    ]
    gift = told["applied"][1]
    assert (gift["code"], gift["gift"]["code"], gift["gift_qty"], gift["amount"]) == ("KM2", "LY", "6 cái", "0")
    skipped = told["skipped"][0]
    assert (skipped["code"], skipped["why"], skipped["numbers"]["missing"]) == ("KM3", "min", "4939200")


async def test_the_winner_says_in_which_steps_it_won(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    told = await ask(await client_for(cast.an), ids.customer, ids.milk, qty="480")
    winner = told["winner"]
    assert (winner["source"], winner["price_list"], winner["rule"]["code"]) == ("list", "DL", "DL-2")
    assert [(one["step"], one["value"]) for one in winner["why"]] == [
        ("priority", "0"), ("customer", None), ("item", str(ids.milk)), ("unit", None), ("min_qty", "480"),
        ("valid_from", None),
    ]  # fmt: skip
    assert lost(told) == {"DL-1": ("outranked", "min_qty")}
    assert [(one["code"], one["via"], one["of"], one["outcome"]) for one in told["lists"]] == [
        ("DL", "group", "dai-ly", "won"), ("BASE", "default", None, "not-reached"), ("", "item", None, "not-reached")
    ]  # fmt: skip
    assert told["lists"][0]["name_vi"] == "Đại lý"


async def test_every_row_that_lost_says_why(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    milk: dict[str, Any] = {"item_id": ids.milk}
    await insert_price_rules(
        [
            rule(ids.dl, "WIN", fixed(6000), **milk, priority=9),
            rule(ids.dl, "CUSTOMER", fixed(5000), **milk, customer_id=ids.customer),
            rule(ids.dl, "GROUP", fixed(5100), **milk, customer_group_id=ids.dealers),
            rule(ids.dl, "MILKS", fixed(5200), item_group_id=ids.milk_group),
            rule(ids.dl, "ANY", fixed(5300)),
            rule(ids.dl, "CARTON", fixed(250_000), **milk, unit="thùng"),
            rule(ids.dl, "ENDED", fixed(5400), **milk, valid_to=DAY.replace(month=1), priority=1),
            rule(ids.dl, "OTHERS", fixed(5500), **milk, customer_id=ids.other),
            rule(ids.dl, "FEW", fixed(5600), **milk, max_qty_micro=2 * MICRO, priority=2),
            rule(ids.dl, "NOBASE", {"kind": "off", "base": "list:BASE", "percent": "1"}, **milk, priority=10),
            rule(ids.base, "FAR", fixed(4000), item_id=ids.coffee),
            rule(ids.base, "LATER", fixed(4000), item_group_id=ids.milk_group, min_qty_micro=5 * MICRO),
            rule(ids.base, "NOT-YET", fixed(4000), **milk, min_qty_micro=50 * MICRO),
        ]
    )
    told = await ask(await client_for(cast.an), ids.customer, ids.milk, qty="10")
    assert told["winner"]["rule"]["code"] == "NOBASE"  # BASE has a price from 5 boxes on
    assert (told["winner"]["base_price"], told["winner"]["base_source"]) == ("4000", "list:BASE/LATER")
    told = await ask(await client_for(cast.an), ids.customer, ids.milk, qty="4")
    assert (told["winner"]["rule"]["code"], told["price"]["unit_price"]) == ("WIN", "6000")
    reasons = lost(told)
    assert reasons == {
        "NOBASE": ("base", None), "CUSTOMER": ("outranked", "priority"), "GROUP": ("outranked", "priority"),
        "MILKS": ("outranked", "priority"), "ANY": ("outranked", "priority"), "DL-1": ("outranked", "priority"),
        "DL-2": ("min_qty", None), "CARTON": ("unit", None), "ENDED": ("date", None), "OTHERS": ("customers", None),
        "FEW": ("max_qty", None), "LATER": ("min_qty", None), "NOT-YET": ("min_qty", None),
    }  # fmt: skip
    missing = {one["rule"]["code"]: one["missing"] for one in told["losers"] if one["missing"]}
    assert missing == {"DL-2": "476", "LATER": "1", "NOT-YET": "46"}
    await db.execute("UPDATE price_rules SET deleted_at = now() WHERE code IN ('WIN', 'NOBASE')")
    told = await ask(await client_for(cast.an), ids.customer, ids.milk, qty="5")
    assert told["winner"]["rule"]["code"] == "CUSTOMER"
    reasons = lost(told)
    assert reasons["GROUP"] == reasons["DL-1"] == reasons["ANY"] == ("outranked", "customer")
    assert reasons["LATER"] == ("farther", None)  # it would hold, but its list comes later
    await db.execute("UPDATE price_rules SET deleted_at = now() WHERE code IN ('CUSTOMER', 'GROUP')")
    reasons = lost(await ask(await client_for(cast.an), ids.customer, ids.milk, qty="5"))
    assert reasons["MILKS"] == reasons["ANY"] == ("outranked", "item")


async def test_the_chain_falls_through_to_the_item_or_to_nothing(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    await insert_price_lists(
        [NewPriceList(id=(own := new_id()), code="OWN", name_vi="Riêng", name_en="Own", currency="VND", valid_to=DAY)]
    )
    await db.execute("UPDATE customers SET price_list_id = $1 WHERE id = $2", own, ids.customer)

    def chain(told: dict[str, Any]) -> list[tuple[str, str, str]]:
        return [(one["code"], one["via"], one["outcome"]) for one in told["lists"]]

    told = await ask(an, ids.customer, ids.milk)
    assert chain(told) == [
        ("OWN", "customer", "no-rule"), ("DL", "group", "won"), ("BASE", "default", "not-reached"),
        ("", "item", "not-reached"),
    ]  # fmt: skip
    told = await ask(an, ids.customer, ids.milk, on="2026-07-02", price_list="BASE")
    assert chain(told) == [
        ("BASE", "order", "no-rule"), ("OWN", "customer", "date"), ("DL", "group", "won"), ("", "item", "not-reached")
    ]  # fmt: skip
    told = await ask(an, ids.other, ids.milk)
    assert (told["winner"]["source"], told["price"]["unit_price"]) == ("item", "7500")
    assert chain(told) == [("BASE", "default", "no-rule"), ("", "item", "won")]
    told = await ask(an, ids.other, ids.cup)
    assert (told["price"], told["winner"], told["problem"]) == (None, None, "no-price")
    assert chain(told) == [("BASE", "default", "no-rule"), ("", "item", "no-rule")]


async def test_a_price_off_another_says_what_it_started_from(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    told = await ask(await client_for(cast.an), ids.customer, ids.coffee, qty="3")
    assert (told["price"]["unit_price"], told["winner"]["base_price"], told["winner"]["base_source"]) == (
        "51700", "55000", "item"
    )  # fmt: skip
    in_dollars = await ask(await client_for(cast.an), ids.customer, ids.coffee, currency="USD")
    assert (in_dollars["price"]["unit_price"], in_dollars["winner"]["base_price"]) == ("2.068", "2.2")


async def test_an_answer_holds_nothing_of_another_line_and_no_cost(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    await insert_price_rules(
        [
            rule(ids.dl, "OTHERS", fixed(31337), item_id=ids.coffee, customer_id=ids.other),
            rule(ids.dl, "COST", {"kind": "off", "base": "cost", "percent": "-10"}, item_id=ids.coffee),
        ]
    )
    hung, ngoc, an = await client_for(cast.hung), await client_for(cast.ngoc), await client_for(cast.an)
    told = await hung.get(f"/pricing/explain?customer={ids.customer}&item={ids.coffee}")
    assert told.json()["winner"]["rule"]["price"] == {"kind": "fixed", "amount": "30250"}
    assert "31337" not in told.text and str(ids.other) not in told.text and "cost" not in told.text
    theirs = await ngoc.get(f"/pricing/explain?customer={ids.customer}&item={ids.coffee}")
    nobodys = await ngoc.get(f"/pricing/explain?customer={new_id()}&item={ids.coffee}")
    assert (theirs.status_code, theirs.json()) == (404, nobodys.json())
    told = await an.get(f"/pricing/explain?customer={ids.customer}&item={ids.coffee}")
    assert told.json()["winner"]["rule"]["price"]["base"] == "cost" and lost(told.json())["OTHERS"][0] == "customers"


@pytest.mark.parametrize(
    ("query", "status", "code", "pointer"),
    [
        ({"unit": "lốc"}, 409, "unit-unknown", "/unit"),
        ({"qty": "0.5"}, 409, "quantity-fraction", "/qty"),
        ({"qty": "một"}, 422, "not-a-number", "/qty"),
        ({"qty": "99999999999999"}, 409, "amount-too-large", None),
        ({"item": "nobody"}, 404, "not-found", "/item"),
        ({"currency": "XXX"}, 409, "currency-unknown", None),
        ({"currency": "USD", "on": "2019-01-01"}, 409, "rate-missing", None),
        ({"price_list": "NONE"}, 409, "price-list-unknown", None),
    ],
)
async def test_a_question_that_cannot_be_answered_says_what_is_wrong(
    query: dict[str, str], status: int, code: str, pointer: str | None, cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    if query.get("item"):
        query = {"item": str(new_id())}
    answer = await an.get("/pricing/explain", params={"customer": str(ids.customer), "item": str(ids.milk), **query})
    assert (answer.status_code, answer.json()["code"], answer.json().get("pointer")) == (status, code, pointer)


async def test_an_explanation_costs_the_same_statements_however_many_rows_lose(cast: SimpleNamespace) -> None:
    ids = await lay_dairy()

    async def statements() -> int:
        said: list[object] = []
        wanted = Ask(customer=ids.customer, item=ids.milk, qty="1", on=today())
        await explain(wanted, actor=cast.hung)  # reads the shelf once after a change of prices
        async with db.transaction() as opened:
            opened.connection.add_query_logger(said.append)
            await explain(wanted, actor=cast.hung)
            opened.connection.remove_query_logger(said.append)
        return len(said)

    few = await statements()
    await insert_price_rules(
        [rule(ids.dl, f"N-{n}", fixed(n), item_id=ids.milk, min_qty_micro=n * MICRO) for n in range(2, 200)]
    )
    assert few == await statements() == 4
