"""What was made for a customer who has changed hands meanwhile: kept as late, or refused with the way out."""

from types import SimpleNamespace

import pytest

from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from sync.push import push
from tests.sync.handing import count, expense, mutation, subject, visit
from tests.sync.phone import BOB, LAN, Phone, make_customer, make_visit, reassign

pytestmark = pytest.mark.usefixtures("currencies")


async def test_a_visit_made_before_the_customer_changed_hands_is_kept_and_marked_late(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    await reassign(customer, BOB)
    one = visit(customer)
    (ack,) = await push([one], actor=cast.lan)
    assert ack.st == "applied" and ack.result["late"] is True
    new_owner, old_owner = Phone(cast.bob), Phone(cast.lan)
    await new_owner.sync()
    await old_owner.sync()
    assert new_owner.ids("visit") == {subject(one)} and not old_owner.ids("visit")
    photo = mutation("attachment.add", {"id": str(new_id()), "owner": "visit", "owner_id": str(subject(one)),
                                        "sha256": "a" * 64, "size": 5, "mime": "image/jpeg"})  # fmt: skip
    (ack,) = await push([photo], actor=cast.lan)
    assert ack.st == "applied" and ack.result["late"] is True


async def test_thirty_days_after_losing_the_customer_it_is_too_late(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    await reassign(customer, BOB)
    await execute("UPDATE sync_moves SET at = now() - interval '31 days'")
    (ack,) = await push([visit(customer)], actor=cast.lan)
    assert ack.st == "rejected" and await count("visits") == 0


async def test_a_customer_that_never_was_ones_own_is_not_helped_by_the_late_rule(cast: SimpleNamespace) -> None:
    customer = await make_customer(BOB)
    (ack,) = await push([visit(customer)], actor=cast.lan)
    assert ack.st == "rejected" and ack.problem is not None and ack.problem["code"] == "not-found"


async def test_an_order_for_a_lost_customer_is_refused_with_the_way_out(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    await reassign(customer, BOB)
    args = {"id": str(new_id()), "customer_id": str(customer), "ordered_on": "2026-11-22", "currency": "VND",
            "lines": [{"id": str(new_id()), "item_id": str(new_id()), "unit": "gói", "qty": "1"}]}  # fmt: skip
    (ack,) = await push([mutation("order.place", args)], actor=cast.lan)
    assert ack.st == "rejected" and ack.problem is not None and ack.problem["code"] == "out-of-scope"


async def test_visits_of_a_lost_line_stay_with_their_customer(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    made = await make_visit(customer, cast.lan.user_id)
    (ack,) = await push([expense(visit_id=str(made))], actor=cast.bob)
    assert ack.st == "rejected"
    (ack,) = await push([expense(visit_id=str(made))], actor=cast.lan)
    assert ack.st == "applied"
    assert await fetch_value("SELECT customer_id FROM expenses") == customer
