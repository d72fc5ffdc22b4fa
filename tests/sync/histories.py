"""Histories written down: each is a list of steps of the machine that once broke something, or would break a phone.

A failing run of the machine becomes one of these. Customers 0 to 4 belong to the positions 2 to 6 (`2 * n` draws the
n-th); phones 0 and 1 are Lan's (positions 3 and 6), 2 is Bob's (5, 6), 3 Hùng's (2, 3), 4 Ngọc's (4, 5).
"""

from collections.abc import Awaitable, Callable

from tests.sync.machine import World

History = Callable[[World], Awaitable[None]]
LAN, LAN_TOO, BOB, HUNG, NGOC = range(5)
P2, P3, P4, P5, P6 = range(5)  # positions as `hand_over`, `grant` and `revoke` draw them
ALL = 99  # pages: until there are no more


async def the_early_writer_commits_last(world: World) -> None:
    await world.open([("add", 2, 0)])
    await world.change("edit_customer", 8, 0)
    await world.pull(LAN, ALL)
    await world.end(0, committed=True)
    await world.pull(LAN, ALL)


async def a_writer_stays_open_over_many_pulls_and_rolls_back(world: World) -> None:
    await world.open([("edit", 0, 0), ("add_customer", 1, 0)])
    for n in range(4):
        await world.change("edit_customer", 2 * n, 0)
        await world.pull(n, ALL)
    await world.end(0, committed=False)


async def rows_change_between_the_pages_of_a_first_sync(world: World) -> None:
    for pages in range(1, 8):
        await world.clear(LAN)
        await world.pull(LAN, pages)
        await world.change("edit_customer", 2, 0)
        await world.change("add", 2, pages)
        await world.pull(LAN, ALL)


async def customers_slip_from_unread_keys_to_read_ones(world: World) -> None:
    for pages in range(2, 9):
        await world.clear(HUNG)
        await world.pull(HUNG, pages)
        await world.change("hand_over", 2, P2)
        await world.change("hand_over", 0, P3)
        await world.pull(HUNG, ALL)
        await world.change("hand_over", 2, P3)
        await world.change("hand_over", 0, P2)


async def customers_slip_past_a_long_delta(world: World) -> None:
    for pages in range(1, 6):
        await world.change("edit_customer", 0, 0)
        await world.change("edit", pages, pages)
        await world.change("remove", pages, pages + 1)
        await world.change("edit_customer", 2, 0)
        await world.pull(HUNG, pages)
        await world.change("hand_over", 2, P2 if pages % 2 else P3)
        await world.change("hand_over", 0, P3 if pages % 2 else P2)
        await world.pull(HUNG, ALL)


async def a_grant_is_lost_in_the_middle_of_its_first_sync(world: World) -> None:
    for pages in range(1, 6):
        await world.grant(0, P5, 0)
        await world.pull(LAN, pages)
        await world.revoke(0, P5, 0)
        await world.pull(LAN, ALL)


async def a_grant_is_lost_and_given_back_between_two_pages(world: World) -> None:
    for pages in range(1, 6):
        await world.grant(0, P4, 0)
        await world.pull(LAN, pages)
        await world.revoke(0, P4, 0)
        await world.pull(LAN, 1)
        await world.change("hand_over", 4, P5 if pages % 2 else P4)
        await world.grant(0, P4, 0)
        await world.pull(LAN, ALL)
        await world.revoke(0, P4, 0)


async def a_customer_changes_hands(world: World) -> None:
    await world.change("hand_over", 2, P5)
    for phone in (LAN, BOB, HUNG, NGOC):
        await world.pull(phone, ALL)


async def a_customer_goes_back_and_forth_while_phones_are_away(world: World) -> None:
    for n in range(6):
        await world.change("hand_over", 2, P5 if n % 2 == 0 else P3)
        await world.change("add", 2, n)
        await world.change("erase" if n % 2 else "edit", n, n)
        await world.pull(NGOC if n % 2 else BOB, 2)
        await world.days_pass(2)


async def a_row_goes_to_a_customer_out_of_sight(world: World) -> None:
    await world.change("relink", 4, 6)
    for phone in (LAN, BOB, HUNG, NGOC):
        await world.pull(phone, ALL)
    await world.change("relink", 4, 0)


async def a_row_and_its_new_customer_move_on_at_once(world: World) -> None:
    await world.change("relink", 4, 6)
    await world.change("hand_over", 6, P3)
    await world.change("remove", 4, 0)
    await world.change("hand_over", 6, P4)
    await world.pull(LAN, 1)
    await world.change("revive", 4, 0)
    await world.change("hand_over", 6, P5)


