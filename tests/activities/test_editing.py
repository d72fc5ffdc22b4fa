"""A visit may be put right for a day by whoever made it, an expense until it is decided on; what was before stays."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.activities.rules import may_edit_visit
from backend.core import clock
from backend.core.clock import now
from backend.core.database import execute, fetch, fetch_row, fetch_value
from backend.core.ids import new_id
from tests.customers.test_merging import hand_in, kept
from tests.makers import applied, currencies, push
from tests.sync.phone import BOB, make_customer, reassign

pytestmark = pytest.mark.anyio


async def a_visit(client: Any, **more: Any) -> str:
    """A visit of a new customer of Lan's."""
    args = {"id": str(new_id()), "customer_id": str(await make_customer()), "purpose": "sale",
            "started_at": now().isoformat(), "note": "gặp chị Hoa", **more}  # fmt: skip
    await applied(client, ("visit.log", args))
    return str(args["id"])


async def an_expense(client: Any, **more: Any) -> str:
    args = {"id": str(new_id()), "category": "parking", "amount": "20000", "currency": "VND",
            "spent_on": "2026-11-22", "note": "gửi xe", **more}  # fmt: skip
    await currencies()
    await applied(client, ("expense.claim", args))
    return str(args["id"])


async def visit_now(visit: str) -> dict[str, Any]:
    return dict(await fetch_row("SELECT * FROM visits WHERE id = $1", UUID(visit)))


def base(version: int, **values: Any) -> dict[str, Any]:
    return {"ver": version, "values": values}


async def test_the_author_puts_a_visit_right_and_what_it_was_stays_readable(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan = await client_for(cast.lan)
    visit = await a_visit(lan)
    before = await visit_now(visit)
    changes = {"outcome": "interested", "next_on": "2026-12-01", "note": "gặp anh Hoa"}
    ack = await hand_in(lan, "visit.edit", {"id": visit, "changes": changes},
                        base(1, outcome=None, next_on=None, note="gặp chị Hoa"))  # fmt: skip
    assert ack["st"] == "applied" and ack["rows"] == [["visit", visit, 2]], ack
    after = await visit_now(visit)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"outcome", "next_on", "note", "version", "changed_at"}, "place and time are evidence"
    [edit] = await fetch("SELECT changes, user_id FROM activity_edits WHERE visit_id = $1", UUID(visit))
    assert edit["changes"] == {
        "outcome": [None, "interested"], "next_on": [None, "2026-12-01"], "note": ["gặp chị Hoa", "gặp anh Hoa"],
    }  # fmt: skip
    assert edit["user_id"] == cast.lan.user_id
    for statement in ("UPDATE activity_edits SET changes = '{}'", "DELETE FROM activity_edits"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await execute(statement)


async def test_two_phones_of_one_person_edit_a_visit_and_nothing_is_lost(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan = await client_for(cast.lan)
    visit = await a_visit(lan)
    seen = base(1, outcome=None, note="gặp chị Hoa")
    first = {"outcome": "ordered", "note": "gặp chị Hoa, mua 2 thùng"}
    second = {"outcome": "refused", "note": "gặp chị Hoa\nhẹn thứ ba", "next_on": "2026-12-01"}
    await hand_in(lan, "visit.edit", {"id": visit, "changes": first}, seen)
    late = await hand_in(lan, "visit.edit", {"id": visit, "changes": second}, {**seen, "values": {**seen["values"],
                         "next_on": None}})  # fmt: skip
    assert sorted(late["result"]["written"]) == ["next_on", "note"]
    after = await visit_now(visit)
    assert (after["outcome"], after["note"]) == ("ordered", "gặp chị Hoa, mua 2 thùng\nhẹn thứ ba")
    assert await kept() == [("visit", "outcome", None, "ordered", "refused", "lan")]
    conflict = str(await fetch_value("SELECT id FROM conflict_log"))
    hung = await client_for(cast.hung)
    assert (await hung.post(f"/conflicts/{conflict}/settlement", json={"choice": "mine"})).status_code == 403
    assert (await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "mine"}))["st"] == "applied"
    assert (await visit_now(visit))["outcome"] == "refused"


