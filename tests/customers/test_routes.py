"""Customers over HTTP: lists, one customer, the group tree; each reader gets their own people's rows and fields."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from tests.customers.makers import make_customer, make_group

pytestmark = pytest.mark.anyio


async def test_a_list_is_paged_by_folded_name_and_complete(cast: SimpleNamespace, client_for: Any) -> None:
    names = ["Ánh", "an", "Đông", "Dũng", "Ếch", "em", "Ông Tư", "zét", "Y Lan", "Ương"]
    for name in names:
        await make_customer(cast.lan, name)
    lan, found, cursor = await client_for(cast.lan), [], ""
    while cursor is not None:
        answer = (await lan.get("/customers", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        found += [one["name"] for one in answer["items"]]
        cursor = answer["next"]
    assert found == ["an", "Ánh", "Đông", "Dũng", "Ếch", "em", "Ông Tư", "Ương", "Y Lan", "zét"]
    assert (await lan.get("/customers", params={"cursor": "zzz"})).status_code == 422


async def test_each_reader_gets_their_own_people(cast: SimpleNamespace, client_for: Any) -> None:
    mine, theirs = await make_customer(cast.lan, "Của Lan"), await make_customer(cast.bob, "Của Bob")
    expected = {
        "lan": {"Của Lan"}, "hung": {"Của Lan"}, "bob": {"Của Bob"}, "ngoc": {"Của Bob"},
        "an": {"Của Lan", "Của Bob"}, "mai": {"Của Lan", "Của Bob"},
    }  # fmt: skip
    for login, names in expected.items():
        client = await client_for(login)
        assert {one["name"] for one in (await client.get("/customers")).json()["items"]} == names
        for made, name in ((mine, "Của Lan"), (theirs, "Của Bob")):
            assert (await client.get(f"/customers/{made.id}")).status_code == (200 if name in names else 404)
            assert (await client.get(f"/customers/{made.id}/overview")).status_code == (200 if name in names else 404)
        found = (await client.get("/search", params={"q": "cua"})).json()["customers"]
        assert {one["name"] for one in found} == names
    for login in ("tuan", "sau"):
        client = await client_for(login)
        assert (await client.get("/customers")).status_code == 403
        assert (await client.get(f"/customers/{mine.id}")).status_code == 403
        assert (await client.get("/search", params={"q": "cua"})).status_code == 403


async def test_an_accountant_gets_no_notes_visit_plans_or_visits(cast: SimpleNamespace, client_for: Any) -> None:
    made = await make_customer(cast.lan, note="hay nợ")
    await execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at)
           VALUES ($1, $2, $3, 'sell', now())""",
        new_id(), made.id, cast.lan.user_id,
    )  # fmt: skip
    mai, lan = await client_for(cast.mai), await client_for(cast.lan)
    for path in ("/customers", f"/customers/{made.id}"):
        assert "hay nợ" in (await lan.get(path)).text
        assert "hay nợ" not in (await mai.get(path)).text
    assert (await mai.get(f"/customers/{made.id}/overview")).json()["visits"] == []
    assert len((await lan.get(f"/customers/{made.id}/overview")).json()["visits"]) == 1


async def test_filters_take_a_group_or_position_with_everything_below_it(
    cast: SimpleNamespace, client_for: Any
) -> None:
    top = await make_group("Kênh")
    deep = top
    for n in range(10):
        deep = await make_group(f"Cấp {n}", deep)
    await make_customer(cast.lan, "Sâu", group_id=deep)
    await make_customer(cast.lan, "Không nhóm", stage="account")
    an = await client_for(cast.an)

    async def names(**filters: Any) -> list[str]:
        return [one["name"] for one in (await an.get("/customers", params=filters)).json()["items"]]

    assert await names(group=str(top)) == ["Sâu"] and await names(group=str(deep)) == ["Sâu"]
    assert await names(position=2) == ["Không nhóm", "Sâu"] and await names(position=4) == []
    assert await names(stage="account") == ["Không nhóm"] and await names(q="sau", stage="account") == []
    assert (await an.get("/customers", params={"stage": "x' OR 1=1--"})).status_code == 422
    tree = (await an.get("/customers/groups")).json()
    assert [(one["name"], one["depth"], one["customers"]) for one in tree][:2] == [("Kênh", 1, 1), ("Cấp 0", 2, 1)]
    bob = await client_for(cast.bob)
    assert {one["customers"] for one in (await bob.get("/customers/groups")).json()} == {0}