async def an_expense_of_nobodys_customer_goes_to_another_position(world: World) -> None:
    await world.change("add_own", P3, 0)
    await world.change("add_own", P5, 0)
    for phone in (LAN, BOB):
        await world.pull(phone, ALL)
    await world.change("move_own", 0, P5)
    await world.pull(LAN, ALL)
    await world.change("move_own", 2, P3)


async def a_position_is_taken_away_tomorrow(world: World) -> None:
    await world.revoke(0, P6, 1)
    await world.pull(LAN, ALL)
    assert world.held(LAN) == {1, 4}
    await world.days_pass(0)
    await world.pull(LAN, ALL)
    assert world.held(LAN) == {1}


async def a_territory_changes_its_region_at_midnight(world: World) -> None:
    await world.move_position(0, 2, 1)  # position 3 reports to 4 from tomorrow on
    for phone in (HUNG, NGOC):
        await world.pull(phone, ALL)
    await world.days_pass(0)
    for phone in (HUNG, NGOC):
        await world.pull(phone, ALL)
    assert world.held(NGOC) == {1, 2, 3} and world.held(HUNG) == {0}


async def midnight_falls_between_two_pages(world: World) -> None:
    await world.move_position(1, 1, 1)  # position 5 reports to 2 from tomorrow on
    await world.clear(HUNG)
    await world.clear(NGOC)
    await world.pull(HUNG, 3)
    await world.pull(NGOC, 3)
    await world.days_pass(0)
    await world.pull(HUNG, ALL)
    await world.pull(NGOC, ALL)
    assert world.held(HUNG) == {0, 1, 3} and world.held(NGOC) == {2}


async def a_visit_is_written_while_its_customer_changes_hands(world: World) -> None:
    for kinds, meanwhile in (((("add", 2, 0),), ("hand_over", 2, P5)), ((("hand_over", 2, P3),), ("add", 2, 0))):
        await world.open(list(kinds))
        await world.change(*meanwhile)
        await world.pull(LAN, ALL)
        await world.end(0, committed=True)


async def a_reply_is_lost_after_the_commit(world: World) -> None:
    for kind in ("visit", "expense", "own_expense", "note", "lead", "unknown", "negative", "newer"):
        await world.note_down(LAN, 0, kind, 400)
    await world.push(LAN, 9, "lost")
    await world.carry(0)
    await world.push(LAN_TOO, 9, "twice")
    await world.push(LAN, 9, "answered")


async def the_office_dies_before_the_commit(world: World) -> None:
    for kind in ("visit", "own_expense", "lead"):
        await world.note_down(LAN, 0, kind, -400)
    await world.push(LAN, 9, "dies")
    await world.push(LAN, 9, "answered")


async def an_id_is_used_again_for_something_else(world: World) -> None:
    await world.note_down(LAN, 0, "visit", 0)
    await world.note_down(BOB, 0, "negative", 0)
    await world.push(LAN, 9, "answered")
    await world.push(BOB, 9, "answered")
    await world.reuse(0)
    await world.reuse(1)


async def one_lane_meets_a_fault_of_ours(world: World) -> None:
    await world.note_down(LAN, 0, "fault", 0)
    await world.note_down(LAN, 1, "visit", 0)
    await world.note_down(LAN, 0, "visit", 0)
    await world.note_down(LAN, 0, "own_expense", 0)
    await world.push(LAN, 9, "answered")


async def a_phone_hands_in_while_a_writer_is_in_its_way(world: World) -> None:
    await world.note_down(LAN, 0, "visit", 0)
    await world.note_down(LAN, 0, "visit", 0)
    await world.carry(0)
    await world.open([("hand_over", 2, P5), ("hand_over", 8, P5)])
    await world.push(LAN, 9, "answered")
    await world.push(LAN_TOO, 9, "lost")
    await world.pull(BOB, ALL)
    await world.end(0, committed=True)


async def many_orders_meet_few_goods(world: World) -> None:
    for phone in (LAN, BOB, NGOC, LAN, BOB):
        for kind in ("order", "order", "order_again", "cancel"):
            await world.note_down(phone, 0, kind, 0)
    await world.push(LAN, 3, "lost")
    await world.push(BOB, 9, "twice")
    await world.push(NGOC, 9, "dies")
    await world.push(LAN, 9, "answered")
    await world.change("hand_over", 2, P5)
    for phone in (LAN, BOB, NGOC):
        await world.push(phone, 9, "answered")
    assert world.seen["applied"] > 8


async def an_order_is_placed_and_called_off(world: World) -> None:
    await world.note_down(LAN, 0, "order", 400)
    await world.note_down(LAN, 0, "cancel", -400)
    await world.push(LAN, 9, "lost")
    await world.note_down(LAN, 0, "order_again", 0)
    await world.push(LAN, 9, "twice")