async def test_after_a_day_a_visit_is_closed_but_an_edit_made_in_time_without_a_network_is_taken(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan = await client_for(cast.lan)
    visit = await a_visit(lan)
    start = now()
    await execute("UPDATE visits SET received_at = $2 WHERE id = $1", UUID(visit), start - timedelta(hours=25))

    async def edit(at: datetime, note: str) -> dict[str, Any]:
        one = {"id": str(new_id()), "n": 1, "name": "visit.edit", "args": {"id": visit, "changes": {"note": note}},
               "at": at.isoformat(), "base": base(1, note="gặp chị Hoa")}  # fmt: skip
        ack: dict[str, Any] = (await lan.post("/sync", json={"v": 1, "push": [one]})).json()["acks"][0]
        return ack

    late = await edit(start, "muộn")
    assert (late["st"], late["problem"]["code"], late["problem"]["hours"]) == ("rejected", "visit-closed", 24)
    assert (await edit(start - timedelta(hours=3), "kịp"))["st"] == "applied"
    assert (await visit_now(visit))["note"] == "kịp"


async def test_only_the_author_edits_also_after_losing_the_customer(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan, hung, bob = await client_for(cast.lan), await client_for(cast.hung), await client_for(cast.bob)
    visit = await a_visit(lan)
    said = {"id": visit, "changes": {"note": "của tôi"}}
    assert (await hand_in(hung, "visit.edit", said))["problem"]["code"] == "not-allowed"
    assert (await hand_in(bob, "visit.edit", said))["problem"]["code"] == "not-found"
    await reassign((await visit_now(visit))["customer_id"], BOB)
    assert (await hand_in(lan, "visit.edit", said))["st"] == "applied"


@pytest.mark.parametrize(
    "changes",
    [{"started_at": "2026-01-01T00:00:00Z"}, {"lat": 1}, {"customer_id": "x"}, {"purpose": None}, {"purpose": "a b"},
     {"next_on": "mai"}, {"next_on": "2026-13-01"}, {"note": "x" * 4001}, {"note": 5}, {}],
)  # fmt: skip
async def test_what_is_no_value_of_a_visit_or_not_to_be_changed_is_refused(
    cast: SimpleNamespace, client_for: Callable[..., Any], changes: dict[str, Any]
) -> None:
    lan = await client_for(cast.lan)
    visit = await a_visit(lan)
    ack = await hand_in(lan, "visit.edit", {"id": visit, "changes": changes})
    assert ack["st"] == "rejected" and ack["problem"]["status"] == 422
    assert (await visit_now(visit))["version"] == 1


async def test_an_expense_is_put_right_until_somebody_decides_on_it(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan, other = await client_for(cast.lan), await client_for(cast.lan)
    expense = await an_expense(lan)
    seen = base(1, amount="20000", vat=None, note="gửi xe")
    ack = await hand_in(lan, "expense.edit", {"id": expense, "changes": {"amount": "25000", "vat": "2000"}}, seen)
    assert ack["st"] == "applied" and ack["rows"] == [["expense", expense, 2]]
    late = await hand_in(other, "expense.edit", {"id": expense, "changes": {"amount": "30000", "note": "gửi xe 2 lần"}},
                         seen)  # fmt: skip
    assert late["result"]["written"] == ["note"]
    assert await kept() == [("expense", "amount", "20000", "25000", "30000", "lan")]
    assert await fetch_value("SELECT amount FROM expenses") == 25000
    await execute("UPDATE expenses SET state = 'approved', version = version + 1")
    shut = await hand_in(lan, "expense.edit", {"id": expense, "changes": {"note": "x"}})
    assert (shut["problem"]["code"], shut["problem"]["state"]) == ("expense-closed", "approved")
    conflict = str(await fetch_value("SELECT id FROM conflict_log"))
    mine = await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "mine"})
    assert mine["problem"]["code"] == "expense-closed"
    assert (await hand_in(lan, "conflict.settle", {"id": conflict, "choice": "theirs"}))["st"] == "applied"
    assert await fetch_value("SELECT amount FROM expenses") == 25000


@pytest.mark.parametrize(
    "changes",
    [{"amount": "0"}, {"amount": "-5"}, {"amount": "1.5"}, {"vat": "30000"}, {"amount": "1"}, {"amount": None},
     {"currency": "USD"}, {"state": "paid"}],
)  # fmt: skip
async def test_an_expense_cannot_become_what_could_not_be_claimed(
    cast: SimpleNamespace, client_for: Callable[..., Any], changes: dict[str, Any]
) -> None:
    lan = await client_for(cast.lan)
    expense = await an_expense(lan, vat="2000")
    ack = await hand_in(lan, "expense.edit", {"id": expense, "changes": changes})
    assert ack["st"] == "rejected", ack
    assert await fetch_value("SELECT version FROM expenses") == 1


async def test_the_same_edit_handed_in_twice_takes_effect_once(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan = await client_for(cast.lan)
    visit = await a_visit(lan)
    one = {"id": str(new_id()), "n": 1, "name": "visit.edit", "args": {"id": visit, "changes": {"note": "sửa"}},
           "base": base(1, note="gặp chị Hoa")}  # fmt: skip
    for _ in range(3):
        assert (await lan.post("/sync", json={"v": 1, "push": [one]})).json()["acks"][0]["st"] == "applied"
    assert await fetch_value("SELECT count(*) FROM activity_edits") == 1
    assert (await push(lan, ("visit.edit", {"id": visit, "changes": {"note": "sửa"}})))[0]["result"]["written"] == []


RECEIVED = clock.now()
HOURS = st.floats(-2000, 2000, allow_nan=False)


@given(passed=st.floats(0, 2000, allow_nan=False), claimed=st.none() | HOURS)
def test_a_claim_can_neither_shut_a_door_that_is_open_nor_reach_beyond_thirty_days(
    passed: float, claimed: float | None
) -> None:
    moment = RECEIVED + timedelta(hours=passed)
    at = None if claimed is None else RECEIVED + timedelta(hours=claimed)
    allowed = may_edit_visit(RECEIVED, at, moment)
    if passed <= 24:
        assert allowed
    if passed > 30 * 24:
        assert not allowed
    if at is None or claimed is None or claimed > 24:
        assert allowed == (passed <= 24)
