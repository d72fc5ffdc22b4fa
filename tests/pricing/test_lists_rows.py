"""The rows of a price list, through the API: what is kept, what is refused and in which words, what is shown first."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import database as db
from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.pricing.storing import insert_price_rules
from tests.pricing.dairy import lay_dairy, rule
from tests.pricing.pricelists import ClientFor, a_list, a_row, rows, write


async def test_a_row_is_written_changed_taken_away_and_brought_back(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    row = a_row(ids, "7150", min_qty="96", valid_from="2026-12-01")
    made = await write(an, ids.dl, row)
    assert (made["code"], made["version"]) == ("R-1", 1)
    assert await write(an, ids.dl, row) == made  # the answer got lost and the form asks again
    place = f"/price-lists/{ids.dl}/rules/{made['id']}"
    changed = await an.patch(
        place, json={"expected_version": 1, "price": {"kind": "off", "percent": "5", "round_to": "50"}, "min_qty": None}
    )
    assert changed.status_code == 409 and changed.json()["other"] == "DL-1"  # without its break it says what DL-1 says
    changed = await an.patch(
        place, json={"expected_version": 1, "price": {"kind": "off", "percent": "5", "round_to": "50"}, "min_qty": "48"}
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2), changed.text
    stored = (await an.get(f"/price-lists/{ids.dl}/rules", params={"q": "R-1"})).json()["items"][0]
    assert stored["price"] == {"kind": "off", "percent": "5", "round_to": "50"}
    assert stored["min_qty"] == "48"
    assert stored["valid_from"] == "2026-12-01"
    stale = await an.patch(place, json={"expected_version": 1, "priority": 3})
    assert (stale.status_code, stale.json()["current"]) == (412, 2)
    assert (await an.delete(place, params={"expected_version": 1})).status_code == 412
    assert (await an.delete(place, params={"expected_version": 2})).json()["version"] == 3
    assert "R-1" not in await rows(an, ids.dl)
    assert (await an.delete(place, params={"expected_version": 3})).status_code == 404
    assert (await an.post(f"{place}/restoring")).json()["version"] == 4
    assert "R-1" in await rows(an, ids.dl)
    assert (await an.post(f"{place}/restoring")).status_code == 404
    trail = await db.fetch(
        "SELECT action, actor_id, details FROM audit WHERE entity = 'price_rule' AND entity_id = $1 ORDER BY n",
        made["id"],
    )
    assert [one["action"].removeprefix("price_rule.") for one in trail] == ["create", "update", "delete", "restore"]
    assert {one["actor_id"] for one in trail} == {cast.an.user_id}
    details = trail[1]["details"]
    assert details["before"] == {"price": {"kind": "fixed", "amount": "7150"}, "min_qty_micro": 96 * MICRO}
    assert details["after"]["min_qty_micro"] == 48 * MICRO


async def test_every_change_of_a_price_reaches_the_next_book(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    an, lan = await client_for(cast.an), await client_for(cast.lan)

    async def milk() -> str:
        book = (await lan.get("/pricing/book")).json()["book"]
        return str([one["price"]["amount"] for one in book["price_lists"]["DL"]["rules"] if one["id"] == "DL-1"])

    assert await milk() == "['7200']"
    dl_1 = (await an.get(f"/price-lists/{ids.dl}/rules", params={"q": "DL-1"})).json()["items"][0]
    place = f"/price-lists/{ids.dl}/rules/{dl_1['id']}"
    answer = await an.patch(place, json={"expected_version": 1, "price": {"kind": "fixed", "amount": "7100"}})
    assert answer.status_code == 200 and await milk() == "['7100']"
    await an.delete(place, params={"expected_version": 2})
    assert await milk() == "[]"


OVERLAPS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({}, {}, True),
    ({"valid_to": "2026-12-31"}, {"valid_from": "2027-01-01"}, False),
    ({"valid_to": "2026-12-31"}, {"valid_from": "2026-12-31"}, True),
    ({"valid_from": "2026-11-01", "valid_to": "2026-11-30"}, {"valid_from": "2026-11-10"}, True),
    ({"valid_from": "2026-11-01"}, {"valid_to": "2026-12-01"}, True),
    ({"unit": "thùng"}, {}, False),
    ({"unit": "thùng"}, {"unit": "thùng", "valid_from": "2026-12-01"}, True),
    ({"min_qty": "48"}, {}, False),
    ({"min_qty": "0"}, {}, True),
    ({"min_qty": "48"}, {"min_qty": "48.0", "max_qty": "96"}, True),
    ({"customer": True}, {}, False),
    ({"customer": True}, {"customer": True}, True),
    ({"group": True}, {"customer": True}, False),
    ({"priority": 1}, {}, False),
    ({"priority": 1}, {"priority": 1, "valid_from": "2026-12-24"}, True),
]  # fmt: skip


async def test_rows_that_say_the_same_on_the_same_days_are_refused_by_both_names(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)

    def meant(given: dict[str, Any], code: str) -> dict[str, Any]:
        named = {"customer_id": str(ids.other)} if given.get("customer") else {}
        named |= {"customer_group_id": str(ids.dealers)} if given.get("group") else {}
        return a_row(ids, code=code, **named, **{k: v for k, v in given.items() if k not in ("customer", "group")})

    for n, (first, second, refused) in enumerate(OVERLAPS):
        case = (first, second)
        own = a_list(f"O-{n}")
        assert (await an.post("/price-lists", json=own)).status_code == 201
        await write(an, own["id"], meant(first, "OLD"))
        answer = await an.post(f"/price-lists/{own['id']}/rules", json=meant(second, "NEW"))
        assert answer.status_code == (409 if refused else 201), (case, answer.text)
        if refused:
            said = answer.json()
            assert (said["code"], said["rule"], said["other"]) == ("price-rule-overlap", "NEW", "OLD"), case
            assert "NEW" in said["title"] and "OLD" in said["title"]
        assert sorted(await rows(an, own["id"])) == (["OLD"] if refused else ["NEW", "OLD"]), case


async def test_an_overlap_is_refused_also_when_changing_and_bringing_back(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    autumn = await write(an, ids.base, a_row(ids, code="AUTUMN", valid_to="2026-11-30"))
    winter = await write(an, ids.base, a_row(ids, code="WINTER", valid_from="2026-12-01"))
    place = f"/price-lists/{ids.base}/rules"
    longer = await an.patch(f"{place}/{autumn['id']}", json={"expected_version": 1, "valid_to": None})
    assert (longer.status_code, longer.json()["rule"], longer.json()["other"]) == (409, "AUTUMN", "WINTER")
    assert longer.json()["pointer"] == "/valid_from" and longer.json()["other_id"] == winter["id"]
    await an.delete(f"{place}/{winter['id']}", params={"expected_version": 1})
    assert (
        await an.patch(f"{place}/{autumn['id']}", json={"expected_version": 1, "valid_to": None})
    ).status_code == 200
    back = await an.post(f"{place}/{winter['id']}/restoring")
    assert (back.status_code, back.json()["other"]) == (409, "AUTUMN")


async def test_the_database_itself_refuses_an_overlap(database: str) -> None:
    ids = await lay_dairy()
    with pytest.raises(Exception, match="price_rules_no_overlap"):
        await db.execute(
            """INSERT INTO price_rules (id, list_id, code, item_id, min_qty_micro, valid_from, price)
               SELECT $1, list_id, 'LATER', item_id, 0, '2030-01-01', price FROM price_rules WHERE code = 'DL-1'""",
            new_id(),
        )
    with pytest.raises(Exception, match="price-rule-overlap"):
        await insert_price_rules(
            [rule(ids.base, code, {"kind": "fixed", "amount": "1"}, item_id=ids.cup) for code in ("A", "B")]
        )


WRONG: list[tuple[dict[str, Any], int, str, str]] = [
    ({"price": {"kind": "fixed", "amount": "1.250.000"}}, 422, "malformed", ""),
    ({"price": {"kind": "fixed", "amount": 7000}}, 422, "malformed", ""),
    ({"price": {"kind": "fixed", "amount": "-1"}}, 422, "price-out-of-range", "/price/amount"),
    ({"price": {"kind": "fixed", "amount": "1", "percent": "5"}}, 422, "malformed", ""),
    ({"price": {"kind": "cheap"}}, 422, "malformed", ""),
    ({"price": {"kind": "off", "base": "lists"}}, 422, "malformed", ""),
    ({"price": {"kind": "off", "percent": "100.5"}}, 422, "price-out-of-range", "/price/percent"),
    ({"price": {"kind": "off", "round_to": "0"}}, 422, "price-out-of-range", "/price/round_to"),
    ({"price": {"kind": "off", "min_margin": "9", "max_margin": "8"}}, 422, "bounds-reversed", "/price/max_margin"),
    ({"price": {"kind": "off", "base": "list:NONE"}}, 409, "price-list-unknown", "/price/base"),
    ({"price": {"kind": "off", "base": "list:BASE"}}, 409, "price-nesting", "/price/base"),
    ({"price": {"kind": "off", "base": "cost"}, "item_id": None}, 422, "price-rule-cost-needs-item", "/price/base"),
    ({"unit": "lốc"}, 409, "unit-unknown", "/unit"),
    ({"unit": "thùng", "item_id": None, "item_group_id": "coffee_group"}, 409, "unit-unknown", "/unit"),
    ({"item_group_id": "milk_group"}, 422, "price-rule-two-targets", "/item_group_id"),
    ({"customer_id": "other", "customer_group_id": "dealers"}, 422, "price-rule-two-targets", "/customer_group_id"),
    ({"item_id": "nobody"}, 409, "price-rule-target-unknown", "/item_id"),
    ({"customer_group_id": "nobody"}, 409, "price-rule-target-unknown", "/customer_group_id"),
    ({"valid_from": "2026-12-02", "valid_to": "2026-12-01"}, 422, "bounds-reversed", "/valid_to"),
    ({"min_qty": "10", "max_qty": "9"}, 422, "bounds-reversed", "/max_qty"),
    ({"min_qty": "-1"}, 422, "malformed", ""),
    ({"code": "ba cái"}, 422, "malformed", ""),
    ({"code": "A\n"}, 422, "malformed", ""),
    ({"discount": "5"}, 422, "malformed", ""),
]


async def test_what_cannot_be_meant_is_refused_with_the_field(cast: SimpleNamespace, client_for: ClientFor) -> None:
    ids = await lay_dairy()
    ids.nobody = new_id()
    an = await client_for(cast.an)
    for row, status, code, pointer in WRONG:
        named = {
            name: str(getattr(ids, value)) if name.endswith("_id") and value is not None else value
            for name, value in row.items()
        }
        answer = await an.post(f"/price-lists/{ids.base}/rules", json=a_row(ids, **named))
        assert (answer.status_code, answer.json()["code"]) == (status, code), (row, answer.text)
        assert not pointer or answer.json()["pointer"] == pointer, row
    assert await rows(an, ids.base) == []


async def test_the_editor_shows_what_a_row_would_cost_before_it_is_saved(
    cast: SimpleNamespace, client_for: ClientFor
) -> None:
    ids = await lay_dairy()
    an = await client_for(cast.an)
    await db.execute("UPDATE items SET floor_price_micro = 3900 * 1000000::bigint WHERE id = $1", ids.milk)

    async def preview(**row: Any) -> dict[str, Any]:
        answer = await an.post(f"/price-lists/{ids.dl}/rules/preview", json={**row})
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def warned(shown: dict[str, Any]) -> list[str]:
        return [one["code"] for one in shown["warnings"]]

    milk = str(ids.milk)
    shown = await preview(item_id=milk, price={"kind": "fixed", "amount": "7000"})
    assert [(one["unit"], one["unit_price"]) for one in shown["lines"]] == [("hộp", "7000"), ("thùng", "336000")]
    assert shown["warnings"] == [{"code": "overlap", "rules": ["DL-1"], "limit": None}]
    by_carton = await preview(item_id=milk, unit="thùng", min_qty="10", price={"kind": "fixed", "amount": "300000"})
    assert by_carton["lines"] == [
        {"unit": "thùng", "base_qty": "48", "qty": "10", "unit_price": "300000", "gross": "3000000"}
    ]
    assert warned(by_carton) == []
    cheap = await preview(item_id=milk, min_qty="1", price={"kind": "fixed", "amount": "3600"})
    assert [(one["code"], one["limit"]) for one in cheap["warnings"]] == [
        ("below-cost", "3750"),
        ("below-floor", "3900"),
    ]
    of_group = await preview(item_group_id=str(ids.coffee_group), priority=2, price={"kind": "off", "percent": "6"})
    assert (of_group["item"]["code"], of_group["lines"][0]["unit_price"]) == ("CAFE", "51700")
    margin = await preview(item_id=milk, priority=1, price={"kind": "off", "base": "cost", "percent": "-20"})
    assert margin["lines"][0]["unit_price"] == "4500"
    assert warned(await preview(item_id=str(ids.cup), price={"kind": "off", "percent": "6"})) == ["no-base"]
    past = await preview(item_id=milk, priority=4, valid_to="2020-01-01", price={"kind": "fixed", "amount": "7000"})
    assert warned(past) == ["ended"] and past["lines"][0]["unit_price"] == "7000"
    other = (await an.get(f"/price-lists/{ids.dl}/rules", params={"q": "DL-1"})).json()["items"][0]
    assert warned(await preview(id=other["id"], item_id=milk, price={"kind": "fixed", "amount": "7000"})) == []
    assert await rows(an, ids.dl) == ["DL-1", "DL-2", "DL-3"]
