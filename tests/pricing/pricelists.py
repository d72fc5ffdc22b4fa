"""What the stories of price lists need: a list and a row as they are sent, and the codes of the rows that are there."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx

from backend.core.ids import new_id

ClientFor = Callable[..., Any]


def a_row(ids: SimpleNamespace, amount: str = "7000", **more: Any) -> dict[str, Any]:
    """A row for milk."""
    row: dict[str, Any] = {
        "id": str(new_id()),
        "item_id": str(ids.milk),
        "price": {"kind": "fixed", "amount": amount},
        **more,
    }
    return {name: value for name, value in row.items() if value is not None}


def a_list(code: str, **more: Any) -> dict[str, Any]:
    """A new list in đồng."""
    return {"id": str(new_id()), "code": code, "name_vi": f"Bảng {code}", "name_en": code, "currency": "VND", **more}


async def write(client: httpx.AsyncClient, list_id: object, row: dict[str, Any]) -> dict[str, Any]:
    """Write a row that must be taken."""
    answer = await client.post(f"/price-lists/{list_id}/rules", json=row)
    assert answer.status_code == 201, answer.text
    saved: dict[str, Any] = answer.json()
    return saved


async def rows(client: httpx.AsyncClient, list_id: object, **query: Any) -> list[str]:
    """Codes of the rows of a list, in order."""
    answer = await client.get(f"/price-lists/{list_id}/rules", params=query)
    assert answer.status_code == 200, answer.text
    return [row["code"] for row in answer.json()["items"]]
