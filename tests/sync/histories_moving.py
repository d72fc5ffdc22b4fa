"""Histories of customers, rows and people that change hands, as those of `tests/sync/histories.py`."""

from tests.sync.machine import World

LAN, LAN_TOO, BOB, HUNG, NGOC = range(5)
P2, P3, P4, P5, P6 = range(5)  # positions as `hand_over`, `grant` and `revoke` draw them
ALL = 99  # pages: until there are no more


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


# The histories, and the rows of a page.
MOVING = (
    (a_grant_is_lost_in_the_middle_of_its_first_sync, 1), (a_grant_is_lost_and_given_back_between_two_pages, 1),
    (a_customer_changes_hands, 60), (a_customer_goes_back_and_forth_while_phones_are_away, 1),
    (a_row_goes_to_a_customer_out_of_sight, 60), (a_row_and_its_new_customer_move_on_at_once, 1),
    (an_expense_of_nobodys_customer_goes_to_another_position, 2), (a_position_is_taken_away_tomorrow, 3),
    (a_territory_changes_its_region_at_midnight, 2), (midnight_falls_between_two_pages, 1),
)  # fmt: skip
