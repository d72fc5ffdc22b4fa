"""What a phone holds after pulling: exactly what its user may see, whatever happened in between."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from backend.core.database import execute
from backend.core.ids import new_id
from tests.sync.phone import BOB, HUNG, LAN, NGOC, Phone, make_customer, make_visit, reassign, with_keys


async def test_a_first_sync_brings_the_customers_of_the_own_line_and_nobody_elses(cast: SimpleNamespace) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    visit = await make_visit(mine, cast.lan.user_id)
    await make_visit(theirs, cast.bob.user_id)
    lan, hung, ngoc = Phone(cast.lan), Phone(cast.hung), Phone(cast.ngoc)
    for phone in (lan, hung, ngoc):
        await phone.sync()
    assert lan.ids("customer") == hung.ids("customer") == {mine}
    assert lan.ids("visit") == {visit}
    assert ngoc.ids("customer") == {theirs}
    assert lan.rows["visit"][str(visit)][1] == str(mine)


async def test_the_administrator_holds_every_line_and_the_warehouse_only_what_everybody_holds(
    cast: SimpleNamespace,
) -> None:
    made = {await make_customer(LAN), await make_customer(BOB)}
    await execute(
        "INSERT INTO reasons (id, kind, code, name_vi, name_en) VALUES ($1, 'visit_purpose', 'x', 'x', 'x')", new_id()
    )
    an, tuan, mai = Phone(cast.an), Phone(cast.tuan), Phone(cast.mai)
    for phone in (an, tuan, mai):
        await phone.sync()
    assert an.ids("customer") == made
    assert not tuan.ids("customer") and not mai.ids("customer")
    assert len(tuan.ids("reason")) >= 1


async def test_a_further_pull_is_empty_and_small(cast: SimpleNamespace) -> None:
    await make_visit(await make_customer(), cast.lan.user_id)
    phone = Phone(cast.lan)
    assert len(await phone.sync()) == 1, "what fits one page needs one page"
    for _ in range(2):
        page = (await phone.sync())[0]
        assert not {"up", "del", "drop", "reset"} & set(page)
        assert not page["more"]


async def test_an_answer_that_never_arrived_is_repaired_by_asking_again(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    phone = Phone(cast.lan)
    await phone.sync()
    before = phone.cursor
    visit = await make_visit(customer, cast.lan.user_id)
    await phone.sync()
    phone.cursor = before
    await phone.sync()
    assert phone.ids("visit") == {visit}


async def test_changes_and_deletions_arrive_once(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    visits = [await make_visit(customer, cast.lan.user_id) for _ in range(3)]
    phone = Phone(cast.lan)
    await phone.sync()
    await execute("UPDATE visits SET note = 'x', version = 2 WHERE id = $1", visits[0])
    await execute("UPDATE visits SET deleted_at = now(), version = 2 WHERE id = $1", visits[1])
    await execute("DELETE FROM visits WHERE id = $1", visits[2])
    page = (await phone.sync())[0]
    assert page["up"][0]["v"][0] == [2]
    assert {UUID(key) for _, ids in page["del"] for key in ids} == set(visits[1:])
    assert phone.ids("visit") == {visits[0]}


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_however_small_the_pages_the_phone_ends_with_the_same_rows(cast: SimpleNamespace, limit: int) -> None:
    for position in (LAN, HUNG, LAN):
        customer = await make_customer(position)
        for _ in range(4):
            await make_visit(customer, cast.lan.user_id)
    small, large = Phone(cast.hung, limit=limit), Phone(cast.hung)
    pages = await small.sync()
    await large.sync()
    assert small.versions() == large.versions()
    assert pages[0]["progress"][1] == len(large.versions())
    await execute("UPDATE visits SET version = version + 1")
    await small.sync()
    await large.sync()
    assert small.versions() == large.versions()
    assert not (await small.sync())[0].get("up")


async def test_a_customer_that_changes_hands_leaves_one_phone_and_arrives_whole_on_the_other(
    cast: SimpleNamespace,
) -> None:
    moved, stays = await make_customer(LAN), await make_customer(LAN)
    visit = await make_visit(moved, cast.lan.user_id)
    lan, bob, hung, ngoc = (Phone(actor) for actor in (cast.lan, cast.bob, cast.hung, cast.ngoc))
    for phone in (lan, bob, hung, ngoc):
        await phone.sync()
    await reassign(moved, BOB)
    page = (await lan.sync())[0]
    assert page["drop"] == [str(moved)] and "up" not in page
    for phone in (bob, hung, ngoc):
        await phone.sync()
    assert lan.ids("customer") == {stays} == hung.ids("customer") and not lan.ids("visit")
    assert bob.ids("customer") == ngoc.ids("customer") == {moved} and bob.ids("visit") == {visit}


async def test_phones_of_neither_line_do_not_learn_that_a_customer_moved(cast: SimpleNamespace) -> None:
    moved = await make_customer(BOB)
    phone = Phone(cast.lan)
    await phone.sync()
    await reassign(moved, NGOC)
    assert "drop" not in (await phone.sync())[0]


async def test_there_and_back_again_while_the_phone_is_offline_changes_nothing_on_it(cast: SimpleNamespace) -> None:
    moved = await make_customer(LAN)
    visit = await make_visit(moved, cast.lan.user_id)
    phone = Phone(cast.lan)
    await phone.sync()
    await reassign(moved, BOB)
    gone = await make_visit(moved, cast.bob.user_id)
    await execute("DELETE FROM visits WHERE id = $1", gone)
    await reassign(moved, LAN)
    await phone.sync()
    assert phone.ids("customer") == {moved} and phone.ids("visit") == {visit}


async def test_a_visit_moved_to_a_customer_out_of_sight_is_deleted_and_one_moved_in_arrives(
    cast: SimpleNamespace,
) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    visit = await make_visit(mine, cast.lan.user_id)
    lan, bob = Phone(cast.lan), Phone(cast.bob)
    await lan.sync()
    await bob.sync()
    await execute("UPDATE visits SET customer_id = $2, version = 2 WHERE id = $1", visit, theirs)
    await lan.sync()
    await bob.sync()
    assert not lan.ids("visit") and bob.ids("visit") == {visit}
    await execute("UPDATE visits SET customer_id = $2, version = 3 WHERE id = $1", visit, mine)
    await lan.sync()
    await bob.sync()
    assert lan.ids("visit") == {visit} and not bob.ids("visit")


async def test_a_visit_moved_between_own_customers_goes_with_its_new_customer(cast: SimpleNamespace) -> None:
    first, second = await make_customer(LAN), await make_customer(LAN)
    visit = await make_visit(first, cast.lan.user_id)
    phone = Phone(cast.lan)
    await phone.sync()
    await execute("UPDATE visits SET customer_id = $2, version = 2 WHERE id = $1", visit, second)
    await reassign(second, BOB)
    await phone.sync()
    assert phone.ids("customer") == {first} and not phone.ids("visit")


async def test_a_row_that_left_while_its_customer_was_in_other_hands_is_gone_when_the_customer_is_back(
    cast: SimpleNamespace,
) -> None:
    customer, elsewhere = await make_customer(LAN), await make_customer(BOB)
    stays, leaves = [await make_visit(customer, cast.lan.user_id) for _ in range(2)]
    phone = Phone(cast.lan)
    await phone.sync()
    await reassign(customer, BOB)
    await execute("UPDATE visits SET customer_id = $2, version = 2 WHERE id = $1", leaves, elsewhere)
    await reassign(customer, LAN)
    await phone.sync()
    assert phone.ids("visit") == {stays}


async def test_a_row_whose_new_customer_goes_out_of_sight_in_the_middle_of_a_long_delta_is_gone(
    cast: SimpleNamespace,
) -> None:
    first, second = sorted([await make_customer(HUNG), await make_customer(HUNG)])
    visit = await make_visit(first, cast.lan.user_id)
    phone = Phone(cast.hung, limit=1)
    await phone.sync()
    await execute("UPDATE visits SET customer_id = $2, version = 2 WHERE id = $1", visit, second)
    await execute("UPDATE customers SET note = 'x', version = 2")
    await phone.page()
    assert phone.ids("visit") == {visit}
    await reassign(second, BOB)
    await phone.sync()
    assert phone.ids("customer") == {first} and not phone.ids("visit")


async def test_a_root_that_slips_past_a_long_delta_comes_whole_with_its_deletions(cast: SimpleNamespace) -> None:
    """Both keys are the phone's own; the customer goes from the one not walked yet to the one walked already."""
    high, low = await make_customer(LAN), await make_customer(HUNG)  # within a key the walk goes by id
    kept, gone = [await make_visit(high, cast.lan.user_id) for _ in range(2)]
    phone = Phone(cast.hung, limit=1)
    await phone.sync()
    await execute("UPDATE customers SET note = 'x', version = 2 WHERE id = $1", low)
    await execute("UPDATE visits SET version = 2 WHERE id = $1", kept)
    await execute("UPDATE visits SET deleted_at = now(), version = 2 WHERE id = $1", gone)
    await phone.page()
    await reassign(high, HUNG)
    await phone.sync()
    assert phone.ids("visit") == {kept} and phone.rows["visit"][str(kept)][0] == 2


async def test_a_grant_brings_a_line_and_its_end_takes_it_away(cast: SimpleNamespace) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    visit = await make_visit(theirs, cast.bob.user_id)
    phone = Phone(cast.lan)
    await phone.sync()
    phone.actor = with_keys(cast.lan, LAN, BOB)
    await phone.sync()
    assert phone.ids("customer") == {mine, theirs} and phone.ids("visit") == {visit}
    phone.actor = cast.lan
    await phone.sync()
    assert phone.ids("customer") == {mine} and not phone.ids("visit")
