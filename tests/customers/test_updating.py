"""Changing customers: edits of an old copy are merged by field, nothing typed is lost, none reaches past their own."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core.database import execute, fetch, fetch_value, in_transaction
from backend.core.editing import Base, Edit, Edited, FieldUnknown, FieldWrong, merge
from backend.core.errors import NotVisible, StaleVersion
from backend.customers.errors import CodeTaken, CustomerExists, GroupUnknown
from backend.customers.updating import update_customer
from backend.people.access import Actor
from tests.customers.makers import make_customer, make_group

pytestmark = pytest.mark.anyio


async def update(customer_id: UUID, actor: Actor, changes: dict[str, Any], base: Base | None = None) -> Edited:
    return await in_transaction(lambda: update_customer(Edit(customer_id, changes, base), actor=actor))


async def test_different_fields_changed_on_two_phones_are_both_kept(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan, "Quán A", note="cũ")
    await update(made.id, cast.hung, {"phone": "0903456789"})
    late = await update(made.id, cast.lan, {"name": "Quán B"}, Base(made.version, {"name": "Quán A"}))
    row = (await fetch("SELECT name, phone, version FROM customers"))[0]
    assert tuple(row) == ("Quán B", "0903456789", 3)
    assert (late.written, late.conflicts) == (["name"], [])


async def test_the_same_field_changed_twice_keeps_the_offices_value_and_the_loser(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan, "Quán A")
    await update(made.id, cast.hung, {"name": "Quán Hùng"})
    late = await update(
        made.id, cast.lan, {"name": "Quán Lan", "planned_weekday": 2},
        Base(made.version, {"name": "Quán A", "planned_weekday": None}),
    )  # fmt: skip
    assert [(one.field, one.base, one.kept, one.lost) for one in late.conflicts] == [
        ("name", "Quán A", "Quán Hùng", "Quán Lan")
    ]
    assert late.written == ["planned_weekday"] and late.current == {"name": "Quán Hùng", "planned_weekday": 2}
    kept = (await fetch("SELECT field, base_value, kept_value, lost_value, lost_by FROM conflict_log"))[0]
    assert tuple(kept) == ("name", "Quán A", "Quán Hùng", "Quán Lan", cast.lan.user_id)


async def test_both_notes_survive(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan, note="gần chợ")
    await update(made.id, cast.hung, {"note": "gần chợ, mở 6 giờ"})
    late = await update(made.id, cast.lan, {"note": "gần chợ\nhay vắng"}, Base(made.version, {"note": "gần chợ"}))
    assert late.conflicts == []
    assert await fetch_value("SELECT note FROM customers") == "gần chợ, mở 6 giờ\nhay vắng"


async def test_a_version_without_old_values_must_be_the_present_one(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    await update(made.id, cast.lan, {"note": "a"}, Base(made.version))
    with pytest.raises(StaleVersion) as refused:
        await update(made.id, cast.lan, {"note": "b"}, Base(made.version))
    assert refused.value.numbers["current"] == made.version + 1


async def test_saying_the_same_again_changes_nothing(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan, "A")
    base = Base(made.version, {"name": "A"})
    first = await update(made.id, cast.lan, {"name": "B"}, base)
    again = await update(made.id, cast.lan, {"name": "B"}, base)
    assert again.version == first.version and again.written == [] and again.conflicts == []


async def test_groups_are_rewritten_with_the_first_as_primary_and_their_order_is_no_conflict(
    cast: SimpleNamespace,
) -> None:
    a, b = await make_group("A"), await make_group("B")
    made = await make_customer(cast.lan, group_id=a)
    base = Base(made.version, {"group_ids": [str(a)]})
    await update(made.id, cast.lan, {"group_ids": [str(b), str(a)]}, base)
    primary = await fetch_value("SELECT group_id FROM customer_group_links WHERE is_primary")
    assert primary == b and await fetch_value("SELECT count(*) FROM customer_group_links") == 2
    await execute("UPDATE customers SET version = version + 1")
    shuffled = await update(made.id, cast.lan, {"group_ids": []}, Base(1, {"group_ids": [str(a), str(b)]}))
    assert shuffled.conflicts == [] and await fetch_value("SELECT count(*) FROM customer_group_links") == 0
    with pytest.raises(GroupUnknown):
        await update(made.id, cast.lan, {"group_ids": ["018f0000-0000-7000-8000-000000000000"]})


async def test_another_teams_customer_is_as_absent_as_an_unknown_one(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.bob)
    for actor in (cast.lan, cast.hung):
        with pytest.raises(NotVisible):
            await update(made.id, actor, {"name": "của tôi"})
    assert await fetch_value("SELECT name FROM customers") == "Cửa hàng Minh"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"position_id": 3}, FieldUnknown), ({"price_list_id": None}, FieldUnknown), ({"code": "X"}, FieldUnknown),
        ({"priority": 1}, FieldUnknown), ({"version": 9}, FieldUnknown), ({"name = 'x' --": 1}, FieldUnknown),
        ({"name": ""}, FieldWrong), ({"name": None}, FieldWrong), ({"name": 7}, FieldWrong),
        ({"name": "x" * 201}, FieldWrong),
        ({"planned_weekday": 8}, FieldWrong), ({"planned_weekday": True}, FieldWrong),
        ({"group_ids": ["x"]}, FieldWrong),
        ({"note": "a\x00"}, FieldWrong),
    ],
)  # fmt: skip
async def test_what_is_not_a_reps_to_change_or_is_no_value_is_refused(
    cast: SimpleNamespace, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    made = await make_customer(cast.lan)
    with pytest.raises(refusal):
        await update(made.id, cast.lan, changes)


async def test_a_number_or_code_of_another_customer_cannot_be_taken(cast: SimpleNamespace) -> None:
    other = await make_customer(cast.lan, "Một", phone="0903456789")
    made = await make_customer(cast.lan, "Hai")
    with pytest.raises(CustomerExists):
        await update(made.id, cast.lan, {"phone": "+84903456789"})
    with pytest.raises(CodeTaken):
        await update(made.id, cast.an, {"code": other.code.lower()})


def test_merging_is_symmetric_for_fields_only_one_side_touched() -> None:
    base = {"name": "A", "phone": "1", "note": "n"}
    assert merge(base, {"name": "A", "phone": "2", "note": "n"}, {"name": "B"}).changes == {"name": "B"}
    assert merge(base, {"name": "B", "phone": "1", "note": "n"}, {"phone": "2"}).changes == {"phone": "2"}
    both = merge(base, {"name": "C", "phone": "2", "note": "n"}, {"name": "B", "phone": "2"})
    assert both.changes == {} and [one.field for one in both.lost] == ["name"]
    erased = merge(base, {"name": "A", "phone": "1", "note": "n m"}, {"note": None})
    assert erased.changes == {} and erased.lost[0].lost is None
    assert merge({}, {"name": "A"}, {"name": "B"}).lost[0].base is None
