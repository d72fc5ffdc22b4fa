"""Histories written down: each is a list of steps of the machine that once broke something, or would break a phone.

A failing run of the machine becomes one of these. Customers 0 to 4 belong to the positions 2 to 6 (`2 * n` draws the
n-th); phones 0 and 1 are Lan's (positions 3 and 6), 2 is Bob's (5, 6), 3 Hùng's (2, 3), 4 Ngọc's (4, 5).
"""

from collections.abc import Awaitable, Callable

from tests.sync.histories_moving import ALL, BOB, HUNG, LAN, LAN_TOO, MOVING, NGOC, P2, P3, P5
from tests.sync.machine import World

History = Callable[[World], Awaitable[None]]


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
        *MOVING,
        (the_early_writer_commits_last, 3), (a_writer_stays_open_over_many_pulls_and_rolls_back, 2),
        (rows_change_between_the_pages_of_a_first_sync, 1), (customers_slip_from_unread_keys_to_read_ones, 1),
        (customers_slip_past_a_long_delta, 1), (a_visit_is_written_while_its_customer_changes_hands, 3),
        (a_reply_is_lost_after_the_commit, 60), (the_office_dies_before_the_commit, 60),
        (an_id_is_used_again_for_something_else, 60), (one_lane_meets_a_fault_of_ours, 60),
        (a_phone_hands_in_while_a_writer_is_in_its_way, 3), (many_orders_meet_few_goods, 3),
        (an_order_is_placed_and_called_off, 60), (photographs_come_before_and_after_their_rows, 3),
        (the_database_is_restored, 2), (half_a_year_goes_by, 3), (what_was_removed_half_a_year_ago_comes_back, 3),
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
