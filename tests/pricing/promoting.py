"""Short ways to write, put on and look at promotions, for the tests of the editor."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx

from backend.core.clock import today


def day(distance: int = 0) -> str:
    """A day so many days from today."""
    return str(today() + timedelta(days=distance))


def ten_and_one(item: object, **more: Any) -> dict[str, Any]:
    """Buy ten, get one of the same free, again and again."""
    return {
        "name": {"vi": "Mua 10 tặng 1", "en": "10+1"},
        "valid_from": day(), "valid_to": day(30),
        "match": {"items": [str(item)]},
        "effect": {"kind": "gift", "item": str(item), "qty": "1", "every": "10"},
        **more,
    }  # fmt: skip


def percent(value: str, **more: Any) -> dict[str, Any]:
    """So many percent off."""
    return {
        "name": {"vi": f"Giảm {value} %"}, "valid_from": day(), "valid_to": day(30),
        "effect": {"kind": "percent", "value": value}, **more,
    }  # fmt: skip


async def drafted(client: httpx.AsyncClient, code: str, rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A stored draft, whole."""
    answer = await client.post("/promotions", json={"code": code, "rule": rule, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def put_on(client: httpx.AsyncClient, promotion: dict[str, Any]) -> dict[str, Any]:
    """Put a draft on, all its warnings read."""
    keys = [one["key"] for one in promotion["overlaps"]]
    answer = await step(client, promotion, "activation", acknowledged=keys)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def running(client: httpx.AsyncClient, code: str, rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A promotion that is on."""
    return await put_on(client, await drafted(client, code, rule, **more))


async def step(client: httpx.AsyncClient, promotion: dict[str, Any], name: str, **body: Any) -> httpx.Response:
    """Take a step with the version that was read."""
    return await client.post(
        f"/promotions/{promotion['id']}/{name}", json={"expected_version": promotion["version"], **body}
    )


async def gifts_of(client: httpx.AsyncClient, ids: SimpleNamespace, qty: str, unit: str = "hộp") -> list[str]:
    """What a check of so much milk gives for nothing, as quantities."""
    line = {"item_id": str(ids.milk), "unit": unit, "qty": qty}
    answer = await client.post(
        "/orders/check", json={"customer_id": str(ids.customer), "currency": "VND", "lines": [line]}
    )
    assert answer.status_code == 200, answer.text
    return [line["qty"] for line in answer.json()["lines"] if line["gift_of"]]
