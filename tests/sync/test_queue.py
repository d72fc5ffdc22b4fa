"""A phone comes back after a month away: whatever changed meanwhile, nothing of its work is dropped."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from backend.doctoring import all_faults
from tests.sync.long_queue import change_everything, check, fill, hand_in, lay


async def test_a_month_of_work_handed_in_after_everything_changed_is_done_or_parked_with_a_reason(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    lan, an = await client_for(cast.lan), await client_for(cast.an)
    queue = await lay(lan, customers=12, items=6)
    fill(queue, days=5, visits=12, orders=6, photos=2)
    await change_everything(queue, cast, an)
    outcome = await hand_in(lan, queue)
    await check(queue, outcome)
    assert len(outcome.acks) == 5 * (12 + 24 + 6)
    again = await hand_in(lan, queue)
    assert {key: ack["st"] for key, ack in again.acks.items()} == {key: ack["st"] for key, ack in outcome.acks.items()}
    await check(queue, again)
    assert await all_faults() == []
