"""A phone asks what the office had from it: one that finds its store empty can say so."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from backend.core.ids import new_id
from sync.push import push
from tests.sync.handing import expense


async def test_the_office_tells_a_phone_the_number_of_the_last_thing_it_had_from_it_and_nobody_else(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan, bob, phone, other = await client_for(cast.lan), await client_for(cast.bob), new_id(), new_id()
    for device in (phone, other):
        assert (await lan.post("/devices", json={"id": str(device), "name": "Nokia"})).status_code == 201
    assert (await lan.get(f"/devices/{phone}")).json()["last_n"] == 0
    for n in (1, 2, 7):
        one = expense()
        one.n = n
        await push([one], actor=cast.lan, device_id=phone)
    told = (await lan.get(f"/devices/{phone}")).json()
    assert (told["id"], told["name"], told["last_n"]) == (str(phone), "Nokia", 7)
    assert (await lan.get(f"/devices/{other}")).json()["last_n"] == 0
    unknown = await bob.get(f"/devices/{new_id()}")
    foreign = await bob.get(f"/devices/{phone}")
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