async def photographs_come_before_and_after_their_rows(world: World) -> None:
    for fate in ("whole", "cut", "spoiled", "twice"):
        await world.note_down(LAN, 0, "visit", 0)
        await world.note_down(LAN, 0, "photo", 0)
        await world.upload(LAN, len(world.pockets[LAN].photos) - 1, fate)
    await world.push(LAN, 3, "lost")
    await world.change("hand_over", 2, P5)
    await world.upload(LAN, 0, "spoiled")
    await world.push(LAN, 9, "answered")
    assert world.seen["files"] > 2 and world.seen["files refused"] > 0


async def the_database_is_restored(world: World) -> None:
    await world.note_down(LAN, 0, "visit", 0)
    await world.clear(NGOC)
    await world.pull(NGOC, 3)
    await world.restore(0)
    await world.change("hand_over", 2, P5)
    await world.pull(NGOC, 1)


async def half_a_year_goes_by(world: World) -> None:
    await world.note_down(LAN, 0, "visit", 0)
    await world.change("erase", 0, 0)
    await world.change("remove", 2, 1)
    await world.pull(BOB, ALL)
    await world.half_a_year(0)
    await world.change("add", 8, 0)
    await world.pull(LAN, 2)


async def what_was_removed_half_a_year_ago_comes_back(world: World) -> None:
    for kind in range(3):
        await world.change("remove", kind, kind)
    await world.pull(NGOC, ALL)
    await world.half_a_year(0)
    await world.pull(LAN, ALL)
    for kind in range(3):
        await world.change("revive", kind, kind)
        await world.change("edit", kind, kind)


# By name: the history, and the rows of a page.
HISTORIES: dict[str, tuple[History, int]] = {
    history.__name__: (history, limit)
    for history, limit in (
        (the_early_writer_commits_last, 3), (a_writer_stays_open_over_many_pulls_and_rolls_back, 2),
        (rows_change_between_the_pages_of_a_first_sync, 1), (customers_slip_from_unread_keys_to_read_ones, 1),
        (customers_slip_past_a_long_delta, 1), (a_grant_is_lost_in_the_middle_of_its_first_sync, 1),
        (a_grant_is_lost_and_given_back_between_two_pages, 1), (a_customer_changes_hands, 60),
        (a_customer_goes_back_and_forth_while_phones_are_away, 1), (a_row_goes_to_a_customer_out_of_sight, 60),
        (a_row_and_its_new_customer_move_on_at_once, 1), (an_expense_of_nobodys_customer_goes_to_another_position, 2),
        (a_position_is_taken_away_tomorrow, 3), (a_territory_changes_its_region_at_midnight, 2),
        (midnight_falls_between_two_pages, 1), (a_visit_is_written_while_its_customer_changes_hands, 3),
        (a_reply_is_lost_after_the_commit, 60), (the_office_dies_before_the_commit, 60),
        (an_id_is_used_again_for_something_else, 60), (one_lane_meets_a_fault_of_ours, 60),
        (a_phone_hands_in_while_a_writer_is_in_its_way, 3), (many_orders_meet_few_goods, 3),
        (an_order_is_placed_and_called_off, 60), (photographs_come_before_and_after_their_rows, 3),
        (the_database_is_restored, 2), (half_a_year_goes_by, 3),
        (what_was_removed_half_a_year_ago_comes_back, 3),
    )
}  # fmt: skip
KILLERS = {
    "naive_cursor": "the_early_writer_commits_last",
    "first_sync_not_fuzzy": "rows_change_between_the_pages_of_a_first_sync",
    "slipped_roots_forgotten": "customers_slip_from_unread_keys_to_read_ones",
    "partial_key_forgotten": "a_grant_is_lost_in_the_middle_of_its_first_sync",
    "no_drop": "a_customer_changes_hands",
    "moved_in_root_not_whole": "a_customer_changes_hands",
    "relinked_row_stays": "a_row_goes_to_a_customer_out_of_sight",
    "revoked_grant_stays": "a_position_is_taken_away_tomorrow",
    "no_idempotency": "a_reply_is_lost_after_the_commit",
    "no_row_lock": "a_visit_is_written_while_its_customer_changes_hands",
    "receipt_outside_the_transaction": "the_office_dies_before_the_commit",
    "reused_id_accepted": "an_id_is_used_again_for_something_else",
    "one_fault_holds_everybody": "one_lane_meets_a_fault_of_ours",
    "every_try_an_order_of_its_own": "many_orders_meet_few_goods",
    "goods_of_cancelled_orders_kept": "an_order_is_placed_and_called_off",
    "price_shown_believed": "many_orders_meet_few_goods",
    "bytes_not_proven": "photographs_come_before_and_after_their_rows",
}
