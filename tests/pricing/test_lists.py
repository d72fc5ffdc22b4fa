"""Price lists, through the API: who may do what, what is found, copied, taken away and brought back."""

from datetime import timedelta
from types import SimpleNamespace

import httpx

from backend.core import database as db
from backend.core.clock import today
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.pricing.lists.queries import RuleFilters, list_lists, list_rules
from backend.pricing.storing import insert_price_rules
from tests.pricing.dairy import lay_dairy, rule
from tests.pricing.pricelists import ClientFor, a_list, a_row, rows, write


async def test_lists_are_found_by_name_currency_and_day(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    for wanted in (
        a_list("TET", name_vi="Giá Tết Đinh Mùi", valid_from="2027-01-15", valid_to="2027-02-20"),
        a_list("XK", name_vi="Xuất khẩu", currency="USD"),
    ):
        assert (await an.post("/price-lists", json=wanted)).status_code == 201

    async def found(**query: str) -> list[str]:
        return [one["code"] for one in (await an.get("/price-lists", params=query)).json()["items"]]

    assert await found() == ["BASE", "DL", "TET", "XK"]
    assert await found(q="tet dinh") == ["TET"] == await found(q="TẾT")
    assert await found(q="100%") == []
    assert await found(currency="USD") == ["XK"]
    assert await found(on="2027-01-14") == ["BASE", "DL", "XK"]
    assert "TET" in await found(on="2027-02-20")
    first = (await an.get("/price-lists?limit=2")).json()
    second = (await an.get(f"/price-lists?limit=2&cursor={first['next']}")).json()
    assert [one["code"] for one in [*first["items"], *second["items"]]] == ["BASE", "DL", "TET", "XK"]
    assert second["next"] is None
    dl = next(one for one in first["items"] if one["code"] == "DL")
    assert (dl["rules"], dl["groups"], dl["customers"], dl["is_default"]) == (3, 1, 0, False)
    assert (await an.get(f"/price-lists/{ids.dl}")).json() == dl
    for bad in ("limit=0", "limit=201", "cursor=%%%", "on=soon"):
        assert (await an.get(f"/price-lists?{bad}")).status_code == 422, bad


async def test_the_rows_are_narrowed_by_what_they_name(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    await write(an, ids.dl, a_row(ids, code="C-1", customer_id=str(ids.customer)))
    await write(an, ids.dl, a_row(ids, code="C-2", customer_id=str(ids.other)))
    await write(
        an, ids.dl, a_row(ids, code="G-1", customer_group_id=str(ids.dealers), priority=5, valid_to="2026-12-31")
    )
    await write(an, ids.dl, {"id": str(new_id()), "code": "ALL", "price": {"kind": "off", "percent": "1"}})
    assert await rows(an, ids.dl) == ["DL-1", "C-1", "C-2", "G-1", "DL-2", "DL-3", "ALL"]
    assert await rows(an, ids.dl, item=ids.coffee) == []
    assert await rows(an, ids.dl, item_group=ids.coffee_group) == ["DL-3"]
    assert await rows(an, ids.dl, item_group=ids.milk_group) == ["DL-1", "C-1", "C-2", "G-1", "DL-2"]
    assert await rows(an, ids.dl, customer=ids.other) == ["C-2"]
    assert await rows(an, ids.dl, customer_group=ids.dealers) == ["C-1", "G-1"]  # the dealer C01 is in it, one below
    assert await rows(an, ids.dl, customer_group=ids.dealers_1) == ["C-1"]
    assert "G-1" not in await rows(an, ids.dl, on="2027-01-01")
    assert await rows(an, ids.dl, q="ca phe") == ["DL-3"] == await rows(an, ids.dl, q="CÀ PHÊ dl-3")
    assert await rows(an, ids.dl, q="tap hoa c02") == ["C-2"]
    seen: list[str] = []
    cursor = None
    while True:
        page = (
            await an.get(f"/price-lists/{ids.dl}/rules", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        assert page["total"] == 7
        seen += [row["code"] for row in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == await rows(an, ids.dl)
    assert (await an.get(f"/price-lists/{new_id()}/rules")).status_code == 404
    for bad in ("item=7", "cursor=x", "limit=0", "on=2026-13-01"):
        assert (await an.get(f"/price-lists/{ids.dl}/rules?{bad}")).status_code == 422, bad


async def test_lists_built_on_lists_end_after_five_and_never_turn_in_a_circle(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    made = [a_list(f"L{n}") for n in range(7)]
    for one in made:
        assert (await an.post("/price-lists", json=one)).status_code == 201

    async def build(above: int, below: int) -> httpx.Response:
        answer: httpx.Response = await an.post(
            f"/price-lists/{made[above]['id']}/rules",
            json=a_row(ids, code=f"ON-{below}", price={"kind": "off", "base": f"list:L{below}"}, priority=below),
        )
        return answer

    for n in range(5):
        assert (await build(n, n + 1)).status_code == 201
    assert (await build(5, 6)).json()["code"] == "price-nesting"
    assert (await build(5, 0)).json()["code"] == "price-nesting"
    used = await an.delete(f"/price-lists/{made[5]['id']}", params={"expected_version": 1})
    assert (used.status_code, used.json()["code"], used.json()["lists"]) == (409, "price-list-in-use", 1)


async def test_lists_are_made_changed_copied_taken_away_and_brought_back(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    sale = a_list("SALE", is_default=True, valid_to="2026-12-31")
    assert (await an.post("/price-lists", json=sale)).json() == {"id": sale["id"], "code": "SALE", "version": 1}
    assert (await an.post("/price-lists", json=sale)).status_code == 201  # asked again
    assert not (await an.get(f"/price-lists/{ids.base}")).json()["is_default"]
    assert (await an.post("/price-lists", json=a_list("SALE"))).json()["code"] == "price-list-code-taken"
    assert (await an.post("/price-lists", json=a_list("X", currency="ZZZ"))).json()["code"] == "currency-unknown"
    for bad in (
        {"code": "a/b"},
        {"code": "giá"},
        {"name_vi": " "},
        {"valid_to": "1999-01-01", "valid_from": "2000-01-01"},
    ):
        assert (await an.post("/price-lists", json=a_list("Y") | bad)).status_code == 422, bad
    place = f"/price-lists/{sale['id']}"
    assert (await an.patch(place, json={"expected_version": 7, "name_vi": "x"})).json()["current"] == 1
    assert (await an.patch(place, json={"expected_version": 1, "currency": "USD"})).status_code == 422
    renamed = await an.patch(place, json={"expected_version": 1, "name_vi": "Xả kho", "valid_to": None})
    assert renamed.json()["version"] == 2
    shown = (await an.get(place)).json()
    assert (shown["name_vi"], shown["valid_to"]) == ("Xả kho", None)
    assert (await an.delete(place, params={"expected_version": 2})).json()["code"] == "price-list-in-use"
    await an.patch(f"/price-lists/{ids.base}", json={"expected_version": 2, "is_default": True})
    assert (await an.delete(place, params={"expected_version": 3})).status_code == 200
    assert (await an.get(place)).status_code == 404 == (await an.get(f"{place}/rules")).status_code
    assert (await an.post(f"{place}/rules", json=a_row(ids))).status_code == 404
    assert (await an.post(f"{place}/restoring")).json()["version"] == 5
    in_use = await an.delete(f"/price-lists/{ids.dl}", params={"expected_version": 1})
    assert (in_use.json()["groups"], in_use.json()["customers"]) == (1, 0)
    trail = await db.fetch("SELECT action FROM audit WHERE entity_id = $1 ORDER BY n", sale["id"])
    assert [one["action"].removeprefix("price_list.") for one in trail] == [
        "create", "update", "update", "delete", "restore"
    ]  # fmt: skip


async def test_a_list_is_copied_so_many_percent_dearer(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    await write(an, ids.dl, a_row(ids, "6999", code="GONE", valid_to=str(today() - timedelta(days=1)), priority=1))
    capped = {"kind": "off", "percent": "10", "plus": "100", "min_margin": "-500"}
    await write(an, ids.dl, a_row(ids, code="CAP", item_id=str(ids.coffee), price=capped))
    wanted = {"id": str(new_id()), "code": "DL27", "name_vi": "2027", "name_en": "2027", "percent": "3.5"}
    copied = await an.post(f"/price-lists/{ids.dl}/copy", json=wanted)
    assert (copied.status_code, copied.json()["rules"], copied.json()["limited"]) == (201, 4, 1)
    assert (await an.post(f"/price-lists/{ids.dl}/copy", json=wanted)).json()["rules"] == 4  # asked again
    page = (await an.get(f"/price-lists/{wanted['id']}/rules")).json()
    prices = {row["code"]: row["price"] for row in page["items"]}
    assert prices["DL-1"] == {"kind": "fixed", "amount": "7452"}  # 7200 × 1.035
    assert prices["DL-2"] == {"kind": "fixed", "amount": "7296.75"}
    assert prices["DL-3"] == {"kind": "off", "percent": "2.71", "round_to": "100"}  # keeps 94 % × 1.035 of the base
    assert prices["CAP"] == {"kind": "off", "percent": "6.85", "plus": "103.5", "min_margin": "-500"}
    assert "GONE" not in prices
    rounded = {**wanted, "id": str(new_id()), "code": "DL28", "percent": "-10", "round_to": "500"}
    assert (await an.post(f"/price-lists/{ids.dl}/copy", json=rounded)).status_code == 201
    page = (await an.get(f"/price-lists/{rounded['id']}/rules", params={"q": "DL-1"})).json()
    assert page["items"][0]["price"]["amount"] == "6500"  # 6480 to the nearest 500
    for bad in ({"percent": "-100"}, {"percent": "1e3"}, {"round_to": "0"}):
        refused = await an.post(f"/price-lists/{ids.dl}/copy", json={**wanted, "id": str(new_id()), "code": "N", **bad})
        assert refused.status_code == 422, bad
    assert (await an.post(f"/price-lists/{new_id()}/copy", json={**wanted, "id": str(new_id())})).status_code == 404


async def test_who_may_read_and_who_may_change(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    row = a_row(ids)
    for login in vars(cast):
        client = await client_for(login)
        reads = [
            (await client.get(path)).status_code
            for path in (
                "/price-lists",
                f"/price-lists/{ids.dl}",
                f"/price-lists/{ids.dl}/rules",
                f"/pricing/explain?customer={ids.customer if login != 'ngoc' else ids.other}&item={ids.milk}",
            )
        ]
        changes = [
            (await client.post("/price-lists", json=a_list(login))).status_code,
            (await client.patch(f"/price-lists/{ids.base}", json={"expected_version": 9, "name_vi": "x"})).status_code,
            (await client.delete(f"/price-lists/{ids.base}?expected_version=9")).status_code,
            (await client.post(f"/price-lists/{ids.base}/restoring")).status_code,
            (await client.post(f"/price-lists/{ids.base}/copy", json=a_list(login))).status_code,
            (await client.post(f"/price-lists/{ids.base}/rules", json=row)).status_code,
            (await client.post(f"/price-lists/{ids.base}/rules/preview", json=row)).status_code,
            (
                await client.patch(f"/price-lists/{ids.base}/rules/{row['id']}", json={"expected_version": 9})
            ).status_code,
            (await client.delete(f"/price-lists/{ids.base}/rules/{row['id']}?expected_version=9")).status_code,
            (await client.post(f"/price-lists/{ids.base}/rules/{row['id']}/restoring")).status_code,
        ]
        assert reads == ([200] * 4 if login in ("an", "hung", "ngoc") else [403] * 4), login
        assert (changes == [403] * 10) is (login != "an"), (login, changes)


async def test_a_manager_sees_no_rows_for_customers_of_another_line_and_no_cost(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an, hung, ngoc = await client_for(cast.an), await client_for(cast.hung), await client_for(cast.ngoc)
    await write(an, ids.dl, a_row(ids, "31337", code="OTHER", customer_id=str(ids.other)))
    from_cost = {"kind": "off", "base": "cost", "percent": "-10"}
    await write(an, ids.dl, a_row(ids, code="COST", item_id=str(ids.coffee), price=from_cost))
    answer = await hung.get(f"/price-lists/{ids.dl}/rules")
    assert answer.json()["total"] == 4 == (await hung.get(f"/price-lists/{ids.dl}")).json()["rules"]
    assert "31337" not in answer.text and str(ids.other) not in answer.text and "cost" not in answer.text
    assert next(row for row in answer.json()["items"] if row["code"] == "COST")["price"]["amount"] == "30250"
    assert await rows(hung, ids.dl, customer=ids.other) == []
    assert await rows(ngoc, ids.dl, customer=ids.other) == ["OTHER"]
    mine = (await an.get(f"/price-lists/{ids.dl}/rules", params={"q": "COST"})).json()["items"][0]
    assert mine["price"] == from_cost


async def test_reading_costs_the_same_statements_however_long_the_list(cast: SimpleNamespace) -> None:
    ids = await lay_dairy()
    await insert_price_rules(
        [
            rule(ids.base, f"N-{n}", {"kind": "fixed", "amount": str(n)}, item_id=ids.milk, min_qty_micro=n * MICRO)
            for n in range(60)
        ]
    )

    async def statements(limit: int) -> int:
        said: list[object] = []
        async with db.transaction() as opened:
            opened.connection.add_query_logger(said.append)
            await list_lists(actor=cast.hung, limit=limit)
            await list_rules(ids.base, RuleFilters(q="n"), actor=cast.hung, limit=limit)
            opened.connection.remove_query_logger(said.append)
        return len(said)

    assert await statements(1) == await statements(60) == 2
