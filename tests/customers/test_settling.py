"""A person answers a conflict: mine, theirs, or another value. Whoever sees the customer learns of it by pulling."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core.database import fetch_row, fetch_value
from backend.core.ids import new_id
from backend.customers.schemas import Created
from tests.customers.makers import make_customer
from tests.customers.test_merging import hand_in
from tests.makers import pull
from tests.sync.phone import BOB, reassign

pytestmark = pytest.mark.anyio


async def clashed(cast: SimpleNamespace, client_for: Callable[..., Any]) -> tuple[Created, Any, Any, str]:
    """A customer whose name Hung and Lan both changed: Hung's stands, Lan's is kept aside."""
    made, lan, hung = await make_customer(cast.lan, "A"), await client_for(cast.lan), await client_for(cast.hung)
    base = {"ver": made.version, "values": {"name": "A"}}
    await hand_in(hung, "customer.update", {"id": str(made.id), "changes": {"name": "Của Hùng"}}, base)
    await hand_in(lan, "customer.update", {"id": str(made.id), "changes": {"name": "Của Lan"}}, base)
    return made, lan, hung, str(await fetch_value("SELECT id FROM conflict_log"))


async def name_of(made: Created) -> str:
    return str(await fetch_value("SELECT name FROM customers WHERE id = $1", made.id))


async def answer_of(conflict: str) -> tuple[Any, ...]:
    row = await fetch_row(
        "SELECT choice, u.login FROM conflict_log k LEFT JOIN users u ON u.id = k.settled_by WHERE k.id = $1",
        UUID(conflict),
    )
    return tuple(row.values())


async def test_a_conflict_travels_to_the_phones_that_hold_the_customer_and_nowhere_else(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, hung, conflict = await clashed(cast, client_for)
    for client in (lan, hung):
        row = (await pull(client))["conflict"][conflict]
        assert (row["entity"], row["field"], row["kept_value"], row["lost_value"], row["choice"], row["_r"]) == (
            "customer", "name", "Của Hùng", "Của Lan", None, str(made.id),
        )  # fmt: skip
        assert row["lost_by"] == str(cast.lan.user_id)
    assert "conflict" not in await pull(await client_for(cast.bob))
    await reassign(made.id, BOB)
    assert conflict in (await pull(await client_for(cast.bob)))["conflict"], "it goes with its customer"


async def test_choosing_theirs_changes_nothing_and_closes_it(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, _, conflict = await clashed(cast, client_for)
    before = await fetch_value("SELECT version FROM customers WHERE id = $1", made.id)
    ack = await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "theirs"})
    assert ack["st"] == "applied" and ack["rows"] == [["conflict", conflict, 2]]
    assert await name_of(made) == "Của Hùng" and await answer_of(conflict) == ("theirs", "lan")
    assert await fetch_value("SELECT version FROM customers WHERE id = $1", made.id) == before
    again = await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "mine"})
    assert again["st"] == "rejected" and again["problem"]["code"] == "conflict-settled"
    assert again["problem"]["choice"] == "theirs"


@pytest.mark.parametrize(
    ("choice", "more", "name"), [("mine", {}, "Của Lan"), ("other", {"value": "Cả hai"}, "Cả hai")]
)
async def test_choosing_mine_or_another_writes_it_as_an_edit_of_its_own(
    cast: SimpleNamespace, client_for: Callable[..., Any], choice: str, more: dict[str, Any], name: str
) -> None:
    made, lan, _, conflict = await clashed(cast, client_for)
    ack = await hand_in(lan, "conflict.settle", {"id": conflict, "choice": choice, **more})
    assert ack["st"] == "applied" and ack["result"]["again"] is False
    assert await name_of(made) == name and await answer_of(conflict) == (choice, "lan")
    assert (await pull(lan))["conflict"][conflict]["choice"] == choice


async def test_a_value_that_changed_once_more_is_not_written_over_but_asked_about_again(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, hung, conflict = await clashed(cast, client_for)
    await hung.patch(f"/customers/{made.id}", json={"changes": {"name": "Hùng lần hai"}})
    ack = await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "mine"})
    assert ack["result"]["again"] is True
    assert await name_of(made) == "Hùng lần hai"
    fresh = await fetch_row("SELECT kept_value, lost_value FROM conflict_log WHERE settled_at IS NULL")
    assert tuple(fresh.values()) == ("Hùng lần hai", "Của Lan")
    seen = {"id": str(await fetch_value("SELECT id FROM conflict_log WHERE settled_at IS NULL")), "choice": "other",
            "value": "Chung", "seen": "Hùng lần hai"}  # fmt: skip
    assert (await hand_in(lan, "conflict.settle", seen))["result"]["again"] is False
    assert await name_of(made) == "Chung"


async def test_a_value_that_cannot_be_is_refused_and_the_conflict_stays_open(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, _, conflict = await clashed(cast, client_for)
    for args, code in (({"value": ""}, "field-wrong"), ({}, "conflict-value-missing"), ({"value": 7}, "field-wrong")):
        ack = await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "other", **args})
        assert (ack["st"], ack["problem"]["code"]) == ("rejected", code)
    assert await name_of(made) == "Của Hùng" and await answer_of(conflict) == (None, None)


async def test_nobody_settles_or_reads_what_they_do_not_see(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    _, lan, hung, conflict = await clashed(cast, client_for)
    bob = await client_for(cast.bob)
    unknown = await bob.post(f"/conflicts/{new_id()}/settlement", json={"choice": "mine"})
    foreign = await bob.post(f"/conflicts/{conflict}/settlement", json={"choice": "mine"})
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    assert (await bob.get("/conflicts")).json()["items"] == []
    for login in ("mai", "tuan", "sau"):
        assert (await (await client_for(login)).get("/conflicts")).status_code == 403
    [shown] = (await hung.get("/conflicts")).json()["items"]
    assert (shown["id"], shown["lost_by"], shown["field"], shown["kept"], shown["lost"]) == (
        conflict, cast.lan.name, "name", "Của Hùng", "Của Lan",
    )  # fmt: skip
    assert (await hung.post(f"/conflicts/{conflict}/settlement", json={"choice": "mine"})).status_code == 200
    assert (await hung.get("/conflicts")).json()["items"] == []
    [done] = (await lan.get("/conflicts", params={"settled": "true"})).json()["items"]
    assert (done["choice"], done["settled_by"]) == ("mine", cast.hung.name)


async def test_a_pin_and_a_contact_are_settled_through_their_own_doors(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    from tests.customers.test_merging import a_contact, an_address

    lan, hung = await client_for(cast.lan), await client_for(cast.hung)
    customer, address = await an_address(lan)
    base = {"ver": 1, "values": {"lat": 1.0, "lon": 1.0}}
    here = {"id": address, "lat": 10.7761, "lon": 106.7033, "accuracy_m": 8, "method": "rep_fix"}
    await hand_in(hung, "address.pin", here, base)
    await hand_in(lan, "address.pin", {**here, "lat": 10.7780, "method": "manual"}, base)
    contact = await a_contact(lan, customer)
    old = {"ver": 1, "values": {"name": "Hoa", "phone": "0903456789"}}
    await hand_in(hung, "contact.save", {**contact, "phone": "0911222333"}, old)
    await hand_in(lan, "contact.save", {**contact, "phone": "0944555666"}, old)
    open_ones = {one["field"]: one["id"] for one in (await lan.get("/conflicts")).json()["items"]}
    for field in ("position", "phone"):
        ack = await hand_in(lan, "conflict.settle", {"id": open_ones[field], "choice": "mine"})
        assert ack["st"] == "applied" and ack["result"]["again"] is False, ack
    assert await fetch_value("SELECT lat FROM addresses WHERE id = $1", UUID(address)) == 10.7780
    assert await fetch_value("SELECT phone FROM contacts WHERE id = $1", UUID(contact["id"])) == "0944555666"
    assert await fetch_value("SELECT name FROM contacts WHERE id = $1", UUID(contact["id"])) == "Hoa"
    assert (await lan.get(f"/customers/{customer}")).json()["conflicts"][0]["choice"] == "mine"
