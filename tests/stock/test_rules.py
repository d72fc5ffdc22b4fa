"""The stock arithmetic: the worked example, and what must hold of any numbers."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.stock.rules import Event, available, earliest, projected, promisable, share

MON = date(2026, 1, 5)
SUPPLY = [Event(date(2026, 1, 8), 60), Event(date(2026, 1, 15), 80)]
DEMAND = [Event(date(2026, 1, 12), 50)]
FREE = available(120, 70, 10)
DAYS = (MON, date(2026, 1, 8), date(2026, 1, 12), date(2026, 1, 15))

days = st.integers(-10, 40).map(lambda n: MON + timedelta(days=n))
events = st.lists(st.builds(Event, days, st.integers(1, 500)), max_size=8)


def test_the_worked_table_of_what_may_be_promised_when() -> None:
    assert FREE == 40
    assert [projected(FREE, SUPPLY, DEMAND, today=MON, on=day) for day in DAYS] == [40, 100, 50, 130]
    assert [promisable(FREE, SUPPLY, DEMAND, today=MON, on=day) for day in DAYS] == [40, 50, 50, 130]


def test_the_day_all_of_it_is_there() -> None:
    def first(qty: int) -> date | None:
        return earliest(qty, FREE, SUPPLY, DEMAND, today=MON, on=MON)

    assert [first(40), first(50), first(100), first(130), first(131)] == [MON, DAYS[1], DAYS[3], DAYS[3], None]


def test_what_is_late_counts_today() -> None:
    late = MON - timedelta(days=3)
    assert promisable(5, [Event(late, 7)], [], today=MON, on=MON) == 12
    assert promisable(5, [], [Event(late, 7)], today=MON, on=MON + timedelta(days=9)) == -2
    assert promisable(5, [], [], today=MON, on=late) == 5


@given(st.integers(-50, 500), events, events, days)
def test_a_promise_never_needs_what_a_later_demand_needs(
    free: int, supply: list[Event], demand: list[Event], on: date
) -> None:
    atp = promisable(free, supply, demand, today=MON, on=on)
    later = [max(on, MON) + timedelta(days=n) for n in range(60)]
    assert atp == min(projected(free, supply, demand, today=MON, on=day) for day in later)
    # Promising exactly that much leaves every later day at nothing or above, or where it was below before.
    taken = [*demand, Event(max(on, MON), max(0, atp))]
    assert all(projected(free, supply, taken, today=MON, on=day) >= min(0, atp) for day in later)


@given(st.integers(-50, 500), events, events, days, days)
def test_more_may_be_promised_later_than_sooner(
    free: int, supply: list[Event], demand: list[Event], one: date, other: date
) -> None:
    sooner, later = sorted((one, other))
    assert promisable(free, supply, demand, today=MON, on=sooner) <= promisable(
        free, supply, demand, today=MON, on=later
    )


@given(st.integers(1, 900), st.integers(-50, 500), events, events, days)
def test_the_earliest_day_is_the_first_that_suffices(
    qty: int, free: int, supply: list[Event], demand: list[Event], on: date
) -> None:
    found = earliest(qty, free, supply, demand, today=MON, on=on)
    window = [max(on, MON) + timedelta(days=n) for n in range(60)]
    enough = [day for day in window if promisable(free, supply, demand, today=MON, on=day) >= qty]
    assert found == (enough[0] if enough else None)


@given(st.integers(-20, 100), st.lists(st.integers(1, 60), max_size=6))
def test_lines_share_what_is_there_first_come_first_served(free: int, wants: list[int]) -> None:
    shares = share(free, wants)
    assert sum(shares) == max(0, min(free, sum(wants)))
    short = [want - got for want, got in zip(wants, shares, strict=True)]
    first_short = next((n for n, missing in enumerate(short) if missing), len(wants))
    assert not any(shares[first_short + 1 :])
