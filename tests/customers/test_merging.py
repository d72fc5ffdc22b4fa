"""Two people, or two phones of one, change the same contact, address or pin: nothing anybody wrote is lost silently."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.database import fetch, fetch_row, fetch_value
from backend.core.editing import merge
from backend.core.ids import new_id
from tests.customers.makers import make_customer
from tests.makers import push

pytestmark = pytest.mark.anyio


async def hand_in(client: Any, name: str, args: dict[str, Any], base: dict[str, Any] | None = None) -> dict[str, Any]:
    """One mutation with its base; gives its ack."""
    one = {"id": str(new_id()), "n": 1, "name": name, "args": args, **({"base": base} if base else {})}
    answer = await client.post("/sync", json={"v": 1, "push": [one]})
    ack: dict[str, Any] = answer.json()["acks"][0]
    return ack


async def kept() -> list[tuple[Any, ...]]:
    """What the log holds: entity, field, base, theirs, mine, whose."""
    rows = await fetch(
        """SELECT entity, field, base_value, kept_value, lost_value, u.login FROM conflict_log k
             JOIN users u ON u.id = k.lost_by ORDER BY k.lost_at, field"""
    )
    return [tuple(row.values()) for row in rows]


async def a_contact(client: Any, customer: UUID) -> dict[str, Any]:
    args = {"id": str(new_id()), "customer_id": str(customer), "name": "Hoa", "phone": "0903456789"}
    assert (await push(client, ("contact.save", args)))[0]["st"] == "applied"
    return args


async def test_two_people_change_different_fields_of_a_contact_and_both_stand(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, hung = await make_customer(cast.lan), await client_for(cast.lan), await client_for(cast.hung)
    one = await a_contact(lan, made.id)
    base = {"ver": 1, "values": {"name": "Hoa", "phone": "0903456789", "email": None, "role": None}}
    assert (await hand_in(hung, "contact.save", {**one, "phone": "0911222333"}, base))["result"]["written"] == ["phone"]
    late = await hand_in(lan, "contact.save", {**one, "role": "chủ quán"}, base)
    assert (late["result"]["written"], late["result"]["conflicts"]) == (["role"], [])
    row = await fetch_row("SELECT name, phone, role, version FROM contacts WHERE id = $1", UUID(one["id"]))
    assert tuple(row.values()) == ("Hoa", "0911222333", "chủ quán", 3)
    assert await kept() == []


async def test_the_same_field_of_a_contact_changed_twice_keeps_the_offices_and_the_loser(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, hung = await make_customer(cast.lan), await client_for(cast.lan), await client_for(cast.hung)
    one = await a_contact(lan, made.id)
    base = {"ver": 1, "values": {"name": "Hoa", "phone": "0903456789", "email": None, "role": None}}
    await hand_in(hung, "contact.save", {**one, "name": "Hoa Nguyễn"}, base)
    late = await hand_in(lan, "contact.save", {**one, "name": "Chị Hoa", "email": "hoa@quan.vn"}, base)
    assert late["st"] == "applied" and late["result"]["written"] == ["email"]
    assert late["result"]["current"] == {"name": "Hoa Nguyễn", "email": "hoa@quan.vn"}
    assert await kept() == [("contact", "name", "Hoa", "Hoa Nguyễn", "Chị Hoa", "lan")]


async def test_a_contact_of_another_customer_or_one_removed_is_not_written_over(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, other, lan = await make_customer(cast.lan), await make_customer(cast.lan, "Hai"), await client_for(cast.lan)
    one = await a_contact(lan, made.id)
    stolen = await hand_in(lan, "contact.save", {**one, "customer_id": str(other.id)})
    assert stolen["problem"]["code"] == "customer-id-taken"
    theirs = await make_customer(cast.bob, "Của Bob")
    foreign = await hand_in(lan, "contact.save", {**one, "id": str(new_id()), "customer_id": str(theirs.id)})
    assert foreign["problem"]["code"] == "not-found"
    assert await fetch_value("SELECT count(*) FROM contacts") == 1


async def an_address(client: Any) -> tuple[UUID, str]:
    """A customer of Lan's with an address that lies somewhere in its ward: the ids of both."""
    address, customer = str(new_id()), str(new_id())
    place = {"id": address, "text": "12 Lê Lợi, Phường Bến Nghé, Quận 1, TP HCM"}
    ack = (await push(client, ("customer.create", {"id": customer, "name": "Quán Địa Chỉ", "address": place})))[0]
    assert ack["st"] == "applied", ack
    return UUID(customer), address


