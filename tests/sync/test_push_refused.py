"""What the office does not understand, or does not allow, is refused with the place, in the reader's language."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.core.ids import new_id
from sync.protocol import Mutation
from sync.push import push
from tests.sync.handing import count, expense, mutation, visit
from tests.sync.phone import make_customer

pytestmark = pytest.mark.usefixtures("currencies")


@pytest.mark.parametrize(
    ("name", "args", "code", "pointer"),
    [
        ("visit.fly", {}, "unknown-mutation", None),
        ("visit.log", {"id": "x"}, "malformed", "/args/id"),
        ("visit.log", [], "malformed", "/args"),
        ("visit.log", 7, "malformed", "/args"),
        ("visit.log", None, "malformed", "/args"),
        ("expense.claim", {"id": str(UUID(int=1)), "owner": "bob"}, "malformed", "/args"),
        ("expense.claim", {"amount": 5}, "malformed", "/args"),
    ],
)
async def test_what_the_office_does_not_understand_is_refused_with_the_place_and_not_recorded(
    cast: SimpleNamespace, name: str, args: Any, code: str, pointer: str | None
) -> None:
    (ack,) = await push([mutation(name, args)], actor=cast.lan)
    assert ack.st == "rejected" and ack.problem is not None
    assert ack.problem["code"] == code and (pointer is None or ack.problem["pointer"].startswith(pointer))
    assert await count("sync_mutations") == 0, "an app that is newer than the office may try again"


@pytest.mark.parametrize(
    "amount", ["0", "-1", "NaN", "Infinity", "1e9", "", " 5", "1.5", "9" * 40, "99999999999999999", "1,000", "٣"]
)
async def test_amounts_that_are_no_amounts_are_refused(cast: SimpleNamespace, amount: str) -> None:
    (ack,) = await push([expense(amount=amount)], actor=cast.lan)
    assert ack.st == "rejected" and await count("expenses") == 0


@pytest.mark.parametrize("note", ["a\x00b", "\ud800"])
async def test_text_no_database_can_hold_is_refused_and_holds_up_nobody(cast: SimpleNamespace, note: str) -> None:
    customer = await make_customer()
    args = b'{"id":"%s","customer_id":"%s","purpose":"x","started_at":"2026-11-22T01:00:00Z","note":%s}' % (
        str(new_id()).encode(), str(customer).encode(), b'"a\\u0000b"' if "\x00" in note else b'"\\ud800"',
    )  # fmt: skip
    bad = Mutation(id=new_id(), name="visit.log", args=msgspec.Raw(args))
    acks = await push([bad, visit(customer)], actor=cast.lan)
    assert [ack.st for ack in acks] == ["rejected", "applied"]


@pytest.mark.parametrize("base", [b'"\\ud800"', b'{"ver":01}', b"[" * 3000 + b"]" * 3000, b'"\xff"'])
async def test_a_base_nobody_can_read_is_refused_at_once_and_holds_up_nobody(
    cast: SimpleNamespace, base: bytes
) -> None:
    customer = await make_customer()
    batch = [visit(customer), visit(customer, base=msgspec.Raw(base)), visit(customer)]
    acks = await push(batch, actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "rejected", "applied"]
    assert acks[1].problem is not None and acks[1].problem["code"] == "malformed"


async def test_problems_speak_the_language_of_the_person(cast: SimpleNamespace) -> None:
    bad = visit(new_id())
    english = msgspec.structs.replace(cast.lan, language="en")
    (vi,), (en,) = await push([bad], actor=cast.lan), await push([visit(new_id())], actor=english)
    assert vi.problem is not None and en.problem is not None
    assert vi.problem["title"] == "Không tìm thấy" and en.problem["title"] != vi.problem["title"]


async def test_roles_decide_at_this_door_too(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    (ack,) = await push([visit(customer)], actor=cast.tuan)
    assert ack.st == "rejected" and ack.problem is not None and ack.problem["code"] == "not-allowed"
