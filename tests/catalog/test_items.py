"""Items over HTTP: found by what people type, page by page, without prices for who sees none."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from backend.catalog.storing import NewCurrency, NewItem, insert_catalog, insert_items
from backend.core import database as db
from backend.core.ids import new_id
from tests.pricing.dairy import lay_dairy


async def codes(client: Any, **query: str) -> list[str]:
    return [item["code"] for item in (await client.get("/items", params=query)).json()["items"]]


async def test_items_are_found_without_accents_and_in_any_word_order(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    ids = await lay_dairy()
    lan = await client_for(cast.lan)
    assert await codes(lan, q="tuoi sua") == ["SUA180"]
    assert await codes(lan, q="SỮA") == ["SUA180"]
    assert await codes(lan, q="cafe xay") == ["CAFE"]
    assert await codes(lan, q="100%") == await codes(lan, q="_") == await codes(lan, q="' OR 1=1--") == []
    assert await codes(lan, group=str(ids.coffee_group)) == ["CAFE"]
    await db.execute("UPDATE items SET active = false WHERE id = $1", ids.coffee)
    assert await codes(lan) == ["LY", "SUA180"]


async def test_an_item_says_its_packagings_and_groups(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    ids = await lay_dairy()
    lan = await client_for(cast.lan)
    item = (await lan.get(f"/items/{ids.milk}")).json()
    assert [(one["unit"], one["num"], one["den"], one["whole_units"]) for one in item["packagings"]] == [
        ("thùng", "48", "1", True)
    ]
    assert [group["code"] for group in item["groups"]] == ["sua"]
    assert (item["list_price"], item["tax_code"]) == ("7500", "VAT8")
    assert "cost" not in str(item)
    assert (await lan.get(f"/items/{new_id()}")).status_code == 404
    tuan = await client_for(cast.tuan)
    assert (await tuan.get(f"/items/{ids.milk}")).json()["list_price"] is None


async def test_pages_of_items_leave_nothing_out(cast: SimpleNamespace, client_for: Callable[..., Any]) -> None:
    await insert_catalog([NewCurrency("VND", 0, 2, "Đồng", "Dong")])
    await insert_items(
        [
            NewItem(
                id=new_id(), code=f"I{n:03}", name_vi="Giống nhau", name_en="Same", base_unit="cái", list_currency="VND"
            )
            for n in range(25)
        ]
    )
    lan = await client_for(cast.lan)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await lan.get("/items", params={"limit": 10, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"I{n:03}" for n in range(25)]
    assert (await lan.get("/items", params={"cursor": "!"})).status_code == 422


async def test_the_database_refuses_what_is_no_catalog(database: str) -> None:
    ids = await lay_dairy()
    with pytest.raises(Exception, match="packagings_num_check"):
        await db.execute("UPDATE packagings SET num = 0")
    with pytest.raises(Exception, match="cannot lie under itself"):
        await db.execute("UPDATE item_groups SET parent_id = $1 WHERE id = $1", ids.milk_group)
    with pytest.raises(Exception, match="price_rules_no_overlap"):
        await db.execute(
            """INSERT INTO price_rules (id, list_id, code, item_id, price)
               SELECT $1, list_id, 'TWIN', item_id, price FROM price_rules WHERE code = 'DL-1'""",
            new_id(),
        )
    with pytest.raises(Exception, match="price_rules_check"):
        await db.execute(
            """INSERT INTO price_rules (id, list_id, code, price) SELECT $1, id, 'COST', '{"kind":"off","base":"cost"}'
                 FROM price_lists WHERE code = 'DL'""",
            new_id(),
        )
    assert await db.fetch_value("SELECT count(*) FROM price_rules") == 3