async def test_two_people_word_an_address_differently_and_the_second_is_kept_aside(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan, hung = await client_for(cast.lan), await client_for(cast.hung)
    customer, address = await an_address(lan)
    old = str(await fetch_value("SELECT text FROM addresses WHERE id = $1", UUID(address)))
    base = {"ver": 1, "values": {"text": old}}
    first = await hand_in(hung, "address.edit", {"id": address, "changes": {"text": f"Số 14 - {old}"}}, base)
    assert first["result"]["written"] == ["text"], first
    late = await hand_in(lan, "address.edit", {"id": address, "changes": {"text": f"12A - {old}", "kind": "bill"}},
                         {"ver": 1, "values": {"text": old, "kind": "ship"}})  # fmt: skip
    assert late["result"]["written"] == ["kind"] and late["rows"][0][0] == "address"
    assert await fetch_value("SELECT text FROM addresses WHERE id = $1", UUID(address)) == f"Số 14 - {old}"
    assert await kept() == [("address", "text", old, f"Số 14 - {old}", f"12A - {old}", "lan")]
    assert await fetch_value("SELECT customer_id FROM conflict_log") == customer


async def test_a_pin_made_over_one_that_was_confirmed_meanwhile_is_kept_aside(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan, hung = await client_for(cast.lan), await client_for(cast.hung)
    _, address = await an_address(lan)
    seen = await fetch_row("SELECT lat, lon FROM addresses WHERE id = $1", UUID(address))
    base = {"ver": 1, "values": {"lat": seen["lat"], "lon": seen["lon"]}}
    here = {"id": address, "lat": 10.7761, "lon": 106.7033, "accuracy_m": 8, "method": "rep_fix"}
    there = {**here, "lat": 10.7780, "method": "manual"}
    assert (await hand_in(hung, "address.pin", here, base))["result"]["grade"] == "gps"
    late = await hand_in(lan, "address.pin", there, base)
    assert late["st"] == "applied" and late["result"]["conflicts"][0]["field"] == "position"
    assert await fetch_value("SELECT lat FROM addresses WHERE id = $1", UUID(address)) == 10.7761
    [(entity, field, _, theirs, mine, login)] = await kept()
    assert (entity, field, login) == ("address", "position", "lan")
    assert (theirs["lat"], mine["lat"], mine["method"]) == (10.7761, 10.7780, "manual")


async def test_a_pin_over_the_centre_of_a_ward_or_without_a_base_is_simply_taken(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan = await client_for(cast.lan)
    _, address = await an_address(lan)
    pin = {"id": address, "lat": 10.7761, "lon": 106.7033, "accuracy_m": 8, "method": "rep_fix"}
    base = {"ver": 1, "values": {"lat": 10.0, "lon": 106.0}}  # the phone's own reckoning of the ward, from older tables
    assert (await hand_in(lan, "address.pin", pin, base))["result"]["conflicts"] == []
    assert (await hand_in(lan, "address.pin", {**pin, "lat": 10.7762}))["result"]["grade"] == "gps"
    assert await fetch_value("SELECT lat FROM addresses WHERE id = $1", UUID(address)) == 10.7762
    assert await kept() == []


async def test_writing_a_field_again_answers_for_what_one_lost_before(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    made, lan, hung = await make_customer(cast.lan, "A"), await client_for(cast.lan), await client_for(cast.hung)
    base = {"ver": made.version, "values": {"name": "A"}}
    await hand_in(hung, "customer.update", {"id": str(made.id), "changes": {"name": "B"}}, base)
    await hand_in(lan, "customer.update", {"id": str(made.id), "changes": {"name": "C"}}, base)
    await hand_in(lan, "customer.update", {"id": str(made.id), "changes": {"name": "D"}},
                  {"ver": made.version, "values": {"name": "C"}})  # fmt: skip
    choices = await fetch("SELECT lost_value, choice FROM conflict_log ORDER BY id")
    assert [tuple(row.values()) for row in choices] == [("C", "superseded"), ("D", None)]
    version = await fetch_value("SELECT version FROM customers WHERE id = $1", made.id)
    await hand_in(lan, "customer.update", {"id": str(made.id), "changes": {"name": "E"}},
                  {"ver": version, "values": {"name": "B"}})  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM conflict_log WHERE choice IS NULL") == 0


FIELDS = ("name", "phone", "note")
VALUES = st.none() | st.sampled_from(["a", "b", "c", "a b"])
ROWS = st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUES))


@given(base=ROWS, theirs=ROWS, wanted=st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_every_value_of_both_sides_is_written_or_kept_aside(
    base: dict[str, Any], theirs: dict[str, Any], wanted: dict[str, Any]
) -> None:
    merged = merge(base, theirs, wanted)
    after = {**theirs, **merged.changes}
    for field in FIELDS:
        if field not in wanted or wanted[field] == base[field]:
            assert after[field] == theirs[field], "a field nobody here touched stays theirs"
        elif theirs[field] == base[field]:
            assert after[field] == wanted[field], "a field only one side touched takes that side"
        else:
            assert theirs[field] is None or str(theirs[field]) in str(after[field]), "theirs stands"
            lost = [one.lost for one in merged.lost if one.field == field]
            added = str(wanted[field]).removeprefix(str(base[field]) if base[field] else "").strip()
            assert lost == [wanted[field]] or wanted[field] == theirs[field] or added in str(after[field])
