"""The head of an answer says where the next page begins, so that a phone can ask for it while this one still comes."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.sync.phone import make_customer
from tests.sync.test_routes import wire

PHONE = Path(__file__).parents[2] / "pwa" / "src" / "lib" / "exchange.ts"


def _pattern() -> re.Pattern[str]:
    """What the phone itself looks for."""
    found = re.search(r"^const HEAD = /(.+)/$", PHONE.read_text("utf-8"), re.M)
    assert found
    return re.compile(found[1])


async def test_where_the_next_page_begins_comes_before_the_rows_and_only_when_there_is_one(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client = await client_for(cast.lan)
    for _ in range(3):
        await make_customer()
    cursor, heads = None, 0
    for _ in range(50):
        answer = await client.post("/sync", json=wire(pull={"cursor": cursor, "limit": 1}))
        body, head = answer.json(), _pattern().match(answer.text)
        assert (head is not None) is bool(body["more"])
        if head is None:
            break
        heads += 1
        assert head[1] == body["cursor"] and answer.text.index('"up"', head.end()) > 0
        cursor = body["cursor"]
    assert heads >= 3