async def test_a_group_moved_takes_its_subtree_along_and_cannot_lie_under_itself(cast: SimpleNamespace) -> None:
    import asyncpg

    a, b = await make_group("A"), await make_group("B")
    child = await make_group("C", a)
    leaf = await make_group("D", child)
    await execute("UPDATE customer_groups SET parent_id = $2 WHERE id = $1", child, b)
    assert await fetch_value("SELECT path FROM customer_groups WHERE id = $1", leaf) == f"/{b}/{child}/{leaf}/"
    with pytest.raises(asyncpg.CheckViolationError):
        await execute("UPDATE customer_groups SET parent_id = $2 WHERE id = $1", b, leaf)


async def test_making_changing_and_pinning_over_http(cast: SimpleNamespace, client_for: Any) -> None:
    lan, bob = await client_for(cast.lan), await client_for(cast.bob)
    customer, address, contact = str(new_id()), str(new_id()), str(new_id())
    body = {
        "id": customer, "name": "Quán Mới", "phone": "0903456789",
        "address": {"id": address, "text": "45 Bình Tiên, Phường 7, Quận 6, TP HCM"},
    }  # fmt: skip
    made = await lan.post("/customers", json=body)
    assert made.status_code == 201 and made.json()["version"] == 1
    refused = await bob.post("/customers", json={**body, "id": str(new_id()), "address": None})
    assert refused.status_code == 409 and refused.json()["code"] == "customer-owned-by-another"
    assert "Quán Mới" not in refused.text and customer not in refused.text
    for extra in ("owner_id", "state", "position", "approved_by"):
        assert (await lan.post("/customers", json={**body, extra: "x"})).status_code == 422
    changed = await lan.patch(
        f"/customers/{customer}",
        json={"changes": {"name": "Quán Cũ"}, "base": {"ver": 1, "values": {"name": "Quán Mới"}}},
    )
    assert changed.status_code == 200 and changed.json()["version"] == 2
    pin = {"id": address, "lat": 10.745, "lon": 106.635, "accuracy_m": 8, "method": "manual"}
    assert (await bob.post("/customers/addresses/pin", json=pin)).status_code == 404
    assert (await lan.post("/customers/addresses/pin", json=pin)).json()["grade"] == "pin"
    saved = {"id": contact, "customer_id": customer, "name": "Anh Ba"}
    assert (await lan.put(f"/customers/{customer}/contacts/{contact}", json=saved)).json()["version"] == 1
    assert (await bob.put(f"/customers/{customer}/contacts/{contact}", json=saved)).status_code == 404
    shown = (await lan.get(f"/customers/{customer}")).json()
    assert [one["grade"] for one in shown["addresses"]] == ["pin"]
    assert [one["name"] for one in shown["contacts"]] == ["Anh Ba"]


async def test_care_stops_only_with_a_known_reason_and_an_explanation_and_the_reason_outlives_reopening(
    cast: SimpleNamespace, client_for: Any
) -> None:
    made = await make_customer(cast.lan, stage="lead")
    await execute(
        "INSERT INTO reasons (id, kind, code, name_vi, name_en) VALUES ($1, 'lead_close', 'no-need', 'Không', 'No')",
        new_id(),
    )
    lan, hung = await client_for(cast.lan), await client_for(cast.hung)
    path = f"/customers/{made.id}"
    for body in ({"reason": "no-need", "note": "ngắn"}, {"reason": "made-up", "note": "đã gọi năm lần không nghe"}):
        assert (await lan.post(f"{path}/closing", json=body)).json()["code"] == "closing-reason-short"
    good = {"reason": "no-need", "note": "đã gọi năm lần không nghe"}
    assert (await lan.post(f"{path}/closing", json=good)).status_code == 200
    assert (await lan.post(f"{path}/closing", json=good)).json()["code"] == "customer-already-closed"
    assert (await lan.post(f"{path}/reopening", json={})).status_code == 403
    assert (await hung.post(f"{path}/reopening", json={"note": "khách gọi lại"})).status_code == 200
    acts = await fetch_value(
        "SELECT string_agg(act || ':' || reason_code, ' ' ORDER BY acted_at, id) FROM customer_closures"
    )
    assert acts == "close:no-need reopen:reopen"
